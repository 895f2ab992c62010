/** Domains whose mail exchangers could not be reached: left in peace for a while. A stranger's server that is away is no problem of ours. */
import type { Clock, Duration } from '../base/clock.ts';
import { minutes } from '../base/clock.ts';
import { pauseAfter } from './schedule.ts';

export interface Rests {
  /** Why nothing is tried there now; null: go. */
  reasonOf(domain: string): string | null;
  failed(domain: string, reason: string): void;
  worked(domain: string): void;
  /** Somebody says "now". */
  forgive(): void;
}

/** A domain that is back is found within this time. */
const LONGEST = minutes(30);

/** Domains that are remembered; the longest known is forgotten, which costs a few attempts more. */
const MOST_DOMAINS = 10_000;

export function createRests(clock: Clock, retry: Duration[]): Rests {
  const rests = new Map<string, { until: Duration; failures: number; reason: string }>();

  return {
    reasonOf(domain) {
      const rest = rests.get(domain);
      return rest !== undefined && rest.until > clock.monotonic() ? rest.reason : null;
    },
    failed(domain, reason) {
      const before = rests.get(domain);
      // Several may fail together: what the first of them brought about is not made worse by the others.
      if (before !== undefined && before.until > clock.monotonic()) return;
      const failures = (before?.failures ?? 0) + 1;
      rests.delete(domain);
      rests.set(domain, {
        until: clock.monotonic() + Math.min(pauseAfter(failures, retry), LONGEST),
        failures,
        reason,
      });
      const [oldest] = rests.keys();
      if (rests.size > MOST_DOMAINS && oldest !== undefined) rests.delete(oldest);
    },
    worked: (domain) => void rests.delete(domain),
    forgive: () => rests.clear(),
  };
}
