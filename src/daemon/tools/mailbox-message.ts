/** A message of a POP3 mailbox as a person sees it: in which state, why, and until when (G08, S57). Pure. */
import type { MailboxMessage } from '../../protocol/model.ts';
import { days, type Instant } from '../base/clock.ts';
import type { Account } from '../config/config.ts';
import { isStuck } from '../inbound/entry.ts';
import { effectiveLimit, type Limits, limitOn, tooLargeFor } from '../inbound/limit.ts';
import { type Keeping, type Standing, standingOf } from '../inbound/plan.ts';
import type { ListedMessage } from '../pop3/mailbox.ts';
import { type LedgerEntry, newLedgerEntry } from '../store/store.ts';

/** By what the state of a message is judged: the same as a session of this moment would. */
export interface Judging {
  account: Pick<Account, 'keepOnServer' | 'deleteAfterDays'>;
  limits: Limits;
  /** The routing of now, as the ledger names it. */
  routing: string;
  now: Instant;
}

export interface Label {
  from: string;
  subject: string;
}

/** Octets of whoever else sets a limit for an account: configuration, internal server, disk; 0: none, or not known. */
export type OtherLimits = Omit<Limits, 'account'>;

export function limitsOf(account: Pick<Account, 'maximumBytes'>, others: OtherLimits): Limits {
  return { account: account.maximumBytes ?? 0, ...others };
}

/** What the ledger knows of this very message; another size, or a deletion that the server has confirmed, says that it knows another (POP16). */
export function entryOfMessage(message: ListedMessage, named: LedgerEntry | undefined): LedgerEntry | null {
  return named && named.bytes === message.bytes && named.deletedAt === null ? named : null;
}

/** The entry that a decision of an operator changes; made where there is none. */
export function entryToChange(
  message: ListedMessage,
  named: LedgerEntry | undefined,
  label: Label | undefined,
  now: Instant,
): LedgerEntry {
  const known = entryOfMessage(message, named);
  if (known) return known;
  return { ...newLedgerEntry(message.uidl, message.bytes, now), ...label };
}

/** `named`: what the ledger has under its UIDL, if that names one message; `uidl` null: it names none or several. */
export function shownMessage(
  message: ListedMessage,
  named: LedgerEntry | undefined,
  judging: Judging,
  { label, deleted, nameless }: { label: Label; deleted: boolean; nameless: boolean },
): MailboxMessage {
  const entry = nameless ? null : entryOfMessage(message, named);
  const standing = standingOf(message, entry ?? undefined, keepingOf(judging, judging.now));
  const state = stateOf(entry, standing);
  return {
    number: message.number,
    uidl: message.uidl,
    bytes: message.bytes,
    state,
    ...label,
    deleteAt: deleteAt(message, entry, judging),
    why: nameless ? NAMELESS : whyOf(entry, state, standing, judging),
    deleted,
  };
}

export const NAMELESS =
  'The server gives it no UIDL of its own: what became of it is known only once it is fetched again.';

function keepingOf({ account, limits, routing }: Judging, now: Instant): Keeping {
  return {
    keepOnServer: account.keepOnServer,
    deleteAfter: days(account.deleteAfterDays),
    now,
    maxBytes: effectiveLimit(limits).bytes,
    room: limits.disk,
    strangers: new Set(),
    routing,
    skip: new Set(),
  };
}

function stateOf(entry: LedgerEntry | null, standing: Standing): MailboxMessage['state'] {
  if (entry?.wanted) return standing.is === 'oversize' ? 'oversize' : 'new';
  if (entry && entry.deliveredAt !== null) {
    return standing.is === 'kept' && entry.outcome !== 'marked' ? 'kept' : 'fetched';
  }
  if (standing.is === 'set aside' || (entry && isStuck(entry))) return 'stuck';
  // One that is too large goes without being fetched, once its days are over.
  return standing.is === 'oversize' || standing.is === 'remove' ? 'oversize' : 'new';
}

/** When age alone would delete it (S57): what a session does with it once its days are over. */
function deleteAt(message: ListedMessage, entry: LedgerEntry | null, judging: Judging): string | null {
  if (entry === null || judging.account.deleteAfterDays === 0) return null;
  const some = standingOf(message, entry, keepingOf(judging, Number.POSITIVE_INFINITY));
  if (some.is !== 'remove' || some.why !== 'age') return null;
  return new Date(entry.firstSeenAt + days(judging.account.deleteAfterDays)).toISOString();
}

function whyOf(
  entry: LedgerEntry | null,
  state: MailboxMessage['state'],
  standing: Standing,
  { limits }: Judging,
): string {
  if (entry?.wanted && state === 'new') return 'An operator wants it: the next session fetches it, whatever its size.';
  const limit = limitOn(entry?.wanted === true, limits);
  switch (state) {
    case 'oversize':
      return standing.is === 'remove' ? `${tooLargeFor(limit)} ${REMOVED.age}` : tooLargeFor(limit);
    case 'stuck':
      return entry ? stuckBecause(entry) : '';
    case 'fetched':
    case 'kept':
      return entry ? settledBecause(entry, standing) : '';
    case 'new':
      if (standing.is === 'unroutable') return 'It has no recipient here, and nobody takes unroutable messages.';
      return entry && entry.failures > 0 ? `Refused in ${plural(entry.failures, 'session')}: ${entry.lastError}` : '';
  }
}

function stuckBecause({ broke, failures, lastError }: LedgerEntry): string {
  return broke > 0
    ? `It is set aside: ${lastError}`
    : `Refused in ${plural(failures, 'session')}, and tried again in each: ${lastError}`;
}

const REMOVED = {
  delivered: 'The next session deletes it.',
  spam: 'The next session deletes it.',
  rule: 'The next session deletes it.',
  age: 'Its days there are over: the next session deletes it.',
} as const;

function settledBecause({ deliveredAt, deliveredTo, outcome }: LedgerEntry, standing: Standing): string {
  const next = standing.is === 'remove' ? REMOVED[standing.why] : 'It stays on the server.';
  const at = new Date(deliveredAt ?? 0).toISOString();
  switch (outcome) {
    case 'delivered':
      return `Delivered at ${at}${deliveredTo.length > 0 ? ` to ${deliveredTo.join(', ')}` : ''}. ${next}`;
    case 'spam':
      return `Refused as spam at ${at}. ${next}`;
    case 'intercepted':
      return `Stopped by a rule at ${at}. ${next}`;
    case 'marked':
      return `Marked as fetched by an operator at ${at}. ${next}`;
  }
}

const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;
