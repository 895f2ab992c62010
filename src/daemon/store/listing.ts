/**
 * The queue in lists and numbers, in the store's thread. The entries of several states are merged by their index, so that a page
 * costs what it shows. A search looks at a slice at a time, so that mail never waits for one.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Handlers, Place } from './calls.ts';
import { rows } from './database.ts';
import { type Cell, ENTRY_COLUMNS, type EntryRow, numberOf } from './entry-row.ts';
import { conditionOf, fold, isPlain, statesOf } from './filter.ts';
import { contains } from '../base/regular.ts';
import type { QueueEntry, QueueFilter } from './store.ts';
import { STATES, type Tally } from './tally.ts';

type State = QueueEntry['state'];
type Some<M extends keyof Handlers<'queue'>> = Pick<Handlers<'queue'>, M>;

/** Entries that a search looks at before other calls get their turn: some 10 ms. */
const SLICE = 2_000;
/** As long takes a regular expression with as many. */
const PATTERN_SLICE = 100;

const sliceOf = ({ pattern, not = [], anyOf = [] }: QueueFilter): number =>
  [...not, ...anyOf.flat()].some((part) => part.pattern !== undefined) || pattern !== undefined ? PATTERN_SLICE : SLICE;

const COLUMNS = ENTRY_COLUMNS.replaceAll(/(\w+)/g, 'e.$1');

export function openListing(
  db: DatabaseSync,
  tally: Tally,
): Some<'queue.look' | 'queue.skip' | 'queue.sum' | 'queue.scan' | 'queue.counts'> {
  db.function('fold', { deterministic: true }, fold);
  db.function('contains', { deterministic: true }, contains);
  const oldest = db.prepare(
    `SELECT min(at) AS at FROM (${inStates(['waiting', 'sending', 'deferred', 'held'], 'min(queued_at) AS at')})`,
  );
  const byNumber = rows(db, `SELECT ${COLUMNS} FROM entry e WHERE n = ?`);
  const weigh = rows(
    db,
    `SELECT CASE WHEN json_valid(recipients) THEN json_array_length(recipients) ELSE 0 END, bytes, state = 'sending'
     FROM entry WHERE n = ?`,
  );
  const rowOf = (n: number) => byNumber.get(n) as unknown as EntryRow;

  return {
    'queue.look': ({ where, trash, back, after, want }) => {
      // A page that nothing is searched for looks at as much as it shows, and one more, to know whether there is a next one.
      const most = isPlain(where) ? Math.min(want + 1, SLICE) : sliceOf(where);
      const slice = look(db, where, { order: trash ? TRASH : QUEUE, back, after, most });
      const found = slice.filter(([, , fits]) => fits === 1);
      const last = found.length > want ? found[want - 1] : slice.length < most ? undefined : slice.at(-1);
      return { rows: found.slice(0, want).map(([, n]) => rowOf(n)), next: last === undefined ? null : placeOf(last) };
    },
    'queue.skip': ({ states, back, after, count }) => {
      const slice = look(db, { states }, { order: QUEUE, back, after, most: Math.min(count, SLICE) });
      const last = slice[count - 1];
      return last === undefined ? null : placeOf(last);
    },
    'queue.sum': ({ where, after }) => {
      const slice = look(db, where, { order: QUEUE, back: false, after, most: sliceOf(where) });
      const sum = { messages: 0, recipients: 0, bytes: 0, sending: 0 };
      for (const [, n, fits] of slice) {
        if (fits !== 1) continue;
        const [recipients, bytes, sending] = weigh.get(n) as unknown as [number, number, 0 | 1];
        sum.messages += 1;
        sum.recipients += recipients;
        sum.bytes += bytes;
        sum.sending += sending;
      }
      return { ...sum, next: nextOf(where, slice) };
    },
    'queue.scan': ({ where, after, skip, want }) => {
      const slice = look(db, where, { order: QUEUE, back: false, after, most: sliceOf(where) });
      const found = slice.filter(([, , fits]) => fits === 1);
      const wanted = found.slice(skip, skip + want).map(([, n]) => rowOf(n));
      return { matched: found.length, rows: wanted, next: nextOf(where, slice) };
    },
    'queue.counts': () => ({
      counts: Object.fromEntries(STATES.map((state) => [state, tally.entries(state)])) as Record<State, number>,
      bytes: tally.bytes(),
      oldestAt: oldest.get()?.['at'] as number | null,
    }),
  };
}

type Looked = [at: number, n: number, fits: 0 | 1];

const placeOf = ([at, n]: Looked): Place => [at, n];

/** Where a whole slice goes on; null at the end. */
function nextOf(where: QueueFilter, slice: Looked[]): Place | null {
  const last = slice.at(-1);
  return where.ids !== undefined || slice.length < sliceOf(where) || last === undefined ? null : placeOf(last);
}

/** An order of entries that an index keeps. */
interface Order {
  index: string;
  column: 'queued_at' | 'dropped_at';
  states(where: QueueFilter): State[];
}

const QUEUE: Order = { index: 'entry_state', column: 'queued_at', states: statesOf };
const TRASH: Order = { index: 'entry_trash', column: 'dropped_at', states: () => ['dropped'] };

interface Slice {
  order: Order;
  back: boolean;
  after: Place | null;
  most: number;
}

/** The next entries in the filter's states (or those that it names), each with whether it fits. */
function look(db: DatabaseSync, where: QueueFilter, { order, back, after, most }: Slice): Looked[] {
  const states = order.states(where);
  if (states.length === 0) return [];

  const { sql: fits, cells } = conditionOf(where);
  const { index, column } = order;
  const [beyond, way] = back ? ['<', 'DESC'] : ['>', 'ASC'];
  const place = after ?? (back ? [Number.MAX_SAFE_INTEGER, 0] : [Number.MIN_SAFE_INTEGER, 0]);
  if (where.ids !== undefined) {
    const ns = where.ids.map(numberOf).filter((n) => n !== null);
    const sql = `SELECT e.${column}, e.n, (${fits}) FROM entry e
      WHERE e.n IN (SELECT value FROM json_each(?)) AND e.state IN (SELECT value FROM json_each(?))
        AND (e.${column}, e.n) ${beyond} (?, ?)
      ORDER BY e.${column} ${way}, e.n ${way} LIMIT ?`;
    return all<Looked>(rows(db, sql), [...cells, JSON.stringify(ns), JSON.stringify(states), ...place, most]);
  }

  const each = states.flatMap(() => place);
  const also = `(${column}, n) ${beyond} (?, ?)`;
  const sql = `SELECT s.q, s.n, (${fits})
    FROM (${inStates(states, `${column} AS q, n`, { index, also })} ORDER BY q ${way}, n ${way} LIMIT ?) AS s
    JOIN entry e ON e.n = s.n ORDER BY s.q ${way}, s.n ${way}`;
  return all<Looked>(rows(db, sql), [...cells, ...each, most]);
}

/** One query for each state, which SQLite merges in order without sorting: each of them follows the index. */
const inStates = (states: State[], columns: string, { index = 'entry_state', also = 'TRUE' } = {}): string =>
  states
    .map((state) => `SELECT ${columns} FROM entry INDEXED BY ${index} WHERE state = '${state}' AND ${also}`)
    .join(' UNION ALL ');

const all = <T>(statement: StatementSync, cells: Cell[]): T[] => statement.all(...cells) as unknown[] as T[];
