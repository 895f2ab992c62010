/**
 * The queue's running time (I17): milliseconds for which gateways have run on it, by the monotonic clock. It is what the age of a
 * message is counted on, so that a wall clock that jumps expires nothing and holds nothing up.
 */
import { type Clock, type Duration, minutes, type Timer } from '../base/clock.ts';
import type { Link } from './link.ts';

export interface RunningTime {
  now(): Duration;
  /** Keeps the last of it. */
  close(): Promise<void>;
}

/** A crash takes at most this much back. */
const KEPT_EVERY = minutes(1);

export async function openRunningTime(link: Link, clock: Clock): Promise<RunningTime> {
  const before = await link.call('queue.ran', { running: 0 });
  const started = clock.monotonic();
  const now = () => Math.floor(before + clock.monotonic() - started);
  let timer: Timer;
  const keep = async () => {
    await link.call('queue.ran', { running: now() }).catch(() => {}); // the store tells its trouble itself
  };
  const keepOn = () => {
    timer = clock.after(KEPT_EVERY, () => {
      void keep();
      keepOn();
    });
  };

  keepOn();
  return {
    now,
    async close() {
      timer.cancel();
      await keep();
    },
  };
}
