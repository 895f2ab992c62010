/** How long a client of the listener may take: for its next command, for each stretch of its message (CLI20), to read our replies (CLI22). */
import { type Clock, type Duration, minutes, seconds, type Timer } from '../base/clock.ts';

/** From our reply to the end of its next command (RFC 5321 §4.5.3.2.7); single octets do not extend it. */
export const COMMAND_DEADLINE = minutes(5);

/** The data rate is looked at this often: short beside the deadline, long beside a stall of the network. */
export const DATA_STRETCH = seconds(30);

/** For a client that lets our replies lie: they are a few hundred octets, and TCP alone would ask a closed window for hours. */
export const DRAIN_DEADLINE = minutes(2);

export interface Pace {
  /** It is the client's turn. */
  awaitCommand(): void;
  /** The client sends its message. `received` counts octets; `blocked` is true while we are what it waits for. */
  awaitData(received: () => number, blocked: () => boolean): void;
  /** The client has to read what we said. */
  awaitDrain(): void;
  /** It is our turn. */
  rest(): void;
  /** The client is gone. */
  stop(): void;
}

/** What a client did not do in time. */
export type Late = 'command' | 'data' | 'drain';

/**
 * `late` is called once; the pace rests then. There is one timer, which is set anew only when it would come too late: a client
 * that sends command after command costs none of its own.
 */
export function createPace(clock: Clock, minimumBytesPerSecond: number, late: (what: Late) => void): Pace {
  let awaited: Late | null = null;
  let due: Duration = 0;
  let timer: Timer | null = null;
  let timerDue: Duration = 0;
  let enough = (): boolean => true;

  function within(delay: Duration, what: Late): void {
    awaited = what;
    due = clock.monotonic() + delay;
    if (timer !== null && timerDue <= due) return;
    timer?.cancel();
    arm(delay);
  }

  function arm(delay: Duration): void {
    timerDue = clock.monotonic() + delay;
    timer = clock.after(delay, rung);
  }

  function rung(): void {
    timer = null;
    if (awaited === null) return;
    const left = due - clock.monotonic();
    if (left > 0) arm(left);
    else if (awaited === 'data' && enough()) within(DATA_STRETCH, 'data');
    else {
      const what = awaited;
      awaited = null;
      late(what);
    }
  }

  return {
    awaitCommand: () => within(COMMAND_DEADLINE, 'command'),
    awaitData(received, blocked) {
      let before = received();
      enough = () => {
        const came = received() - before;
        before += came;
        return came >= (minimumBytesPerSecond * DATA_STRETCH) / seconds(1) || blocked();
      };
      within(DATA_STRETCH, 'data');
    },
    awaitDrain: () => within(DRAIN_DEADLINE, 'drain'),
    rest() {
      awaited = null;
    },
    stop() {
      awaited = null;
      timer?.cancel();
      timer = null;
    },
  };
}
