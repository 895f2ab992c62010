/** Keys that every server we connect to has. */
import type { Keys } from '../key.ts';
import { fingerprint } from '../kinds/net.ts';
import { path } from '../kinds/place.ts';
import { line, optional } from '../kinds/plain.ts';
import { secret } from '../secret-source.ts';

export const certificateKeys = {
  certificateFingerprint: {
    name: 'Certificate fingerprint',
    is: optional(fingerprint),
    default: '',
    meaning:
      'SHA-256 of the one certificate that is accepted, although it may not verify; any other is refused. Nothing else turns verification off.',
  },
  caFile: {
    name: 'CA file',
    is: optional(path),
    default: '',
    meaning: 'Certificates of the authorities that are believed, in place of those of the system.',
  },
} satisfies Keys;

export const loginKeys = {
  user: { name: 'User', is: optional(line), default: '', meaning: 'Name to log in with; empty is no login.' },
  password: { name: 'Password', is: secret, default: '', meaning: 'The password of that user.' },
} satisfies Keys;
