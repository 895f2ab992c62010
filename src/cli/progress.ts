/** Progress on the terminal, for what takes longer than a second: one line on standard error, gone when the work is done. */
import type { World } from './world.ts';

export interface Progress {
  /** Replaces the line, at once or at the next turn. */
  show(text: string): void;
  /** Makes room for a line of output; it comes back at the next turn. */
  hide(): void;
  clear(): void;
}

const FIRST_AFTER = 1_000;
const THEN_EVERY = 250;

/** Null where nobody watches. */
export function createProgress({ stderr }: World): Progress | null {
  if (!stderr.isTTY) return null;

  let latest = '';
  let drawn = false;
  let timer: NodeJS.Timeout | null = setTimeout(draw, FIRST_AFTER);
  function draw(): void {
    drawn = true;
    stderr.write(`\r\x1b[K${latest}`);
    timer = setTimeout(draw, THEN_EVERY);
  }
  return {
    show(text) {
      latest = text;
    },
    hide() {
      if (drawn && timer !== null) stderr.write('\r\x1b[K');
    },
    clear() {
      if (timer === null) return;
      clearTimeout(timer);
      timer = null;
      stderr.write('\r\x1b[K');
    },
  };
}

/** Says that it is being waited for, as long as `work` takes. */
export async function showing<T>(world: World, text: string, work: Promise<T>): Promise<T> {
  const progress = createProgress(world);
  progress?.show(text);
  return await work.finally(() => progress?.clear());
}
