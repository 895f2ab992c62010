/** Progress on the terminal, for what takes longer than a second: one line on standard error, gone when the work is done. */
import type { World } from './world.ts';

export interface Progress {
  /** Replaces the line, at once or at the next turn. */
  show(text: string): void;
  clear(): void;
}

const FIRST_AFTER = 1_000;
const THEN_EVERY = 250;

/** Null where nobody watches. */
export function createProgress({ stderr }: World): Progress | null {
  if (!stderr.isTTY) return null;

  let latest = '';
  let timer: NodeJS.Timeout | null = setTimeout(draw, FIRST_AFTER);
  function draw(): void {
    stderr.write(`\r\x1b[K${latest}`);
    timer = setTimeout(draw, THEN_EVERY);
  }
  return {
    show(text) {
      latest = text;
    },
    clear() {
      if (timer === null) return;
      clearTimeout(timer);
      timer = null;
      stderr.write('\r\x1b[K');
    },
  };
}
