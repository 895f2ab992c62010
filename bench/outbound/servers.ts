/** What stands between `smtp-source` and the relay: a mail server that takes messages, or is only the measure of one. */
import type { Child } from '../processes.ts';

export interface Server {
  readonly name: string;
  /** `ceiling`: it takes messages and sends none. */
  readonly kind: 'MailGate' | 'peer' | 'ceiling';
  /** More than so many messages in a run would take too long. */
  readonly most: number;
  /** Starts it with nothing in its queue. */
  start(ground: Ground): Promise<Running>;
}

export interface Ground {
  /** A folder of its own, empty. */
  readonly folder: string;
  /** Port of 127.0.0.1 on which it is to listen. */
  readonly port: number;
  /** Port of the relay, or of the way there. */
  readonly relay: number;
  /** With the relay at the same time. */
  readonly connections: number;
}

export interface Running extends AsyncDisposable {
  /** Processes under which all of its work is done. */
  readonly pids: readonly number[];
  /** Of one that sends nothing: ends it, and says how many messages it has taken since its start. */
  taken?(): Promise<number>;
}

export const running = (child: Child): Running => ({
  pids: [child.pid],
  [Symbol.asyncDispose]: () => child.stop(),
});
