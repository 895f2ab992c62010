/** A queue entry as the columns of its row, there and back. What no query asks for lies in columns of JSON. */
import type { EntryChange, NewEntry, QueueEntry } from './store.ts';

export type Cell = string | number | null;

/** In this order wherever a row travels. */
export const ENTRY_COLUMNS =
  'n, state, rank, queued_at, next_at, attempts, bytes, digest, sender, recipients, subject, message_id, relay, last_reply, ' +
  'peer, hold, report_on, extras';

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

export function addCells(n: number, entry: NewEntry, drafted: boolean): AddCells {
  const extras: Extras = { dsn: entry.dsn, smtpUtf8: entry.smtpUtf8, eightBit: entry.eightBit };
  return [
    n,
    RANKS.indexOf(entry.priority),
    entry.queuedAt,
    entry.sender,
    JSON.stringify(entry.recipients),
    entry.subject,
    entry.messageId,
    entry.peer,
    entry.hold && JSON.stringify(entry.hold),
    entry.reportOn,
    JSON.stringify(extras),
    drafted ? 1 : 0,
  ];
}

/** The entry that `entry` has become, once it is in the queue. */
export function addedEntry(id: string, entry: NewEntry, bytes: number, digest: string): QueueEntry {
  return {
    ...entry,
    id,
    bytes,
    digest,
    state: entry.hold ? 'held' : 'waiting',
    attempts: 0,
    nextAttemptAt: entry.queuedAt,
    lastReply: null,
    relay: '',
  };
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
  set('queued_at', change.queuedAt);
  return { columns, cells };
}

/** Where the columns of JSON stand in a row. */
const RECIPIENTS = 9;
const HOLD = 15;
const EXTRAS = 17;

/** Can every column of JSON be read? A row of which one cannot is damaged (I12). */
export function isWhole(row: EntryRow): boolean {
  return [row[RECIPIENTS], row[HOLD], row[EXTRAS]].every((json) => json === null || parsed(json) !== undefined);
}

/** The entry of a row. What cannot be read of a damaged one is left out, so that a person can still look at the rest. */
export function entryOf(row: EntryRow): QueueEntry {
  const [n, state, rank, queuedAt, nextAttemptAt, attempts, bytes, digest, sender, recipients, subject, ...rest] = row;
  const [messageId, relay, lastReply, peer, hold, reportOn, extras] = rest;
  const { dsn, smtpUtf8, eightBit } = (parsed(extras) ?? NO_EXTRAS) as Extras;
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
    hold: hold === null ? null : ((parsed(hold) ?? null) as QueueEntry['hold']),
    reportOn,
  };
}

/** Undefined when it is no JSON. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
