/** Claimed messages that cannot go now: handed back without an attempt, in as few steps as can be. */
import type { Instant } from '../base/clock.ts';
import type { Queue, QueueEntry } from '../store/store.ts';

/** An entry as it was claimed, and the name of the way that it goes. */
export interface HandedBack {
  entry: QueueEntry;
  way: string;
}

/** Due again at `at`; the claim counted an attempt that was none. From now on the claim knows its way, and leaves it aside while that
 *  rests: no message is handed back twice. */
export async function handBack(queue: Queue, given: HandedBack[], at: Instant): Promise<void> {
  const groups = Map.groupBy(given, ({ entry, way }) => {
    const deferred = entry.recipients.some(({ state }) => state !== 'waiting');
    return JSON.stringify([deferred ? 'deferred' : 'waiting', Math.max(0, entry.attempts - 1), way]);
  });
  for (const [key, group] of groups) {
    const [state, attempts, relay] = JSON.parse(key) as ['deferred' | 'waiting', number, string];
    const ids = group.map(({ entry }) => entry.id);
    await queue.change(ids, ['sending'], { state, attempts, relay, nextAttemptAt: at });
  }
}
