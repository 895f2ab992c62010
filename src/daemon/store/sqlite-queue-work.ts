/** Queue work as the daemon sees it (queue-work.ts): long looks become slices, so that mail passes in between. */
import type { Calls, Place } from './calls.ts';
import { setAside } from './corrupt.ts';
import { type EntryRow, entryOf, idOf, numberOf } from './entry-row.ts';
import type { Link } from './link.ts';
import { portions } from './portions.ts';
import type { Mark, Page, QueueWork, Sum } from './queue-work.ts';
import type { RunningTime } from './running.ts';
import type { QueueEntry } from './store.ts';

/** `corrupt`: the folder for damaged messages. `aside` gets the names of those that were moved there. */
export function openSqliteQueueWork(
  link: Link,
  running: RunningTime,
  { corrupt, aside }: { corrupt: string; aside: Set<string> },
): QueueWork {
  const entries = (rows: EntryRow[], at = running.now()) => rows.map((row) => entryOf(row, at));

  /** Calls for one portion of the names after the other. */
  async function inPortions<T>(ids: string[], call: (ns: number[]) => Promise<T[]>): Promise<T[]> {
    const all: T[] = [];
    for (const ns of portions(ids)) all.push(...(await call(ns)));
    return all;
  }

  async function look(what: Omit<Calls['queue.look']['takes'], 'want'>, limit: number, stop?: AbortSignal) {
    const found: EntryRow[] = [];
    let after = what.after;
    for (;;) {
      stop?.throwIfAborted();
      const slice = await link.call('queue.look', { ...what, after, want: limit - found.length });
      found.push(...slice.rows);
      after = slice.next;
      if (after === null || found.length >= limit) break;
    }
    return { entries: entries(found), next: after === null ? null : markOf(after) };
  }

  return {
    runningTime: running.now,
    overdue: async (which, born, limit) => entries(await link.call('queue.overdue', { which, born, limit })),
    async page(where, from, limit, stop) {
      const back = 'before' in from;
      const page = await look(
        { where, trash: false, back, after: placeOf(back ? from.before : from.after) },
        limit,
        stop,
      );
      return back ? { ...page, entries: page.entries.toReversed() } : page;
    },
    trashPage: (where, after, limit, stop): Promise<Page> =>
      look({ where: { ...where, states: ['dropped'] }, trash: true, back: true, after: placeOf(after) }, limit, stop),
    async sum(where, stop) {
      const sum: Sum = { messages: 0, recipients: 0, bytes: 0, sending: 0 };
      let after: Place | null = null;
      do {
        stop?.throwIfAborted();
        const { next, ...slice }: Calls['queue.sum']['gives'] = await link.call('queue.sum', { where, after });
        for (const key of ['messages', 'recipients', 'bytes', 'sending'] as const) sum[key] += slice[key];
        after = next;
      } while (after !== null);
      return sum;
    },
    async endedHolds(now, limit) {
      const { ns, next } = await link.call('queue.endedHolds', { now, limit });
      return { ids: ns.map(idOf), next };
    },
    purge: (droppedBefore, limit) => link.call('queue.purge', { droppedBefore, limit }),
    erase: (ids) => inPortions(ids, async (ns) => (await link.call('queue.erase', { ns, state: 'dropped' })).map(idOf)),
    async octets(id, offset, limit) {
      const n = numberOf(id);
      return n === null ? null : await link.call('queue.octets', { n, offset, limit });
    },
    async setAside(id, reason) {
      const n = numberOf(id);
      if (n === null) return null;
      aside.add(id);
      return await setAside(link, corrupt, n, { reason, running: running.now() });
    },
    readdress: (ids, from, to, now) =>
      inPortions<QueueEntry>(ids, async (ns) => {
        const at = running.now();
        return entries(await link.call('queue.readdress', { ns, from, to, now, running: at }), at);
      }),
    failOpen: (ids, reply, now) =>
      inPortions<QueueEntry>(ids, async (ns) => {
        const at = running.now();
        return entries(await link.call('queue.failOpen', { ns, reply, now, running: at }), at);
      }),
  };
}

const placeOf = (mark: Mark | null): Place | null => (mark === null ? null : [mark.at, mark.n]);
const markOf = ([at, n]: Place): Mark => ({ at, n });
