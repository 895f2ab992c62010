/** How many entries and octets the queue holds in each state: kept beside the rows, in the same transactions. */
import type { DatabaseSync } from 'node:sqlite';
import type { QueueEntry } from './store.ts';

type State = QueueEntry['state'];

export const STATES: State[] = ['waiting', 'sending', 'deferred', 'held', 'dropped'];

export interface Tally {
  /** An entry of `bytes` octets went from one state to another; null is outside the queue. */
  moved(from: State | null, to: State | null, bytes: number): void;
  entries(state: State): number;
  /** Octets of all that is queued, the trash left out. */
  bytes(): number;
  /** What is counted now, to come back to when a call is undone. */
  keep(): number[];
  restore(kept: number[]): void;
  /** Writes what changed; once a group, before its commit. */
  write(): void;
}

export function loadTally(db: DatabaseSync): Tally {
  // Entries and octets of STATES[i] at 2 i and 2 i + 1.
  let counts = new Array<number>(STATES.length * 2).fill(0);
  for (const row of db.prepare('SELECT state, entries, bytes FROM tally').all()) {
    const at = STATES.indexOf(row['state'] as State) * 2;
    counts.splice(at, 2, row['entries'] as number, row['bytes'] as number);
  }
  let written = counts.slice();
  const put = db.prepare('INSERT OR REPLACE INTO tally (state, entries, bytes) VALUES (?, ?, ?)');

  const count = (index: number): number => counts[index] ?? 0;
  const add = (state: State | null, entries: number, bytes: number) => {
    if (state === null) return;
    const at = STATES.indexOf(state) * 2;
    counts[at] = count(at) + entries;
    counts[at + 1] = count(at + 1) + bytes;
  };

  return {
    moved(from, to, bytes) {
      add(from, -1, -bytes);
      add(to, 1, bytes);
    },
    entries: (state) => count(STATES.indexOf(state) * 2),
    bytes: () => STATES.reduce((sum, state, i) => (state === 'dropped' ? sum : sum + count(i * 2 + 1)), 0),
    keep: () => counts.slice(),
    restore(kept) {
      counts = kept;
    },
    write() {
      for (const [i, state] of STATES.entries()) {
        if (count(i * 2) !== written[i * 2] || count(i * 2 + 1) !== written[i * 2 + 1]) {
          put.run(state, count(i * 2), count(i * 2 + 1));
        }
      }
      written = counts.slice();
    },
  };
}
