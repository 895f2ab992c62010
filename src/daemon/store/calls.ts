/**
 * What the two threads of the SQLite engine say to each other: the daemon's thread calls, the store's thread (worker.ts)
 * answers once the answer is durable. Calls of one turn of the event loop travel in one message, answers likewise.
 */
import type { Duration, Instant } from '../base/clock.ts';
import type { AddCells, ChangeCells, EntryRow } from './entry-row.ts';
import type { LedgerRow } from './ledger-row.ts';
import type { Damaged, Sum } from './queue-work.ts';
import type { QueueEntry, QueueFilter, SessionRow } from './store.ts';

/** Where in an order (by when it was queued, or dropped) a scan stands: instant and number of the last entry seen. */
export type Place = [at: Instant, n: number];

/** An event on its way to disk: its number, its instant, and itself as JSON. */
export type RingRow = [seq: number, at: Instant, event: string];

interface AuditRecord {
  at: Instant;
  by: string;
  method: string;
  what: string;
  reason: string;
  result: string;
}

/** Every call: what it takes, what it gives. Those that need octets get them beside what they take. */
export interface Calls {
  /**
   * In the order of UIDLs, from the first one after `after` on; JSON of KnownRow[]. SQLite writes one text, and V8 reads it, in half of
   * the time that as many rows take from SQLite into JavaScript and on to the other thread.
   */
  'ledger.known': { takes: { account: string; after: string; limit: number }; gives: string };
  'ledger.entries': { takes: { account: string; uidls: readonly string[] }; gives: LedgerRow[] };
  'ledger.remember': { takes: { account: string; rows: LedgerRow[] }; gives: null };
  'ledger.forget': { takes: { account: string; uidls: string[] | null }; gives: null };
  'ledger.noteDeleted': { takes: { account: string; uidls: readonly string[]; at: Instant }; gives: null };
  'ledger.noteAttempt': { takes: { account: string; uidl: string; attempt: string }; gives: null };
  'ledger.attempts': { takes: { account: string; uidl: string }; gives: string[] };
  'ledger.rename': { takes: { account: string; renamed: { from: string; to: string }[] }; gives: null };
  'session.record': { takes: SessionRow; gives: null };
  'session.get': { takes: { session: number }; gives: SessionRow | null };
  'session.list': { takes: { offset: number; limit: number }; gives: { total: number; sessions: SessionRow[] } };
  'session.forgetFiles': { takes: { before: Instant }; gives: string[] };
  'session.trim': { takes: { before: Instant }; gives: null };
  'memo.get': { takes: { name: string }; gives: string | null };
  'memo.put': { takes: { name: string; text: string | null }; gives: null };
  'memo.all': { takes: { prefix: string }; gives: [name: string, text: string][] };
  'audit.record': { takes: AuditRecord; gives: null };
  'counter.next': { takes: string; gives: number };
  'counter.read': { takes: string; gives: number };
  'counter.set': { takes: { name: string; value: number }; gives: null };
  'ledger.probe': { takes: null; gives: null };

  /** Reserves names: those from `from` to before `end` are the caller's; `end` is above `above`. */
  'queue.names': { takes: { above: number }; gives: { from: number; end: number } };
  'queue.draft': { takes: { n: number }; gives: null };
  'queue.discard': { takes: { n: number }; gives: null };
  /** Gives the digest. */
  'queue.add': { takes: AddCells; gives: string };
  'queue.get': { takes: { n: number }; gives: EntryRow | null };
  'queue.part': { takes: { n: number; part: number }; gives: BodyPart | null };
  'queue.head': { takes: { n: number; octets: number }; gives: Uint8Array | null };
  'queue.octets': { takes: { n: number; offset: number; limit: number }; gives: Uint8Array | null };
  'queue.claim': {
    takes: { now: Instant; limit: number; retry: number[]; except: string[] };
    gives: EntryRow[];
  };
  'queue.nextDue': { takes: { except: string[] }; gives: Instant | null };
  /** At most `limit` of them; gives how many. */
  'queue.pullIn': { takes: { latest: Instant; to: Instant; limit: number }; gives: number };
  'queue.change': {
    takes: { ns: number[]; from: QueueEntry['state'][]; change: ChangeCells; running: Duration };
    gives: EntryRow[];
  };
  /** Gives false when the entry is not there. */
  'queue.settle': { takes: { n: number; change: ChangeCells; attempt: string; running: Duration }; gives: boolean };
  'queue.remove': { takes: { ns: number[] }; gives: null };
  /** Of those in this state; gives those that it took away. */
  'queue.erase': { takes: { ns: number[]; state: 'dropped' | 'held' }; gives: number[] };
  'queue.purge': { takes: { droppedBefore: Instant; limit: number }; gives: number };
  'queue.readdress': {
    takes: { ns: number[]; from: string; to: string; now: Instant; running: Duration };
    gives: EntryRow[];
  };
  'queue.failOpen': { takes: { ns: number[]; reply: string; now: Instant; running: Duration }; gives: EntryRow[] };
  'queue.overdue': { takes: { which: 'unwarned' | 'any'; born: Duration; limit: number }; gives: EntryRow[] };
  'queue.endedHolds': { takes: { now: Instant; limit: number }; gives: { ns: number[]; next: Instant | null } };
  /** Keeps the running time if it has grown; gives what it is known to be. */
  'queue.ran': { takes: { running: Duration }; gives: Duration };
  'queue.attempts': { takes: { n: number }; gives: string[] };
  /** Looks at a slice: those that fit, at most `want`, in the order of the look, and where to go on (null: at the end). `back`: from the
   *  newest on. `trash`: in the order in which they were dropped. */
  'queue.look': {
    takes: { where: QueueFilter; trash: boolean; back: boolean; after: Place | null; want: number };
    gives: { rows: EntryRow[]; next: Place | null };
  };
  /** The place of the entry `count` further on in these states (a slice at most); null: there are not as many. */
  'queue.skip': {
    takes: { states: QueueEntry['state'][]; back: boolean; after: Place | null; count: number };
    gives: Place | null;
  };
  'queue.sum': { takes: { where: QueueFilter; after: Place | null }; gives: Sum & { next: Place | null } };
  /** Looks at a slice of the queue: how many match, those of them that are wanted, and where to go on (null: at the end). */
  'queue.scan': {
    takes: { where: QueueFilter; after: Place | null; skip: number; want: number };
    gives: { matched: number; rows: EntryRow[]; next: Place | null };
  };
  'queue.counts': {
    takes: null;
    gives: { counts: Record<QueueEntry['state'], number>; bytes: number; oldestAt: Instant | null };
  };
  'queue.recover': { takes: null; gives: { requeued: number; discarded: number } };
  'queue.reportOn': { takes: { id: string }; gives: string | null };
  'queue.probe': { takes: null; gives: null };

  /** `lost`: the highest number of an event that could not be kept, 0 if there is none. */
  'ring.append': { takes: { rows: RingRow[]; lost: number }; gives: null };
  'ring.last': { takes: null; gives: number };
  'ring.read': {
    takes: { seq: number; limit: number } | { at: Instant; limit: number };
    gives: { events: string[]; complete: boolean };
  };
  /** Gives whether there is more to drop. */
  'ring.trim': { takes: { before: Instant; octets: number; limit: number }; gives: boolean };
  'ring.probe': { takes: null; gives: null };
}

export type Method = keyof Calls;

/** A part of a body, with what the whole of it must come to. */
export interface BodyPart {
  bytes: number;
  digest: string;
  /** Null when this part is not there. */
  octets: Uint8Array | null;
}

export type ShelfName = 'mailgate' | 'queue' | 'events';

/** Which database answers a call. */
export function shelfOf(method: Method): ShelfName {
  if (method.startsWith('queue.')) return 'queue';
  return method.startsWith('ring.') ? 'events' : 'mailgate';
}

/** Calls that change nothing: a group of nothing else costs no sync. */
export const readOnly: ReadonlySet<Method> = new Set<Method>([
  'ledger.known',
  'ledger.entries',
  'ledger.attempts',
  'session.get',
  'session.list',
  'memo.get',
  'memo.all',
  'counter.read',
  'queue.get',
  'queue.part',
  'queue.head',
  'queue.nextDue',
  'queue.attempts',
  'queue.look',
  'queue.skip',
  'queue.sum',
  'queue.overdue',
  'queue.endedHolds',
  'queue.octets',
  'queue.scan',
  'queue.counts',
  'queue.reportOn',
  'ring.last',
  'ring.read',
]);

/** Does what a call asks for; throws when it cannot. `octets` are the call's own and may be kept. */
export type Handler<M extends Method> = (takes: Calls[M]['takes'], octets: Uint8Array) => Calls[M]['gives'];

/** The handlers of the calls that begin with `P`. */
export type Handlers<P extends string> = { [M in Extract<Method, `${P}.${string}`>]: Handler<M> };

/** A call on the wire; its octets lie from `start` on in the message's buffer. */
export type WiredCall = [call: number, method: Method, takes: unknown, start: number, length: number];

/** From the daemon's thread: calls, or the wish to end. */
export type Asked = { calls: WiredCall[]; octets: Uint8Array } | { close: true };

/** Why a call failed, or a database does not work. */
export interface Failure {
  message: string;
  full: boolean;
}

export type WiredAnswer = [call: number, failure: Failure | null, gives: unknown];

/** From the store's thread. `trouble` is there when it changed: null, and all databases work again. */
export type Told =
  | { opened: Failure | null }
  | { answers: WiredAnswer[]; trouble?: Failure | null }
  /** Met, and taken out of the others' way (I12). */
  | { damaged: Damaged[] }
  | { closed: Failure | null };
