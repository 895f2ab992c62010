/** Wrong passwords (CLI10, CLI11): answered later and later, and from an address with too many of them none is looked at for a time. */
import { type Clock, type Duration, minutes, seconds } from '../base/clock.ts';
import type { Refusal } from './refusal.ts';

/** Wrong passwords of one address, each no longer than LOCK_TIME after the one before, that lock it. */
export const MOST_FAILURES = 10;

/** Long beside a guess, short beside the patience of somebody who mistyped. */
export const LOCK_TIME = minutes(15);

/** Somebody who mistypes does so twice. */
const UNHURRIED = 2;
const DELAY = seconds(1);

/** Addresses that are remembered; of more, the ones heard of longest ago are forgotten. */
const MOST_ADDRESSES = 10_000;

export const LOCKED: Refusal = { code: 421, text: '4.7.0 Too many wrong passwords from your address, try again later' };

export interface Lockout {
  /** Is no password of this address to be looked at? */
  locked(address: string): boolean;
  /** One was wrong; answers how long its reply is to wait. */
  failed(address: string): Duration;
  passed(address: string): void;
}

export function createLockout(clock: Clock): Lockout {
  const known = new Map<string, { failures: number; until: Duration }>();

  function failuresOf(address: string): number {
    const entry = known.get(address);
    return entry && entry.until > clock.monotonic() ? entry.failures : 0;
  }

  return {
    locked: (address) => failuresOf(address) >= MOST_FAILURES,
    failed(address) {
      const failures = failuresOf(address) + 1;
      known.delete(address); // the order of the map is that of the last failure
      known.set(address, { failures, until: clock.monotonic() + LOCK_TIME });
      const [oldest] = known.keys();
      if (known.size > MOST_ADDRESSES && oldest !== undefined) known.delete(oldest);
      return failures > UNHURRIED ? DELAY : 0;
    },
    passed: (address) => void known.delete(address),
  };
}
