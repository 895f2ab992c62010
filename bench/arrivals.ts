/** When mail comes to the sinks, seen from the moment at which somebody begins to watch. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Sink } from './sink.ts';

export interface Arrivals {
  /** Messages so far, and seconds until the newest of them. */
  stop(): { seconds: number; messages: number };
  /** Resolves once so many have come, or none has for `patience` seconds. */
  until(messages: number, patience: number): Promise<void>;
}

const LOOK_EVERY = 5; // milliseconds: how exactly the arrival of the last message is known

export function watchArrivals(sinks: readonly Sink[]): Arrivals {
  const count = () => sinks.reduce((sum, sink) => sum + sink.messages(), 0);
  const before = count();
  const began = performance.now();
  let messages = 0;
  let seconds = 0;
  const look = () => {
    const now = count() - before;
    if (now === messages) return;
    messages = now;
    seconds = (performance.now() - began) / 1_000;
  };
  const timer = setInterval(look, LOOK_EVERY);
  return {
    stop() {
      clearInterval(timer);
      look();
      return { seconds, messages };
    },
    async until(wanted, patience) {
      const from = performance.now();
      const silence = () => performance.now() - Math.max(from, began + seconds * 1_000);
      while (messages < wanted && silence() < patience * 1_000) await pause(LOOK_EVERY);
    },
  };
}
