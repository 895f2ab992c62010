/** What the control link needs of the daemon, and nothing more: `daemon.ts` builds it out of the parts. */
import type { ParsedParamsOf, QueueDetail, ResultOf, SessionReport } from '../../protocol/commands.ts';
import type { Priority, QueuedMessage, Rest, TraceStatus, TrashedMessage } from '../../protocol/model.ts';
import type { GatewayState } from '../../protocol/state.ts';
import type { Instant } from '../base/clock.ts';
import type { QueueFilter } from '../store/store.ts';

export type MessageState = QueuedMessage['state'];

/** What can be done to messages of the queue, or (restore, empty) of the trash. `hold` ends by itself at `until`. */
export type Deed =
  | { does: 'hold'; until: Instant | null }
  | { does: 'release' | 'retry' | 'return' | 'drop' | 'restore' | 'empty' }
  | { does: 'reroute'; relay: string | null }
  | { does: 'readdress'; from: string; to: string }
  | { does: 'prioritise'; priority: Priority };

/** Names as the queue has them (`Pmg1F7B`), or all that a filter matches. */
export type Which = { ids: string[] } | { filter: QueueFilter };

/** The first thousand by name, and how many there were. */
export interface QueueChange {
  changed: string[];
  /** `why`: the end of a sentence. `state`: as it is now; null when there is no such message (any more). */
  skipped: { id: string; why: string; state: MessageState | 'dropped' | null }[];
  changedTotal: number;
  skippedTotal: number;
}

/** Where a list stands: when the last message of it was queued (in the trash: dropped), and its number. */
export interface Mark {
  at: Instant;
  n: number;
}

export interface QueueControl {
  /** A range of the queue, oldest first; what lies in the trash is no part of it (`states` is always given). */
  list(where: QueueFilter, offset: number, limit: number): Promise<{ total: number; messages: QueuedMessage[] }>;
  /** The same by place: from behind it on, or (`last`) the newest, oldest first. */
  page(
    where: QueueFilter,
    from: { after: Mark | null } | 'last',
    limit: number,
  ): Promise<{ messages: QueuedMessage[]; next: Mark | null }>;
  /** What lies in the trash, dropped last first. */
  trash(
    where: QueueFilter,
    after: Mark | null,
    limit: number,
  ): Promise<{ messages: TrashedMessage[]; next: Mark | null }>;
  total(where: QueueFilter): Promise<number>;
  sum(where: QueueFilter): Promise<{ messages: number; recipients: number; bytes: number; sending: number }>;
  /** Null when there is no such message in the queue. */
  show(id: string): Promise<QueueDetail | null>;
  /** Does it to those whose state lets it, step by step, durably, and tells it. Throws a CallError: `conflict` when it were more than
   *  `expect` (null: however many), `not_found` for a relay that there is not, `invalid_params` for what is no address. */
  change(deed: Deed, which: Which, how: { by: string; reason: string; expect: number | null }): Promise<QueueChange>;
  /** A message of queue or trash whose octets are those that came in; null: there is none. Throws a CallError for a damaged one. */
  open(id: string): Promise<{ id: string; bytes: number; digest: string } | null>;
  /** Fewer than `limit` octets at its end; null: it is gone. */
  read(id: string, offset: number, limit: number): Promise<Uint8Array | null>;
  /** Holds what is taken from now on, or no longer. */
  freeze(wish: RestWish, by: string): Promise<Rest | null>;
  /** Sends nothing, or goes on. */
  pause(wish: RestWish, by: string): Promise<Rest | null>;
}

/** `until`: over by itself then. */
export interface RestWish {
  on: boolean;
  until: Instant | null;
  reason: string;
}

export type Triggered =
  /** `joined`: it was running already. `finished` rejects with a CallError (`stopping`) when the daemon stops before. */
  | { kind: 'running'; session: number; joined: boolean; finished: Promise<SessionReport> }
  /** Not now: the account is locked out by a refused login, sessions are paused … */
  | { kind: 'refused'; why: string };

/** Methods that parts of the daemon answer themselves: the link checks parameters and role, audits, and passes on. */
export type Answered =
  | `accounts.${'list' | 'test' | 'forget-ids'}`
  | 'renumbered.answer'
  | `mailbox.${'list' | 'top' | 'fetch' | 'mark-fetched' | 'delete' | 'undelete' | 'close' | 'readdress'}`
  | 'route.try'
  | 'rules.try'
  | `quarantine.${'list' | 'show' | 'release' | 'delete'}`
  | `logs.${'list' | 'show'}`
  | `alerts.${'list' | 'ack'}`
  | `test.${'mail-server' | 'relay' | 'listener' | 'notice'}`
  | 'doctor'
  | `signin.${'start' | 'wait' | 'answer' | 'cancel' | 'forget'}`;

/** A message that somebody wants to see tried, as mail's `Body`; it can be read until the answer is given. */
export interface TriedMessage {
  readonly bytes: number;
  chunks(): AsyncIterable<Uint8Array>;
}

/** What the two tries get of the octets that came with the call, or by `upload` before it. */
export interface Tries {
  /** `header`: the octets before the first empty line, LONGEST_HEADER_BLOCK of them at most. */
  'route.try': { header: Uint8Array; account: string | null };
  'rules.try': { message: TriedMessage; external: boolean };
}

/** Each throws a CallError for what the caller is to hear. `by`: who asks. An account that is named is one of the configuration. */
export type Answers = {
  [M in Answered]: (params: M extends keyof Tries ? Tries[M] : ParsedParamsOf<M>, by: string) => Promise<ResultOf<M>>;
};

export interface Gateway {
  /** The fold of all events up to `seq`, taken at once. Its listener hears each event before the control link does. */
  snapshot(): { state: GatewayState; seq: number };
  /** Starts a session of these accounts (null: of all), or joins the running one; it ignores backoff, and with `force` a lock (S50). */
  trigger(wish: { accounts: string[] | null; force: boolean; by: string }): Promise<Triggered>;
  setTrace(change: ParsedParamsOf<'trace.set'>, by: string): TraceStatus;
  readonly queue: QueueControl;
  readonly answers: Answers;
}
