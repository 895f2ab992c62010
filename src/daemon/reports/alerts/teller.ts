/** Tells alerts in one way, one after the other, and tries again, later each time, what did not get through. Bounded in number and in time. */
import { type Clock, type Duration, minutes, seconds, wait } from '../../base/clock.ts';
import type { Alert, Way } from './alert.ts';

export interface Teller {
  tell(alert: Alert): void;
  /** It need not be said any more. False when it was said, or is being said now. */
  withdraw(key: string): boolean;
  /** Resolves once nothing is under way: all is said, or rests before the next try. */
  idle(): Promise<void>;
  /** Resolves once the one under way has ended; whoever closes has aborted `stop`. */
  close(): Promise<void>;
}

export interface TellerParts {
  clock: Clock;
  stop: AbortSignal;
  said(alert: Alert): void;
  /** It was given up after the last try. */
  failed(alert: Alert, why: string): void;
}

/** Pauses before the second try and those after it; then it is given up. */
const PAUSES: readonly Duration[] = [seconds(10), minutes(1), minutes(5), minutes(30)];

/** Alerts that wait for a way that does not answer; older ones are given up for newer ones. */
const MOST_WAITING = 200;

interface Item {
  alert: Alert;
  state: 'waits' | 'being said' | 'withdrawn';
}

export function createTeller(way: Way, { clock, stop, said, failed }: TellerParts): Teller {
  const items: Item[] = [];
  let working: Promise<void> | null = null;
  let resting: AbortController | null = null;
  const watchers = new Set<() => void>();

  const look = (): void => {
    for (const watcher of watchers) watcher();
  };

  async function work(): Promise<void> {
    for (let item = items[0]; item && !stop.aborted; item = items[0]) {
      await sayOrGiveUp(item);
      items.shift();
    }
  }

  async function sayOrGiveUp(item: Item): Promise<void> {
    for (let tries = 0; item.state !== 'withdrawn' && !stop.aborted; tries += 1) {
      item.state = 'being said';
      const why = await way.tell(item.alert, stop);
      if (why === null) return said(item.alert);
      if (stop.aborted) return;

      const pause = PAUSES[tries];
      if (pause === undefined) return failed(item.alert, why);
      item.state = 'waits';
      await rest(pause);
    }
  }

  async function rest(pause: Duration): Promise<void> {
    resting = new AbortController();
    look();
    await wait(clock, pause, AbortSignal.any([stop, resting.signal])).catch(() => {});
    resting = null;
  }

  return {
    tell(alert) {
      items.push({ alert, state: 'waits' });
      if (items.length > MOST_WAITING) {
        const [oldest] = items.splice(1, 1);
        if (oldest && oldest.state === 'waits') failed(oldest.alert, 'too many alerts wait');
      }
      working ??= work().finally(() => {
        working = null;
        look();
      });
    },
    withdraw(key) {
      const item = items.find(({ alert, state }) => alert.key === key && alert.state === 'raised' && state === 'waits');
      if (!item) return false;
      item.state = 'withdrawn';
      if (item === items[0]) resting?.abort(); // the next one need not wait for it
      return true;
    },
    async idle() {
      while (working && !resting) {
        await new Promise<void>((resolve) => {
          watchers.add(() => resolve());
        });
        watchers.clear();
      }
    },
    async close() {
      await working;
    },
  };
}
