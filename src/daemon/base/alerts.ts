/** Alerts that stand: each is told when it is raised or its words change, and once more when it is over. */
import type { Bus } from './bus.ts';

export interface Alerts {
  raise(key: string, message: string, about: string): void;
  /** Nothing is told where nothing stands. */
  clear(key: string, message: string): void;
}

export function createAlerts(bus: Bus): Alerts {
  const standing = new Map<string, string>();
  return {
    raise(key, message, about) {
      if (standing.get(key) === message) return;
      standing.set(key, message);
      bus.tell({ type: 'alert.raised', key, message, about });
    },
    clear(key, message) {
      if (standing.delete(key)) bus.tell({ type: 'alert.cleared', key, message });
    },
  };
}
