/**
 * Where messages go, case by case, to be checked by eye: what the office has configured, the fields of the message, and who gets it
 * with which reason. `to` is empty, and `unroutable`, where nobody takes it. The office is in office.ts: sales has the keywords
 * "sales" and "vente" and the further addresses info@company.com and sales@societe.fr; anna, pierre and jean have the keywords
 * "anna", "pierre" and "jean-pierre".
 */
import type { RoutingSettings } from '../../src/daemon/routing/settings.ts';
import { anna, boss, catchall, jean, office, pierre, postmaster, sales, who } from './office.ts';

export interface RoutingCase {
  shows: string;
  of: RoutingSettings;
  fields: string[];
  to: { [address: string]: string };
  unroutable?: true;
}

const KW = 'Delivered-To=*-{KW}@*';
const ADDR = 'X-RCPT-TO={Addr}';
const NO_MASK = '(there is no mask for Delivered-To, so that addresses are compared)';
const ABSENT = "The message has no Delivered-To, which is the account's Search header: To and Cc decide.";
const ALONE = "Delivered-To decides alone, since it is the account's Search header.";

const byToAndCc: RoutingCase[] = [
  {
    shows: 'S82: To names a recipient',
    of: office([sales, anna]),
    fields: ['To: sales@company.com'],
    to: { 'sales@company.com': 'To names sales@company.com: it is an address of sales.' },
  },
  {
    shows: 'S82: Cc names another one',
    of: office([sales, anna]),
    fields: ['To: sales@company.com', 'Cc: Anna <anna@company.com>'],
    to: {
      'sales@company.com': 'To names sales@company.com: it is an address of sales.',
      'anna@company.com': 'Cc names anna@company.com: it is an address of anna.',
    },
  },
  {
    shows: 'S82: another address of a recipient, in any case',
    of: office([sales, anna]),
    fields: ['To: INFO@Company.COM'],
    to: { 'sales@company.com': 'To names INFO@Company.COM: it is an address of sales.' },
  },
  {
    shows: 'S82: two addresses of one recipient give one copy, for the first reason',
    of: office([sales]),
    fields: ['To: info@company.com, sales@company.com'],
    to: { 'sales@company.com': 'To names info@company.com: it is an address of sales.' },
  },
  {
    shows: 'S82: a group is opened (MSG08)',
    of: office([sales, anna]),
    fields: ['To: Team: x@y.example, "Q, R" <anna@company.com>;'],
    to: { 'anna@company.com': 'To names anna@company.com: it is an address of anna.' },
  },
  {
    shows: 'S82: an address folded over lines',
    of: office([anna]),
    fields: ['To: Somebody', ' <anna@company.com>'],
    to: { 'anna@company.com': 'To names anna@company.com: it is an address of anna.' },
  },
  {
    shows: 'S82: a second To field counts (MSG08)',
    of: office([anna]),
    fields: ['To: x@y.example', 'To: anna@company.com'],
    to: { 'anna@company.com': 'To names anna@company.com: it is an address of anna.' },
  },
  {
    shows: 'S82: an address that two recipients have reaches both, in the order of the configuration',
    of: office([anna, sales, who('twin', { otherAddresses: ['info@company.com'] })]),
    fields: ['To: info@company.com', 'Cc: anna@company.com'],
    to: {
      'anna@company.com': 'Cc names anna@company.com: it is an address of anna.',
      'sales@company.com': 'To names info@company.com: it is an address of sales, twin.',
      'twin@company.com': 'To names info@company.com: it is an address of sales, twin.',
    },
  },
  {
    shows: 'S82: recipients that share an address get one copy',
    of: office([sales, who('other', { address: 'Sales@company.com' })]),
    fields: ['To: sales@company.com'],
    to: { 'sales@company.com': 'To names sales@company.com: it is an address of sales, other.' },
  },
  {
    shows: 'S82: a display name that looks like an address is a name',
    of: office([anna]),
    fields: ['To: "anna@company.com" <x@y.example>'],
    to: {},
    unroutable: true,
  },
  {
    shows: 'S82: masks, keywords and validation are for search headers, not for To and Cc',
    of: office([sales], catchall(null, '@societe.fr'), 'To=*-{KW}@*'),
    fields: ['To: com-sales@societe.fr'],
    to: {},
    unroutable: true,
  },
  {
    shows: 'MSG16: Bcc, X-Envelope-To and Delivered-To have no effect where the account names no search header',
    of: office([anna, sales], catchall(), KW),
    fields: [
      'To: x@y.example',
      'Bcc: anna@company.com',
      'X-Envelope-To: anna@company.com',
      'Delivered-To: a-sales@b.example',
    ],
    to: {},
    unroutable: true,
  },
  {
    shows: 'MSG16: Bcc decides where the account names it',
    of: office([anna, sales], catchall('Bcc')),
    fields: ['To: sales@company.com', 'Bcc: anna@company.com'],
    to: {
      'anna@company.com':
        'Bcc names anna@company.com: it is an address of anna (there is no mask for Bcc, so that addresses are compared).',
    },
  },
];

const byKeyword: RoutingCase[] = [
  {
    shows: "S85, S88: the description's own mask, a keyword after a dash and before the @",
    of: office([sales, anna], catchall('Delivered-To', '@societe.fr'), KW),
    fields: ['Delivered-To: com-sales@societe.fr'],
    to: {
      'sales@company.com':
        'Delivered-To names com-sales@societe.fr: it passes the validation @societe.fr, and the mask *-{KW}@* finds "sales", a keyword of sales.',
    },
  },
  {
    shows: 'S88: another keyword of the same recipient, in any case',
    of: office([sales, anna], catchall('Delivered-To'), KW),
    fields: ['delivered-to: <COM-Vente@Societe.FR>'],
    to: {
      'sales@company.com':
        'Delivered-To names COM-Vente@Societe.FR: the mask *-{KW}@* finds "vente", a keyword of sales.',
    },
  },
  {
    shows: 'S83: the search header is trusted: To and Cc are not looked at as well',
    of: office([sales, anna], catchall('Delivered-To'), KW),
    fields: ['To: anna@company.com', 'Cc: sales@company.com', 'Delivered-To: com-sales@societe.fr'],
    to: {
      'sales@company.com':
        'Delivered-To names com-sales@societe.fr: the mask *-{KW}@* finds "sales", a keyword of sales.',
    },
  },
  {
    shows: 'S88: of keywords that both fit the longest is meant',
    of: office([pierre, jean], catchall('Delivered-To'), KW),
    fields: ['Delivered-To: com-jean-pierre@societe.fr'],
    to: {
      'jean@company.com':
        'Delivered-To names com-jean-pierre@societe.fr: the mask *-{KW}@* finds "jean-pierre", a keyword of jean.',
    },
  },
  {
    shows: 'S88: but a keyword of somebody who takes no mail of this account hides no other',
    of: office([pierre, { ...jean, accounts: ['elsewhere'] }], catchall('Delivered-To'), KW),
    fields: ['Delivered-To: com-jean-pierre@societe.fr'],
    to: {
      'pierre@company.com':
        'Delivered-To names com-jean-pierre@societe.fr: the mask *-{KW}@* finds "pierre", a keyword of pierre.',
    },
  },
  {
    shows: 'S85: what does not pass the validation is refused, whatever its keyword',
    of: office([sales], catchall('Delivered-To', '@societe.fr'), KW),
    fields: ['Delivered-To: com-sales@autre.example'],
    to: {},
    unroutable: true,
  },
  {
    shows: 'S85: a validation that is a domain has nothing behind it',
    of: office([sales], catchall('Delivered-To', '@societe.fr'), KW),
    fields: ['Delivered-To: com-sales@societe.fr.example'],
    to: {},
    unroutable: true,
  },
  {
    shows: 'S85: a validation without an @ may stand anywhere',
    of: office([sales], catchall('Delivered-To', 'Societe.'), KW),
    fields: ['Delivered-To: com-sales@societe.example'],
    to: {
      'sales@company.com':
        'Delivered-To names com-sales@societe.example: it passes the validation Societe., and the mask *-{KW}@* finds "sales", a keyword of sales.',
    },
  },
  {
    shows: 'S87: a keyword mask compares no addresses',
    of: office([sales], catchall('Delivered-To'), KW),
    fields: ['Delivered-To: sales@company.com'],
    to: {},
    unroutable: true,
  },
  {
    shows: 'S83: several fields of that name and several addresses in one all count',
    of: office([sales, anna, pierre], catchall('Delivered-To'), KW),
    fields: [
      'Delivered-To: "P" <x-pierre@b.example>, x-nobody@b.example',
      'Delivered-To: x-anna@b.example',
      'Delivered-To: x-anna@b.example',
    ],
    to: {
      'anna@company.com': 'Delivered-To names x-anna@b.example: the mask *-{KW}@* finds "anna", a keyword of anna.',
      'pierre@company.com':
        'Delivered-To names x-pierre@b.example: the mask *-{KW}@* finds "pierre", a keyword of pierre.',
    },
  },
  {
    shows: 'S88: a field that holds no address is compared whole',
    of: office([anna], catchall('X-Mailbox'), 'X-Mailbox=box {KW}'),
    fields: ['X-Mailbox: box Anna'],
    to: { 'anna@company.com': 'X-Mailbox says box Anna: the mask box {KW} finds "anna", a keyword of anna.' },
  },
  {
    shows: 'S85: the validation of a field that is compared whole',
    of: office([anna], catchall('X-For', '@societe.fr'), 'X-For=for <*-{KW}@*>'),
    fields: ['X-For: for <com-anna@societe.fr>'],
    to: {
      'anna@company.com':
        'X-For says for <com-anna@societe.fr>: it passes the validation @societe.fr, and the mask for <*-{KW}@*> finds "anna", a keyword of anna.',
    },
  },
  ...['com-anna@societe.fr.example', 'com-anna@societe.fr@b.example', 'com-anna@societe.fruits'].map((text) => ({
    shows: `S85: ${text} does not pass there`,
    of: office([anna], catchall('X-For', '@societe.fr'), 'X-For=for <*-{KW}@*>'),
    fields: [`X-For: for <${text}>`],
    to: {},
    unroutable: true as const,
  })),
];

const byAddress: RoutingCase[] = [
  {
    shows: "S86, S88: the description's other mask compares addresses",
    of: office([sales, anna], catchall('X-RCPT-TO'), ADDR),
    fields: ['To: anna@company.com', 'X-RCPT-TO: <Info@Company.com>'],
    to: {
      'sales@company.com':
        'X-RCPT-TO names Info@Company.com: the mask {Addr} finds "info@company.com", an address of sales.',
    },
  },
  {
    shows: "S86: an address that is somebody's own needs no validation",
    of: office([sales], catchall('X-RCPT-TO', '@societe.fr'), ADDR),
    fields: ['X-RCPT-TO: info@company.com'],
    to: {
      'sales@company.com':
        'X-RCPT-TO names info@company.com: the mask {Addr} finds "info@company.com", an address of sales.',
    },
  },
  {
    shows: 'S87: an address mask compares no keywords',
    of: office([sales], catchall('X-RCPT-TO'), ADDR),
    fields: ['X-RCPT-TO: vente@b.example'],
    to: {},
    unroutable: true,
  },
  {
    shows: 'S88: a mask with what no address holds is written for the whole field',
    of: office([anna], catchall('Original-Recipient'), 'Original-Recipient=rfc822;{Addr}'),
    fields: ['Original-Recipient: rfc822;anna@company.com'],
    to: {
      'anna@company.com':
        'Original-Recipient says rfc822;anna@company.com: the mask rfc822;{Addr} finds "anna@company.com", an address of anna.',
    },
  },
  {
    shows: 'S87: another header has another mask; that of this one is found in any case',
    of: office([anna], catchall('X-Envelope-To'), KW, 'x-envelope-to=list+{Addr}'),
    fields: ['X-Envelope-To: list+anna@company.com'],
    to: {
      'anna@company.com':
        'X-Envelope-To names list+anna@company.com: the mask list+{Addr} finds "anna@company.com", an address of anna.',
    },
  },
];

const withoutMask: RoutingCase[] = [
  {
    shows: 'S86: without a mask addresses are compared',
    of: office([sales], catchall('Delivered-To')),
    fields: ['Delivered-To: sales@societe.fr'],
    to: { 'sales@company.com': `Delivered-To names sales@societe.fr: it is an address of sales ${NO_MASK}.` },
  },
  {
    shows: 'S84, S85: and then, with a validation, what stands before the @ is compared with the keywords',
    of: office([sales], catchall('Delivered-To', '@societe.fr')),
    fields: ['Delivered-To: Vente@societe.fr'],
    to: {
      'sales@company.com':
        'Delivered-To names Vente@societe.fr: it passes the validation @societe.fr, and "vente" before the @ is a keyword of sales.',
    },
  },
  {
    shows: 'S85: a validation that is not passed lets no keyword count',
    of: office([sales], catchall('Delivered-To', '@societe.fr')),
    fields: ['Delivered-To: vente@autre.example'],
    to: {},
    unroutable: true,
  },
  {
    shows: 'S84: with neither mask nor validation no keyword counts: vente@ at any domain would be ours',
    of: office([sales], catchall('Delivered-To')),
    fields: ['Delivered-To: vente@autre.example'],
    to: {},
    unroutable: true,
  },
  {
    shows: 'S83: a message without the search header goes by To and Cc, and the reason says so',
    of: office([sales, anna], catchall('Delivered-To'), KW),
    fields: ['To: anna@company.com'],
    to: { 'anna@company.com': `${ABSENT} To names anna@company.com: it is an address of anna.` },
  },
  {
    shows: 'S83: an empty search header says nothing',
    of: office([anna], catchall('Delivered-To'), KW),
    fields: ['To: anna@company.com', 'Delivered-To:  '],
    to: { 'anna@company.com': `${ABSENT} To names anna@company.com: it is an address of anna.` },
  },
  {
    shows: 'S83: a search header that is there and names nobody is still trusted',
    of: office([anna], catchall('Delivered-To')),
    fields: ['To: anna@company.com', 'Delivered-To: nobody@company.com'],
    to: {},
    unroutable: true,
  },
];

const leftOver: RoutingCase[] = [
  {
    shows: 'S89: what nobody takes goes to who takes such mail',
    of: office([sales, postmaster]),
    fields: ['To: x@y.example'],
    to: {
      'postmaster@company.com':
        'To and Cc decide, since the account has no Search header. To or Cc names no recipient of this account. postmaster takes unroutable messages, as [Man.Distr].',
    },
    unroutable: true,
  },
  {
    shows: 'S89: so does what its search header does not tell',
    of: office([sales, postmaster], catchall('Delivered-To', '@societe.fr'), KW),
    fields: ['To: sales@company.com', 'Delivered-To: com-sales@autre.example'],
    to: {
      'postmaster@company.com': `${ALONE} Delivered-To names no recipient of this account. postmaster takes unroutable messages, as [Man.Distr].`,
    },
    unroutable: true,
  },
  {
    shows: 'S89: no To at all (MSG08)',
    of: office([sales, postmaster]),
    fields: ['Subject: hello'],
    to: {
      'postmaster@company.com':
        'To and Cc decide, since the account has no Search header. The message has no address in To or Cc. postmaster takes unroutable messages, as [Man.Distr].',
    },
    unroutable: true,
  },
  {
    shows: 'S89: only from the accounts whose mail he takes',
    of: office([{ ...postmaster, accounts: ['another'] }]),
    fields: ['To: x@y.example'],
    to: {},
    unroutable: true,
  },
];

const wholeMailbox: RoutingCase[] = [
  {
    shows: 'S90: a whole mailbox goes to one recipient, without the prefix',
    of: office([sales, boss, postmaster]),
    fields: ['To: sales@company.com'],
    to: { 'boss@company.com': 'boss takes all messages of this account (Forward all messages).' },
  },
  {
    shows: 'S90: whatever its search header says',
    of: office([sales, boss], catchall('Delivered-To'), KW),
    fields: ['Delivered-To: com-sales@societe.fr'],
    to: { 'boss@company.com': 'boss takes all messages of this account (Forward all messages).' },
  },
  {
    shows: 'S90: two such recipients each have it',
    of: office([boss, who('deputy', { forwardAll: true })]),
    fields: ['Subject: hello'],
    to: {
      'boss@company.com': 'boss takes all messages of this account (Forward all messages).',
      'deputy@company.com': 'deputy takes all messages of this account (Forward all messages).',
    },
  },
  {
    shows: 'S90: not from an account that is not his; names of accounts are compared without case',
    of: office([sales, { ...boss, accounts: ['other'] }, { ...anna, accounts: ['CatchAll'] }]),
    fields: ['To: sales@company.com, anna@company.com'],
    to: {
      'sales@company.com': 'To names sales@company.com: it is an address of sales.',
      'anna@company.com': 'To names anna@company.com: it is an address of anna.',
    },
  },
];

export const cases: RoutingCase[] = [
  ...byToAndCc,
  ...byKeyword,
  ...byAddress,
  ...withoutMask,
  ...leftOver,
  ...wholeMailbox,
];
