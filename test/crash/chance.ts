/** Chance that can be had again: the same seed gives the same numbers. */

export interface Chance {
  /** A whole number from 0 to less than `n`. */
  below(n: number): number;
  /** Octets of any value. */
  octets(count: number): Buffer;
}

/** The seed of this run: the one that the environment names, else always the same. */
export const SEED = Number(process.env['MAILGATE_CRASH_SEED'] ?? 20_261_124);

/** Mulberry32: small, and good enough to scatter kills. */
export function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (n: number) => Math.floor(next() * n);
  return { below, octets: (count) => Buffer.from(Array.from({ length: count }, () => below(256))) };
}
