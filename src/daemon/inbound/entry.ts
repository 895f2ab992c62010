/** What the ledger says of one message, before it is handed over and after, and what may become of it then. Pure. */
import type { EventOf } from '../../protocol/events.ts';
import type { Duration, Instant } from '../base/clock.ts';
import { normalAddress } from '../mail/address.ts';
import type { RecipientResult } from '../smtp/conversation.ts';
import { type KnownMessage, type LedgerEntry, newLedgerEntry } from '../store/store.ts';

/** A message that has been fetched. `key`: its UIDL, or what stands for it. */
export interface Seen {
  key: string;
  /** Octets, as LIST says. */
  bytes: number;
  digest: string;
  messageId: string;
  from: string;
  subject: string;
}

/** Sessions that may break on one message; after that it is set aside (G03). */
export const BREAKS_BORNE = 2;

/** Sessions in which a message failed until a person is asked; it is tried again all the same (S74). */
const FAILURES_BORNE = 3;

/**
 * What the ledger knows of these very octets; a UIDL that now names others starts anew (POP16). It came whole, so that it breaks
 * nothing any more; what an operator wants (G08) is handed over as if nobody had had it.
 */
export function entryOf(seen: Seen, known: LedgerEntry | undefined, now: Instant): LedgerEntry {
  const { key, bytes, digest, messageId, from, subject } = seen;
  const same = known && (known.digest === digest || known.digest === '');
  const entry = same ? known : newLedgerEntry(key, bytes, now);
  return {
    ...(entry.wanted ? { ...entry, ...untold } : entry),
    ...{ uidl: key, bytes, digest, messageId, from, subject },
    ...{ wanted: false, deletedAt: null, broke: 0, tooLargeFor: 0, unroutableUnder: '' },
    failures: entry.digest === '' ? 0 : entry.failures, // those were of its download, or of a notice
  };
}

const untold = {
  deliveredAt: null,
  deliveredTo: [],
  outcome: 'delivered',
  keep: false,
} as const satisfies Partial<LedgerEntry>;

/** Those of a message's recipients who are still to get it: an operator may have dropped some, or sent their copies elsewhere. */
export function openRecipients(addresses: readonly string[], { deliveredTo, readdressed }: LedgerEntry): string[] {
  const done = new Set(deliveredTo.map(normalAddress));
  const open: string[] = [];
  for (const address of addresses) {
    const change = readdressed.find(({ from }) => normalAddress(from) === normalAddress(address));
    const to = change ? change.to : address;
    if (to === null || done.has(normalAddress(to)) || done.has(normalAddress(address))) continue;
    done.add(normalAddress(to));
    open.push(to);
  }
  return open;
}

export interface HandedOver {
  results: RecipientResult[];
  /** The addresses whose refusal means spam (S76): they are done with it, and it lies in quarantine. */
  spam: readonly string[];
  /** It is to stay on the server once it is settled (S55, S56). */
  keep: boolean;
}

/** After a hand-over to those who had not had it. It is settled when nobody is left who refused it for another reason. */
export function settle(entry: LedgerEntry, { results, spam, keep }: HandedOver, now: Instant): LedgerEntry {
  const sent = results.filter(({ outcome }) => outcome === 'sent').map(({ address }) => address);
  const refused = results.find(({ outcome, address }) => outcome !== 'sent' && !spam.includes(address));
  const after: LedgerEntry = {
    ...entry,
    deliveredTo: [...entry.deliveredTo, ...sent, ...spam],
    outcome: outcomeOf(entry, { sent, spam }),
    keep: entry.keep || keep,
  };
  if (!refused) return { ...after, deliveredAt: now, lastError: '' };
  return { ...after, lastError: refused.reply, failures: entry.failures + 1 };
}

/** `spam` only where nobody ever took it. */
function outcomeOf(
  entry: LedgerEntry,
  { sent, spam }: { sent: readonly string[]; spam: readonly string[] },
): LedgerEntry['outcome'] {
  if (sent.length > 0) return 'delivered';
  return spam.length > 0 && entry.deliveredTo.length === 0 ? 'spam' : entry.outcome;
}

/** It failed this time, whatever the reason, and stays. */
export function failedOnce(entry: LedgerEntry, why: string): LedgerEntry {
  return { ...entry, lastError: why, failures: entry.failures + 1 };
}

/** A session broke while it was being received. */
export function brokeOnce(entry: LedgerEntry, why: string): LedgerEntry {
  return { ...entry, lastError: why, broke: entry.broke + 1, wanted: false };
}

/** Not fetched any more, for a reason of its own, until an operator wants it. */
export function setAside(entry: LedgerEntry, why: string): LedgerEntry {
  return { ...entry, lastError: why, broke: BREAKS_BORNE };
}

/** A rule, or what looks into messages, has decided that nobody gets it. */
export function intercepted(entry: LedgerEntry, why: string, now: Instant): LedgerEntry {
  return { ...entry, deliveredAt: now, outcome: 'intercepted', lastError: why };
}

/** Not fetched at all (G03). */
export const isSetAside = ({ broke, wanted }: KnownMessage): boolean => broke >= BREAKS_BORNE && !wanted;

/** It waits for a person's decision. */
export function isStuck(entry: KnownMessage): boolean {
  return entry.deliveredAt === null && (isSetAside(entry) || entry.failures >= FAILURES_BORNE);
}

export interface Retention {
  /** S54. */
  keepOnServer: boolean;
  /** S57; 0: never. */
  deleteAfter: Duration;
  now: Instant;
}

export type Removal = Exclude<EventOf<'message.deleted'>['why'], 'operator'>;

/**
 * Why a settled message is deleted from the server now; null: it stays there (I03). Where the account keeps its mail, only age
 * deletes, also what is in quarantine: whoever said "keep" gets nothing less.
 */
export function removalOf(entry: KnownMessage, retention: Retention): Removal | null {
  if (entry.deliveredAt === null) return null;
  if (!retention.keepOnServer) {
    if (entry.outcome === 'spam') return 'spam';
    if (entry.outcome === 'intercepted') return 'rule';
    if (entry.outcome === 'delivered' && !entry.keep) return 'delivered';
  }
  return isAged(entry, retention) ? 'age' : null;
}

/** S57: counted from the day on which it was first seen. */
export function isAged({ firstSeenAt }: KnownMessage, { deleteAfter, now }: Retention): boolean {
  return deleteAfter > 0 && now - firstSeenAt >= deleteAfter;
}
