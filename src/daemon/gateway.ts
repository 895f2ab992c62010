/** What a remote control can have the daemon do: the control link's `Gateway`, made of the parts. */
import { CallError } from '../protocol/errors.ts';
import type { SessionReport } from '../protocol/commands.ts';
import { apply, emptyState, type GatewayState } from '../protocol/state.ts';
import type { Bus } from './base/bus.ts';
import type { Answers, Gateway } from './control/gateway.ts';
import type { Poller, Triggered } from './inbound/poller.ts';
import type { RestSwitch } from './outbound/freeze.ts';
import type { OutgoingQueue } from './outbound/queue.ts';
import { queueControl } from './queue-control.ts';
import type { Traces } from './traces/trace.ts';

/** The fold of everything that was told; it must listen before whoever shows it to others. */
export function followState(bus: Bus): () => { state: GatewayState; seq: number } {
  let state = emptyState;
  let seq = bus.last;
  bus.listen((event) => {
    state = apply(state, event);
    seq = event.seq;
  });
  return () => ({ state, seq });
}

export interface GatewayParts {
  snapshot(): { state: GatewayState; seq: number };
  poller: Poller;
  /** Why no session can run at all; null when it can. */
  noSessions: string | null;
  traces: Traces;
  outgoing: OutgoingQueue;
  /** Absent where no mail is taken, and none is sent. */
  freeze?: Pick<RestSwitch, 'set'>;
  pause?: Pick<RestSwitch, 'set'>;
  answers: Answers;
}

export function createGateway(parts: GatewayParts): Gateway {
  return {
    snapshot: parts.snapshot,
    trigger: async ({ accounts, force }) => {
      if (parts.noSessions !== null) return { kind: 'refused', why: parts.noSessions };
      const answer = await parts.poller.trigger(accounts, 'operator', force);
      if (answer.ok) return { kind: 'running', ...answer.triggered, finished: withLockedOut(answer.triggered) };
      if (answer.why === 'unknown') throw new CallError('not_found', answer.message);
      return { kind: 'refused', why: answer.message };
    },
    setTrace: (change, by) => parts.traces.set(change, by),
    queue: queueControl(parts),
    answers: parts.answers,
  };
}

/** Who asked for all accounts hears of those that were left out. */
async function withLockedOut({ finished, lockedOut }: Triggered): Promise<SessionReport> {
  const report = await finished;
  const message = 'Left out: the POP3 server refused its login. Correct the password; --force tries it all the same.';
  return { ...report, errors: [...report.errors, ...lockedOut.map((account) => ({ account, message }))] };
}
