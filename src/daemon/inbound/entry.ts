/** What the ledger says of one message, before it is handed over and after. Pure (POP13, POP16, S62). */
import type { Instant } from '../base/clock.ts';
import type { RecipientResult } from '../smtp/conversation.ts';
import type { LedgerEntry } from '../store/store.ts';

/** A message that has been fetched. `key`: its UIDL, or what stands for it. */
export interface Seen {
  key: string;
  /** Octets, as LIST says. */
  bytes: number;
  digest: string;
  messageId: string;
}

/** What the ledger knows of these very octets; a UIDL that now names others starts anew (POP16). */
export function entryOf(
  { key, bytes, digest, messageId }: Seen,
  known: LedgerEntry | undefined,
  now: Instant,
): LedgerEntry {
  if (known && (known.digest === digest || known.digest === '')) return { ...known, bytes, digest, messageId };
  return {
    ...{ uidl: key, bytes, digest, messageId },
    firstSeenAt: now,
    deliveredAt: null,
    deliveredTo: [],
    lastError: '',
    failures: 0,
  };
}

/** After a hand-over to those who had not had it. */
export function settle(entry: LedgerEntry, results: RecipientResult[], now: Instant): LedgerEntry {
  const sent = results.filter(({ outcome }) => outcome === 'sent').map(({ address }) => address);
  const refused = results.find(({ outcome }) => outcome !== 'sent');
  const deliveredTo = [...entry.deliveredTo, ...sent];
  if (!refused) return { ...entry, deliveredTo, deliveredAt: now, lastError: '' };
  return { ...entry, deliveredTo, lastError: refused.reply, failures: entry.failures + 1 };
}
