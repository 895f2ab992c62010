/** What a method of the control protocol is on this side: one that reads, or one that changes something and is recorded. */
import type { MethodName, ParsedParamsOf, ResultOf } from '../../../protocol/commands.ts';
import type { Topic } from '../../../protocol/events.ts';
import type { Clock } from '../../base/clock.ts';
import type { EventRing } from '../../store/store.ts';
import type { Visitor } from '../access.ts';
import type { Gateway } from '../gateway.ts';
import type { Journal } from '../journal.ts';
import type { Uploads } from '../uploads.ts';

/** The connection that calls. */
export interface Caller extends Visitor {
  /** From now on it gets the events after `seq`. */
  follow(seq: number, topics: Topic[] | null): void;
}

export interface MethodParts {
  gateway: Gateway;
  ring: Pick<EventRing, 'read' | 'flush'>;
  journal: Journal;
  uploads: Uploads;
  clock: Clock;
}

/** Throws a CallError for what the caller is to hear. */
export type Run<M extends MethodName> = (params: ParsedParamsOf<M>, caller: Caller) => Promise<ResultOf<M>>;

/** A method that changes something: told as `command.done`, recorded in the audit trail, and done once per call (I26, WS10). */
export interface Command<M extends MethodName> {
  /** What it is about, for the record. */
  what(params: ParsedParamsOf<M>): string;
  run: Run<M>;
  /** What came of it, for the record. */
  told(result: ResultOf<M>): string;
}
