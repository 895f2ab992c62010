/** The one place where a fact about the mail is told. It numbers and dates each fact, and hands it to every listener in order. */
import type { Fact, GatewayEvent } from '../../protocol/events.ts';
import type { Clock } from './clock.ts';

export interface Bus {
  /** Tells a fact once. Listeners run at once, in the order in which they came, and may not throw. */
  tell(fact: Fact): GatewayEvent;
  /** Hears every event from now on; the function that comes back stops that. */
  listen(listener: (event: GatewayEvent) => void): () => void;
  /** The number of the last event told (or the one that numbering continues from). */
  readonly last: number;
}

/** A bus whose first event has the number `after + 1`. `failed` hears of a listener that threw: a bug, which stops no mail. */
export function createBus(clock: Clock, after: number, failed: (error: unknown) => void): Bus {
  const listeners = new Set<(event: GatewayEvent) => void>();
  const untold: GatewayEvent[] = [];
  let telling = false;
  let last = after;

  /** A listener may tell a fact of its own: it waits until everybody has heard the one before, so that all hear the same order. */
  function tellAll(): void {
    telling = true;
    for (let event = untold.shift(); event; event = untold.shift()) {
      for (const listener of listeners) {
        try {
          listener(event);
        } catch (error) {
          failed(error);
        }
      }
    }
    telling = false;
  }

  return {
    tell(fact) {
      last += 1;
      const event: GatewayEvent = { ...fact, seq: last, at: new Date(clock.now()).toISOString() };
      untold.push(event);
      if (!telling) tellAll();
      return event;
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    get last() {
      return last;
    },
  };
}
