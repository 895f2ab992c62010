/** When a message is tried again, and when it is given up. Pure: time and chance are arguments. */
import { type Duration, type Instant, minutes } from '../base/clock.ts';

/** A number from 0 to less than 1. */
export type Chance = () => number;
export const noJitter: Chance = () => 0;

/** What was deferred together must not come back together: up to a tenth later, and never more than a minute. */
const JITTER = 0.1;
const MOST_JITTER = minutes(1);

/** A step between two attempts counts for no more than this many times the longest pause (I17). */
const SLACK = 1.5;

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

/** A planned instant after a clock that jumped back (+10 d, -10 d, 1970): it would block the message until then (I17). */
export function clamped(nextAttemptAt: Instant, now: Instant, retry: Duration[]): Instant {
  return Math.min(nextAttemptAt, now + farthest(retry));
}

/**
 * How long it has been tried for: the steps from one attempt to the next, none of them counted for more than the schedule
 * could have made it. So a jump of the clock ages nothing, nor does a week in which the gateway was off or the message held (I17).
 */
export function ageOf(queuedAt: Instant, attemptsAt: Instant[], now: Instant, retry: Duration[]): Duration {
  const longest = longestStep(retry);
  let age = 0;
  let from = queuedAt;
  for (const to of [...attemptsAt, now]) {
    age += Math.min(Math.max(0, to - from), longest);
    from = to;
  }
  return age;
}

/** What one step counts for at most: with so many attempts, it can be no older than so many of these. */
export function longestStep(retry: Duration[]): Duration {
  return farthest(retry) * SLACK;
}

/** Has it been tried for long enough? Asked after an attempt in vain, so that nothing is given up untried. */
export function expired(age: Duration, giveUpAfter: Duration): boolean {
  return age >= giveUpAfter;
}
