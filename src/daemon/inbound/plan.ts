/** What to do with each message of a listing, by what the ledger knows of it. Pure (S57, S58, S63, POP13-POP16). */
import type { ListedMessage } from '../pop3/mailbox.ts';
import type { LedgerEntry } from '../store/store.ts';

export interface Plan {
  fetch: ListedMessage[];
  /** Delivered in an earlier session whose DELE did not count: deleted now, without fetching (X04, I05). */
  remove: ListedMessage[];
  /** Larger than the account or the internal server allows: not downloaded, not deleted (S63, S65, S66). */
  oversize: ListedMessage[];
  /** Delivered, and to stay on the server (S54). */
  kept: ListedMessage[];
  /** UIDLs of the ledger that the server no longer lists: they are gone for good (RFC 1939 §6). */
  gone: string[];
}

export interface Keeping {
  keepOnServer: boolean;
  /** Octets; 0: no limit. */
  maxBytes: number;
  /** Numbers of messages that may be others than those that the ledger has under their UIDL. */
  strangers: ReadonlySet<number>;
}

/** The ledger's key of a message whose UIDL names nothing: blank, or given twice (POP12-POP14). Its content names it instead. */
export const contentKey = (digest: string): string => `sha256:${digest}`;
const isContentKey = (uidl: string): boolean => uidl.startsWith('sha256:');

export function plan(listing: ListedMessage[], ledger: Map<string, LedgerEntry>, keeping: Keeping): Plan {
  const unsure = unsureUidls(listing);
  const planned: Plan = { fetch: [], remove: [], oversize: [], kept: [], gone: [] };

  for (const message of listing) {
    const entry = unsure.has(message.uidl) ? undefined : ledger.get(message.uidl);
    // A UIDL that comes back with another size names another message (POP16); its digest decides once it is fetched.
    const known = entry?.bytes === message.bytes && !keeping.strangers.has(message.number);
    const delivered = known && entry.deliveredAt !== null;
    if (delivered) (keeping.keepOnServer ? planned.kept : planned.remove).push(message);
    else if (keeping.maxBytes > 0 && message.bytes > keeping.maxBytes) planned.oversize.push(message);
    else planned.fetch.push(message);
  }

  planned.gone = gone(listing, ledger, unsure);
  return planned;
}

/** UIDLs that are blank or stand more than once in a listing: one may not be taken for the other. */
export function unsureUidls(listing: ListedMessage[]): Set<string> {
  const seen = new Set<string>();
  const unsure = new Set<string>(['']);
  for (const { uidl } of listing) {
    if (seen.has(uidl)) unsure.add(uidl);
    seen.add(uidl);
  }
  return unsure;
}

function gone(listing: ListedMessage[], ledger: Map<string, LedgerEntry>, unsure: Set<string>): string[] {
  const listed = new Set(listing.map(({ uidl }) => uidl));
  // A message known by its content cannot be seen in a listing: it is remembered while any message there has no name.
  const nameless = listing.some(({ uidl }) => unsure.has(uidl));
  return [...ledger.keys()].filter((uidl) => (isContentKey(uidl) ? !nameless : !listed.has(uidl)));
}
