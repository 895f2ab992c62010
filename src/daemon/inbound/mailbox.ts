/**
 * One account in one download session: list, decide, fetch, hand over, remember, delete.
 *
 * A message belongs to the POP3 server until the internal server has said 250 for every recipient and the ledger has that on
 * disk; only then is DELE sent, and it counts only when QUIT was answered +OK (S61, S62, I03, I05).
 */
import type { Bus } from '../base/bus.ts';
import type { Clock } from '../base/clock.ts';
import { type Header, readHeader } from '../mail/header-block.ts';
import { envelopeSender, labelOf } from '../mail/message.ts';
import type { Body } from '../mail/body.ts';
import type { FetchedBody, ListedMessage, OpenMailbox, Pop3Failure, Pop3Opened, Pop3Server } from '../pop3/mailbox.ts';
import type { RecipientResult } from '../smtp/conversation.ts';
import { type Ledger, type LedgerEntry, StoreFailure } from '../store/store.ts';
import { contentKey, type Plan, plan, unsureUidls } from './plan.ts';

export interface InboundAccount {
  name: string;
  server: Pop3Server;
  keepOnServer: boolean;
  /** Octets; 0: no limit of its own. */
  maxBytes: number;
}

/** A fetched message on its way to the internal server. */
export interface Letter {
  sender: string;
  header: Header;
  body: Body;
  headerOctets: Uint8Array;
}

export interface RoutedTo {
  recipients: { address: string; why: string }[];
  unroutable: boolean;
}

/** What the walk hands on to, given by the composition root. */
export interface InboundParts {
  open(account: InboundAccount): Promise<Pop3Opened>;
  route(header: Header, account: string): RoutedTo;
  /** Hands over to these addresses; answers for each of them. */
  deliver(letter: Letter, addresses: string[], unroutable: boolean): Promise<RecipientResult[]>;
  /** The largest message that the internal server takes, in octets; 0: not known, or none (S64). */
  sizeLimit(): number;
  ledger: Ledger;
  bus: Bus;
  clock: Clock;
}

export interface MailboxReport {
  account: string;
  messages: number;
  bytes: number;
  errors: string[];
  /** The login was refused: no tight retry (POP03). */
  locked: boolean;
}

interface Visit {
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

/** Downloads what is new in one account. Never throws for what a server, a disk or a message does. */
export async function drainMailbox(
  account: InboundAccount,
  session: number,
  parts: InboundParts,
  stop: AbortSignal,
): Promise<MailboxReport> {
  const report: MailboxReport = { account: account.name, messages: 0, bytes: 0, errors: [], locked: false };
  const visit: Visit = { account, session, parts, stop, report, unroutable: 0, ledger: new Map(), unsure: new Set() };
  const about = { session, account: account.name };

  parts.bus.tell({ type: 'mailbox.connecting', ...about, host: account.server.host });
  const opened = await parts.open(account);
  if (!opened.ok) return failed(visit, opened.failure);

  const { mailbox } = opened;
  parts.bus.tell({
    type: 'mailbox.connected',
    ...about,
    host: account.server.host,
    login: true,
    messages: mailbox.messages,
    bytes: mailbox.octets,
  });
  try {
    return await emptied(visit, mailbox);
  } catch (error) {
    if (error instanceof StoreFailure)
      return failed(visit, { kind: 'temporary', message: `The ledger could not be used: ${error.message}` });
    throw error;
  } finally {
    mailbox.destroy(); // nothing after QUIT; without QUIT the server deletes nothing (RFC 1939 §6)
  }
}

async function emptied(visit: Visit, mailbox: OpenMailbox): Promise<MailboxReport> {
  const { account, parts, report, session } = visit;

  const listed = await mailbox.list();
  if (!listed.ok) return failed(visit, listed.failure);

  visit.ledger = await parts.ledger.load(account.name);
  visit.unsure = unsureUidls(listed.value);
  const maxBytes = smallest(account.maxBytes, parts.sizeLimit());
  const todo = plan(listed.value, visit.ledger, { keepOnServer: account.keepOnServer, maxBytes });
  const bytes = todo.fetch.reduce((sum, message) => sum + message.bytes, 0);
  parts.bus.tell({ type: 'mailbox.planned', session, account: account.name, fetch: todo.fetch.length, bytes });
  warnOfOversize(visit, todo, maxBytes);

  const fetched = await fetchAll(visit, mailbox, todo.fetch, maxBytes);
  if (fetched.failure) return failed(visit, fetched.failure);

  alertUnroutable(visit);

  const doomed = [...todo.remove, ...(account.keepOnServer ? [] : fetched.delivered)];
  const left = listed.value.length - doomed.length;
  const quit = await deleteAndQuit(visit, mailbox, doomed);
  if (quit) return failed(visit, quit);

  await parts.ledger.forget(account.name, todo.gone); // only now: an entry outlives every listing that still names it
  parts.bus.tell({
    type: 'mailbox.finished',
    session,
    account: account.name,
    messages: report.messages,
    left,
    errors: report.errors.length,
  });
  return report;
}

/** Fetches with RETRs in flight; each message goes its whole way before the next is taken. */
async function fetchAll(visit: Visit, mailbox: OpenMailbox, wanted: ListedMessage[], maxBytes: number) {
  const byNumber = new Map(wanted.map((message) => [message.number, message]));
  const delivered: ListedMessage[] = [];

  for await (const retrieved of mailbox.retrieve([...byNumber.keys()], { maxBytes })) {
    const message = byNumber.get(retrieved.number);
    if (!message) continue;
    switch (retrieved.kind) {
      case 'message': {
        await using body = retrieved.body;
        if (await handOver(visit, message, body)) delivered.push(message);
        break;
      }
      case 'refused':
        messageFailed(visit, message, '', `The POP3 server does not give it out: ${retrieved.reply}`);
        break;
      case 'oversize':
        warn(visit, `Message ${message.number} is larger than ${maxBytes} octets: it stays on the server.`);
        break;
      case 'broken':
        return { delivered, failure: retrieved.failure };
    }
    if (visit.stop.aborted) break;
  }
  return { delivered, failure: null };
}

/** Hands one message over; true once every recipient has had it and the ledger says so on disk. */
async function handOver(visit: Visit, message: ListedMessage, body: FetchedBody): Promise<boolean> {
  const { account, parts, report, session } = visit;
  const header = readHeader(body.header);
  const label = labelOf(header);
  const entry = entryOf(visit, message, body, label.messageId);
  const about = { session, account: account.name, number: message.number, uidl: message.uidl };

  parts.bus.tell({ type: 'message.fetched', ...about, bytes: body.bytes, from: label.from, subject: label.subject });
  if (entry.deliveredAt !== null) return true; // the same octets under a new name, or none: they are there already

  const routed = parts.route(header, account.name);
  if (routed.recipients.length === 0) {
    parts.bus.tell({ type: 'message.unroutable', ...about, from: label.from, subject: label.subject });
    visit.unroutable += 1;
    report.errors.push(
      `Message ${message.number} has no recipient here, and nobody takes unroutable messages: it stays on the server.`,
    );
    return false;
  }

  const had = new Set(entry.deliveredTo);
  const addresses = routed.recipients.map(({ address }) => address).filter((address) => !had.has(address));
  const letter: Letter = { sender: envelopeSender(header), header, body, headerOctets: body.header };
  const results = addresses.length > 0 ? await parts.deliver(letter, addresses, routed.unroutable) : []; // 1  250 of the internal server

  const settled = settle(entry, results, parts.clock.now());
  visit.ledger.set(settled.uidl, settled);
  await parts.ledger.remember(account.name, [settled]); // 2  crash between 1 and 2: handed over once more (X03)
  // 3  DELE and QUIT come when all are done; crash before them: deleted next time, without a duplicate (X04)

  const sent = results.filter(({ outcome }) => outcome === 'sent').map(({ address, reply }) => ({ address, reply }));
  for (const { address, reply } of results.filter(({ outcome }) => outcome !== 'sent'))
    messageFailed(visit, message, address, reply);
  if (settled.deliveredAt === null) return false;
  parts.bus.tell({ type: 'message.delivered', ...about, bytes: body.bytes, recipients: sent });
  report.messages += 1;
  report.bytes += body.bytes;
  return true;
}

/** What the ledger knows of these very octets; a UIDL that now names others starts anew (POP16). */
function entryOf(visit: Visit, message: ListedMessage, body: FetchedBody, messageId: string): LedgerEntry {
  const uidl = visit.unsure.has(message.uidl) ? contentKey(body.digest) : message.uidl;
  const known = visit.ledger.get(uidl);
  if (known && (known.digest === body.digest || known.digest === ''))
    return { ...known, bytes: message.bytes, digest: body.digest, messageId };
  return {
    uidl,
    bytes: message.bytes,
    firstSeenAt: visit.parts.clock.now(),
    deliveredAt: null,
    deliveredTo: [],
    messageId,
    digest: body.digest,
    lastError: '',
    failures: 0,
  };
}

function settle(entry: LedgerEntry, results: RecipientResult[], now: number): LedgerEntry {
  const refused = results.filter(({ outcome }) => outcome !== 'sent');
  const deliveredTo = [
    ...entry.deliveredTo,
    ...results.filter(({ outcome }) => outcome === 'sent').map(({ address }) => address),
  ];
  if (refused.length === 0) return { ...entry, deliveredTo, deliveredAt: now, lastError: '' };
  return { ...entry, deliveredTo, lastError: refused[0]?.reply ?? '', failures: entry.failures + 1 };
}

/** Null when the server confirmed; else the failure, after which everything stays RECORDED for the next session (I05). */
async function deleteAndQuit(visit: Visit, mailbox: OpenMailbox, doomed: ListedMessage[]): Promise<Pop3Failure | null> {
  const numbers = doomed.map(({ number }) => number);
  const deleted = numbers.length > 0 ? await mailbox.delete(numbers) : { ok: true as const, value: [] };
  if (!deleted.ok) return deleted.failure;

  const quit = await mailbox.quit();
  if (!quit.ok) return quit.failure;

  const { account, parts, session } = visit;
  const gone = new Set(deleted.value);
  for (const { uidl } of doomed.filter(({ number }) => gone.has(number)))
    parts.bus.tell({ type: 'message.deleted', session, account: account.name, uidl, why: 'delivered' });
  return null;
}

function warnOfOversize(visit: Visit, todo: Plan, maxBytes: number): void {
  for (const { number, bytes } of todo.oversize)
    warn(
      visit,
      `Message ${number} has ${bytes} octets, more than the limit of ${maxBytes}: it is not downloaded and stays on the server.`,
    );
}

function warn({ account, parts, session }: Visit, warning: string): void {
  parts.bus.tell({ type: 'mailbox.warned', session, account: account.name, warning });
}

function messageFailed(
  { account, parts, report, session }: Visit,
  message: ListedMessage,
  recipient: string,
  reason: string,
): void {
  parts.bus.tell({
    type: 'message.failed',
    session,
    account: account.name,
    number: message.number,
    uidl: message.uidl,
    recipient,
    reason,
  });
  report.errors.push(`Message ${message.number}${recipient ? ` to ${recipient}` : ''}: ${reason}`);
}

function failed({ account, parts, report, session }: Visit, failure: Pop3Failure): MailboxReport {
  const locked = failure.kind === 'login';
  const { host } = account.server;
  parts.bus.tell({ type: 'mailbox.failed', session, account: account.name, host, reason: failure.message, locked });
  return { ...report, errors: [...report.errors, failure.message], locked };
}

/** Mail that nobody takes needs a person: said once, and taken back when none is left. */
function alertUnroutable({ account, parts, unroutable }: Visit): void {
  const key = `unroutable:${account.name}`;
  if (unroutable === 0) {
    parts.bus.tell({ type: 'alert.cleared', key, message: 'No unroutable message is left.' });
    return;
  }
  const what =
    unroutable === 1
      ? '1 message has no recipient here and stays'
      : `${unroutable} messages have no recipient here and stay`;
  const message = `${what} on the POP3 server. Name the recipient, or let one take unroutable messages.`;
  parts.bus.tell({ type: 'alert.raised', key, message, about: account.name });
}

/** The smaller of two limits, of which 0 is none. */
function smallest(a: number, b: number): number {
  if (a === 0 || b === 0) return Math.max(a, b);
  return Math.min(a, b);
}
