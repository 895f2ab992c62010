/** What becomes of queue entries, in the store's thread: claimed, settled, changed, recovered after a crash. */
import type { DatabaseSync } from 'node:sqlite';
import type { Bodies } from './bodies.ts';
import type { Handlers } from './calls.ts';
import { openClaiming } from './claiming.ts';
import { rows } from './database.ts';
import { ENTRY_COLUMNS, type EntryRow } from './entry-row.ts';
import type { QueueEntry } from './store.ts';
import type { Tally } from './tally.ts';
import { entryWriter, type Write } from './write-entry.ts';

type State = QueueEntry['state'];
type Some<M extends keyof Handlers<'queue'>> = Pick<Handlers<'queue'>, M>;

/** Tries of one message whose dialogue is kept: weeks of the longest pause between two. */
const TRIES_KEPT = 50;

export function openEntries(
  db: DatabaseSync,
  bodies: Bodies,
  tally: Tally,
): Some<
  | 'queue.get'
  | 'queue.claim'
  | 'queue.nextDue'
  | 'queue.pullIn'
  | 'queue.change'
  | 'queue.settle'
  | 'queue.attempts'
  | 'queue.recover'
  | 'queue.reportOn'
> {
  const write = entryWriter(db, tally);
  const report = rows(db, 'SELECT report FROM report WHERE original = ?');
  return {
    ...openClaiming(db, write),
    ...changing(db, write),
    ...recovering(db, bodies, write),
    'queue.reportOn': ({ id }) => (report.get(id) as unknown as [string] | undefined)?.[0] ?? null,
  };
}

function changing(
  db: DatabaseSync,
  write: Write,
): Some<'queue.get' | 'queue.change' | 'queue.settle' | 'queue.attempts'> {
  const get = rows(db, `SELECT ${ENTRY_COLUMNS} FROM entry WHERE n = ?`);
  const stateNow = rows(db, 'SELECT state FROM entry WHERE n = ?');
  const tried = rows(
    db,
    'INSERT INTO attempt (n, k, attempt) SELECT ?1, coalesce(max(k), 0) + 1, ?2 FROM attempt WHERE n = ?1 RETURNING k',
  );
  const forget = db.prepare('DELETE FROM attempt WHERE n = ? AND k <= ?');
  const attempts = rows(db, 'SELECT attempt FROM attempt WHERE n = ? ORDER BY k');
  const stateOf = (n: number) => (stateNow.get(n) as unknown as [State] | undefined)?.[0];

  return {
    'queue.get': ({ n }) => (get.get(n) as unknown as EntryRow | undefined) ?? null,
    'queue.change': ({ ns, from, change, running }) => {
      const changed: EntryRow[] = [];
      for (const n of ns) {
        const state = stateOf(n);
        if (state !== undefined && from.includes(state)) changed.push(write(n, state, change, running));
      }
      return changed;
    },
    'queue.settle': ({ n, change, attempt, running }) => {
      const state = stateOf(n);
      if (state === undefined) return false;
      write(n, state, change, running);
      const [k] = tried.get(n, attempt) as unknown as [number];
      if (k > TRIES_KEPT) forget.run(n, k - TRIES_KEPT);
      return true;
    },
    'queue.attempts': ({ n }) => (attempts.all(n) as unknown as [string][]).map(([attempt]) => attempt),
  };
}

function recovering(db: DatabaseSync, bodies: Bodies, write: Write): Some<'queue.recover'> {
  const left = rows(db, `SELECT n FROM entry WHERE state = 'sending'`);

  return {
    'queue.recover': () => {
      const requeued = left.all() as unknown as [number][];
      // Their next attempt was recorded when they were claimed (I15): it stands.
      for (const [n] of requeued) write(n, 'sending', { columns: ['state'], cells: ['deferred'] }, 0);
      return { requeued: requeued.length, discarded: bodies.sweep() };
    },
  };
}
