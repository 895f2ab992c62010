/** When a message is tried again, and when it is given up. Pure: time and chance are arguments. */
import { type Duration, type Instant, minutes } from '../base/clock.ts';

/** A number from 0 to less than 1. */
export type Chance = () => number;
export const noJitter: Chance = () => 0;

/** What was deferred together must not come back together: up to a tenth later, and never more than a minute. */
const JITTER = 0.1;
const MOST_JITTER = minutes(1);

/** The pause after the attempt with that number (1 is the first): `5, 10, 20, 40, …`, the last one repeats. */
export function pauseAfter(attempts: number, retry: Duration[]): Duration {
  const step = retry[Math.min(Math.max(attempts, 1), retry.length) - 1];
  if (step === undefined) throw new Error('a retry schedule without a pause');
  return step;
}

export function nextAttempt(
  { attempts }: { attempts: number },
  now: Instant,
  retry: Duration[],
  chance: Chance,
): Instant {
  const pause = pauseAfter(attempts, retry);
  return now + Math.round(pause + Math.min(pause * JITTER, MOST_JITTER) * chance());
}

/** The farthest from now that an attempt can rightly be planned. */
export function farthest(retry: Duration[]): Duration {
  return Math.max(...retry) + MOST_JITTER;
}
