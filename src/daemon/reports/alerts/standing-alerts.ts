/** The alerts that stand, kept across restarts: what was said once is not said again, and what is over is said to be over. */
import type { Log } from '../../base/log.ts';
import type { Memos } from '../../store/store.ts';
import { createLane } from '../lane.ts';

export interface Standing {
  key: string;
  /** ISO 8601, when it was raised. */
  at: string;
  message: string;
  about: string;
  from: 'alert' | 'problem';
  /** When the first way took it; null: nobody was told yet. */
  saidAt: string | null;
  acknowledgedBy: string | null;
  /** The words of its end, as long as nobody was told of it; null: it stands. */
  over: string | null;
}

export interface StandingAlerts {
  readonly all: ReadonlyMap<string, Standing>;
  put(alert: Standing): void;
  remove(key: string): void;
  /** Resolves once the disk has what was put. */
  saved(): Promise<void>;
}

const PREFIX = 'alert:';

/** Names of messages and accounts make keys: a gateway with 10,000 problems has one problem that is larger. */
const MOST_STANDING = 10_000;

export async function openStandingAlerts(memos: Memos, log: Log): Promise<StandingAlerts> {
  const all = new Map<string, Standing>();
  for (const [name, text] of await memos.all(PREFIX)) all.set(name.slice(PREFIX.length), JSON.parse(text) as Standing);
  const lane = createLane((error) => log.warn('an alert was not remembered', { reason: String(error) }));

  return {
    all,
    put(alert) {
      if (!all.has(alert.key) && all.size >= MOST_STANDING) return;
      all.set(alert.key, alert);
      const text = JSON.stringify(alert);
      lane.run(() => memos.put(PREFIX + alert.key, text));
    },
    remove(key) {
      if (all.delete(key)) lane.run(() => memos.put(PREFIX + key, null));
    },
    saved: () => lane.idle(),
  };
}
