/** The queue as the daemon sees it: ids become numbers, entries become cells, and the store's thread does the rest. */
import type { Attempt } from '../../protocol/model.ts';
import type { Calls, Place } from './calls.ts';
import { changeCells, type EntryRow, entryOf, isWhole, numberOf } from './entry-row.ts';
import { isPlain, statesOf } from './filter.ts';
import { receiveBody } from './incoming.ts';
import type { Link } from './link.ts';
import type { Names } from './names.ts';
import { readBody } from './outgoing.ts';
import { type Queue, type QueueEntry, type QueueFilter, StoreFailure } from './store.ts';

/** Entries changed or removed in one call: a command on a million of them lets mail pass in between. */
const AT_A_TIME = 500;

export function openSqliteQueue(link: Link, names: Names): Queue {
  return {
    receive: () => receiveBody(link, names.take()),
    async get(id) {
      const row = await ifOurs(id, (n) => link.call('queue.get', { n }), null);
      return row && entryOf(row);
    },
    async *read(id) {
      const n = needed(id);
      yield* readBody(link, n, (fault) => hold(link, n, fault));
    },
    async head(id, octets) {
      const head = await link.call('queue.head', { n: needed(id), octets });
      return head ?? fail(`${id} is not in the queue`);
    },
    async claim(now, limit, retry) {
      const rows = await link.call('queue.claim', { now, limit, retry });
      const entries: QueueEntry[] = [];
      for (const row of rows) {
        if (isWhole(row)) entries.push(entryOf(row));
        else await hold(link, row[0], 'its envelope cannot be read').catch(() => {}); // the others are claimed by now
      }
      return entries;
    },
    nextDue: () => link.call('queue.nextDue', null),
    async change(ids, from, change) {
      const cells = changeCells(change);
      const changed: QueueEntry[] = [];
      for (const ns of portions(ids))
        changed.push(...(await link.call('queue.change', { ns, from, change: cells })).map(entryOf));
      return changed;
    },
    async settle(id, change, attempt) {
      const cells = changeCells(change);
      const settled = await link.call('queue.settle', {
        n: needed(id),
        change: cells,
        attempt: JSON.stringify(attempt),
      });
      if (!settled) throw new Error(`${id} is not in the queue: there is nothing to settle`);
    },
    async remove(ids) {
      for (const ns of portions(ids)) await link.call('queue.remove', { ns });
    },
    async attempts(id) {
      const attempts = await ifOurs(id, (n) => link.call('queue.attempts', { n }), []);
      return attempts.map((attempt) => JSON.parse(attempt) as Attempt);
    },
    list: (where, offset, limit) => list(link, where, offset, limit),
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
  where: QueueFilter,
  offset: number,
  limit: number,
): Promise<{ total: number; entries: QueueEntry[] }> {
  if (isPlain(where)) {
    const { total, rows } = await link.call('queue.page', { states: statesOf(where), offset, limit });
    return { total, entries: rows.map(entryOf) };
  }

  let total = 0;
  const found: EntryRow[] = [];
  let after: Place | null = [Number.MIN_SAFE_INTEGER, 0];
  while (after !== null) {
    const skip = Math.max(0, offset - total);
    const slice: Calls['queue.scan']['gives'] = await link.call('queue.scan', {
      where,
      after,
      skip,
      want: limit - found.length,
    });
    total += slice.matched;
    found.push(...slice.rows);
    after = slice.next;
  }
  return { total, entries: found.map(entryOf) };
}

/** Takes a damaged entry out of the others' way until somebody has looked at it (I12). */
async function hold(link: Link, n: number, fault: string): Promise<void> {
  const change = changeCells({ state: 'held', hold: { by: 'gateway', reason: `damaged: ${fault}`, until: null } });
  await link.call('queue.change', { ns: [n], from: ['waiting', 'sending', 'deferred'], change });
}

function ifOurs<T>(id: string, ask: (n: number) => Promise<T>, otherwise: T): Promise<T> {
  const n = numberOf(id);
  return n === null ? Promise.resolve(otherwise) : ask(n);
}

/** The number of an id that must be there. */
const needed = (id: string): number =>
  numberOf(id) ?? fail(`${JSON.stringify(id.slice(0, 40))} is no name of a queued message`);

function* portions(ids: string[]): Generator<number[]> {
  const ns = ids.map(numberOf).filter((n) => n !== null);
  for (let at = 0; at < ns.length; at += AT_A_TIME) yield ns.slice(at, at + AT_A_TIME);
}

function fail(message: string): never {
  throw new StoreFailure(message, false);
}
