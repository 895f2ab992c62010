/** Keeps the ring of events within its bounds: once an hour, and as soon as much was told since (a trace of whole bodies tells a disk full). */
import type { Bus } from './base/bus.ts';
import { type Clock, days, hours } from './base/clock.ts';
import { weightOf } from './control/journal.ts';
import { createBell } from './outbound/bell.ts';
import type { EventRing } from './store/store.ts';

export interface RingBounds {
  /** Days. */
  age: number;
  megabytes: number;
}

const TRIM_EVERY = hours(1);

/** The ring is this much larger than its bound at most. */
const EXCESS = 1 / 8;

/** A loop for `Tasks.run`. */
export async function boundRing(
  { ring, bus, clock }: { ring: EventRing; bus: Bus; clock: Clock },
  { age, megabytes }: RingBounds,
  stop: AbortSignal,
): Promise<void> {
  const bell = createBell(clock);
  const enough = megabytes * 1_048_576 * EXCESS;
  let told = 0;
  const unlisten = bus.listen((event) => {
    told += weightOf(event);
    if (told > enough) bell.ring();
  });
  try {
    while (!stop.aborted) {
      told = 0;
      await ring.trim(clock.now() - days(age), megabytes);
      await bell.sleep(TRIM_EVERY, stop);
    }
  } finally {
    unlisten();
  }
}
