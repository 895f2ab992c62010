/** What the control link needs of the daemon, and nothing more: `daemon.ts` builds it out of the parts. */
import type { ParsedParamsOf, QueueDetail, ResultOf, SessionReport } from '../../protocol/commands.ts';
import type { QueuedMessage, TraceStatus } from '../../protocol/model.ts';
import type { GatewayState } from '../../protocol/state.ts';
import type { Instant } from '../base/clock.ts';
import type { QueueFilter } from '../store/store.ts';

export type QueueAction = 'hold' | 'release' | 'retry' | 'drop';
export type MessageState = QueuedMessage['state'];

/** In which states of a message an action does something; in any other it is skipped. */
export const actsOn: Record<QueueAction, readonly MessageState[]> = {
  hold: ['waiting', 'deferred'],
  release: ['held'],
  retry: ['deferred', 'waiting'],
  drop: ['waiting', 'deferred', 'held'],
};

export interface QueueChange {
  /** The names that were changed. */
  changed: string[];
  /** Those that were not: their present state, null when there is no such message (any more). */
  skipped: { id: string; state: MessageState | null }[];
}

export interface QueueControl {
  /** A range of the queue, oldest first; what lies in the trash is no part of it (`states` is always given). */
  list(where: QueueFilter, offset: number, limit: number): Promise<{ total: number; messages: QueuedMessage[] }>;
  /** Null when there is no such message in the queue. */
  show(id: string): Promise<QueueDetail | null>;
  /** Does the action to those of at most 1,000 messages whose state is one of `actsOn[action]`, durably, and tells `queue.changed`
   *  when there was one. `until`: a hold ends by itself then. */
  change(
    action: QueueAction,
    ids: string[],
    how: { by: string; reason: string; until: Instant | null },
  ): Promise<QueueChange>;
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
  | `test.${'mail-server' | 'relay' | 'listener'}`
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
