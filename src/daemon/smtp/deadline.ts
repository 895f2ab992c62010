/** A wait with an end: for what comes, for the time that is up, or for the stop, whichever is first. */
import type { Clock, Duration } from '../base/clock.ts';

export interface Patience {
  readonly clock: Clock;
  readonly within: Duration;
  readonly stop: AbortSignal;
}

export type Late = 'timeout' | 'stopped';

/** Resolves with what `begin` settles first, or with why it did not in time; leaves no timer and no listener. */
export function settled<T>(
  { clock, within, stop }: Patience,
  begin: (settle: (value: T) => void) => void,
): Promise<T | Late> {
  return new Promise((resolve) => {
    if (stop.aborted) {
      resolve('stopped');
      return;
    }
    const end = (value: T | Late) => {
      timer.cancel();
      stop.removeEventListener('abort', stopped);
      resolve(value);
    };
    const stopped = () => end('stopped');
    const timer = clock.after(within, () => end('timeout'));
    stop.addEventListener('abort', stopped);
    begin(end);
  });
}
