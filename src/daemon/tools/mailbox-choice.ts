/**
 * Which messages a call means. A number is that of the list that its caller saw last: on another connection it may be another
 * message's, and then the caller is asked to look again instead of deleting a stranger.
 */
import { CallError } from '../../protocol/errors.ts';
import { type Clock, type Duration, minutes, type Timer } from '../base/clock.ts';
import type { ListedMessage } from '../pop3/mailbox.ts';

/** A listing as it was when a connection was opened: it does not change before that ends (RFC 1939 §5). */
export interface Numbered {
  readonly byNumber: ReadonlyMap<number, ListedMessage>;
  readonly byUidl: ReadonlyMap<string, ListedMessage>;
  /** UIDLs that are blank, or that several messages have. */
  readonly unsure: ReadonlySet<string>;
}

export interface Wish {
  numbers?: number[] | undefined;
  uidls?: string[] | undefined;
}

export interface Skipped {
  number: number;
  uidl: string;
  why: string;
}

export interface Choice {
  messages: ListedMessage[];
  skipped: Skipped[];
}

/** `shown`: what the caller saw last; null: nothing yet. Throws `conflict` when a number may mean another message by now. */
export function choose(wish: Wish, listing: Numbered, shown: Numbered | null): Choice {
  const messages = new Map<number, ListedMessage>();
  const skipped: Skipped[] = [];
  for (const number of wish.numbers ?? []) {
    const message = byNumber(number, listing, shown);
    if (message) messages.set(number, message);
    else skipped.push({ number, uidl: '', why: 'The mailbox has no message of that number.' });
  }
  for (const uidl of wish.uidls ?? []) {
    const message = listing.byUidl.get(uidl);
    if (message) messages.set(message.number, message);
    else skipped.push({ number: 0, uidl, why: listing.unsure.has(uidl) ? MANY : GONE });
  }
  return { messages: [...messages.values()], skipped };
}

const MANY = 'Several messages have this UIDL: name it by its number.';
const GONE = 'The mailbox has no such message any more.';

function byNumber(number: number, listing: Numbered, shown: Numbered | null): ListedMessage | undefined {
  const now = listing.byNumber.get(number);
  if (listing === shown) return now;

  const then = shown?.byNumber.get(number);
  if (!then) throw lookAgain(`Number ${number} is none of a list that you were shown lately`);
  if (listing.unsure.has(then.uidl) || now?.uidl !== then.uidl) throw lookAgain(`Message ${number} may be another one`);
  return now;
}

function lookAgain(what: string): CallError {
  return new CallError('conflict', `${what}: list the mailbox again, or name messages by their UIDL.`);
}

/** For so long the numbers of a list are good for a call. */
const REMEMBERED: Duration = minutes(60);

/** Callers whose lists are remembered, for one account. */
const MOST_CALLERS = 16;

/** What each caller was shown last of each account. */
export interface ShownLists {
  remember(account: string, by: string, listing: Numbered): void;
  of(account: string, by: string): Numbered | null;
  close(): void;
}

export function createShownLists(clock: Clock): ShownLists {
  const shown = new Map<string, { lists: Map<string, Numbered>; timer: Timer }>();

  function forget(account: string): void {
    shown.get(account)?.timer.cancel();
    shown.delete(account);
  }

  return {
    remember(account, by, listing) {
      const lists = shown.get(account)?.lists ?? new Map<string, Numbered>();
      forget(account);
      lists.delete(by); // to the end: the first one is who looked longest ago
      lists.set(by, listing);
      const [oldest] = lists.keys();
      if (lists.size > MOST_CALLERS && oldest !== undefined) lists.delete(oldest);
      shown.set(account, { lists, timer: clock.after(REMEMBERED, () => forget(account)) });
    },
    of: (account, by) => shown.get(account)?.lists.get(by) ?? null,
    close() {
      for (const account of shown.keys()) forget(account);
    },
  };
}
