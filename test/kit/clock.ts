/** A clock that only the test moves: no test waits for real time, and none asserts one. */
import { setImmediate as turn } from 'node:timers/promises';
import type { Clock, Duration, Instant } from '../../src/daemon/base/clock.ts';

export interface ManualClock extends Clock {
  /** Moves both clocks on, and runs what comes due on the way, in order; what each timer sets off settles before the next one. */
  advance(ms: Duration): Promise<void>;
  /** Timers that are armed. */
  readonly pending: number;
}

interface Armed {
  readonly due: Duration;
  readonly run: () => void;
}

const START: Instant = Date.UTC(2026, 10, 24, 10, 0, 0);

export function manualClock(start: Instant = START): ManualClock {
  const armed = new Set<Armed>();
  let passed: Duration = 0;

  const nextDue = (end: Duration): Armed | undefined =>
    [...armed].filter(({ due }) => due <= end).toSorted((a, b) => a.due - b.due)[0];

  return {
    now: () => start + passed,
    monotonic: () => passed,
    after(delay, run) {
      const timer = { due: passed + Math.max(0, delay), run };
      armed.add(timer);
      return { cancel: () => armed.delete(timer) };
    },
    async advance(ms) {
      const end = passed + ms;
      await turn(); // what was about to arm a timer does it now
      for (let timer = nextDue(end); timer !== undefined; timer = nextDue(end)) {
        armed.delete(timer);
        passed = Math.max(passed, timer.due);
        timer.run();
        await turn();
      }
      passed = end;
      await turn();
    },
    get pending() {
      return armed.size;
    },
  };
}
