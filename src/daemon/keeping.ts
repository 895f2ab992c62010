/** What is kept for some days only: messages in quarantine go when theirs are over. */
import type { Bus } from './base/bus.ts';
import { type Clock, days, hours, wait } from './base/clock.ts';
import type { Quarantine } from './rules/quarantine.ts';

const LOOK_EVERY = hours(1);

/** A supervised loop; `kept` in days, 0: for ever. */
export async function expireQuarantine(
  { quarantine, bus, clock }: { quarantine: Quarantine; bus: Bus; clock: Clock },
  kept: number,
  stop: AbortSignal,
): Promise<void> {
  if (kept === 0) return;
  while (!stop.aborted) {
    const expired = await quarantine.expire(clock.now() - days(kept));
    if (expired.length > 0) bus.tell({ type: 'quarantine.changed', ids: expired, change: 'expired', by: 'age' });
    await wait(clock, LOOK_EVERY, stop);
  }
}
