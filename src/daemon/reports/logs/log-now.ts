/** "Mail the log now" (S117), asked for by any number of facts: the first at once, more of them later in one mail. */
import { type Clock, type Duration, minutes, seconds, type Timer } from '../../base/clock.ts';

export interface LogNow {
  ask(reason: string): void;
  /** What was asked for and not sent yet is forgotten. */
  close(): void;
}

/** The lines that belong to the fact come within this time. */
const SETTLES: Duration = seconds(2);
/** A client that hands over a hundred such messages causes two mails, not a hundred. */
const BETWEEN: Duration = minutes(10);
const MOST_REASONS = 1_000;

export function createLogNow({ clock, send }: { clock: Clock; send(reasons: string[]): void }): LogNow {
  let reasons: string[] = [];
  let timer: Timer | null = null;
  let last = Number.NEGATIVE_INFINITY;

  return {
    ask(reason) {
      if (reasons.length < MOST_REASONS) reasons.push(reason);
      timer ??= clock.after(Math.max(SETTLES, last + BETWEEN - clock.monotonic()), () => {
        timer = null;
        last = clock.monotonic();
        const asked = reasons;
        reasons = [];
        send(asked);
      });
    },
    close() {
      timer?.cancel();
    },
  };
}
