/** Numbers that only grow and outlive a restart: sessions, names, event numbers. Each database has a table of its own. */
import type { DatabaseSync } from 'node:sqlite';

export interface Counters {
  /** 0 when it was never set. */
  read(name: string): number;
  set(name: string, value: number): null;
  /** The next number; the first is 1. */
  next(name: string): number;
  /** A write that changes nothing that matters: does the disk take it again? */
  probe(): null;
}

export function openCounters(db: DatabaseSync): Counters {
  const get = db.prepare('SELECT value FROM counter WHERE name = ?');
  const put = db.prepare('INSERT OR REPLACE INTO counter (name, value) VALUES (?, ?)');

  const read = (name: string) => (get.get(name)?.['value'] as number | undefined) ?? 0;
  const set = (name: string, value: number) => {
    put.run(name, value);
    return null;
  };
  const next = (name: string) => {
    const value = read(name) + 1;
    set(name, value);
    return value;
  };
  return {
    read,
    set,
    next,
    probe: () => {
      next('probe');
      return null;
    },
  };
}
