/**
 * What is due, in the store's thread. Entries are found by the way that they go (QueueEntry.relay), of which there are a few: what
 * waits behind a relay that rests is passed over whole, were it a million.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { Handlers } from './calls.ts';
import { rows } from './database.ts';
import { type EntryRow, RANKS } from './entry-row.ts';
import { Refused } from './failure.ts';
import type { QueueEntry } from './store.ts';
import type { Write } from './write-entry.ts';

type State = QueueEntry['state'];
type Some<M extends keyof Handlers<'queue'>> = Pick<Handlers<'queue'>, M>;

type Due = [n: number, nextAt: number, state: State, attempts: number];

const UNCLAIMED = `state IN ('waiting', 'deferred')`;

export function openClaiming(db: DatabaseSync, write: Write): Some<'queue.claim' | 'queue.nextDue' | 'queue.pullIn'> {
  // By its name: SQLite would rather sort all that is unclaimed than go from one way to the next.
  const ways = `SELECT relay FROM entry INDEXED BY entry_way WHERE ${UNCLAIMED}`;
  const first = rows(db, `${ways} ORDER BY relay LIMIT 1`);
  const after = rows(db, `${ways} AND relay > ? ORDER BY relay LIMIT 1`);
  const onWay = `FROM entry WHERE ${UNCLAIMED} AND relay = ? AND rank = ?`;
  const due = rows(db, `SELECT n, next_at, state, attempts ${onWay} AND next_at <= ? ORDER BY next_at, n LIMIT ?`);
  const earliest = rows(db, `SELECT next_at ${onWay} ORDER BY next_at LIMIT 1`);
  const far = rows(db, `SELECT n, state ${onWay} AND next_at > ? LIMIT ?`);

  /** From one way to the next by the index, however many entries go each of them. */
  function waysBut(except: readonly string[]): string[] {
    const others = new Set(except);
    const ways: string[] = [];
    let found = first.get() as unknown as [string] | undefined;
    while (found !== undefined) {
      if (!others.has(found[0])) ways.push(found[0]);
      found = after.get(found[0]) as unknown as [string] | undefined;
    }
    return ways;
  }

  function dueOn(ways: string[], rank: number, now: number, limit: number): Due[] {
    const found = ways.flatMap((way) => due.all(way, rank, now, limit) as unknown as Due[]);
    if (ways.length > 1) found.sort(([n, at], [m, than]) => at - than || n - m);
    return found.slice(0, limit);
  }

  return {
    'queue.claim': ({ now, limit, retry, except }) => {
      const claimed: EntryRow[] = [];
      const columns = ['state', 'attempts', 'next_at'];
      const ways = waysBut(except);
      for (const rank of RANKS.keys()) {
        if (claimed.length >= limit) break;
        for (const [n, , state, attempts] of dueOn(ways, rank, now, limit - claimed.length)) {
          const pause = retry[Math.min(attempts, retry.length - 1)];
          if (pause === undefined) throw new Refused('a claim needs a schedule of retries');
          const cells = ['sending', attempts + 1, now + pause];
          claimed.push(write(n, state, { columns, cells }, 0));
        }
      }
      return claimed;
    },
    'queue.nextDue': ({ except }) => {
      const found = waysBut(except).flatMap((way) =>
        [...RANKS.keys()].map((rank) => (earliest.get(way, rank) as unknown as [number] | undefined)?.[0]),
      );
      const known = found.filter((at) => at !== undefined);
      return known.length === 0 ? null : Math.min(...known);
    },
    'queue.pullIn': ({ latest, to, limit }) => {
      let pulled = 0;
      for (const way of waysBut([])) {
        for (const rank of RANKS.keys()) {
          const found = far.all(way, rank, latest, limit - pulled) as unknown as [number, State][];
          for (const [n, state] of found) write(n, state, { columns: ['next_at'], cells: [to] }, 0);
          pulled += found.length;
        }
      }
      return pulled;
    },
  };
}
