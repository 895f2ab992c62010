/**
 * What queue work needs of the store beyond `Queue` (G09, I12, I13): lists that cost what they show, sums, holds that end, the trash,
 * and changes that differ from entry to entry. The engine that gives a `Queue` gives this with it; each call looks at a slice of the
 * queue at a time, so that mail never waits for a list of a million.
 */
import type { Duration, Instant } from '../base/clock.ts';
import type { QueueEntry, QueueFilter } from './store.ts';

/** Where a list stands: the key of the last entry that was given. In the queue it is when the entry was queued, in the trash when it was
 *  dropped; and its number, so that no two are the same. On the wire it is `QUEUED-NUMBER` in base 36. */
export interface Mark {
  at: Instant;
  n: number;
}

export type PageFrom =
  /** Oldest first; null: from the oldest on. */
  | { after: Mark | null }
  /** The entries before that one (null: the newest of all), given oldest first like every page. */
  | { before: Mark | null };

export interface Page {
  entries: QueueEntry[];
  /** Where the next page in the same direction goes on; null: there is none. */
  next: Mark | null;
}

/** What a selection comes to, before it is changed. */
export interface Sum {
  messages: number;
  recipients: number;
  bytes: number;
  /** Of the messages: on their way now, and so left alone by every action. */
  sending: number;
}

export interface QueueWork {
  /** Milliseconds for which gateways have run on this queue, by the monotonic clock (I17): kept on disk every minute, so that a crash
   *  takes at most that much back. `QueueEntry.born` is a place on it: set by `commit`; a hold stops it (the age is kept with the hold,
   *  and `born` moved on when the entry leaves the state `held`), and so does the trash. */
  runningTime(): Duration;
  /** Unclaimed entries (waiting, deferred) that were born before `born`, oldest first, at most `limit`: `unwarned` those whose sender
   *  nobody told yet, `any` all of them. From an index: asked every minute, with nothing to find, it costs nothing. */
  overdue(which: 'unwarned' | 'any', born: Duration, limit: number): Promise<QueueEntry[]>;
  /** At most `limit` entries that fit. Looks at as many as it takes to find them, a slice at a time; `stop` ends it between two. */
  page(where: QueueFilter, from: PageFrom, limit: number, stop?: AbortSignal): Promise<Page>;
  /** The trash, dropped last first; `where.states` is of no account. */
  trashPage(where: QueueFilter, after: Mark | null, limit: number, stop?: AbortSignal): Promise<Page>;
  /** `states` of the filter choose between queue and trash, as in a list. */
  sum(where: QueueFilter, stop?: AbortSignal): Promise<Sum>;
  /** Held entries whose hold ended by `now`, at most `limit` of them, and when the next one ends; from its index. */
  endedHolds(now: Instant, limit: number): Promise<{ ids: string[]; next: Instant | null }>;
  /** Entries that lie in the trash since before that instant are removed for good, at most `limit` of them; durable. Answers how many. */
  purge(droppedBefore: Instant, limit: number): Promise<number>;
  /** The open recipient `from` (compared in normal form) of each entry becomes `to`, waiting; ORCPT keeps what it was, or becomes `from`
   *  (RFC 3461 §5.2.1); one that is a recipient already is not doubled. The entry is `waiting` and due at `now`, held ones stay held.
   *  Only in the states waiting, deferred, held. Answers with the entries that were changed; durable. */
  readdress(ids: string[], from: string, to: string, now: Instant): Promise<QueueEntry[]>;
  /** Those of them that lie in the trash are removed for good; durable. Answers with their names. */
  erase(ids: string[]): Promise<string[]>;
  /** A held entry's octets, as far as they are there, and its envelope go to `corrupt/`, durable there before it is removed (I12).
   *  Answers with the file's name; null: it is not held any more. Rejects when it could not be written: it stays held. */
  setAside(id: string, reason: string): Promise<string | null>;
  /** Octets of a body, at most `limit` from `offset` on, fewer at its end; null: it is gone. Their digest is not compared: see `read`. */
  octets(id: string, offset: number, limit: number): Promise<Uint8Array | null>;
  /** Every open recipient fails with `reply`, and the entry is due at `now`: the sender, who finds nobody to send it to, makes the report
   *  and removes it (X08). Only in the states waiting, deferred, held; durable. */
  failOpen(ids: string[], reply: string, now: Instant): Promise<QueueEntry[]>;
}

/** I12. Told by the engine when it meets an entry that is not what came in, after it has taken it out of the others' way. */
export interface Damaged {
  /** A message; or `queue.db`, the database itself. */
  id: string;
  reason: string;
  /** Its name in `corrupt/`, with `.tmp`; empty: it could not be moved there, and is held. */
  file: string;
}
