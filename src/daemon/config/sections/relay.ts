/** [Relay], [Relay: X] and [Relay login: X]: the way to the Internet. */
import type { Keys, SectionTable } from '../key.ts';
import { address, domains } from '../kinds/mail.ts';
import { host, port } from '../kinds/net.ts';
import { oneOf, optional, whole } from '../kinds/plain.ts';
import { tokenKeys } from './oauth2.ts';
import { certificateKeys, loginKeys } from './peer.ts';

const relayKeys = {
  host: {
    name: 'Host',
    is: optional(host),
    default: '',
    row: 'S107',
    meaning: "The provider's SMTP relay; empty: directly to the mail exchanger of each recipient.",
  },
  port: { name: 'Port', is: port, default: '587', hint: 'Submission is 587.', meaning: 'Its port.' },
  security: {
    name: 'Security',
    is: oneOf('none', 'starttls', 'tls'),
    default: 'starttls',
    meaning: 'Plain, with STARTTLS, or TLS from the first octet. What is asked for is required: it never falls back.',
  },
  exchangerTls: {
    name: 'TLS to mail exchangers',
    is: oneOf('opportunistic', 'required', 'none'),
    default: 'opportunistic',
    row: 'S107',
    meaning:
      'Without a Host, in place of Security: STARTTLS where it is offered, verified or not; verified or no delivery; or never.',
  },
  ...certificateKeys,
  ...loginKeys,
  authentication: {
    name: 'Authentication',
    is: oneOf('auto', 'plain', 'login', 'cram-md5', 'xoauth2', 'none'),
    default: 'auto',
    row: 'S108',
    meaning: 'How to log in; auto is the best that the relay offers.',
  },
  ...tokenKeys,
  connections: {
    name: 'Connections',
    is: whole(1, 1000),
    default: '8',
    meaning: 'Most connections at a time, to it or to all mail exchangers together.',
  },
} satisfies Keys;

export const namedRelayKeys = {
  senderDomains: {
    name: 'Sender domains',
    is: domains,
    default: '',
    meaning: 'Mail of senders in these domains leaves through this relay.',
  },
  ...relayKeys,
} satisfies Keys;

const relayLoginKeys = { ...loginKeys, ...tokenKeys } satisfies Keys;

export const relayTable = {
  name: 'Relay',
  about: 'The relay through which outgoing mail leaves. Without this section none leaves.',
  keys: relayKeys,
  row: 'S107',
} satisfies SectionTable;

export const namedRelayTable = {
  name: 'Relay',
  named: 'name of another relay',
  about: 'Another relay, for the senders of some domains.',
  keys: namedRelayKeys,
} satisfies SectionTable;

export const relayLoginTable = {
  name: 'Relay login',
  named: 'address of the sender',
  nameIs: address,
  about: "A login of one sender's own at the relay.",
  keys: relayLoginKeys,
} satisfies SectionTable;
