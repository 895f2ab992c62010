/**
 * A server that gives every message of a mailbox a new UIDL would have it all downloaded and delivered a second time (I06, G04,
 * POP15). How that is noticed, what is remembered of the question, and which message is which when they are adopted. Pure.
 */
import type { Instant } from '../base/clock.ts';
import type { ListedMessage } from '../pop3/mailbox.ts';
import type { KnownMessage, LedgerEntry } from '../store/store.ts';
import { isOurKey, type Listing } from './plan.ts';

/** How a listing differs from what should still be there. */
export interface Change {
  /** Messages that should still be there. */
  known: number;
  /** Of those, the ones that are not listed. */
  gone: KnownMessage[];
  /** Listed under a UIDL that says nothing to us. */
  fresh: ListedMessage[];
}

/** Fewer may go by a person's own doing, and cost little if they come twice. */
const LEAST_GONE = 5;

/** Messages of which the header is looked at before anything is said. */
const SAMPLES = 5;

export function compare({ messages, uidls, unsure }: Listing, ledger: ReadonlyMap<string, KnownMessage>): Change {
  const fresh = messages.filter(({ uidl }) => unsure.has(uidl) || !ledger.has(uidl));
  const allThere = messages.length - fresh.length === ledger.size; // as nearly always: then 100,000 need not be looked for
  let known = 0;
  const gone: KnownMessage[] = [];
  for (const message of ledger.values()) {
    if (message.deletedAt !== null || (isOurKey(message.uidl) && !uidls.has(message.uidl))) continue;
    known += 1;
    if (!allThere && !uidls.has(message.uidl)) gone.push(message);
  }
  return { known, gone, fresh };
}

/** More than half of what was known is gone, and about as much has come. */
export function looksRenumbered({ known, gone, fresh }: Change): boolean {
  return gone.length >= LEAST_GONE && gone.length * 2 > known && fresh.length * 2 >= gone.length;
}

/** Those whose header tells most, spread over the listing: first of them the ones of a size that a lost message had. */
export function samplesOf({ gone, fresh }: Change): ListedMessage[] {
  const sizes = new Set(gone.map(({ bytes }) => bytes));
  const [fitting, others] = [true, false].map((fits) => fresh.filter(({ bytes }) => sizes.has(bytes) === fits));
  return [...spread(fitting ?? [], SAMPLES), ...spread(others ?? [], SAMPLES)].slice(0, SAMPLES);
}

function spread<T>(list: T[], count: number): T[] {
  const step = Math.max(1, list.length / count);
  return Array.from({ length: Math.min(count, list.length) }, (_, n) => list[Math.floor(n * step)] as T);
}

/** Message-IDs, empty for a message that has none or whose header could not be had. */
export interface Faces {
  /** Of all that are gone. */
  gone: string[];
  /** Of the samples. */
  samples: string[];
}

/**
 * Are they the known ones? A Message-ID says more than a size; where none can be compared, half of the sizes must be those of lost
 * messages.
 */
export function isRenumbered({ gone, fresh }: Change, messageIds: Faces): boolean {
  const lost = new Set(messageIds.gone.filter((id) => id !== ''));
  const compared = lost.size === 0 ? [] : messageIds.samples.filter((id) => id !== '');
  if (compared.length > 0) return compared.filter((id) => lost.has(id)).length * 2 >= compared.length;
  return sameSizes(gone, fresh) * 2 >= Math.min(gone.length, fresh.length);
}

/** How many of both can be paired by size. */
function sameSizes(gone: KnownMessage[], fresh: ListedMessage[]): number {
  const counts = new Map<number, number>();
  for (const { bytes } of gone) counts.set(bytes, (counts.get(bytes) ?? 0) + 1);
  let paired = 0;
  for (const { bytes } of fresh) {
    const left = counts.get(bytes) ?? 0;
    if (left === 0) continue;
    counts.set(bytes, left - 1);
    paired += 1;
  }
  return paired;
}

/** Which of the lost messages may be one of this size: only then is its header asked for. */
export function candidatesBySize(gone: LedgerEntry[]): Map<number, LedgerEntry[]> {
  const bySize = new Map<number, LedgerEntry[]>();
  for (const entry of gone) {
    if (entry.messageId === '') continue;
    const some = bySize.get(entry.bytes);
    if (some) some.push(entry);
    else bySize.set(entry.bytes, [entry]);
  }
  return bySize;
}

/**
 * Who is who: one message and one entry of the same size and Message-ID. Where two share both (MSG12), nobody is named: those are
 * fetched, and their digests decide.
 */
export function adopted(
  named: { message: ListedMessage; messageId: string }[],
  gone: LedgerEntry[],
): { from: string; to: string }[] {
  const face = (bytes: number, messageId: string) => `${bytes} ${messageId}`;
  const entries = countedBy(gone, ({ bytes, messageId }) => face(bytes, messageId));
  const messages = countedBy(named, ({ message, messageId }) => face(message.bytes, messageId));
  return named.flatMap(({ message, messageId }) => {
    if (messageId === '') return [];
    const key = face(message.bytes, messageId);
    const [entry, other] = entries.get(key) ?? [];
    if (!entry || other || (messages.get(key)?.length ?? 0) > 1) return [];
    return [{ from: entry.uidl, to: message.uidl }];
  });
}

function countedBy<T>(list: T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of list) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}

/** The question that waits for an answer, or the answer that was given. */
export type Numbering =
  | { state: 'asked'; known: number; gone: number; fresh: number; at: Instant }
  | { state: 'adopt' | 'fetch' };

/** The name of the memo; `renumbered:` is the prefix of all. */
export const numberingMemo = (account: string): string => `renumbered:${account}`;

export function writeNumbering(numbering: Numbering): string {
  return JSON.stringify(numbering);
}

/** Null: nothing is asked. The bare words `adopt` and `fetch` are answers too. */
export function readNumbering(text: string | null): Numbering | null {
  if (text === null) return null;
  if (text === 'adopt' || text === 'fetch') return { state: text };
  try {
    return JSON.parse(text) as Numbering; // our own words
  } catch {
    return null;
  }
}
