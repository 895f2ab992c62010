/**
 * One account in one download session: list, decide, fetch, hand over, remember, delete.
 *
 * A message belongs to the POP3 server until the internal server has said 250 for every recipient and the ledger has that on
 * disk; only then is DELE sent, and it counts only when QUIT was answered +OK (S61, S62, I03, I05).
 */
import { readHeader } from '../mail/header-block.ts';
import { envelopeSender, labelOf } from '../mail/message.ts';
import type { FetchedBody, ListedMessage, OpenMailbox, Pop3Failure, Pop3Result } from '../pop3/mailbox.ts';
import { StoreFailure } from '../store/store.ts';
import { entryOf, settle } from './entry.ts';
import { contentKey, type Plan, plan, unsureUidls } from './plan.ts';
import {
  aboutMessage,
  alertUnroutable,
  failed,
  type InboundAccount,
  type InboundParts,
  type MailboxReport,
  messageFailed,
  messageUnroutable,
  startVisit,
  type Visit,
  warn,
} from './visit.ts';

/** Downloads what is new in one account. Never rejects: a bug is told to `crashed`, and is this account's failure alone. */
export async function drainMailbox(
  account: InboundAccount,
  session: number,
  parts: InboundParts,
  stop: AbortSignal,
): Promise<MailboxReport> {
  const visit = startVisit(account, session, parts, stop);
  try {
    return await visited(visit);
  } catch (error) {
    if (error instanceof StoreFailure)
      return failed(visit, { kind: 'temporary', message: `The ledger could not be used: ${error.message}` });
    parts.crashed(account.name, error);
    const message =
      'The gateway failed here; its operational log says how. What was not deleted stays on the POP3 server.';
    return failed(visit, { kind: 'temporary', message });
  }
}

async function visited(visit: Visit): Promise<MailboxReport> {
  const { account, session, parts, report } = visit;
  const about = { session, account: account.name, host: account.server.host };

  parts.bus.tell({ type: 'mailbox.connecting', ...about });
  const opened = await parts.open(account);
  if (!opened.ok) return failed(visit, opened.failure);

  const { mailbox } = opened;
  const { messages, octets: bytes } = mailbox;
  report.login = 'accepted';
  parts.bus.tell({ type: 'mailbox.connected', ...about, login: true, messages, bytes });
  try {
    return await emptied(visit, mailbox);
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
  const decided = await decide(visit, mailbox, listed.value);
  if (!decided.ok) return failed(visit, decided.failure);

  const { todo, strangers } = decided.value;
  const fetched = await fetchAll(visit, mailbox, decided.value);
  if (fetched.end === 'broken') return failed(visit, fetched.failure);
  if (fetched.end === 'all') alertUnroutable(visit);

  const doomed = [...todo.remove, ...(account.keepOnServer ? [] : fetched.delivered)];
  const deleted = await deleteAndQuit(visit, mailbox, doomed);
  if (!deleted.ok) return failed(visit, deleted.failure);
  const doubtful = listed.value.filter(({ number }) => strangers.has(number)); // who stayed is a stranger next time, too
  parts.deleted.set(account.name, new Set([...deleted.value, ...doubtful].map(({ uidl }) => uidl)));
  await parts.ledger.forget(account.name, todo.gone); // only now: an entry outlives every listing that still names it
  if (fetched.end === 'unreached')
    return failed(visit, {
      kind: 'temporary',
      message: `Nothing can be handed over to the internal server: ${fetched.why}`,
    });

  parts.bus.tell({
    type: 'mailbox.finished',
    session,
    account: account.name,
    messages: report.messages,
    left: listed.value.length - deleted.value.length,
    errors: report.failures,
  });
  return report;
}

interface Decided {
  todo: Plan;
  /** Octets; 0: no limit. */
  maxBytes: number;
  /** Numbers of messages that may be others than the ledger takes them for. */
  strangers: ReadonlySet<number>;
  /** Why nothing can be handed over now, so that nothing is fetched either; null when it can. */
  unreached: string | null;
}

/** What is to become of each message. What is too large is known only once the internal server was spoken to (S64). */
async function decide(visit: Visit, mailbox: OpenMailbox, listing: ListedMessage[]): Promise<Pop3Result<Decided>> {
  const { account, parts, session } = visit;
  const { keepOnServer } = account;
  const known = plan(listing, visit.ledger, { keepOnServer, maxBytes: account.maxBytes, strangers: new Set() });
  const found = await strangersAmong(visit, mailbox, known.remove);
  if (!found.ok) return found;

  const strangers = found.value;
  const unreached = known.fetch.length + strangers.size > 0 ? await parts.meet() : null;
  const maxBytes = smallest(account.maxBytes, parts.sizeLimit());
  const todo = plan(listing, visit.ledger, { keepOnServer, maxBytes, strangers });
  const wanted = unreached === null ? todo.fetch : [];
  const bytes = wanted.reduce((sum, message) => Math.min(sum + message.bytes, Number.MAX_SAFE_INTEGER), 0); // LIST says anything
  parts.bus.tell({ type: 'mailbox.planned', session, account: account.name, fetch: wanted.length, bytes });
  warnOfOversize(visit, todo, maxBytes);
  return { ok: true, value: { todo, maxBytes, strangers, unreached } };
}

/**
 * Who may be another than the ledger takes it for: the server said that it had deleted a message, and lists its UIDL again, with
 * its size. Deleted unseen, a new message under an old name would be lost (POP16). The Message-ID says who it is;
 * where it cannot, the message is fetched, and its digest does.
 */
async function strangersAmong(
  { account, parts, ledger, stop }: Visit,
  mailbox: OpenMailbox,
  delivered: ListedMessage[],
): Promise<Pop3Result<Set<number>>> {
  const deleted = parts.deleted.get(account.name);
  const strangers = new Set<number>();
  for (const { number, uidl } of delivered.filter((message) => deleted?.has(message.uidl))) {
    const messageId = ledger.get(uidl)?.messageId ?? '';
    const top = messageId === '' || stop.aborted ? null : await mailbox.top(number, 0);
    if (top?.ok === false && top.failure.kind !== 'refused') return top;
    if (!top?.ok || labelOf(readHeader(top.value)).messageId !== messageId) strangers.add(number);
  }
  return { ok: true, value: strangers };
}

type Fetched = { delivered: ListedMessage[] } & (
  | { end: 'all' | 'stopped' }
  | { end: 'broken'; failure: Pop3Failure }
  | { end: 'unreached'; why: string }
);

/** Fetches with RETRs in flight; each message goes its whole way before the next is taken. */
async function fetchAll(visit: Visit, mailbox: OpenMailbox, { todo, maxBytes, unreached }: Decided): Promise<Fetched> {
  const delivered: ListedMessage[] = [];
  if (unreached !== null) return { delivered, end: 'unreached', why: unreached };
  if (visit.stop.aborted) return { delivered, end: 'stopped' };

  const byNumber = new Map(todo.fetch.map((message) => [message.number, message]));
  for await (const retrieved of mailbox.retrieve([...byNumber.keys()], { maxBytes })) {
    const message = byNumber.get(retrieved.number);
    if (!message) continue;
    switch (retrieved.kind) {
      case 'message': {
        await using body = retrieved.body;
        const handed = await handOver(visit, message, body);
        if (handed === 'delivered') delivered.push(message);
        // Whoever cannot be reached now cannot be for the next one either: no mail is downloaded in vain.
        if (typeof handed === 'object') return { delivered, end: 'unreached', why: handed.unreached };
        break;
      }
      case 'refused':
        messageFailed(visit, message, '', `The POP3 server does not give it out: ${retrieved.reply}`);
        break;
      case 'oversize':
        warn(visit, `Message ${message.number} is larger than ${limitInWords(maxBytes)}: it stays on the server.`);
        break;
      case 'broken':
        return { delivered, end: 'broken', failure: retrieved.failure };
    }
    if (visit.stop.aborted) return { delivered, end: 'stopped' };
  }
  return { delivered, end: 'all' };
}

/** Hands one message over; `delivered` once every recipient has had it and the ledger says so on disk. */
async function handOver(
  visit: Visit,
  message: ListedMessage,
  body: FetchedBody,
): Promise<'delivered' | 'stays' | { unreached: string }> {
  const { account, parts, report } = visit;
  const header = readHeader(body.header);
  const label = labelOf(header);
  const about = aboutMessage(visit, message);
  const key = visit.unsure.has(message.uidl) ? contentKey(body.digest) : message.uidl;
  const seen = { key, bytes: message.bytes, digest: body.digest, messageId: label.messageId };
  const entry = entryOf(seen, visit.ledger.get(key), parts.clock.now());

  parts.bus.tell({ type: 'message.fetched', ...about, bytes: body.bytes, from: label.from, subject: label.subject });
  if (entry.deliveredAt !== null) {
    // The same octets under a new name or with a new size. Remembered with it, or a kept message would be fetched each time.
    await parts.ledger.remember(account.name, [entry]);
    return 'delivered';
  }

  const routed = parts.route(header, account.name);
  if (routed.recipients.length === 0) {
    messageUnroutable(visit, message, label);
    return 'stays';
  }

  const had = new Set(entry.deliveredTo);
  const addresses = routed.recipients.map(({ address }) => address).filter((address) => !had.has(address));
  const letter = { sender: envelopeSender(header), body, headerOctets: body.header };
  const handed = addresses.length > 0 ? await parts.deliver(letter, addresses, routed.unroutable) : NOBODY_LEFT; // 1  250 of the internal server
  if (handed.unreached !== null) return { unreached: handed.unreached };

  const settled = settle(entry, handed.results, parts.clock.now());
  visit.ledger.set(settled.uidl, settled);
  await parts.ledger.remember(account.name, [settled]); // 2  crash between 1 and 2: handed over once more (X03)
  // 3  DELE and QUIT come when all are done; crash before them: deleted next time, without a duplicate (X04)

  for (const { address, reply } of handed.results.filter(({ outcome }) => outcome !== 'sent'))
    messageFailed(visit, message, address, reply);
  if (settled.deliveredAt === null) return 'stays';
  const recipients = handed.results.map(({ address, reply }) => ({ address, reply }));
  parts.bus.tell({ type: 'message.delivered', ...about, bytes: body.bytes, recipients });
  report.messages += 1;
  report.bytes += body.bytes;
  return 'delivered';
}

/** All its recipients have had it in earlier sessions. */
const NOBODY_LEFT = { results: [], unreached: null };

/** Those that the server has deleted; a failure leaves everything RECORDED for the next session (I05). */
async function deleteAndQuit(
  visit: Visit,
  mailbox: OpenMailbox,
  doomed: ListedMessage[],
): Promise<Pop3Result<ListedMessage[]>> {
  const numbers = doomed.map(({ number }) => number);
  const deleted = numbers.length > 0 ? await mailbox.delete(numbers) : { ok: true as const, value: [] };
  if (!deleted.ok) return deleted;

  const quit = await mailbox.quit();
  if (!quit.ok) return quit;

  const marked = new Set(deleted.value);
  const gone = doomed.filter(({ number }) => marked.has(number));
  for (const message of gone) {
    const { number: _number, ...about } = aboutMessage(visit, message);
    visit.parts.bus.tell({ type: 'message.deleted', ...about, why: 'delivered' });
  }
  return { ok: true, value: gone };
}

function warnOfOversize(visit: Visit, todo: Plan, maxBytes: number): void {
  for (const { number, bytes } of todo.oversize)
    warn(
      visit,
      `Message ${number} has ${bytes} octets, more than the limit of ${maxBytes}: it is not downloaded and stays on the server.`,
    );
}

function limitInWords(maxBytes: number): string {
  return maxBytes === 0 ? 'any message may be' : `${maxBytes} octets`;
}

/** The smaller of two limits, of which 0 is none. */
function smallest(a: number, b: number): number {
  if (a === 0 || b === 0) return Math.max(a, b);
  return Math.min(a, b);
}
