/** The trash empties itself: what has lain there for its days goes for good (`Keep trash days`). */
import type { Bus } from '../base/bus.ts';
import { type Clock, days, hours, wait } from '../base/clock.ts';
import type { QueueWork } from '../store/queue-work.ts';

/** Days are counted: to the hour is near enough. */
const LOOK = hours(1);

/** Removed in one step: each has a body, and mail waits meanwhile. */
const STEP = 100;

export interface TrashParts {
  queue: Pick<QueueWork, 'purge'>;
  bus: Bus;
  clock: Clock;
}

/** A loop for `Tasks.run`; its first look is at once. */
export async function expireTrash(
  { queue, bus, clock }: TrashParts,
  keepDays: number,
  stop: AbortSignal,
): Promise<void> {
  while (!stop.aborted) {
    let total = 0;
    for (let purged = STEP; purged === STEP && !stop.aborted; total += purged) {
      purged = await queue.purge(clock.now() - days(keepDays), STEP);
    }
    if (total > 0) bus.tell({ type: 'queue.purged', total, why: 'age', by: 'expiry', reason: '' });
    await wait(clock, LOOK, stop).catch(() => {});
  }
}
