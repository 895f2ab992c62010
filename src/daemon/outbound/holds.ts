/** Holds that end by themselves (`hold --for 2h`): released at their instant, also when that passed while the gateway was down. */
import type { Bus } from '../base/bus.ts';
import { type Clock, type Instant, minutes, wait } from '../base/clock.ts';
import type { QueueWork } from '../store/queue-work.ts';
import type { OutgoingQueue } from './queue.ts';

/** `until` is a time of the wall clock, which may jump: it is compared this often at least (I17). */
const LOOK = minutes(1);

/** Released in one step. */
const STEP = 500;

export interface HoldParts {
  queue: Pick<QueueWork, 'endedHolds'>;
  outgoing: Pick<OutgoingQueue, 'release'>;
  bus: Bus;
  clock: Clock;
}

/** A loop for `Tasks.run`. It asks the store at its start and when a hold may have ended, not at each look. */
export async function releaseHolds({ queue, outgoing, bus, clock }: HoldParts, stop: AbortSignal): Promise<void> {
  let changed = true;
  let earliest: Instant | null = null;
  const unlisten = bus.listen((event) => {
    if (event.type === 'queue.changed' && event.change === 'held') changed = true;
  });

  try {
    while (!stop.aborted) {
      if (changed || (earliest !== null && earliest <= clock.now())) {
        changed = false;
        earliest = await releaseEnded({ queue, outgoing }, clock.now());
      }
      await wait(clock, LOOK, stop).catch(() => {});
    }
  } finally {
    unlisten();
  }
}

/** Answers with the instant at which the next hold ends; null when none does. */
async function releaseEnded(
  { queue, outgoing }: Pick<HoldParts, 'queue' | 'outgoing'>,
  now: Instant,
): Promise<Instant | null> {
  for (;;) {
    const { ids, next } = await queue.endedHolds(now, STEP);
    if (ids.length > 0) await outgoing.release({ ids }, { by: 'expiry', reason: 'the hold ended' });
    if (ids.length < STEP) return next;
  }
}
