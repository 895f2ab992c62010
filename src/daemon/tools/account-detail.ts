/** An account on its page: its keys, how it is, whose limit keeps mail on the server, and which mail that is (G13). Pure. */
import type { AccountDetail, AccountStatus } from '../../protocol/model.ts';
import type { Account } from '../config/config.ts';
import { effectiveLimit, exceeds } from '../inbound/limit.ts';
import { readNumbering } from '../inbound/renumbering.ts';
import type { KnownMessage, LedgerEntry } from '../store/store.ts';
import { limitsOf, type OtherLimits } from './mailbox-message.ts';

export interface AccountFacts {
  status: AccountStatus | undefined;
  otherLimits: OtherLimits;
  /** The entries of `tooLargeOf`. */
  tooLarge: LedgerEntry[];
  /** The memo in which a session asks whether the mailbox was renumbered (I06). */
  numbering: string | null;
  signIn: AccountDetail['signIn'];
  nextAt: AccountDetail['nextAt'];
}

/** Too large messages that are named; who wants them all lists the mailbox. */
const MOST_NAMED = 20;

export function accountDetail(account: Account, facts: AccountFacts): AccountDetail {
  const limits = limitsOf(account, facts.otherLimits);
  const limit = effectiveLimit(limits);
  return {
    ...(facts.status ?? neverSeen(account.name)),
    enabled: account.enabled,
    host: account.host,
    port: account.port,
    security: account.security,
    user: account.user,
    authentication: account.authentication,
    comment: account.comment,
    keepOnServer: account.keepOnServer,
    oauth2: account.oauth2,
    signIn: facts.signIn,
    limit,
    limits,
    tooLarge: facts.tooLarge.map(({ uidl, bytes, from, subject }) => ({ uidl, bytes, from, subject })),
    renumbered: questionIn(facts.numbering),
    nextAt: facts.nextAt,
  };
}

function neverSeen(name: string): AccountStatus {
  return {
    ...{ name, state: 'never', lastSuccessAt: null, consecutiveErrors: 0, lastError: null },
    ...{ left: 0, oversize: 0, stuck: 0, note: '' },
  };
}

/** UIDLs of what is too large for an account. Smallest first: those that a limit a little higher would release. */
export function tooLargeOf(account: Account, others: OtherLimits, known: Iterable<KnownMessage>): string[] {
  const { bytes: limit } = effectiveLimit(limitsOf(account, others));
  return [...known]
    .filter((message) => message.deliveredAt === null && message.deletedAt === null && sizeIsKept(message, limit))
    .toSorted((a, b) => a.bytes - b.bytes)
    .slice(0, MOST_NAMED)
    .map(({ uidl }) => uidl);
}

/** Also one of which LIST had said less than its body came to (POP20). */
function sizeIsKept({ bytes, tooLargeFor }: KnownMessage, limit: number): boolean {
  return exceeds(bytes, limit) || (limit > 0 && limit <= tooLargeFor);
}

function questionIn(memo: string | null): AccountDetail['renumbered'] {
  const numbering = readNumbering(memo);
  if (numbering?.state !== 'asked') return null;
  const { known, gone, fresh } = numbering;
  return { known, gone, fresh };
}
