/**
 * The queue in lists and numbers, in the store's thread. Oldest first; the entries of several states are merged by their
 * index, so that a page costs what it shows. A search looks at a slice at a time, so that mail never waits for one.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Handlers, Place } from './calls.ts';
import { type Cell, ENTRY_COLUMNS, type EntryRow, numberOf } from './entry-row.ts';
import { rows } from './database.ts';
import { conditionOf, fold, statesOf } from './filter.ts';
import type { QueueEntry, QueueFilter } from './store.ts';
import { STATES, type Tally } from './tally.ts';

type State = QueueEntry['state'];

/** Entries that a search looks at before other calls get their turn: some 10 ms. */
const SLICE = 5_000;

const COLUMNS = ENTRY_COLUMNS.replaceAll(/(\w+)/g, 'e.$1');

export function openListing(
  db: DatabaseSync,
  tally: Tally,
): Pick<Handlers<'queue'>, 'queue.page' | 'queue.scan' | 'queue.counts'> {
  db.function('fold', { deterministic: true }, fold);
  const oldest = db.prepare(
    `SELECT min(at) AS at FROM (${inStates(['waiting', 'sending', 'deferred', 'held'], 'min(queued_at) AS at')})`,
  );
  const byNumber = rows(db, `SELECT ${COLUMNS} FROM entry e WHERE n = ?`);

  return {
    'queue.page': ({ states, offset, limit }) => {
      const total = states.reduce((sum, state) => sum + tally.entries(state), 0);
      if (states.length === 0) return { total, rows: [] };
      const sql = `SELECT ${COLUMNS} FROM (${inStates(states, 'queued_at AS q, n')} ORDER BY q, n LIMIT ? OFFSET ?) AS s
        JOIN entry e ON e.n = s.n ORDER BY s.q, s.n`;
      return { total, rows: all<EntryRow>(rows(db, sql), [limit, offset]) };
    },
    'queue.scan': ({ where, after, skip, want }) => {
      const slice = look(db, where, after);
      const found = slice.filter(([, , matches]) => matches === 1);
      const wanted = found.slice(skip, skip + want).map(([, n]) => byNumber.get(n) as unknown as EntryRow);
      const last = slice.at(-1);
      const next: Place | null = where.ids !== undefined || slice.length < SLICE || !last ? null : [last[0], last[1]];
      return { matched: found.length, rows: wanted, next };
    },
    'queue.counts': () => ({
      counts: Object.fromEntries(STATES.map((state) => [state, tally.entries(state)])) as Record<State, number>,
      bytes: tally.bytes(),
      oldestAt: oldest.get()?.['at'] as number | null,
    }),
  };
}

type Looked = [queuedAt: number, n: number, matches: 0 | 1];

/** The next slice of the entries in the filter's states (or the entries that it names), each with whether it matches. */
function look(db: DatabaseSync, where: QueueFilter, after: Place): Looked[] {
  const states = statesOf(where);
  if (states.length === 0) return [];

  const condition = conditionOf(where);
  if (where.ids !== undefined) {
    const ns = where.ids.map(numberOf).filter((n) => n !== null);
    const sql = `SELECT e.queued_at, e.n, (${condition.sql}) FROM entry e
      WHERE e.n IN (SELECT value FROM json_each(?)) AND e.state IN (SELECT value FROM json_each(?))
      ORDER BY e.queued_at, e.n`;
    return all<Looked>(rows(db, sql), [...condition.cells, JSON.stringify(ns), JSON.stringify(states)]);
  }

  const each = states.flatMap(() => after);
  const sql = `SELECT s.q, s.n, (${condition.sql})
    FROM (${inStates(states, 'queued_at AS q, n', '(queued_at, n) > (?, ?)')} ORDER BY q, n LIMIT ${SLICE}) AS s
    JOIN entry e ON e.n = s.n ORDER BY s.q, s.n`;
  return all<Looked>(rows(db, sql), [...condition.cells, ...each]);
}

/** One query for each state, which SQLite merges in order without sorting: each of them follows the index. */
const inStates = (states: State[], columns: string, also = 'TRUE'): string =>
  states.map((state) => `SELECT ${columns} FROM entry WHERE state = '${state}' AND ${also}`).join(' UNION ALL ');

const all = <T>(statement: StatementSync, cells: Cell[]): T[] => statement.all(...cells) as unknown[] as T[];
