/** One account's visit in a download session: what it is given, what it has found so far, and how its facts are told. */
import type { Alerts } from '../base/alerts.ts';
import type { Bus } from '../base/bus.ts';
import type { Clock } from '../base/clock.ts';
import type { Body } from '../mail/body.ts';
import type { Header } from '../mail/header-block.ts';
import type { ListedMessage, Pop3Failure, Pop3Opened, Pop3Server } from '../pop3/mailbox.ts';
import type { RecipientResult } from '../smtp/conversation.ts';
import type { Ledger, LedgerEntry } from '../store/store.ts';

export interface InboundAccount {
  name: string;
  server: Pop3Server;
  /** Milliseconds of silence. */
  sessionTimeout: number;
  keepOnServer: boolean;
  /** Octets; 0: no limit of its own. */
  maxBytes: number;
}

/** A fetched message on its way to the internal server. */
export interface Letter {
  sender: string;
  body: Body;
  headerOctets: Uint8Array;
}

export interface RoutedTo {
  recipients: { address: string; why: string }[];
  unroutable: boolean;
}

/** `unreached`: why nothing was said to the internal server at all; null when it was spoken to. */
export interface Handed {
  results: RecipientResult[];
  unreached: string | null;
}

/** What the walk hands on to, given by the composition root. */
export interface InboundParts {
  open(account: InboundAccount): Promise<Pop3Opened>;
  route(header: Header, account: string): RoutedTo;
  /** Speaks to the internal server, so that its size limit is known (S64); why that was not possible, or null. */
  meet(): Promise<string | null>;
  /** Hands over to these addresses; answers for each of them. */
  deliver(letter: Letter, addresses: string[], unroutable: boolean): Promise<Handed>;
  /** The largest message that the internal server takes, in octets; 0: not known, or none (S64). */
  sizeLimit(): number;
  /** Hears of a bug in one account's walk. */
  crashed(account: string, error: unknown): void;
  ledger: Ledger;
  /** By account: the UIDLs of which its server has said in this run that they are deleted; if one is listed again, see POP16. */
  deleted: Map<string, ReadonlySet<string>>;
  alerts: Alerts;
  bus: Bus;
  clock: Clock;
}

export interface MailboxReport {
  account: string;
  messages: number;
  bytes: number;
  /** The first MOST_ERRORS of what went wrong. */
  errors: string[];
  /** How much went wrong. */
  failures: number;
  /** `refused`: no tight retry (POP03). `untried`: it did not come so far. */
  login: 'accepted' | 'refused' | 'untried';
}

export interface Visit {
  account: InboundAccount;
  session: number;
  parts: InboundParts;
  /** Gentle: what is under way ends as it should, nothing new begins (I27). */
  stop: AbortSignal;
  report: MailboxReport;
  /** Messages of this session that nobody takes. */
  unroutable: number;
  ledger: Map<string, LedgerEntry>;
  unsure: Set<string>;
}

/** Errors of one account that a report carries: each is a fact of its own as well, and a mailbox may hold 100,000 messages. */
const MOST_ERRORS = 100;

/** Characters of a UIDL in an event. RFC 1939 §7 allows 70; the ledger has it whole. */
const UIDL_TOLD = 255;

export function startVisit(account: InboundAccount, session: number, parts: InboundParts, stop: AbortSignal): Visit {
  const { name } = account;
  const report: MailboxReport = { account: name, messages: 0, bytes: 0, errors: [], failures: 0, login: 'untried' };
  return { account, session, parts, stop, report, unroutable: 0, ledger: new Map(), unsure: new Set() };
}

/** Where a fact about a message belongs. */
export function aboutMessage({ account, session }: Visit, { number, uidl }: ListedMessage) {
  return { session, account: account.name, number, uidl: uidl.slice(0, UIDL_TOLD) };
}

export function warn({ account, parts, session }: Visit, warning: string): void {
  parts.bus.tell({ type: 'mailbox.warned', session, account: account.name, warning });
}

/** It stays on the POP3 server; `recipient` is empty when it concerns all of them. */
export function messageFailed(visit: Visit, message: ListedMessage, recipient: string, reason: string): void {
  visit.parts.bus.tell({ type: 'message.failed', ...aboutMessage(visit, message), recipient, reason });
  note(visit, `Message ${message.number}${recipient ? ` to ${recipient}` : ''}: ${reason}`);
}

export function messageUnroutable(
  visit: Visit,
  message: ListedMessage,
  label: { from: string; subject: string },
): void {
  const { from, subject } = label;
  visit.parts.bus.tell({ type: 'message.unroutable', ...aboutMessage(visit, message), from, subject });
  visit.unroutable += 1;
  note(
    visit,
    `Message ${message.number} has no recipient here, and nobody takes unroutable messages: it stays on the server.`,
  );
}

/** Nothing further happens in this account in this session. */
export function failed(visit: Visit, failure: Pick<Pop3Failure, 'kind' | 'message'>): MailboxReport {
  const { account, parts, report, session } = visit;
  const locked = failure.kind === 'login';
  if (locked) report.login = 'refused';
  const { host } = account.server;
  parts.bus.tell({ type: 'mailbox.failed', session, account: account.name, host, reason: failure.message, locked });
  note(visit, failure.message);
  return report;
}

/** Mail that nobody takes needs a person; that none is left is known only once all of it was looked at. */
export function alertUnroutable({ account, parts, unroutable }: Visit): void {
  const key = `unroutable:${account.name}`;
  if (unroutable === 0) {
    parts.alerts.clear(key, 'No unroutable message is left.');
    return;
  }
  const what =
    unroutable === 1
      ? '1 message has no recipient here and stays'
      : `${unroutable} messages have no recipient here and stay`;
  const message = `${what} on the POP3 server. Name the recipient, or let one take unroutable messages.`;
  parts.alerts.raise(key, message, account.name);
}

function note({ report }: Visit, error: string): void {
  report.failures += 1;
  if (report.errors.length < MOST_ERRORS) report.errors.push(error);
}
