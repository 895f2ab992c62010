/** The queue in `Outgoing/queue.db`, in the store's thread: each handler is one call, inside the transaction of its group. */
import type { DatabaseSync } from 'node:sqlite';
import { type Bodies, openBodies } from './bodies.ts';
import type { Handlers } from './calls.ts';
import { openCounters } from './counters.ts';
import { rows } from './database.ts';
import { FIRST_NUMBER, idOf, stateOfNew } from './entry-row.ts';
import { openEntries } from './entries.ts';
import { openListing } from './listing.ts';
import { openRework } from './rework.ts';
import type { Parts } from './shelf.ts';
import { STOPPED } from './write-entry.ts';
import { loadTally, type Tally } from './tally.ts';

/** Names that are reserved by one write. A crash skips what is left of them. */
const NAMES = 256;

export function openQueue(db: DatabaseSync): Parts<'queue'> {
  const tally = loadTally(db);
  const bodies = openBodies(db);
  const counters = openCounters(db);
  const newest = rows(
    db,
    `SELECT born FROM entry INDEXED BY entry_born
     WHERE (warned_at IS NOT NULL) = FALSE AND state IN ('waiting', 'sending', 'deferred') ORDER BY born DESC LIMIT 1`,
  );
  /** The youngest entry was born since the running time was kept last: a gateway that crashes every half minute must get on, too. */
  const youngest = () => (newest.get() as unknown as [number] | undefined)?.[0] ?? 0;
  return {
    handlers: {
      ...incoming(db, bodies, tally),
      ...outgoing(db, bodies),
      ...openEntries(db, bodies, tally),
      ...openListing(db, tally),
      ...openRework(db, bodies, tally),
      'queue.names': ({ above }) => {
        // The counter alone would do, had it not been the disk that refused it.
        const newest = (db.prepare('SELECT max(n) AS n FROM entry').get()?.['n'] as number | null) ?? 0;
        const from = Math.max(FIRST_NUMBER, counters.read('name'), newest + 1);
        const end = Math.max(from, above) + NAMES;
        counters.set('name', end);
        return { from, end };
      },
      'queue.ran': ({ running }) => {
        const known = Math.max(counters.read('running'), youngest());
        if (running > known) counters.set('running', running);
        return Math.max(running, known);
      },
      'queue.probe': () => counters.probe(),
    },
    keep: () => tally.keep(),
    restore: (kept) => tally.restore(kept),
    beforeCommit: () => tally.write(),
  };
}

type Some<M extends keyof Handlers<'queue'>> = Pick<Handlers<'queue'>, M>;

function incoming(db: DatabaseSync, bodies: Bodies, tally: Tally): Some<'queue.draft' | 'queue.discard' | 'queue.add'> {
  const insert = db.prepare(
    `INSERT INTO entry (n, rank, queued_at, sender, recipients, subject, message_id, peer, hold, report_on, extras,
       state, next_at, attempts, bytes, digest, relay, held_until, dropped, dropped_at, born, held_age)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?3, 0, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)`,
  );
  const reported = db.prepare('INSERT OR REPLACE INTO report (original, report) VALUES (?, ?)');

  return {
    'queue.draft': ({ n }, octets) => {
      bodies.draft(n, octets);
      return null;
    },
    'queue.discard': ({ n }) => {
      bodies.discard(n);
      return null;
    },
    'queue.add': (cells, octets) => {
      const [n, rank, queuedAt, sender, recipients, subject, messageId, peer, hold, reportOn, extras, ...rest] = cells;
      const [drafted, relay, heldUntil, dropped, droppedAt, born] = rest;
      const { bytes, digest } = bodies.finish(n, octets, drafted === 1);
      const state = stateOfNew({ hold, drop: dropped });
      insert.run(
        n,
        rank,
        queuedAt,
        sender,
        recipients,
        subject,
        messageId,
        peer,
        hold,
        reportOn,
        extras,
        state,
        bytes,
        digest,
        relay,
        heldUntil,
        dropped,
        droppedAt,
        born,
        STOPPED.has(state) ? 0 : null,
      );
      if (reportOn !== null) reported.run(reportOn, idOf(n));
      tally.moved(null, state, bytes);
      return digest;
    },
  };
}

function outgoing(db: DatabaseSync, bodies: Bodies): Some<'queue.part' | 'queue.head' | 'queue.octets'> {
  const size = db.prepare('SELECT bytes, digest FROM entry WHERE n = ?');
  size.setReturnArrays(true);

  return {
    'queue.part': ({ n, part }) => {
      const row = size.get(n) as unknown as [number, string] | undefined;
      return row === undefined ? null : { bytes: row[0], digest: row[1], octets: bodies.part(n, part) };
    },
    'queue.head': ({ n, octets }) => (size.get(n) === undefined ? null : bodies.head(n, octets)),
    'queue.octets': ({ n, offset, limit }) => (size.get(n) === undefined ? null : bodies.range(n, offset, limit)),
  };
}
