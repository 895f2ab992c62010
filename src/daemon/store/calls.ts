/**
 * What the two threads of the SQLite engine say to each other: the daemon's thread calls, the store's thread (worker.ts)
 * answers once the answer is durable. Calls of one turn of the event loop travel in one message, answers likewise.
 */
import type { Instant } from '../base/clock.ts';
import type { AddCells, ChangeCells, EntryRow } from './entry-row.ts';
import type { LedgerRow } from './ledger-row.ts';
import type { QueueEntry, QueueFilter, SessionRow } from './store.ts';

/** Where in the queue's order (oldest first) a scan stands: instant and number of the last entry seen. */
export type Place = [queuedAt: Instant, n: number];

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
  'ledger.load': { takes: { account: string; after: string; limit: number }; gives: LedgerRow[] };
  'ledger.remember': { takes: { account: string; rows: LedgerRow[] }; gives: null };
  'ledger.forget': { takes: { account: string; uidls: string[] | null }; gives: null };
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
  'queue.claim': { takes: { now: Instant; limit: number; retry: number[] }; gives: EntryRow[] };
  'queue.nextDue': { takes: null; gives: Instant | null };
  'queue.change': {
    takes: { ns: number[]; from: QueueEntry['state'][]; change: ChangeCells };
    gives: EntryRow[];
  };
  /** Gives false when the entry is not there. */
  'queue.settle': { takes: { n: number; change: ChangeCells; attempt: string }; gives: boolean };
  'queue.remove': { takes: { ns: number[] }; gives: null };
  'queue.attempts': { takes: { n: number }; gives: string[] };
  'queue.page': {
    takes: { states: QueueEntry['state'][]; offset: number; limit: number };
    gives: { total: number; rows: EntryRow[] };
  };
  /** Looks at a slice of the queue: how many match, those of them that are wanted, and where to go on (null: at the end). */
  'queue.scan': {
    takes: { where: QueueFilter; after: Place; skip: number; want: number };
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
  'ledger.load',
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
  'queue.page',
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
  | { closed: Failure | null };
