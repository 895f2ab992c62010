/**
 * Queue work in the store's thread, beside what every transfer needs: changes that differ from entry to entry, what is overdue, holds
 * that end, the trash. Each handler does a bounded piece.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { Duration, Instant } from '../base/clock.ts';
import { normalAddress } from '../mail/address.ts';
import type { Bodies } from './bodies.ts';
import type { Handlers } from './calls.ts';
import { rows } from './database.ts';
import { type Cell, ENTRY_COLUMNS, type EntryRow, idOf, isWhole, parsedRecipients, RECIPIENTS } from './entry-row.ts';
import type { QueuedRecipient, QueueEntry } from './store.ts';
import type { Tally } from './tally.ts';
import { entryWriter, STOPPED } from './write-entry.ts';

type State = QueueEntry['state'];
type Some<M extends keyof Handlers<'queue'>> = Pick<Handlers<'queue'>, M>;

/** The recipients as they are to be, or null: nothing is to be changed. */
type Change = (recipients: QueuedRecipient[]) => QueuedRecipient[] | null;

const isOpen = ({ state }: QueuedRecipient): boolean => state === 'waiting' || state === 'deferred';

export function openRework(
  db: DatabaseSync,
  bodies: Bodies,
  tally: Tally,
): Some<
  | 'queue.overdue'
  | 'queue.endedHolds'
  | 'queue.purge'
  | 'queue.erase'
  | 'queue.remove'
  | 'queue.readdress'
  | 'queue.failOpen'
> {
  const write = entryWriter(db, tally);
  const get = rows(db, `SELECT ${ENTRY_COLUMNS} FROM entry WHERE n = ?`);

  /** The entry is due at `now` with the recipients that `change` makes of its own. */
  function rework(
    n: number,
    now: Instant,
    running: Duration,
    how: { state: 'as it is' | 'waiting'; more: [string, Cell][] },
    change: Change,
  ): EntryRow | null {
    const row = get.get(n) as unknown as EntryRow | undefined;
    if (row === undefined || !isWhole(row) || row[1] === 'sending' || row[1] === 'dropped') return null;
    const recipients = change(parsedRecipients(row[RECIPIENTS]));
    if (recipients === null) return null;

    const state: State = how.state === 'as it is' && STOPPED.has(row[1]) ? row[1] : 'waiting';
    const set: [string, Cell][] = [
      ['state', state],
      ['recipients', JSON.stringify(recipients)],
      ['next_at', now],
      ...how.more,
    ];
    return write(n, row[1], { columns: set.map(([column]) => column), cells: set.map(([, cell]) => cell) }, running);
  }

  return {
    ...finding(db),
    ...removing(db, bodies, tally),
    'queue.readdress': ({ ns, from, to, now, running }) =>
      ns
        .map((n) => rework(n, now, running, { state: 'as it is', more: [] }, (list) => readdressed(list, from, to)))
        .filter((row) => row !== null),
    'queue.failOpen': ({ ns, reply, now, running }) => {
      const more: [string, Cell][] = [
        ['last_reply', reply],
        ['hold', null],
        ['held_until', null],
      ];
      return ns
        .map((n) => rework(n, now, running, { state: 'waiting', more }, (list) => failed(list, reply)))
        .filter((row) => row !== null);
    },
  };
}

/** Null when `from` is none of the open recipients. */
function readdressed(recipients: QueuedRecipient[], from: string, to: string): QueuedRecipient[] | null {
  const is = (address: string) => (recipient: QueuedRecipient) =>
    normalAddress(recipient.address) === normalAddress(address);
  const meant = (recipient: QueuedRecipient) => isOpen(recipient) && is(from)(recipient);
  if (!recipients.some(meant)) return null;

  const others = recipients.filter((recipient) => !meant(recipient));
  if (others.some(is(to))) return others;
  return recipients
    .filter((recipient, at) => !meant(recipient) || recipients.findIndex(meant) === at)
    .map((recipient) => (meant(recipient) ? moved(recipient, to) : recipient));
}

/** For whom it was meant stays known to whoever reports on it (RFC 3461 §5.2.1). */
function moved(recipient: QueuedRecipient, to: string): QueuedRecipient {
  const orcpt = recipient.orcpt ?? `rfc822;${xtext(recipient.address)}`;
  return { ...recipient, address: to, state: 'waiting', reply: null, orcpt };
}

/** RFC 3461 §4: what is no printable ASCII, `+` and `=` in hex. */
const xtext = (text: string): string =>
  [...Buffer.from(text)]
    .map((octet) => {
      const plain = octet > 0x20 && octet < 0x7f && octet !== 0x2b && octet !== 0x3d;
      return plain ? String.fromCharCode(octet) : `+${octet.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');

function failed(recipients: QueuedRecipient[], reply: string): QueuedRecipient[] | null {
  if (!recipients.some(isOpen)) return null;
  return recipients.map((recipient) => (isOpen(recipient) ? { ...recipient, state: 'failed', reply } : recipient));
}

function finding(db: DatabaseSync): Some<'queue.overdue' | 'queue.endedHolds'> {
  // The words of the index entry_born, or SQLite would not use it.
  const old = rows(
    db,
    `SELECT ${ENTRY_COLUMNS} FROM entry INDEXED BY entry_born WHERE (warned_at IS NOT NULL) = ? AND born < ?
     AND state IN ('waiting', 'sending', 'deferred') AND state <> 'sending' ORDER BY born LIMIT ?`,
  );
  const held = `FROM entry INDEXED BY entry_hold WHERE state = 'held' AND held_until IS NOT NULL`;
  const ended = rows(db, `SELECT n ${held} AND held_until <= ? ORDER BY held_until LIMIT ?`);
  const next = rows(db, `SELECT held_until ${held} AND held_until > ? ORDER BY held_until LIMIT 1`);

  return {
    'queue.overdue': ({ which, born, limit }) => {
      const found = (which === 'any' ? [0, 1] : [0]).flatMap(
        (warned) => old.all(warned, born, limit) as unknown as EntryRow[],
      );
      return found.toSorted((a, b) => a[BORN] - b[BORN]).slice(0, limit);
    },
    'queue.endedHolds': ({ now, limit }) => ({
      ns: (ended.all(now, limit) as unknown as [number][]).map(([n]) => n),
      next: (next.get(now) as unknown as [number] | undefined)?.[0] ?? null,
    }),
  };
}

const BORN = 19;

function removing(
  db: DatabaseSync,
  bodies: Bodies,
  tally: Tally,
): Some<'queue.remove' | 'queue.erase' | 'queue.purge'> {
  const erase = rows(db, 'DELETE FROM entry WHERE n = ? RETURNING state, bytes');
  const eraseIn = rows(db, 'DELETE FROM entry WHERE n = ? AND state = ? RETURNING state, bytes');
  const forget = db.prepare('DELETE FROM attempt WHERE n = ?');
  // Its later reports, on others of its recipients, bear its name, a dot and a number.
  const unreport = db.prepare(
    `DELETE FROM report WHERE original = ?1 OR (original > ?1 || '.' AND original < ?1 || '/')`,
  );
  const old = rows(
    db,
    `SELECT n FROM entry INDEXED BY entry_trash WHERE state = 'dropped' AND dropped_at < ? ORDER BY dropped_at LIMIT ?`,
  );

  /** Only if it is in this state; null: in any. */
  function remove(ns: number[], state: State | null): number[] {
    const removed: number[] = [];
    for (const n of ns) {
      const gone = (state === null ? erase.get(n) : eraseIn.get(n, state)) as unknown as [State, number] | undefined;
      if (gone === undefined) continue;
      tally.moved(gone[0], null, gone[1]);
      bodies.remove(n);
      forget.run(n);
      unreport.run(idOf(n));
      removed.push(n);
    }
    return removed;
  }

  return {
    'queue.remove': ({ ns }) => {
      remove(ns, null);
      return null;
    },
    'queue.erase': ({ ns, state }) => remove(ns, state),
    'queue.purge': ({ droppedBefore, limit }) =>
      remove(
        (old.all(droppedBefore, limit) as unknown as [number][]).map(([n]) => n),
        'dropped',
      ).length,
  };
}
