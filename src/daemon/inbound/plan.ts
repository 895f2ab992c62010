/** What to do with each message of a listing, by what the ledger knows of it. Pure (S54-S58, S63-S66, G03, POP13-POP16). */
import type { ListedMessage } from '../pop3/mailbox.ts';
import type { KnownMessage } from '../store/store.ts';
import { isAged, isSetAside, type Removal, removalOf, type Retention } from './entry.ts';
import { exceeds } from './limit.ts';

/** What the server lists, and under which names. */
export interface Listing {
  messages: readonly ListedMessage[];
  uidls: ReadonlySet<string>;
  /** Those that are blank or stand more than once there: one message may not be taken for the other. */
  unsure: ReadonlySet<string>;
}

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
  /** Octets that the disk has room for; 0: any message fits (G13). */
  room: number;
  /** Numbers of messages that may be others than those that the ledger has under their UIDL. */
  strangers: ReadonlySet<number>;
  /** The routing of now, as the ledger names it. */
  routing: string;
  /** Keys of messages of which this session has had enough. */
  skip: ReadonlySet<string>;
}

export type Standing =
  | { is: 'fetch' | 'oversize' | 'kept' | 'set aside' | 'unroutable' | 'skipped' }
  | { is: 'remove'; why: Removal };

/**
 * The ledger's key of a message whose UIDL names nothing: blank, or given twice (POP12-POP14). Its content names it instead. A UIDL
 * is what is left of one line (RFC 1939 §7), so that none begins with a line feed.
 */
export const contentKey = (digest: string): string => `${OURS}sha256:${digest}`;

/** The same as older ledgers have it, without the line feed: a server might give out UIDLs that look so. */
export const formerKey = (key: string): string => key.slice(OURS.length);

/** Does it stand for a UIDL, and was made by us? A server's own that looks like a former key is one all the same, where it is listed. */
export const isOurKey = (key: string): boolean => key.startsWith(OURS) || FORMER.test(key);

export const OURS = '\n';
const FORMER = /^sha256:[0-9a-f]{64}$/;

const NO_FACES: ReadonlyMap<number, string> = new Map();

/** `faces`: by number, what the ledger knows messages by whose UIDL names nothing, as far as somebody had to look. */
export function plan(
  listing: Listing,
  ledger: ReadonlyMap<string, KnownMessage>,
  keeping: Keeping,
  faces = NO_FACES,
): Plan {
  const { messages, unsure } = listing;
  const planned: Plan = { fetch: [], remove: [], oversize: [], kept: [], setAside: [], unroutable: [], gone: [] };

  let known = 0;
  for (const message of messages) {
    const nameless = unsure.has(message.uidl);
    const named = ledger.get((nameless ? faces.get(message.number) : message.uidl) ?? '');
    if (named && !nameless) known += 1;
    const standing = standingOf(message, named, keeping);
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

  if (known < ledger.size) planned.gone = gone(listing, ledger);
  return planned;
}

/** `named`: what the ledger has under its UIDL, if that names one message. */
export function standingOf(message: ListedMessage, named: KnownMessage | undefined, keeping: Keeping): Standing {
  if (named && keeping.skip.has(named.uidl)) return { is: 'skipped' };
  const same = named?.bytes === message.bytes ? named : undefined; // another size names another message (POP16)
  if (same?.wanted) return { is: isOversize(message, same, keeping.room) ? 'oversize' : 'fetch' };
  if (same && isSetAside(same)) return { is: 'set aside' };

  const entry = keeping.strangers.has(message.number) ? undefined : same; // its digest decides once it is fetched
  if (entry && entry.deliveredAt !== null) {
    const why = removalOf(entry, keeping);
    return why ? { is: 'remove', why } : { is: 'kept' };
  }
  if (isOversize(message, entry, keeping.maxBytes)) {
    // Whoever was to have it knows that it is there; one of whom nobody was told is not taken away (S57), nor one that waits for room.
    const noticed = entry !== undefined && entry.noticedAt !== null && !isOversize(message, entry, keeping.room);
    const expired = noticed && isAged(entry, keeping);
    return expired ? { is: 'remove', why: 'age' } : { is: 'oversize' };
  }
  if (entry && entry.unroutableUnder !== '' && entry.unroutableUnder === keeping.routing) return { is: 'unroutable' };
  return { is: 'fetch' };
}

/** By what LIST says, or because its body was found to be longer than a limit that has not grown since (POP20). */
function isOversize({ bytes }: ListedMessage, entry: KnownMessage | undefined, maxBytes: number): boolean {
  if (exceeds(bytes, maxBytes)) return true;
  return entry !== undefined && entry.tooLargeFor > 0 && maxBytes > 0 && maxBytes <= entry.tooLargeFor;
}

export function listingOf(messages: readonly ListedMessage[]): Listing {
  const uidls = new Set<string>();
  const unsure = new Set<string>(['']);
  for (const { uidl } of messages) {
    const { size } = uidls;
    if (uidls.add(uidl).size === size) unsure.add(uidl);
  }
  return { messages, uidls, unsure };
}

/** Is any message there without a name of its own? */
export function hasNameless({ uidls, unsure }: Pick<Listing, 'uidls' | 'unsure'>): boolean {
  return unsure.size > 1 || uidls.has('');
}

function gone({ uidls, unsure }: Listing, ledger: ReadonlyMap<string, KnownMessage>): string[] {
  // A message known by its content cannot be seen in a listing: it is remembered while any message there has no name.
  const nameless = hasNameless({ uidls, unsure });
  const unlisted: string[] = [];
  for (const uidl of ledger.keys()) {
    if (!uidls.has(uidl) && !(nameless && isOurKey(uidl))) unlisted.push(uidl);
  }
  return unlisted;
}
