/** Waiting for what another program does: asked again and again, never slept for, and never without an end. */
import { setTimeout as pause } from 'node:timers/promises';

export interface Patience {
  /** Milliseconds until the wait is given up; generous by default, for a slow machine is no failure. */
  readonly within?: number | undefined;
}

const LONG_ENOUGH = 30_000;
const BETWEEN_LOOKS = 20; // milliseconds: short beside any program's start, long beside the cost of a look

/**
 * Resolves with the first answer of `look` that is not undefined.
 * Throws when the time is up; `otherwise` then says what was seen last.
 */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
  { within = LONG_ENOUGH, otherwise }: Patience & { readonly otherwise?: () => string } = {},
): Promise<T> {
  const end = performance.now() + within;
  for (;;) {
    const answer = await look();
    if (answer !== undefined) return answer;

    if (performance.now() > end) {
      const seen = otherwise === undefined ? '' : `\n${otherwise()}`;
      throw new Error(`Waited ${within / 1000} s for ${what}, in vain.${seen}`);
    }
    await pause(BETWEEN_LOOKS);
  }
}
