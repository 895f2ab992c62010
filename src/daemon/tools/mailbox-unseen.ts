/**
 * Which messages a call means while somebody else is in the mailbox: a number is that of the list that its caller saw last, and a UIDL
 * is one of that list, or of the ledger. Nothing else can be looked up now.
 */
import { type Choice, choose, type Numbered, type Wish } from './mailbox-choice.ts';
import { NAMELESS } from './mailbox-message.ts';

/** `seen` null: the caller has seen no list. `known`: UIDLs of the ledger. Throws `conflict` for a number of no list that was seen. */
export function chooseUnseen({ numbers, uidls = [] }: Wish, seen: Numbered | null, known: ReadonlySet<string>): Choice {
  const listing = seen ?? NOTHING;
  const { messages, skipped } = choose({ numbers }, listing, seen);
  const nameless = messages.filter(({ uidl }) => listing.unsure.has(uidl));
  const chosen = new Map(messages.filter(({ uidl }) => !listing.unsure.has(uidl)).map((one) => [one.uidl, one]));
  for (const { number, uidl } of nameless) skipped.push({ number, uidl, why: NAMELESS });
  for (const uidl of uidls) {
    const shown = listing.byUidl.get(uidl);
    if (shown) chosen.set(uidl, shown);
    else if (known.has(uidl)) chosen.set(uidl, { number: 0, uidl, bytes: 0 });
    else skipped.push({ number: 0, uidl, why: UNKNOWN });
  }
  return { messages: [...chosen.values()], skipped };
}

const NOTHING: Numbered = { byNumber: new Map(), byUidl: new Map(), unsure: new Set() };

const UNKNOWN = 'Nobody has seen such a message yet: try again when the mailbox is free.';
