/** [Remote control]: how the gateway is watched and steered. */
import type { Keys, SectionTable } from '../key.ts';
import { endpoint, origins } from '../kinds/net.ts';
import { path } from '../kinds/place.ts';
import { optional } from '../kinds/plain.ts';

export const remoteControlKeys = {
  socket: {
    name: 'Socket',
    is: path,
    default: 'control.sock',
    meaning: 'The Unix socket of remote controls on this machine and through SSH; its mode is 0600.',
  },
  listen: {
    name: 'Listen',
    is: optional(endpoint),
    default: '',
    meaning: 'Address for remote controls of other machines, such as 127.0.0.1:2580; anything but loopback needs TLS.',
  },
  tlsCertificate: { name: 'TLS certificate', is: optional(path), default: '', meaning: 'Certificate (PEM) for it.' },
  tlsKey: { name: 'TLS key', is: optional(path), default: '', meaning: 'Its private key (PEM).' },
  allowedOrigins: {
    name: 'Allowed origins',
    is: origins,
    default: '',
    meaning: 'Web pages from which a browser may connect; none by default.',
  },
  metricsListen: {
    name: 'Metrics listen',
    is: optional(endpoint),
    default: '',
    meaning: 'Address of /metrics, /healthz and /readyz, such as 127.0.0.1:9425.',
  },
} satisfies Keys;

export const remoteControlTable = {
  name: 'Remote control',
  about: 'Who watches and steers the gateway, and how.',
  keys: remoteControlKeys,
} satisfies SectionTable;
