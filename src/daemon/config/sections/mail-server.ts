/** [Mail server]: the internal server, to which downloaded mail goes. */
import type { Keys, SectionTable } from '../key.ts';
import { host, port } from '../kinds/net.ts';
import { oneOf, optional, whole } from '../kinds/plain.ts';
import { byteLimit } from '../kinds/mail.ts';
import { certificateKeys, loginKeys } from './peer.ts';

export const mailServerKeys = {
  host: {
    name: 'Host',
    is: optional(host),
    default: '127.0.0.1',
    meaning: 'The internal mail server; empty: there is none, and no mail is downloaded.',
  },
  port: { name: 'Port', is: port, default: '25', hint: 'SMTP is 25.', meaning: 'Its port.' },
  security: {
    name: 'Security',
    is: oneOf('none', 'starttls', 'tls'),
    default: 'none',
    meaning: 'Plain, with STARTTLS, or TLS from the first octet. What is asked for is required: it never falls back.',
  },
  ...certificateKeys,
  ...loginKeys,
  connections: {
    name: 'Connections',
    is: whole(1, 1000),
    default: '4',
    meaning: 'Most connections to it at a time.',
  },
  sizeLimitBytes: {
    name: 'Size limit bytes',
    is: byteLimit,
    default: '',
    row: 'S64',
    meaning: 'Largest message that it takes; empty is what its EHLO says.',
  },
} satisfies Keys;

export const mailServerTable = {
  name: 'Mail server',
  about:
    'The internal mail server, to which downloaded mail is handed over. Without this section no mail is downloaded.',
  keys: mailServerKeys,
} satisfies SectionTable;
