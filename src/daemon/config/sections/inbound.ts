/** [POP3 account: X] and [Recipient: X]: where mail comes from, and whose it is. */
import type { Keys, SectionTable } from '../key.ts';
import { address, addresses, byteLimit, headerName, words } from '../kinds/mail.ts';
import { host, port } from '../kinds/net.ts';
import { amount, flag, line, listOf, oneOf, optional, someLine } from '../kinds/plain.ts';
import { manyTimes } from '../kinds/times.ts';
import { secret } from '../secret-source.ts';
import { tokenKeys } from './oauth2.ts';
import { YEAR_MINUTES } from './options.ts';
import { certificateKeys } from './peer.ts';

export const accountKeys = {
  host: { name: 'Host', is: host, meaning: 'The POP3 server.' },
  port: {
    name: 'Port',
    is: port,
    default: '995',
    hint: 'POP3 with TLS is 995, without 110.',
    meaning: 'Its port.',
  },
  security: {
    name: 'Security',
    is: oneOf('none', 'stls', 'tls'),
    default: 'tls',
    meaning: 'Plain, with STLS, or TLS from the first octet. What is asked for is required: it never falls back.',
  },
  ...certificateKeys,
  user: { name: 'User', is: someLine('the name of the mailbox'), meaning: 'Name to log in with.' },
  password: { name: 'Password', is: secret, default: '', row: 'S31', meaning: 'The password of that user.' },
  authentication: {
    name: 'Authentication',
    is: oneOf('auto', 'user', 'plain', 'login', 'apop', 'xoauth2'),
    default: 'auto',
    meaning: 'How to log in; user is USER and PASS, auto the best that the server offers.',
  },
  ...tokenKeys,
  enabled: { name: 'Enabled', is: flag, default: '1', meaning: 'It is downloaded.' },
  comment: {
    name: 'Comment',
    is: line,
    default: '',
    own: true,
    row: 'S41',
    meaning: 'A note; the word NoWarning in it keeps the faults of the account out of the mailed session log.',
  },
  pollEveryMinutes: {
    name: 'Poll every minutes',
    is: optional(amount(0, YEAR_MINUTES)),
    default: '',
    meaning: 'An interval of its own; empty is that of [Options]; 0 is only when triggered.',
  },
  pollAt: {
    name: 'Poll at',
    is: manyTimes,
    default: '',
    meaning: 'Times in place of an interval: `mon-fri 08:00-18:00 every 5, sat 09:00`.',
  },
  keepOnServer: {
    name: 'Keep on server',
    is: flag,
    default: '0',
    row: 'S54',
    meaning: 'Downloaded messages stay on the POP3 server, and are not downloaded again.',
  },
  deleteAfterDays: {
    name: 'Delete mail left on POP3 server after days',
    is: amount(0, 36_500),
    default: '0',
    own: true,
    row: 'S57',
    meaning: 'Messages left there are deleted that many days after they were first seen; 0 is never.',
  },
  keepUnroutable: {
    name: 'Do not delete non routable messages',
    is: flag,
    default: '0',
    row: 'S56',
    meaning: 'Messages that fell to the recipient of unroutable mail stay on the POP3 server.',
  },
  maximumBytes: {
    name: 'Maximum size for messages',
    is: byteLimit,
    default: '0',
    row: 'S63',
    meaning: 'Octets; a larger message is not downloaded, and its recipient is told; 0 is no limit of its own.',
  },
  notifySender: {
    name: 'Also notify the sender',
    is: flag,
    default: '0',
    row: 'S67',
    meaning: 'The sender of such a message is told, too.',
  },
  searchHeader: {
    name: 'Search header',
    is: optional(headerName),
    default: '',
    own: true,
    row: 'S83',
    meaning: 'Header that says whom a message is for, such as Delivered-To; empty is To and Cc.',
  },
  addressValidation: {
    name: 'SMTP address validation',
    is: line,
    default: '',
    own: true,
    row: 'S85',
    meaning: 'What the value of that header must contain, such as @societe.fr.',
  },
  sessionTimeoutSeconds: {
    name: 'Session timeout seconds',
    is: amount(0.1, 86_400),
    default: '180',
    meaning: 'Longest silence of the server.',
  },
} satisfies Keys;

export const recipientKeys = {
  address: { name: 'SMTP address', is: address, row: 'S86', meaning: 'Where its mail goes.' },
  otherAddresses: {
    name: 'Other SMTP addresses',
    is: addresses,
    default: '',
    row: 'S84',
    meaning: 'Addresses whose mail is its own, too.',
  },
  keywords: { name: 'Keywords', is: words, default: '', row: 'S84', meaning: 'Words that an envelope mask finds.' },
  accounts: {
    name: 'POP3 accounts',
    is: listOf(line),
    default: '',
    meaning: 'Names of the accounts whose mail it takes; empty is all.',
  },
  forwardAll: {
    name: 'Forward all messages',
    is: flag,
    default: '0',
    own: true,
    row: 'S90',
    meaning: 'It takes each message of these accounts, whomever it is for.',
  },
  takesUnroutable: {
    name: 'Unroutable messages',
    is: flag,
    default: '0',
    row: 'S89',
    meaning: 'It takes what nobody else takes, marked [Man.Distr].',
  },
  keepOnServer: {
    name: 'Do not delete messages forwarded to this Recipient',
    is: flag,
    default: '0',
    row: 'S55',
    meaning: 'Messages that it was given stay on the POP3 server.',
  },
  sendSessionLog: {
    name: 'Send session log here',
    is: flag,
    default: '0',
    own: true,
    row: 'S35',
    meaning: 'The session log is mailed to it.',
  },
} satisfies Keys;

export const accountTable = {
  name: 'POP3 account',
  named: 'name of the account',
  about: 'A mailbox that is downloaded. In a separate list the columns are Name and the keys below.',
  keys: accountKeys,
} satisfies SectionTable;

export const recipientTable = {
  name: 'Recipient',
  named: 'name of the recipient',
  about: 'A mailbox of the internal server. In a separate list the columns are Name and the keys below.',
  keys: recipientKeys,
} satisfies SectionTable;
