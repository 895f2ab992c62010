/** [Outgoing mail], [Outgoing users] and [Rewrite human readable names]: mail that the gateway takes for the Internet. */
import type { Keys, SectionTable } from '../key.ts';
import { address, subjectPrefixes } from '../kinds/mail.ts';
import { addressList, listenAddress, port } from '../kinds/net.ts';
import { path } from '../kinds/place.ts';
import { amount, choice, flag, line, listOf, oneOf, optional, someOf, spoken, whole } from '../kinds/plain.ts';
import { sendAt } from '../kinds/times.ts';
import { secret } from '../secret-source.ts';
import { YEAR_MINUTES } from './options.ts';

const YEAR_HOURS = YEAR_MINUTES / 60;

/** Shorter waits would hammer the relay. In minutes. */
const SHORTEST_RETRY = 0.001;

export const outgoingKeys = {
  enabled: { name: 'Enabled', is: flag, default: '1', meaning: 'Outgoing mail is taken and sent.' },
  listenAddress: {
    name: 'Listen on IP address',
    is: listenAddress,
    default: '<any available>',
    own: true,
    row: 'S102',
    meaning: 'Address of this machine on which mail is taken.',
  },
  listenPort: {
    name: 'Listen on port',
    is: port,
    default: '2500',
    own: true,
    row: 'S99',
    hint: 'The mail server sends to the same port.',
    meaning: 'Its port; the same is set in the mail server.',
  },
  acceptFrom: {
    name: 'Accept from',
    is: addressList,
    default: '127.0.0.1, ::1',
    meaning: 'Addresses and networks that may hand over mail: never an open relay.',
  },
  acceptFromAnyone: {
    name: 'Accept from anyone',
    is: choice({ no: false, 'yes, I know': true }),
    default: 'no',
    meaning: '"yes, I know" allows more than private networks without authentication.',
  },
  requireAuthentication: {
    name: 'Require authentication',
    is: flag,
    default: '0',
    meaning: 'Only who logs in as one of [Outgoing users] may hand over mail.',
  },
  tlsCertificate: {
    name: 'TLS certificate',
    is: optional(path),
    default: '',
    meaning: 'Certificate (PEM) with which STARTTLS is offered.',
  },
  tlsKey: { name: 'TLS key', is: optional(path), default: '', meaning: 'Its private key (PEM).' },
  serverName: {
    name: 'Server name',
    is: spoken,
    default: 'PYTHEAS MailGate',
    row: 'S103',
    meaning: 'Name in the greeting.',
  },
  heloReplyName: {
    name: 'HELO reply name',
    is: spoken,
    default: 'PYTHEAS.MailGate',
    row: 'S103',
    meaning: 'Name in the answer to HELO and EHLO.',
  },
  maxMessageBytes: {
    name: 'Max message bytes',
    is: whole(1, 1_000_000_000_000),
    default: '52428800',
    meaning: 'Largest message that is taken.',
  },
  maxRecipients: {
    name: 'Max recipients',
    is: whole(1, 1_000_000),
    default: '1000',
    meaning: 'Most recipients of a message.',
  },
  maxConnections: {
    name: 'Max connections',
    is: whole(1, 100_000),
    default: '200',
    meaning: 'Most connections at a time.',
  },
  maxConnectionsPerAddress: {
    name: 'Max connections per address',
    is: whole(1, 100_000),
    default: '100',
    meaning: 'Most of them from one address.',
  },
  maxMessagesPerMinutePerAddress: {
    name: 'Max messages per minute per address',
    is: whole(0, 1_000_000),
    default: '0',
    meaning: 'Most messages that one address may hand over in a minute; more are put off (451). 0 is no limit.',
  },
  maxQueuedMegabytes: {
    name: 'Max queued megabytes',
    is: amount(0, 1_000_000_000),
    default: '0',
    meaning: 'Nothing more is taken (452) while the queue holds that much; 0 is as much as the disk has room for.',
  },
  minimumBytesPerSecond: {
    name: 'Minimum bytes per second',
    is: amount(0, 1_000_000_000),
    default: '500',
    meaning: 'A message that comes in more slowly is cut off; 0 waits for any.',
  },
  bareLineEnds: {
    name: 'Bare line ends',
    is: oneOf('normalise', 'refuse'),
    default: 'normalise',
    meaning: 'What becomes of a CR or LF that stands alone: it is made a line end, or the message is refused.',
  },
  maxReceivedHeaders: {
    name: 'Max received headers',
    is: whole(1, 10_000),
    default: '50',
    meaning: 'A message with more Received lines runs in a circle and is refused.',
  },
  sendAt: {
    name: 'Send at',
    is: sendAt,
    default: '',
    meaning:
      "When mail leaves: empty is at once; `with session` is with the next download session; or times, as in an account's `Poll at`.",
  },
  silentDropSubjectPrefixes: {
    name: 'Silent drop Message_Subject prefix',
    is: subjectPrefixes,
    default: '',
    own: true,
    row: 'S118, S119',
    meaning:
      'Messages whose subject begins so are dropped, and the session log says so. A blank at an end is written `&#32;`, `&nbsp;` or `%20`, a comma `&#44;` or `%2C`; at least 4 characters; case is ignored.',
  },
  avoidEmptyMailFrom: {
    name: 'Avoid emtpy MAIL FROM',
    also: ['Avoid empty MAIL FROM'],
    is: flag,
    default: '0',
    own: true,
    row: 'S121',
    meaning: 'A message with an empty sender leaves with the address of its From as the sender.',
  },
  alertOnUnknownSender: {
    name: 'Alert on unknown sender',
    is: flag,
    default: '0',
    row: 'S117',
    meaning: 'A session log is mailed when a message of an unknown sender is taken.',
  },
  holdAll: {
    name: 'Hold all',
    is: flag,
    default: '0',
    meaning: 'Messages are taken and kept ("freeze") until released.',
  },
  retryMinutes: {
    name: 'Retry minutes',
    is: someOf(listOf(amount(SHORTEST_RETRY, YEAR_MINUTES))),
    default: '5, 10, 20, 40, 60, 120, 240',
    meaning: 'Waits between the attempts; the last one repeats.',
  },
  giveUpAfterHours: {
    name: 'Give up after hours',
    is: amount(0, YEAR_HOURS),
    default: '120',
    meaning: 'A message that could not be sent for so long goes back to its sender.',
  },
  warnSenderAfterHours: {
    name: 'Warn sender after hours',
    is: amount(0, YEAR_HOURS),
    default: '4',
    meaning: 'The sender is told once that a message still waits; 0 is never.',
  },
  whatRelayCannotTake: {
    name: 'Messages the relay cannot take',
    is: oneOf('return', 'hold'),
    default: 'return',
    meaning:
      'What becomes of a message that is too large for the relay, or that needs what it lacks (8BITMIME, SMTPUTF8): it goes back to its sender, or is held.',
  },
  disclaimerFile: {
    name: 'Disclaimer file',
    is: optional(path),
    default: '',
    meaning: 'Text that is put under each message; not under one that is signed or encrypted.',
  },
  archiveFolder: {
    name: 'Archive folder',
    is: optional(path),
    default: '',
    meaning: 'Where a copy of each sent message is kept.',
  },
} satisfies Keys;

export const outgoingTable = {
  name: 'Outgoing mail',
  about: 'Mail that the mail server and its users hand over for the Internet.',
  keys: outgoingKeys,
} satisfies SectionTable;

export const outgoingUsersTable = {
  name: 'Outgoing users',
  about: 'Who may hand over mail when authentication is required. The keys are the names of the users.',
  keys: {},
  lines: { key: { name: 'name', is: spoken }, value: { name: 'password', is: secret } },
} satisfies SectionTable;

export const displayNamesTable = {
  name: 'Rewrite human readable names',
  about: 'The name that recipients on the Internet see for an address.',
  keys: {},
  lines: { key: { name: 'address', is: address }, value: { name: 'name', is: line } },
  row: 'S113',
} satisfies SectionTable;
