/** Supervised loops: none floats, a crash is told, and that loop alone starts again, later each time. */
import { type Clock, type Duration, minutes, seconds, wait } from './clock.ts';

export interface Tasks {
  /** Runs `loop` until it returns or is stopped. A throw is told to `crashed`, and the loop starts again after a pause. */
  run(name: string, loop: (stop: AbortSignal) => Promise<void>): void;
  /** Aborts every loop and resolves once all have ended. */
  close(): Promise<void>;
}

const FIRST_PAUSE = seconds(1);
const LONGEST_PAUSE = minutes(5);

/** A loop that lived this long before it crashed is new trouble, not the same again. */
const LONG_ENOUGH = minutes(10);

class Stopped extends Error {
  override name = 'Stopped';
}

export function createTasks(clock: Clock, crashed: (name: string, error: unknown, again: Duration) => void): Tasks {
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();

  async function supervise(name: string, loop: (stop: AbortSignal) => Promise<void>): Promise<void> {
    let pause = FIRST_PAUSE;
    while (!stopping.signal.aborted) {
      const started = clock.monotonic();
      try {
        await loop(stopping.signal);
        return;
      } catch (error) {
        if (stopping.signal.aborted) return;
        if (clock.monotonic() - started > LONG_ENOUGH) pause = FIRST_PAUSE;
        crashed(name, error, pause);
        await wait(clock, pause, stopping.signal).catch(() => {});
        pause = Math.min(pause * 2, LONGEST_PAUSE);
      }
    }
  }

  return {
    run(name, loop) {
      const task = supervise(name, loop).finally(() => running.delete(task));
      running.add(task);
    },
    async close() {
      stopping.abort(new Stopped('stopping'));
      await Promise.all(running);
    },
  };
}
