/** What becomes of queue entries, in the store's thread: claimed, settled, changed, removed, recovered after a crash. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Bodies } from './bodies.ts';
import type { Handlers } from './calls.ts';
import { rows } from './database.ts';
import { type ChangeCells, ENTRY_COLUMNS, type EntryRow, idOf, RANKS } from './entry-row.ts';
import { Refused } from './failure.ts';
import type { QueueEntry } from './store.ts';
import type { Tally } from './tally.ts';

type State = QueueEntry['state'];
type Some<M extends keyof Handlers<'queue'>> = Pick<Handlers<'queue'>, M>;

export function openEntries(
  db: DatabaseSync,
  bodies: Bodies,
  tally: Tally,
): Some<
  | 'queue.get'
  | 'queue.claim'
  | 'queue.nextDue'
  | 'queue.change'
  | 'queue.settle'
  | 'queue.remove'
  | 'queue.attempts'
  | 'queue.recover'
  | 'queue.reportOn'
> {
  const write = writer(db, tally);
  return {
    ...claiming(db, write),
    ...changing(db, write),
    ...removing(db, bodies, tally),
    ...recovering(db, bodies, write),
  };
}

/** Writes columns of the entry, counts it anew where that changes its state, and gives it as it is then. */
type Write = (n: number, was: State, change: ChangeCells) => EntryRow;

function writer(db: DatabaseSync, tally: Tally): Write {
  // One statement for each set of columns that is ever changed together: a handful.
  const updates = new Map<string, StatementSync>();
  const update = (columns: string[]): StatementSync => {
    const set = columns.map((column) => `${column} = ?`).join(', ');
    const known = updates.get(set);
    if (known !== undefined) return known;

    const made = rows(db, `UPDATE entry SET ${set === '' ? 'n = n' : set} WHERE n = ? RETURNING ${ENTRY_COLUMNS}`);
    updates.set(set, made);
    return made;
  };

  return (n, was, { columns, cells }) => {
    const row = update(columns).get(...cells, n) as unknown as EntryRow;
    const [, state, , , , , bytes] = row;
    if (state !== was) tally.moved(was, state, bytes);
    return row;
  };
}

function claiming(db: DatabaseSync, write: Write): Some<'queue.claim' | 'queue.nextDue'> {
  const due = rows(
    db,
    `SELECT n, state, attempts FROM entry
     WHERE rank = ? AND state IN ('waiting', 'deferred') AND next_at <= ? ORDER BY next_at, n LIMIT ?`,
  );
  const earliest = rows(db, `SELECT min(next_at) FROM entry WHERE rank = ? AND state IN ('waiting', 'deferred')`);

  return {
    'queue.claim': ({ now, limit, retry }) => {
      const claimed: EntryRow[] = [];
      for (const rank of RANKS.keys()) {
        const found = due.all(rank, now, limit - claimed.length) as unknown as [number, State, number][];
        for (const [n, state, attempts] of found) {
          const pause = retry[Math.min(attempts, retry.length - 1)];
          if (pause === undefined) throw new Refused('a claim needs a schedule of retries');
          const cells = ['sending', attempts + 1, now + pause];
          claimed.push(write(n, state, { columns: ['state', 'attempts', 'next_at'], cells }));
        }
      }
      return claimed;
    },
    'queue.nextDue': () => {
      const instants = [...RANKS.keys()].map((rank) => (earliest.get(rank) as unknown as [number | null])[0]);
      const known = instants.filter((at) => at !== null);
      return known.length === 0 ? null : Math.min(...known);
    },
  };
}

function changing(
  db: DatabaseSync,
  write: Write,
): Some<'queue.get' | 'queue.change' | 'queue.settle' | 'queue.attempts'> {
  const get = rows(db, `SELECT ${ENTRY_COLUMNS} FROM entry WHERE n = ?`);
  const stateNow = rows(db, 'SELECT state FROM entry WHERE n = ?');
  const tried = db.prepare(
    'INSERT INTO attempt (n, k, attempt) SELECT ?1, coalesce(max(k), 0) + 1, ?2 FROM attempt WHERE n = ?1',
  );
  const attempts = rows(db, 'SELECT attempt FROM attempt WHERE n = ? ORDER BY k');
  const stateOf = (n: number) => (stateNow.get(n) as unknown as [State] | undefined)?.[0];

  return {
    'queue.get': ({ n }) => (get.get(n) as unknown as EntryRow | undefined) ?? null,
    'queue.change': ({ ns, from, change }) => {
      const changed: EntryRow[] = [];
      for (const n of ns) {
        const state = stateOf(n);
        if (state !== undefined && from.includes(state)) changed.push(write(n, state, change));
      }
      return changed;
    },
    'queue.settle': ({ n, change, attempt }) => {
      const state = stateOf(n);
      if (state === undefined) return false;
      write(n, state, change);
      tried.run(n, attempt);
      return true;
    },
    'queue.attempts': ({ n }) => (attempts.all(n) as unknown as [string][]).map(([attempt]) => attempt),
  };
}

function removing(db: DatabaseSync, bodies: Bodies, tally: Tally): Some<'queue.remove' | 'queue.reportOn'> {
  const erase = rows(db, 'DELETE FROM entry WHERE n = ? RETURNING state, bytes');
  const forget = db.prepare('DELETE FROM attempt WHERE n = ?');
  // Its later reports, on others of its recipients, bear its name, a dot and a number.
  const unreport = db.prepare(
    `DELETE FROM report WHERE original = ?1 OR (original > ?1 || '.' AND original < ?1 || '/')`,
  );
  const report = rows(db, 'SELECT report FROM report WHERE original = ?');

  return {
    'queue.remove': ({ ns }) => {
      for (const n of ns) {
        const gone = erase.get(n) as unknown as [State, number] | undefined;
        if (gone === undefined) continue;
        tally.moved(gone[0], null, gone[1]);
        bodies.remove(n);
        forget.run(n);
        unreport.run(idOf(n));
      }
      return null;
    },
    'queue.reportOn': ({ id }) => (report.get(id) as unknown as [string] | undefined)?.[0] ?? null,
  };
}

function recovering(db: DatabaseSync, bodies: Bodies, write: Write): Some<'queue.recover'> {
  const left = rows(db, `SELECT n FROM entry WHERE state = 'sending'`);

  return {
    'queue.recover': () => {
      const requeued = left.all() as unknown as [number][];
      // Their next attempt was recorded when they were claimed (I15): it stands.
      for (const [n] of requeued) write(n, 'sending', { columns: ['state'], cells: ['deferred'] });
      return { requeued: requeued.length, discarded: bodies.sweep() };
    },
  };
}
