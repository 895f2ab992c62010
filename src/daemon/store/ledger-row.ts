/**
 * A ledger entry as the columns of its row, there and back. Rows travel between the threads, not entries: arrays are cheaper to hand
 * over. What few entries have lies in one column of JSON, empty when nothing of it is set.
 */
import type { KnownMessage, LedgerEntry } from './store.ts';

/** In this order wherever a row travels. */
export const LEDGER_COLUMNS =
  'uidl, bytes, first_seen_at, delivered_at, delivered_to, message_id, digest, last_error, failures, sender, subject, extras';

export type LedgerRow = [
  uidl: string,
  bytes: number,
  firstSeenAt: number,
  deliveredAt: number | null,
  deliveredTo: string,
  messageId: string,
  digest: string,
  lastError: string,
  failures: number,
  from: string,
  subject: string,
  extras: string,
];

/** In this order wherever a row of what is known travels. */
export const KNOWN_COLUMNS = 'uidl, bytes, first_seen_at, delivered_at, failures, extras';

export type KnownRow = [
  uidl: string,
  bytes: number,
  firstSeenAt: number,
  deliveredAt: number | null,
  failures: number,
  extras: string,
];

export function knownOf([uidl, bytes, firstSeenAt, deliveredAt, failures, extras]: KnownRow): KnownMessage {
  const { outcome, keep, deletedAt, broke, noticedAt, tooLargeFor, unroutableUnder, wanted } =
    extras === '' ? NO_EXTRAS : extrasIn(extras);
  return {
    uidl,
    bytes,
    firstSeenAt,
    deliveredAt,
    failures,
    outcome,
    keep,
    deletedAt,
    broke,
    noticedAt,
    tooLargeFor,
    unroutableUnder,
    wanted,
  };
}

type Extras = Pick<
  LedgerEntry,
  | 'outcome'
  | 'keep'
  | 'deletedAt'
  | 'broke'
  | 'noticedAt'
  | 'tooLargeFor'
  | 'unroutableUnder'
  | 'wanted'
  | 'readdressed'
>;

/** What a row without extras means. Never to be changed: rows on disk rely on it. */
function noExtras(): Extras {
  return {
    outcome: 'delivered',
    keep: false,
    deletedAt: null,
    broke: 0,
    noticedAt: null,
    tooLargeFor: 0,
    unroutableUnder: '',
    wanted: false,
    readdressed: [],
  };
}

/** In place of `[]`, and spared the parser: most entries of a mailbox that is fetched again and again say it. */
const NOBODY = '[]';

export function rowOf(entry: LedgerEntry): LedgerRow {
  return [
    entry.uidl,
    entry.bytes,
    entry.firstSeenAt,
    entry.deliveredAt,
    entry.deliveredTo.length === 0 ? NOBODY : JSON.stringify(entry.deliveredTo),
    entry.messageId,
    entry.digest,
    entry.lastError,
    entry.failures,
    entry.from,
    entry.subject,
    extrasOf(entry),
  ];
}

/** Only what differs from `noExtras`, so that a later default of a further field holds for rows of today. */
function extrasOf(entry: LedgerEntry): string {
  const set: Partial<Extras> = {};
  if (entry.outcome !== 'delivered') set.outcome = entry.outcome;
  if (entry.keep) set.keep = true;
  if (entry.deletedAt !== null) set.deletedAt = entry.deletedAt;
  if (entry.broke !== 0) set.broke = entry.broke;
  if (entry.noticedAt !== null) set.noticedAt = entry.noticedAt;
  if (entry.tooLargeFor !== 0) set.tooLargeFor = entry.tooLargeFor;
  if (entry.unroutableUnder !== '') set.unroutableUnder = entry.unroutableUnder;
  if (entry.wanted) set.wanted = true;
  if (entry.readdressed.length > 0) set.readdressed = entry.readdressed;
  const json = JSON.stringify(set);
  return json === '{}' ? '' : json;
}

const NO_EXTRAS = noExtras();

function extrasIn(extras: string): Extras {
  return { ...noExtras(), ...(JSON.parse(extras) as Partial<Extras>) };
}

export function entryOf(row: LedgerRow): LedgerEntry {
  const [uidl, bytes, firstSeenAt, deliveredAt, deliveredTo, messageId, digest, lastError, failures, ...rest] = row;
  const [from, subject, extras] = rest;
  return {
    uidl,
    bytes,
    firstSeenAt,
    deliveredAt,
    deliveredTo: deliveredTo === NOBODY ? [] : (JSON.parse(deliveredTo) as string[]),
    messageId,
    digest,
    lastError,
    failures,
    from,
    subject,
    ...(extras === '' ? noExtras() : extrasIn(extras)),
  };
}
