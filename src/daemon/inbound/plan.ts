/** What to do with each message of a listing, by what the ledger knows of it. Pure (S54-S58, S63-S66, G03, POP13-POP16). */
import type { ListedMessage } from '../pop3/mailbox.ts';
import type { LedgerEntry } from '../store/store.ts';
import { isAged, isSetAside, type Removal, removalOf, type Retention } from './entry.ts';
import { exceeds } from './limit.ts';

export interface Plan {
  fetch: ListedMessage[];
  /** Settled in an earlier session, or too old: deleted now, without fetching (X04, I05, S57). */
  remove: Doomed[];
  /** Larger than the account or the internal server allows: not downloaded, not deleted (S63, S65, S66). */
  oversize: ListedMessage[];
  /** Settled, and to stay on the server (S54-S56). */
  kept: ListedMessage[];
  /** Set aside: they broke the session twice (G03). */
  setAside: ListedMessage[];
  /** Nobody took them, and the routing is still the same. */
  unroutable: ListedMessage[];
  /** UIDLs of the ledger that the server no longer lists: they are gone for good (RFC 1939 §6). */
  gone: string[];
}

/** A message that is to be deleted. `key`: what the ledger knows it by. */
export interface Doomed {
  message: ListedMessage;
  key: string;
  why: Removal;
}

export interface Keeping extends Retention {
  /** Octets; 0: no limit. */
  maxBytes: number;
  /** Numbers of messages that may be others than those that the ledger has under their UIDL. */
  strangers: ReadonlySet<number>;
  /** The routing of now, as the ledger names it. */
  routing: string;
  /** UIDLs of which this session has had enough. */
  skip: ReadonlySet<string>;
}

export type Standing =
  | { is: 'fetch' | 'oversize' | 'kept' | 'set aside' | 'unroutable' | 'skipped' }
  | { is: 'remove'; why: Removal };

/** The ledger's key of a message whose UIDL names nothing: blank, or given twice (POP12-POP14). Its content names it instead. */
export const contentKey = (digest: string): string => `sha256:${digest}`;
export const isContentKey = (uidl: string): boolean => uidl.startsWith('sha256:');

export function plan(listing: ListedMessage[], ledger: Map<string, LedgerEntry>, keeping: Keeping): Plan {
  const unsure = unsureUidls(listing);
  const planned: Plan = { fetch: [], remove: [], oversize: [], kept: [], setAside: [], unroutable: [], gone: [] };

  for (const message of listing) {
    const standing = standingOf(message, unsure.has(message.uidl) ? undefined : ledger.get(message.uidl), keeping);
    switch (standing.is) {
      case 'fetch':
      case 'oversize':
      case 'kept':
      case 'unroutable':
        planned[standing.is].push(message);
        break;
      case 'set aside':
        planned.setAside.push(message);
        break;
      case 'remove':
        planned.remove.push({ message, key: message.uidl, why: standing.why });
        break;
      case 'skipped':
        break;
    }
  }

  planned.gone = gone(listing, ledger, unsure);
  return planned;
}

/** `named`: what the ledger has under its UIDL, if that names one message. */
export function standingOf(message: ListedMessage, named: LedgerEntry | undefined, keeping: Keeping): Standing {
  if (named && keeping.skip.has(named.uidl)) return { is: 'skipped' };
  const same = named?.bytes === message.bytes ? named : undefined; // another size names another message (POP16)
  if (same?.wanted) return { is: 'fetch' };
  if (same && isSetAside(same)) return { is: 'set aside' };

  const entry = keeping.strangers.has(message.number) ? undefined : same; // its digest decides once it is fetched
  if (entry && entry.deliveredAt !== null) {
    const why = removalOf(entry, keeping);
    return why ? { is: 'remove', why } : { is: 'kept' };
  }
  if (isOversize(message, entry, keeping.maxBytes)) {
    // Whoever was to have it knows that it is there; one of whom nobody was told is not taken away (S57).
    const expired = entry !== undefined && entry.noticedAt !== null && isAged(entry, keeping);
    return expired ? { is: 'remove', why: 'age' } : { is: 'oversize' };
  }
  if (entry && entry.unroutableUnder !== '' && entry.unroutableUnder === keeping.routing) return { is: 'unroutable' };
  return { is: 'fetch' };
}

/** By what LIST says, or because its body was found to be longer than a limit that has not grown since (POP20). */
function isOversize({ bytes }: ListedMessage, entry: LedgerEntry | undefined, maxBytes: number): boolean {
  if (exceeds(bytes, maxBytes)) return true;
  return entry !== undefined && entry.tooLargeFor > 0 && maxBytes > 0 && maxBytes <= entry.tooLargeFor;
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
