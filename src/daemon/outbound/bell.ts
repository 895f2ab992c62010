/** Wakes a loop that sleeps. A ring while it is awake is not lost: the next sleep ends at once. */
import { type Clock, type Duration, wait } from '../base/clock.ts';

export interface Bell {
  ring(): void;
  /** It rang, and nobody has slept since. */
  readonly rung: boolean;
  /** Resolves at the next ring, after `longest`, or when `stop` is aborted. */
  sleep(longest: Duration, stop: AbortSignal): Promise<void>;
}

export function createBell(clock: Clock): Bell {
  let rung = false;
  let wake: (() => void) | null = null;

  return {
    get rung() {
      return rung;
    },
    ring() {
      rung = true;
      wake?.();
    },
    async sleep(longest, stop) {
      if (!rung) {
        const awake = new AbortController();
        wake = () => awake.abort();
        await wait(clock, longest, AbortSignal.any([stop, awake.signal])).catch(() => {});
        wake = null;
      }
      rung = false;
    },
  };
}
