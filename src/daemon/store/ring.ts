/** The ring of events in `events.db`, in the store's thread. Events are found by number, by time and by size without an index. */
import type { DatabaseSync } from 'node:sqlite';
import type { Handlers } from './calls.ts';
import type { Counters } from './counters.ts';
import { rows } from './database.ts';

/** Octets that a row costs beside its event. */
const ROW = 32;

/** Counter of `events.db`: events up to this number may be missing, trimmed away or lost in a crash. */
const GONE = 'gone';

export function openRing(db: DatabaseSync, counters: Counters): Omit<Handlers<'ring'>, 'ring.probe'> {
  const insert = db.prepare('INSERT OR REPLACE INTO event (seq, at, upto, event) VALUES (?, ?, ?, ?)');
  const newest = rows(db, 'SELECT seq, upto FROM event ORDER BY seq DESC LIMIT 1');
  const from = rows(db, 'SELECT seq, event FROM event WHERE seq >= ? ORDER BY seq LIMIT ?');
  const before = rows(db, 'SELECT max(seq) FROM event WHERE seq < ?');
  const oldest = rows(db, 'SELECT seq FROM event WHERE seq < ? ORDER BY seq LIMIT ?');
  const erase = db.prepare('DELETE FROM event WHERE seq <= ?');
  const first = finder(db);

  const last = () => (newest.get() as unknown as [number, number] | undefined) ?? [0, 0];
  const gone = (seq: number) => {
    if (seq > counters.read(GONE)) counters.set(GONE, seq);
  };
  const events = (seq: number, limit: number) => from.all(seq, limit) as unknown as [number, string][];

  return {
    'ring.append': ({ rows: appended, lost }) => {
      let [, upto] = last();
      for (const [seq, at, event] of appended) {
        upto += event.length + ROW;
        insert.run(seq, at, upto, event);
      }
      gone(lost);
      return null;
    },
    'ring.last': () => last()[0],
    'ring.read': (since) => {
      if ('seq' in since) {
        const found = events(since.seq + 1, since.limit);
        return { events: found.map(([, event]) => event), complete: since.seq >= counters.read(GONE) };
      }
      const start = first('at', since.at);
      const earlier = (before.get(start) as unknown as [number | null])[0];
      const complete = counters.read(GONE) === 0 || (earlier !== null && earlier > counters.read(GONE));
      return { events: events(start, since.limit).map(([, event]) => event), complete };
    },
    'ring.trim': ({ before: instant, octets, limit }) => {
      const [, upto] = last();
      const keep = Math.max(first('at', instant), first('upto', upto - octets));
      const dropped = oldest.all(keep, limit) as unknown as [number][];
      const cut = dropped.at(-1)?.[0];
      if (cut === undefined) return false;

      erase.run(cut);
      gone(cut);
      return dropped.length === limit;
    },
  };
}

/** The number from which on every event has at least this instant (or this `upto`): both grow with the number, so halving finds it. */
function finder(db: DatabaseSync): (column: 'at' | 'upto', value: number) => number {
  const ends = rows(db, 'SELECT min(seq), max(seq) FROM event');
  const probe = rows(db, 'SELECT seq, at, upto FROM event WHERE seq >= ? ORDER BY seq LIMIT 1');

  return (column, value) => {
    const [least, most] = ends.get() as unknown as [number | null, number | null];
    let low = least ?? 0;
    let high = (most ?? 0) + 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const [seq, at, upto] = probe.get(middle) as unknown as [number, number, number];
      if ((column === 'at' ? at : upto) >= value) high = middle;
      else low = seq + 1;
    }
    return low;
  };
}
