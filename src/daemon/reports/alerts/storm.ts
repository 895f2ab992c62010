/** Keeps a storm of alerts down: so many a minute, then one that sums up the others (46 within a minute help nobody). */
import { type Clock, type Duration, minutes, type Timer } from '../../base/clock.ts';
import type { Alert } from './alert.ts';

export interface Storm {
  /** Passes the alert on, or counts it. */
  take(alert: Alert): void;
  close(): void;
}

export interface Summed {
  alerts: Alert[];
  /** Those beyond the ones that are kept. */
  more: number;
}

const WINDOW: Duration = minutes(1);
const MOST_A_WINDOW = 10;
const MOST_SUMMED = 1_000;

export function createStorm(
  clock: Clock,
  { pass, sum }: { pass(alert: Alert): void; sum(summed: Summed): void },
): Storm {
  let passed: Duration[] = [];
  let summed: Summed = { alerts: [], more: 0 };
  let timer: Timer | null = null;

  function sumUp(): void {
    timer = null;
    const all = summed;
    summed = { alerts: [], more: 0 };
    passed.push(clock.monotonic());
    sum(all);
  }

  return {
    take(alert) {
      const now = clock.monotonic();
      passed = passed.filter((at) => now - at < WINDOW);
      // As long as some wait for the summary, a new one waits with them: nothing is told out of order.
      if (timer === null && passed.length < MOST_A_WINDOW) {
        passed.push(now);
        pass(alert);
        return;
      }
      if (summed.alerts.length < MOST_SUMMED) summed.alerts.push(alert);
      else summed.more += 1;
      timer ??= clock.after((passed[0] ?? now) + WINDOW - now, sumUp);
    },
    close() {
      timer?.cancel();
    },
  };
}
