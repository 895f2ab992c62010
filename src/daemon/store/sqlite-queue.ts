/** The queue as the daemon sees it: ids become numbers, entries become cells, and the store's thread does the rest. */
import type { Attempt } from '../../protocol/model.ts';
import type { Calls, Place } from './calls.ts';
import { changeCells, type EntryRow, entryOf, idOf, isWhole, numberOf } from './entry-row.ts';
import { isPlain, statesOf } from './filter.ts';
import { receiveBody } from './incoming.ts';
import type { Link } from './link.ts';
import type { Names } from './names.ts';
import { readBody } from './outgoing.ts';
import { AT_A_TIME, portions } from './portions.ts';
import type { Damaged, QueueWork } from './queue-work.ts';
import type { RunningTime } from './running.ts';
import { openSqliteQueueWork } from './sqlite-queue-work.ts';
import { type Queue, type QueueEntry, type QueueFilter, StoreFailure } from './store.ts';

/** Entries passed over in one call on the way to a range: as many as a search looks at. */
const SKIPPED_AT_A_TIME = 2_000;

export interface QueueParts {
  link: Link;
  names: Names;
  running: RunningTime;
  /** Folder for damaged messages. */
  corrupt: string;
  /** Hears of one that is held from now on, because it is damaged (I12). */
  damaged: (damaged: Damaged) => void;
}

export function openSqliteQueue({ link, names, running, corrupt, damaged }: QueueParts): Queue & QueueWork {
  /** Moved to corrupt/ in this run. */
  const aside = new Set<string>();

  /** Takes a damaged entry out of the others' way until it has been moved. */
  async function hold(n: number, fault: string): Promise<void> {
    const change = changeCells({ state: 'held', hold: { by: 'gateway', reason: `damaged: ${fault}`, until: null } });
    const from: QueueEntry['state'][] = ['waiting', 'sending', 'deferred'];
    const held = await link.call('queue.change', { ns: [n], from, change, running: running.now() });
    if (held.length > 0) damaged({ id: idOf(n), reason: fault, file: '' });
  }

  return {
    ...openSqliteQueueWork(link, running, { corrupt, aside }),
    receive: () => receiveBody(link, names.take(), running.now),
    async get(id) {
      const row = await ifOurs(id, (n) => link.call('queue.get', { n }), null);
      return row && entryOf(row, running.now());
    },
    async *read(id) {
      const n = needed(id);
      yield* readBody(link, n, (fault) => hold(n, fault));
    },
    async head(id, octets) {
      const head = await link.call('queue.head', { n: needed(id), octets });
      return head ?? fail(`${id} is not in the queue`);
    },
    async claim(now, limit, retry, { except = [] } = {}) {
      const rows = await link.call('queue.claim', { now, limit, retry, except });
      const entries: QueueEntry[] = [];
      for (const row of rows) {
        if (isWhole(row)) entries.push(entryOf(row, running.now()));
        else await hold(row[0], 'its envelope cannot be read').catch(() => {}); // the others are claimed by now
      }
      return entries;
    },
    nextDue: (except = []) => link.call('queue.nextDue', { except }),
    async pullIn(latest, to) {
      for (let total = 0; ; ) {
        const pulled = await link.call('queue.pullIn', { latest, to, limit: AT_A_TIME });
        total += pulled;
        if (pulled < AT_A_TIME) return total;
      }
    },
    async change(ids, from, change) {
      const cells = changeCells(change);
      const changed: QueueEntry[] = [];
      for (const ns of portions(ids)) {
        const at = running.now();
        const rows = await link.call('queue.change', { ns, from, change: cells, running: at });
        changed.push(...rows.map((row) => entryOf(row, at)));
      }
      return changed;
    },
    async settle(id, change, attempt) {
      const cells = changeCells(change);
      const settled = await link.call('queue.settle', {
        n: needed(id),
        change: cells,
        attempt: JSON.stringify(attempt),
        running: running.now(),
      });
      if (!settled && !aside.has(id)) throw new Error(`${id} is not in the queue: there is nothing to settle`);
    },
    async remove(ids) {
      for (const ns of portions(ids)) await link.call('queue.remove', { ns });
    },
    async attempts(id) {
      const attempts = await ifOurs(id, (n) => link.call('queue.attempts', { n }), []);
      return attempts.map((attempt) => JSON.parse(attempt) as Attempt);
    },
    list: (where, offset, limit) => list(link, running, where, { offset, limit }),
    async counts() {
      const { counts, bytes, oldestAt } = await link.call('queue.counts', null);
      const { waiting, sending, deferred, held } = counts;
      return {
        waiting,
        sending,
        deferred,
        held,
        bytes,
        oldestAt: oldestAt === null ? null : new Date(oldestAt).toISOString(),
      };
    },
    recover: () => link.call('queue.recover', null),
    reportOn: (id) => link.call('queue.reportOn', { id }),
  };
}

async function list(
  link: Link,
  running: RunningTime,
  where: QueueFilter,
  { offset, limit }: Range,
): Promise<{ total: number; entries: QueueEntry[] }> {
  const { total, rows } = isPlain(where)
    ? await plainList(link, statesOf(where), { offset, limit })
    : await searched(link, where, { offset, limit });
  return { total, entries: rows.map((row) => entryOf(row, running.now())) };
}

interface Range {
  offset: number;
  limit: number;
}

interface Rows {
  total: number;
  rows: EntryRow[];
}

/** Counts are kept. The offset is walked over the index a slice at a time, from whichever end is nearer. */
async function plainList(link: Link, states: QueueEntry['state'][], { offset, limit }: Range): Promise<Rows> {
  const { counts } = await link.call('queue.counts', null);
  const total = states.reduce((sum, state) => sum + counts[state], 0);
  const end = Math.min(total, offset + limit);
  if (offset >= end) return { total, rows: [] };

  const back = total - end < offset;
  const skipped = await skip(link, { states, back }, back ? total - end : offset);
  if (skipped === 'too far') return { total, rows: [] }; // some left while we counted
  const rows: EntryRow[] = [];
  let after: Place | null = skipped;
  do {
    const what = { where: { states }, trash: false, back, after, want: end - offset - rows.length };
    const slice: Calls['queue.look']['gives'] = await link.call('queue.look', what);
    rows.push(...slice.rows);
    after = slice.next;
  } while (after !== null && rows.length < end - offset);
  return { total, rows: back ? rows.toReversed() : rows };
}

async function skip(
  link: Link,
  order: { states: QueueEntry['state'][]; back: boolean },
  entries: number,
): Promise<Place | null | 'too far'> {
  let after: Place | null = null;
  for (let left = entries; left > 0; ) {
    const count = Math.min(left, SKIPPED_AT_A_TIME);
    after = await link.call('queue.skip', { ...order, after, count });
    if (after === null) return 'too far';
    left -= count;
  }
  return after;
}

async function searched(link: Link, where: QueueFilter, { offset, limit }: Range): Promise<Rows> {
  let total = 0;
  const rows: EntryRow[] = [];
  let after: Place | null = null;
  do {
    const skipped = Math.max(0, offset - total);
    const slice: Calls['queue.scan']['gives'] = await link.call('queue.scan', {
      where,
      after,
      skip: skipped,
      want: limit - rows.length,
    });
    total += slice.matched;
    rows.push(...slice.rows);
    after = slice.next;
  } while (after !== null);
  return { total, rows };
}

function ifOurs<T>(id: string, ask: (n: number) => Promise<T>, otherwise: T): Promise<T> {
  const n = numberOf(id);
  return n === null ? Promise.resolve(otherwise) : ask(n);
}

/** The number of an id that must be there. */
const needed = (id: string): number =>
  numberOf(id) ?? fail(`${JSON.stringify(id.slice(0, 40))} is no name of a queued message`);

function fail(message: string): never {
  throw new StoreFailure(message, false);
}
