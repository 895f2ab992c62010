/** Columns of queue entries written, with what hangs on the state: the numbers of the queue, and the age while it does not grow. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Duration } from '../base/clock.ts';
import { rows } from './database.ts';
import { type Cell, type ChangeCells, ENTRY_COLUMNS, type EntryRow } from './entry-row.ts';
import type { QueueEntry } from './store.ts';
import type { Tally } from './tally.ts';

type State = QueueEntry['state'];

/** States in which an entry does not grow older: nobody tries it. */
export const STOPPED: ReadonlySet<State> = new Set<State>(['held', 'dropped']);

/** Writes columns of the entry, counts it anew where that changes its state, and gives it as it is then. */
export type Write = (n: number, was: State, change: ChangeCells, running: Duration) => EntryRow;

export function entryWriter(db: DatabaseSync, tally: Tally): Write {
  // One statement for each set of columns that is ever changed together: a handful.
  const updates = new Map<string, StatementSync>();
  const update = (set: string): StatementSync => {
    const known = updates.get(set);
    if (known !== undefined) return known;

    const made = rows(db, `UPDATE entry SET ${set === '' ? 'n = n' : set} WHERE n = ? RETURNING ${ENTRY_COLUMNS}`);
    updates.set(set, made);
    return made;
  };

  return (n, was, { columns, cells }, running) => {
    const at = columns.indexOf('state');
    const age = ageOf(was, at < 0 ? was : (cells[at] as State), running);
    const set = [...columns.map((column) => `${column} = ?`), ...age.set].join(', ');
    const row = update(set).get(...cells, ...age.cells, n) as unknown as EntryRow;
    const [, state, , , , , bytes] = row;
    if (state !== was) tally.moved(was, state, bytes);
    return row;
  };
}

/** The age is kept when an entry stops growing older, and given back when it goes on (QueueEntry.born). */
function ageOf(was: State, will: State, running: Duration): { set: string[]; cells: Cell[] } {
  if (STOPPED.has(was) === STOPPED.has(will)) return { set: [], cells: [] };
  if (STOPPED.has(will)) return { set: ['held_age = max(0, ? - born)'], cells: [running] };
  return {
    set: ['born = CASE WHEN held_age IS NULL THEN born ELSE ? - held_age END', 'held_age = NULL'],
    cells: [running],
  };
}
