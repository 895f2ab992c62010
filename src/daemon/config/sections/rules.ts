/** [Rules], [Rule: X], [Scanner], [SpamAssassin]: what is in a message decides. [Envelope information Header Masks]: where it goes. */
import type { Keys, SectionTable } from '../key.ts';
import { commandLine } from '../kinds/command.ts';
import { envelopeMask, headerName, masks, ruleAction, spamResponse } from '../kinds/mail.ts';
import { host, port } from '../kinds/net.ts';
import { amount, listOf, oneOf, optional, whole } from '../kinds/plain.ts';

export const rulesKeys = {
  spamErrorCode: {
    name: 'Rejected as spam SMTP error code',
    is: whole(400, 599),
    default: '550',
    own: true,
    row: 'S75',
    meaning: 'Code of the internal server for a message that it refuses as spam.',
  },
  spamResponse: {
    name: 'Rejected as spam SMTP response',
    is: spamResponse,
    default: '',
    own: true,
    row: 'S76',
    meaning: 'What such a refusal says, in part; case is ignored; at least 4 characters. Empty is off.',
  },
} satisfies Keys;

export const ruleKeys = {
  type: {
    name: 'Type',
    is: oneOf('Pass-Through', 'Intercept'),
    row: 'S78, S79',
    meaning:
      'Pass-Through lets a message by when it has attachments and each of them matches; Intercept stops it when any does. Of a message that cannot be read whole, a Pass-Through lets nothing by, and an Intercept stops it.',
  },
  attachments: {
    name: 'Attachments',
    is: masks,
    default: '',
    row: 'S78',
    meaning:
      "Masks of the attachments' names, such as `*.doc; *.zip`; `*` is any, also one without a name. Criteria that are given must all hold; of the masks of one, any.",
  },
  subject: { name: 'Subject', is: masks, default: '', meaning: 'Masks of the subject.' },
  from: { name: 'From', is: masks, default: '', meaning: "Masks of the sender's address." },
  to: { name: 'To', is: masks, default: '', meaning: "Masks of the recipients' addresses." },
  header: { name: 'Header', is: masks, default: '', meaning: 'Masks of whole header lines.' },
  action: {
    name: 'Action',
    is: ruleAction,
    default: 'quarantine',
    meaning:
      'What an Intercept rule does with the message. `strip attachments` takes out those that its masks fit; what is signed or encrypted, or cannot be read whole, goes to quarantine instead, and nothing is dropped in doubt.',
  },
} satisfies Keys;

export const scannerKeys = {
  command: {
    name: 'Command',
    is: optional(commandLine),
    default: '',
    meaning:
      'A program, run once a message with the message on its standard input; no shell; empty is none. When it ends with 0 the message passes; with any code that is not named below, or not at all, the message waits on the POP3 server.',
  },
  interceptExitCodes: {
    name: 'Intercept exit codes',
    is: listOf(whole(1, 255)),
    default: '1',
    meaning: 'Exit codes by which it stops the message.',
  },
  timeoutSeconds: {
    name: 'Timeout seconds',
    is: amount(0.1, 86_400),
    default: '60',
    meaning: 'After that it is ended.',
  },
} satisfies Keys;

export const spamAssassinKeys = {
  host: { name: 'Host', is: optional(host), default: '', meaning: 'Where spamd listens; empty is off.' },
  port: { name: 'Port', is: port, default: '783', hint: 'spamd is 783.', meaning: 'Its port.' },
  threshold: {
    name: 'Threshold',
    is: amount(-1000, 1000),
    default: '5',
    meaning: 'Score from which a message is spam.',
  },
  action: {
    name: 'Action',
    is: oneOf('tag', 'quarantine', 'drop'),
    default: 'tag',
    meaning:
      'What becomes of spam. While spamd cannot be asked, messages pass unchecked whatever stands here, and an alert stands; so do those of more than 512,000 octets.',
  },
} satisfies Keys;

export const rulesTable = {
  name: 'Rules',
  about: 'How a refusal of the internal server is recognised as one of spam.',
  keys: rulesKeys,
  row: 'S75-S77',
} satisfies SectionTable;

export const ruleTable = {
  name: 'Rule',
  named: 'name of the rule',
  about: 'A content rule. They are tried in the order in which they stand.',
  keys: ruleKeys,
  row: 'S78-S80',
} satisfies SectionTable;

export const scannerTable = {
  name: 'Scanner',
  about: 'A program that looks into messages.',
  keys: scannerKeys,
} satisfies SectionTable;

export const spamAssassinTable = {
  name: 'SpamAssassin',
  about: 'A score for each message.',
  keys: spamAssassinKeys,
} satisfies SectionTable;

export const headerMasksTable = {
  name: 'Envelope information Header Masks',
  about:
    'How the value of an envelope header is compared: with `{KW}` in the mask, what stands in its place is one of the keywords of a recipient; with `{Addr}` it is one of its addresses; `*` is any run of characters.',
  keys: {},
  lines: { key: { name: 'header', is: headerName }, value: { name: 'mask', is: envelopeMask } },
  row: 'S87, S88',
} satisfies SectionTable;
