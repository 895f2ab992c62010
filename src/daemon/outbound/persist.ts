/** A step that must reach the disk before the next one: repeated until it does, for what it records has already happened. */
import { type Clock, minutes, seconds, wait } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { StoreFailure } from '../store/store.ts';

const FIRST_PAUSE = seconds(1);
const LONGEST_PAUSE = minutes(1);

/** Throws what is no `StoreFailure`, and the last failure when it is stopped: the next start finds the step undone. */
export async function persist<T>(
  what: string,
  step: () => Promise<T>,
  { clock, log }: { clock: Clock; log: Log },
  stop: AbortSignal,
): Promise<T> {
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof StoreFailure) || stop.aborted) throw error;
      log.error(`the queue did not take a step (${what}); it is tried again`, error);
      await wait(clock, pause, stop).catch(() => {});
    }
  }
}
