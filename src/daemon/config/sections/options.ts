/** [Options] and [Store]. */
import type { Keys, SectionTable } from '../key.ts';
import { commandLine } from '../kinds/command.ts';
import { host, nameServers, webUrl } from '../kinds/net.ts';
import { fileName } from '../kinds/place.ts';
import { amount, choice, flag, oneOf, optional, whole } from '../kinds/plain.ts';
import { secret } from '../secret-source.ts';

/** Longest interval of a schedule: a year, in minutes. */
export const YEAR_MINUTES = 525_600;

const LONGEST_DAYS = 36_500;
/** A year. */
const LONGEST_HOURS = 8_784;
const LARGEST_BYTES = 1_000_000_000_000;

const trace = choice({ '0': 'off', '1': 'short', '2': 'whole' } as const);
const traceLevels = '0 is off, 1 the dialogue with message bodies shortened, 2 the whole dialogue.';

export const optionsKeys = {
  language: {
    name: 'Language',
    is: oneOf('en', 'fr'),
    default: 'en',
    meaning: 'Language of logs, notices and screens: English or French.',
  },
  gatewayName: {
    name: 'Gateway name',
    is: optional(host),
    default: '',
    meaning: 'Name for EHLO, Received and the screen; empty is the name of the host.',
  },
  dnsServers: {
    name: 'DNS servers',
    is: nameServers,
    default: '',
    meaning: 'Name servers to ask; empty is those of the system.',
  },
  paused: { name: 'Paused', is: flag, default: '0', meaning: 'No download sessions until resumed.' },
  pollEveryMinutes: {
    name: 'Poll every minutes',
    is: amount(0, YEAR_MINUTES),
    default: '10',
    meaning: 'From one download session to the next; 0 is only when triggered.',
  },
  accountsAtOnce: {
    name: 'Accounts at once',
    is: whole(1, 1000),
    default: '8',
    meaning: 'Accounts that are downloaded side by side.',
  },
  keepAccountsInFile: {
    name: 'Keep accounts in file',
    is: optional(fileName),
    default: '',
    own: true,
    row: 'S26',
    meaning:
      'The POP3 accounts are kept in this file of the home. Once it is there it is read in place of the sections here.',
  },
  keepRecipientsInFile: {
    name: 'Keep Recipients in file',
    is: optional(fileName),
    default: '',
    own: true,
    row: 'S27',
    meaning: 'The same for the recipients, in another file.',
  },
  pop3PasswordNotEncrypted: {
    name: 'POP3 Password not encrypted',
    is: flag,
    default: '0',
    own: true,
    row: 'S32',
    meaning: 'POP3 passwords are saved as they are. When it changes, all of them are to be entered again.',
  },
  pop3Trace: {
    name: 'POP3 Trace',
    is: trace,
    default: '0',
    own: true,
    row: 'S91',
    meaning: `Writes the dialogue with the POP3 servers to PmgPOP3Trace.txt. ${traceLevels}`,
  },
  inboundSmtpTrace: {
    name: 'Inbound SMTP Trace',
    is: trace,
    default: '0',
    own: true,
    row: 'S93',
    meaning: `Writes the dialogue with the internal mail server to PmgInboundSMTPTrace.txt. ${traceLevels}`,
  },
  outboundSmtpTrace: {
    name: 'Outbound SMTP Trace',
    is: trace,
    default: '0',
    own: true,
    row: 'S94',
    meaning: `Writes the dialogue with the relay to PmgOutboundSMTPTrace2.txt. ${traceLevels}`,
  },
  logmsgToDisk: {
    name: 'Logmsg to disk',
    is: flag,
    default: '0',
    own: true,
    row: 'S43',
    meaning: 'Writes each session log to the folder Log; one with an error is written in any case.',
  },
  sendSessionLogOnlyOnError: {
    name: 'Send session log only on error',
    is: flag,
    default: '0',
    row: 'S37',
    meaning: 'Mails the session log only when the session had an error.',
  },
  errorCounterThreshold: {
    name: 'Error counter threshold',
    is: whole(1, 1000),
    default: '1',
    row: 'S38',
    meaning: 'Consecutive sessions in which a mailbox must fail before that counts as an error to be mailed.',
  },
  keepSessionLogsDays: {
    name: 'Keep session logs days',
    is: amount(0, LONGEST_DAYS),
    default: '30',
    row: 'S46',
    meaning: 'Session logs on disk are deleted after that many days.',
  },
  traceFileLimitBytes: {
    name: 'Trace file limit bytes',
    is: whole(1, LARGEST_BYTES),
    default: '52428800',
    meaning: 'A trace file of this size is renamed to FILE.1, and a new one is begun.',
  },
  keepEventsDays: {
    name: 'Keep events days',
    is: amount(0, LONGEST_DAYS),
    default: '14',
    meaning: 'Days that the event ring reaches back.',
  },
  keepEventsMegabytes: {
    name: 'Keep events megabytes',
    is: amount(0, 1_000_000),
    default: '256',
    meaning: 'Size at which the event ring forgets its oldest events, however young.',
  },
  keepTrashDays: {
    name: 'Keep trash days',
    is: amount(0, LONGEST_DAYS),
    default: '7',
    meaning: 'Days for which a dropped message can be restored.',
  },
  keepQuarantineDays: {
    name: 'Keep quarantine days',
    is: amount(0, LONGEST_DAYS),
    default: '30',
    meaning: 'Days for which a message in quarantine can be released.',
  },
  heartbeatUrl: {
    name: 'Heartbeat URL',
    is: optional(webUrl),
    default: '',
    meaning: 'Called after each session without errors.',
  },
  syslog: { name: 'Syslog', is: flag, default: '0', meaning: 'Tells alerts to the log of the system, too.' },
  privacyMode: {
    name: 'Privacy mode',
    is: flag,
    default: '0',
    meaning: 'Viewers see addresses and subjects masked.',
  },
  errorAlertCommand: {
    name: 'Error alert command',
    is: optional(commandLine),
    default: '',
    meaning: 'Run with the alert as JSON on its standard input (docs/alerts.md); no shell reads it.',
  },
  errorAlertWebhook: {
    name: 'Error alert webhook',
    is: optional(webUrl),
    default: '',
    meaning: 'Is sent the same JSON with POST.',
  },
  alertWhenQueuedHours: {
    name: 'Alert when queued hours',
    is: amount(0, LONGEST_HOURS),
    default: '24',
    meaning: 'An alert when a message has waited that long in the outgoing queue; 0 is never.',
  },
  alertWithoutSuccessHours: {
    name: 'Alert without success hours',
    is: amount(0, LONGEST_HOURS),
    default: '24',
    meaning: 'An alert when an account was not downloaded without an error for that long; 0 is never.',
  },
} satisfies Keys;

const storeKeys = {
  url: {
    name: 'Url',
    is: { ...secret, expects: 'empty, or postgres://…, enc:…, env:NAME or file:/path' },
    default: '',
    meaning: 'Where ledger, queue and events are kept; empty is SQLite in the home.',
  },
} satisfies Keys;

export const optionsTable = {
  name: 'Options',
  about: 'What concerns the gateway as a whole.',
  keys: optionsKeys,
} satisfies SectionTable;

export const storeTable = { name: 'Store', about: 'The database.', keys: storeKeys } satisfies SectionTable;
