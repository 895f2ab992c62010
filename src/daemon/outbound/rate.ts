/** How many messages an address may begin in a minute. */
import { type Clock, type Duration, minutes } from '../base/clock.ts';
import type { Refusal } from './refusal.ts';

export interface Rate {
  /** Null: this message may come, and is counted. */
  refusal(address: string): Refusal | null;
}

const MINUTE = minutes(1);

/** Addresses that are remembered before those that have been quiet for a minute are forgotten. */
const MANY_ADDRESSES = 1_000;

const TOO_FAST: Refusal = { code: 451, text: '4.7.1 Too many messages from your address, try again later' };

interface Bucket {
  /** Messages that may still come. */
  left: number;
  /** When that was so. */
  at: Duration;
}

/** A bucket for each address, which fills up evenly; `perMinute` 0: no limit. A quiet client may send a minute's worth at once. */
export function createRate(perMinute: number, clock: Clock): Rate {
  const buckets = new Map<string, Bucket>();

  function forgetQuiet(now: Duration): void {
    for (const [address, { at }] of buckets) if (now - at >= MINUTE) buckets.delete(address);
  }

  return {
    refusal(address) {
      if (perMinute === 0) return null;
      const now = clock.monotonic();
      if (buckets.size >= MANY_ADDRESSES && !buckets.has(address)) forgetQuiet(now);
      const { left, at } = buckets.get(address) ?? { left: perMinute, at: now };
      const filled = Math.min(perMinute, left + ((now - at) * perMinute) / MINUTE);
      const taken = filled >= 1 ? 1 : 0;
      buckets.set(address, { left: filled - taken, at: now });
      return taken === 1 ? null : TOO_FAST;
    },
  };
}
