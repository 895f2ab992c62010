/** Time as an argument: every wait and every deadline of the daemon goes through a `Clock`, so that tests can own it. */

/** Milliseconds since 1970-01-01T00:00:00Z, by the wall clock: for what people read and what is stored. */
export type Instant = number;

/** Milliseconds. */
export type Duration = number;

export const seconds = (n: number): Duration => n * 1_000;
export const minutes = (n: number): Duration => n * 60_000;
export const hours = (n: number): Duration => n * 3_600_000;
export const days = (n: number): Duration => n * 86_400_000;

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** The wall clock; it may jump. */
  now(): Instant;
  /** Milliseconds that only ever grow: for intervals (I17). */
  monotonic(): Duration;
  /** Calls `run` once after `delay`; a timer never keeps the process alive by itself. */
  after(delay: Duration, run: () => void): Timer;
}

// setTimeout takes 32 bits and sets a longer delay to 1 ms: such a one is waited for in steps.
const LONGEST_TIMER = 2_147_483_647;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delay, run) {
    let timer: NodeJS.Timeout;
    const arm = (left: Duration): void => {
      const step = Math.min(Math.max(0, left), LONGEST_TIMER);
      timer = setTimeout(() => (left > step ? arm(left - step) : run()), step);
      timer.unref();
    };
    arm(delay);
    return { cancel: () => clearTimeout(timer) };
  },
};

/** Resolves after `delay`; rejects with the signal's reason as soon as `stop` is aborted. */
export function wait(clock: Clock, delay: Duration, stop: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (stop.aborted) {
      reject(stop.reason as Error);
      return;
    }
    const stopped = () => {
      timer.cancel();
      reject(stop.reason as Error);
    };
    const timer = clock.after(delay, () => {
      stop.removeEventListener('abort', stopped);
      resolve();
    });
    stop.addEventListener('abort', stopped, { once: true });
  });
}
