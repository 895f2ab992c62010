/** A queue entry as the columns of its row, there and back. What no query asks for lies in columns of JSON. */
import type { Duration } from '../base/clock.ts';
import type { EntryChange, NewEntry, QueueEntry } from './store.ts';

export type Cell = string | number | null;

/** In this order wherever a row travels. */
export const ENTRY_COLUMNS =
  'n, state, rank, queued_at, next_at, attempts, bytes, digest, sender, recipients, subject, message_id, relay, last_reply, ' +
  'peer, hold, report_on, extras, relay_choice, born, warned_at, dropped, held_age';

export type EntryRow = [
  n: number,
  state: QueueEntry['state'],
  rank: number,
  queuedAt: number,
  nextAt: number,
  attempts: number,
  bytes: number,
  digest: string,
  sender: string,
  recipients: string,
  subject: string,
  messageId: string,
  relay: string,
  lastReply: string | null,
  peer: string,
  hold: string | null,
  reportOn: string | null,
  extras: string,
  relayChoice: string | null,
  born: number,
  warnedAt: number | null,
  dropped: string | null,
  heldAge: number | null,
];

/** A new entry; `drafted`: its body began to come in as a draft (1), or comes whole with the call (0). */
export type AddCells = [
  n: number,
  rank: number,
  queuedAt: number,
  sender: string,
  recipients: string,
  subject: string,
  messageId: string,
  peer: string,
  hold: string | null,
  reportOn: string | null,
  extras: string,
  drafted: 0 | 1,
  relay: string,
  heldUntil: number | null,
  dropped: string | null,
  droppedAt: number | null,
  born: number,
];

/** New values of some columns. */
export interface ChangeCells {
  columns: string[];
  cells: Cell[];
}

/** High first: entries are claimed in the order of their rank. */
export const RANKS: QueueEntry['priority'][] = ['high', 'normal', 'low'];

interface Extras {
  dsn: QueueEntry['dsn'];
  smtpUtf8: boolean;
  eightBit: boolean;
  /** Entries of the first format have none. */
  from?: string;
}

const NO_EXTRAS: Extras = { dsn: { ret: null, envid: null }, smtpUtf8: false, eightBit: false };

// `Pmg` and at least four hex digits. The first number has four; a row of a body has the number times 65,536 in its place,
// which must stay below 2^53.
export const FIRST_NUMBER = 0x1000;
const LAST_NUMBER = 2 ** 36;

export const idOf = (n: number): string => `Pmg${n.toString(16).toUpperCase().padStart(4, '0')}`;

/** The number in an id; null when it is none of ours, however it is spelt (WS11). */
export function numberOf(id: string): number | null {
  if (!/^Pmg[0-9A-F]{4,10}$/.test(id)) return null;

  const n = Number.parseInt(id.slice(3), 16);
  return n <= LAST_NUMBER && idOf(n) === id ? n : null;
}

export function addCells(n: number, entry: NewEntry, drafted: boolean, born: Duration): AddCells {
  const { dsn, smtpUtf8, eightBit, from, hold, drop } = entry;
  const extras: Extras = { dsn, smtpUtf8, eightBit, ...(from ? { from } : {}) };
  return [
    n,
    RANKS.indexOf(entry.priority),
    entry.queuedAt,
    entry.sender,
    JSON.stringify(entry.recipients),
    entry.subject,
    entry.messageId,
    entry.peer,
    hold && JSON.stringify(hold),
    entry.reportOn,
    JSON.stringify(extras),
    drafted ? 1 : 0,
    entry.relay ?? '',
    hold?.until ?? null,
    drop ? JSON.stringify(drop) : null,
    drop?.at ?? null,
    born,
  ];
}

/** The entry that `entry` has become, once it is in the queue. */
export function addedEntry(
  id: string,
  entry: NewEntry,
  body: { bytes: number; digest: string },
  born: Duration,
): QueueEntry {
  return {
    ...entry,
    id,
    ...body,
    state: stateOfNew(entry),
    attempts: 0,
    nextAttemptAt: entry.queuedAt,
    lastReply: null,
    relay: entry.relay ?? '',
    relayChoice: null,
    born,
    warnedAt: null,
    from: entry.from ?? '',
    drop: entry.drop ?? null,
  };
}

/** Dropped on arrival, held on arrival, or due. */
export function stateOfNew({ hold, drop }: { hold: unknown; drop?: unknown }): QueueEntry['state'] {
  if (drop !== undefined && drop !== null) return 'dropped';
  return hold === null ? 'waiting' : 'held';
}

export function changeCells(change: EntryChange): ChangeCells {
  const columns: string[] = [];
  const cells: Cell[] = [];
  const set = (column: string, cell: Cell | undefined) => {
    if (cell === undefined) return;
    columns.push(column);
    cells.push(cell);
  };

  set('state', change.state);
  set('recipients', change.recipients && JSON.stringify(change.recipients));
  set('attempts', change.attempts);
  set('next_at', change.nextAttemptAt);
  set('last_reply', change.lastReply);
  set('relay', change.relay);
  set('hold', change.hold && JSON.stringify(change.hold));
  if (change.hold !== undefined) set('held_until', change.hold?.until ?? null);
  set('dropped', change.drop && JSON.stringify(change.drop));
  if (change.drop !== undefined) set('dropped_at', change.drop?.at ?? null);
  set('queued_at', change.queuedAt);
  set('relay_choice', change.relayChoice);
  set('warned_at', change.warnedAt);
  set('rank', change.priority && RANKS.indexOf(change.priority));
  return { columns, cells };
}

/** Where the columns of JSON stand in a row. */
export const RECIPIENTS = 9;
const HOLD = 15;
const EXTRAS = 17;
const DROPPED = 21;

/** Can every column of JSON be read? A row of which one cannot is damaged (I12). */
export function isWhole(row: EntryRow): boolean {
  return [row[RECIPIENTS], row[HOLD], row[EXTRAS], row[DROPPED]].every(
    (json) => json === null || parsed(json) !== undefined,
  );
}

/** The entry of a row, at a place on the running time. What cannot be read of a damaged one is left out, so that a person can still look
 *  at the rest. */
export function entryOf(row: EntryRow, running: Duration): QueueEntry {
  const [n, state, rank, queuedAt, nextAttemptAt, attempts, bytes, digest, sender, recipients, subject, ...rest] = row;
  const [messageId, relay, lastReply, peer, hold, reportOn, extras, relayChoice, born, warnedAt, ...last] = rest;
  const [dropped, heldAge] = last;
  const { dsn, smtpUtf8, eightBit, from = '' } = (parsed(extras) ?? NO_EXTRAS) as Extras;
  return {
    id: idOf(n),
    state,
    sender,
    recipients: (parsed(recipients) ?? []) as QueueEntry['recipients'],
    subject,
    messageId,
    priority: RANKS[rank] ?? 'normal',
    bytes,
    digest,
    queuedAt,
    attempts,
    nextAttemptAt,
    lastReply,
    relay,
    peer,
    dsn,
    smtpUtf8,
    eightBit,
    from,
    relayChoice,
    born: heldAge === null ? born : running - heldAge,
    warnedAt,
    hold: hold === null ? null : ((parsed(hold) ?? null) as QueueEntry['hold']),
    drop: dropped === null ? null : ((parsed(dropped) ?? null) as QueueEntry['drop']),
    reportOn,
  };
}

/** Those of a row that is whole. */
export const parsedRecipients = (json: string): QueueEntry['recipients'] =>
  JSON.parse(json) as QueueEntry['recipients'];

/** Undefined when it is no JSON. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
