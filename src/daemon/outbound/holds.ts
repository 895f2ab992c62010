/** Holds that end by themselves (`hold --for 2h`): released at their instant, also when that passed while the gateway was down. */
import type { Bus } from '../base/bus.ts';
import { type Clock, type Instant, minutes, wait } from '../base/clock.ts';
import type { Queue } from '../store/store.ts';
import type { OutgoingQueue } from './queue.ts';

/** `until` is a time of the wall clock, which may jump: it is compared this often at least (I17). */
const LOOK = minutes(1);

const PAGE = 500;

export interface HoldParts {
  queue: Queue;
  outgoing: OutgoingQueue;
  bus: Bus;
  clock: Clock;
}

/** A loop for `Tasks.run`. It reads the held entries at its start and when one may have ended, not at each look. */
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
        earliest = await releaseDue(queue, outgoing, clock.now());
      }
      await wait(clock, LOOK, stop).catch(() => {});
    }
  } finally {
    unlisten();
  }
}

/** Answers with the instant at which the next hold ends; null when none does. */
async function releaseDue(queue: Queue, outgoing: OutgoingQueue, now: Instant): Promise<Instant | null> {
  const due: string[] = [];
  let earliest: Instant | null = null;
  for (let offset = 0; ; offset += PAGE) {
    const { entries } = await queue.list({ states: ['held'] }, offset, PAGE);
    for (const { id, hold } of entries) {
      const until = hold?.until ?? null;
      if (until === null) continue;
      if (until <= now) due.push(id);
      else earliest = Math.min(until, earliest ?? until);
    }
    if (entries.length < PAGE) break;
  }
  if (due.length > 0) await outgoing.release({ ids: due }, { by: 'expiry', reason: 'the hold ended' });
  return earliest;
}
