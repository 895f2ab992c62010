/**
 * One account in one download session: list, decide, fetch, hand over, remember, delete.
 *
 * A message belongs to the POP3 server until the internal server has said 250 for every recipient and the ledger has that on
 * disk; only then is DELE sent, and it counts only when QUIT was answered +OK (S61, S62, I03, I05).
 */
import type { ListedMessage, OpenMailbox, Pop3Failure, Pop3Result } from '../pop3/mailbox.ts';
import { StoreFailure } from '../store/store.ts';
import { isOfMessage, noteBreakAtTop } from './breaks.ts';
import { isStuck } from './entry.ts';
import { fetchAll, type Haul } from './fetching.ts';
import { type Limits, limitOn } from './limit.ts';
import { heedNumbering, type Numbered, numberingSettled } from './numbering.ts';
import { heedOversize } from './oversize.ts';
import type { InboundAccount, InboundParts } from './parts.ts';
import { type Keeping, type Listing, listingOf, type Plan, plan } from './plan.ts';
import { recognised } from './nameless.ts';
import { deleteAndQuit } from './removal.ts';
import { alertNameless, alertRoom, alertStuck, alertUnroutable } from './standing-alerts.ts';
import { strangersAmong } from './strangers.ts';
import {
  failed,
  knownAmong,
  knownNamed,
  type MailboxReport,
  messageFailed,
  startVisit,
  type Stops,
  type Visit,
  warn,
} from './visit.ts';
import { takeWishes } from './wishes.ts';

/** Downloads what is new in one account. Never rejects: a bug is told to `crashed`, and is this account's failure alone. */
export async function drainMailbox(
  account: InboundAccount,
  session: number,
  parts: InboundParts,
  stops: Stops,
): Promise<MailboxReport> {
  const visit = startVisit(account, session, parts, stops);
  const inside = parts.gate.enterForSession(account.name);
  try {
    if (inside) return await visited(visit);
    warn(visit, 'Somebody is looking into this mailbox: it is left out this time.');
    return visit.report;
  } catch (error) {
    if (error instanceof StoreFailure)
      return failed(visit, { kind: 'temporary', message: `The ledger could not be used: ${error.message}` });
    parts.crashed(account.name, error);
    const message =
      'The gateway failed here; its operational log says how. What was not deleted stays on the POP3 server.';
    return failed(visit, { kind: 'temporary', message });
  } finally {
    inside?.leave();
  }
}

async function visited(visit: Visit): Promise<MailboxReport> {
  const { account, session, parts, report } = visit;
  const about = { session, account: account.name, host: account.server.host };

  parts.bus.tell({ type: 'mailbox.connecting', ...about });
  const opened = await opening(visit);
  if (!opened.ok) return failed(visit, opened.failure);

  const { messages, octets: bytes } = opened.mailbox;
  report.login = 'accepted';
  parts.bus.tell({ type: 'mailbox.connected', ...about, login: true, messages, bytes });
  const first = await emptied(visit, opened.mailbox, 'first');
  if (first.is === 'done') return report;
  return first.is === 'unreached' ? unreachable(visit, first) : await brokenOff(visit, first);
}

function opening(visit: Visit) {
  const { account, parts, transcript, cut } = visit;
  return parts.open(account, { dialogue: transcript, cut });
}

type Emptied =
  | { is: 'done' }
  /** The internal server takes nothing now. */
  | { is: 'unreached'; why: string }
  /** `on`: the message that was being received, where others can still be had without it. */
  | { is: 'over'; failure: Pop3Failure; on: ListedMessage | null };

/**
 * G03: the session broke on one message after it had received others. The mailbox is opened once more, for those that are left: no
 * further tries, and a server that does not let us in again so soon says nothing about the password.
 */
async function brokenOff(visit: Visit, { failure, on }: Extract<Emptied, { is: 'over' }>): Promise<MailboxReport> {
  const { report } = visit;
  if (failure.kind === 'stopped') report.cutShort = true;
  const again = on && !visit.stop.aborted ? await opening(visit) : null;
  if (!on || !again?.ok) return failed(visit, failure);

  messageFailed(visit, on, '', failure.message);
  warn(visit, `The session broke at message ${on.number}: the mailbox was opened again for the others.`);
  const second = await emptied(visit, again.mailbox, 'again');
  if (second.is === 'unreached') return unreachable(visit, second);
  return second.is === 'done' ? report : failed(visit, second.failure);
}

function unreachable(visit: Visit, { why }: Extract<Emptied, { is: 'unreached' }>): MailboxReport {
  const message = `Nothing can be handed over to the internal server: ${why}`;
  return failed(visit, { kind: 'temporary', message }, 'internal server');
}

async function emptied(visit: Visit, mailbox: OpenMailbox, turn: 'first' | 'again'): Promise<Emptied> {
  try {
    return await walked(visit, mailbox, turn);
  } finally {
    mailbox.destroy(); // nothing after QUIT; without QUIT the server deletes nothing (RFC 1939 §6)
  }
}

async function walked(visit: Visit, mailbox: OpenMailbox, turn: 'first' | 'again'): Promise<Emptied> {
  const { account, parts } = visit;
  const [listed, known] = await Promise.all([mailbox.list(), parts.ledger.known(account.name)]);
  if (!listed.ok) return over(listed.failure);
  const listing = listingOf(listed.value);
  visit.ledger = known;
  visit.unsure = listing.unsure;
  visit.faces = new Map();
  visit.unroutable = 0;
  const numbered = await heedNumbering(visit, mailbox, listing);
  if (!numbered.ok) return over(numbered.failure);
  if (numbered.value === 'asked') return await leave(mailbox);
  await takeWishes(visit, listing.messages);
  const looked = await recognised(visit, mailbox, listing);
  if (!looked.ok) {
    await noteBreakAtTop(visit, looked.broken, looked.failure);
    return over(looked.failure);
  }
  visit.faces = looked.faces;

  const decided = await decide(visit, mailbox, listing, turn);
  if (!decided.ok) return over(decided.failure);
  const { todo, limits, strangers, unreached } = decided.value;
  const haul: Haul =
    unreached === null
      ? await fetchAll(visit, mailbox, todo.fetch, limits)
      : { doomed: [], tooLong: [], received: 0, ended: { is: 'unreached', why: unreached } };
  if (haul.ended.is === 'broken') return brokeOn(visit, haul, todo);

  const oversize = [...todo.oversize.filter(({ number }) => !strangers.has(number)), ...haul.tooLong];
  const heeded = haul.ended.is === 'all' ? await heedOversize(visit, mailbox, oversize, limits) : null;
  if (heeded?.ok === false) return over(heeded.failure);

  const deleted = await deleteAndQuit(visit, mailbox, [...todo.remove, ...haul.doomed]);
  if (!deleted.ok) return over(deleted.failure);
  return await finished(visit, {
    ...{ listing: listed.value, todo, haul, limits },
    ...{ deleted: deleted.value, numbered: numbered.value },
  });
}

function over(failure: Pop3Failure): Emptied {
  return { is: 'over', failure, on: null };
}

async function leave(mailbox: OpenMailbox): Promise<Emptied> {
  const quit = await mailbox.quit();
  return quit.ok ? { is: 'done' } : over(quit.failure);
}

/** Worth a second opening where the server had given out something before, and has more. */
function brokeOn(visit: Visit, { received, ended }: Haul, { fetch }: Plan): Emptied {
  if (ended.is !== 'broken') return { is: 'done' };
  const { failure, message } = ended;
  const goesOn = received > 0 && fetch.length > received + 1 && isOfMessage(failure) && visit.skip.size > 0;
  if (message && !visit.unsure.has(message.uidl))
    warn(visit, `Message ${message.number} was being received when the session ended.`);
  return { is: 'over', failure, on: goesOn ? message : null };
}

interface Done {
  listing: ListedMessage[];
  todo: Plan;
  haul: Haul;
  limits: Limits;
  deleted: ListedMessage[];
  numbered: Numbered;
}

/** After QUIT: what is forgotten, what stands, and how it went. */
async function finished(visit: Visit, { listing, todo, haul, limits, deleted, numbered }: Done): Promise<Emptied> {
  const { account, parts, report, session } = visit;
  const { ended, tooLong } = haul;
  const complete = ended.is === 'all';
  // An entry outlives every listing that still names it, and every doubt about what its message is called now.
  const forgettable = numbered !== 'adopting' || complete ? todo.gone : [];
  if (forgettable.length > 0) await parts.ledger.forget(account.name, forgettable);
  if (numbered === 'adopting' && complete) await numberingSettled(visit, 'The messages were taken for the known ones.');
  if (complete) alertUnroutable(visit, visit.unroutable + todo.unroutable.length);
  if (ended.is === 'unreached') return { is: 'unreached', why: ended.why };
  report.cutShort = ended.is === 'stopped';

  const oversize = new Set([...todo.oversize, ...tooLong]);
  const stuck = stuckAmong(visit, listing).filter((message) => !oversize.has(message)).length;
  if (complete) alertStuck(visit, stuck);
  if (complete) alertNameless(visit, listing);
  if (complete) alertRoom(visit, [...oversize].filter((message) => waitsForRoom(visit, message, limits)).length);
  parts.bus.tell({
    ...{ type: 'mailbox.finished', session, account: account.name },
    ...{ messages: report.messages, left: listing.length - deleted.length, errors: report.failures },
    ...{ oversize: oversize.size, stuck },
  });
  return { is: 'done' };
}

function stuckAmong(visit: Visit, listing: readonly ListedMessage[]): ListedMessage[] {
  return knownAmong(visit, listing, isStuck).filter((message) => knownNamed(visit, message) !== undefined);
}

function waitsForRoom(visit: Visit, message: ListedMessage, limits: Limits): boolean {
  return limitOn(knownNamed(visit, message)?.wanted === true, limits).setBy === 'disk';
}

interface Decided {
  todo: Plan;
  limits: Limits;
  /** Numbers of messages that may be others than the ledger takes them for. */
  strangers: ReadonlySet<number>;
  /** Why nothing can be handed over now, so that nothing is fetched either; null when it can. */
  unreached: string | null;
}

/** What is to become of each message. What is too large is known only once the internal server was spoken to (S64). */
async function decide(
  visit: Visit,
  mailbox: OpenMailbox,
  listing: Listing,
  turn: 'first' | 'again',
): Promise<Pop3Result<Decided>> {
  const { account, parts, session } = visit;
  const disk = await parts.room();
  const before = { account: account.maxBytes, configuration: parts.limits().configuration, mailServer: 0, disk };
  const keeping = keepingOf(visit, before, new Set());
  const known = plan(listing, visit.ledger, keeping, visit.faces);
  const found = await strangersAmong(visit, mailbox, known);
  if (!found.ok) return found;

  const strangers = found.value;
  const unreached = known.fetch.length + strangers.size > 0 ? await parts.meet() : null;
  const limits = { ...before, ...parts.limits() };
  const now = keepingOf(visit, limits, strangers);
  const same = strangers.size === 0 && now.maxBytes === keeping.maxBytes;
  const todo = same ? known : plan(listing, visit.ledger, now, visit.faces);
  const wanted = unreached === null ? todo.fetch : [];
  const bytes = wanted.reduce((sum, message) => Math.min(sum + message.bytes, Number.MAX_SAFE_INTEGER), 0); // LIST says anything
  if (turn === 'first')
    parts.bus.tell({ type: 'mailbox.planned', session, account: account.name, fetch: wanted.length, bytes });
  return { ok: true, value: { todo, limits, strangers, unreached } };
}

function keepingOf({ account, parts, skip }: Visit, limits: Limits, strangers: ReadonlySet<number>): Keeping {
  const { keepOnServer, deleteAfter } = account;
  const { routingFingerprint: routing, clock } = parts;
  const sizes = { maxBytes: limitOn(false, limits).bytes, room: limits.disk };
  return { ...{ keepOnServer, deleteAfter, now: clock.now() }, ...sizes, ...{ strangers, routing, skip } };
}
