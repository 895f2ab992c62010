/** The tokens of one subject: what is known of them, how they are written down, and when they are due. Pure. */
import { type Duration, type Instant, days, hours, minutes } from '../base/clock.ts';
import { Secret } from '../base/secret.ts';
import type { Grant } from './answers.ts';
import type { Provider } from './subject.ts';

export interface Tokens {
  readonly access: Secret;
  readonly accessUntil: Instant;
  readonly refresh: Secret;
  /** When the refresh token ends; null: the server does not say. */
  readonly refreshUntil: Instant | null;
  /** Whether that end moves on with each renewal; null: it was renewed too seldom to know. */
  readonly slides: boolean | null;
  /** When these were given out. */
  readonly renewedAt: Instant;
  /** Who signed in, where the server says so. Remote text, made safe. */
  readonly user: string | null;
}

/** How a subject stands. */
export type Standing =
  | { readonly is: 'signed in'; readonly tokens: Tokens }
  /** `why`: a sentence, without what is to be done. */
  | { readonly is: 'signed out'; readonly why: string };

export const NOBODY: Standing = { is: 'signed out', why: 'Nobody has signed in yet.' };

/** What a grant comes to: what it leaves out stays as it was. Null: there is no refresh token, new or old. */
export function tokensFrom(grant: Grant, before: Tokens | null, now: Instant): Tokens | null {
  const refresh = grant.refresh ?? before?.refresh;
  if (refresh === undefined) return null;

  const renewed = grant.refresh !== null || grant.refreshFor !== null;
  const refreshUntil = renewed ? endOf(grant.refreshFor, now) : (before?.refreshUntil ?? null);
  return {
    access: grant.access,
    accessUntil: now + grant.accessFor,
    refresh,
    refreshUntil,
    slides: slidesFrom(before, refreshUntil, now),
    renewedAt: now,
    user: grant.user ?? before?.user ?? null,
  };
}

/** Sooner after one another, two renewals say nothing of how the end moves. */
const TELLING: Duration = minutes(5);

function slidesFrom(before: Tokens | null, refreshUntil: Instant | null, now: Instant): boolean | null {
  if (before === null || before.refreshUntil === null || refreshUntil === null) return null;

  const passed = now - before.renewedAt;
  return passed < TELLING ? before.slides : refreshUntil - before.refreshUntil > passed / 2;
}

const endOf = (life: Duration | null, now: Instant): Instant | null => (life === null ? null : now + life);

/** A token must outlive the login, and clocks differ. */
const LARGEST_MARGIN: Duration = minutes(5);

/** Renewed before its end; of a short life only a part is spent on that. */
export function isFresh({ accessUntil, renewedAt }: Tokens, now: Instant): boolean {
  const life = accessUntil - renewedAt;
  return now < accessUntil - Math.min(LARGEST_MARGIN, life / 4) && !isFromTheFuture(renewedAt, now);
}

/** The clock was put back: the token has lived for nobody knows how long. */
const isFromTheFuture = (renewedAt: Instant, now: Instant): boolean => renewedAt > now + LARGEST_MARGIN;

export const isOver = ({ accessUntil }: Tokens, now: Instant): boolean => now >= accessUntil;

/**
 * Between two renewals. Refresh tokens die of disuse (Microsoft: 90 days, Google: six months), and a token that was
 * revoked is found within a day instead of at the next mail (osTicket #6455 lay for ten).
 */
const LONGEST_REST: Duration = days(1);

/** When it is renewed although nobody asks for a token. */
export function tendAt({ renewedAt, refreshUntil }: Tokens): Instant {
  const life = refreshUntil === null ? Number.POSITIVE_INFINITY : refreshUntil - renewedAt;
  return renewedAt + Math.min(LONGEST_REST, life / 2);
}

/** A renewal that has been due for so long does not come by itself. */
const OVERDUE: Duration = hours(6);

/** Whether the end of the sign-in is near enough to be told. */
export function diesSoon(tokens: Tokens, warnBefore: Duration, now: Instant): boolean {
  const { refreshUntil, renewedAt, slides } = tokens;
  if (refreshUntil === null || warnBefore === 0 || now < refreshUntil - warnBefore) return false;

  // An end that moves on with each renewal is none, as long as it is renewed; neither is one of hours that is not known better.
  if (slides === true) return now > tendAt(tokens) + OVERDUE;
  return slides === false || refreshUntil - renewedAt > days(1);
}

/** The remark on an account's row; empty when there is nothing to say. */
export function noteOf(standing: Standing, warnBefore: Duration, now: Instant): string {
  if (standing.is === 'signed out') return 'sign in again';

  const { refreshUntil } = standing.tokens;
  if (refreshUntil === null || !diesSoon(standing.tokens, warnBefore, now)) return '';
  const left = Math.floor((refreshUntil - now) / days(1));
  if (left < 0) return 'token is dead';
  return left === 0 ? 'token dies within a day' : `token dies in ${left} ${left === 1 ? 'day' : 'days'}`;
}

/** What stands in the sealed text, so that another client's tokens are not taken for ours. */
export const clientOf = ({ clientId, tokenEndpoint }: Provider): string => `${clientId} at ${tokenEndpoint}`;

/** To be sealed: all of it is secret. */
export function written(standing: Standing, client: string): Secret {
  if (standing.is === 'signed out') return new Secret(JSON.stringify({ version: 1, client, why: standing.why }));

  const { access, refresh, ...rest } = standing.tokens;
  const tokens = { ...rest, access: access.reveal(), refresh: refresh.reveal() };
  return new Secret(JSON.stringify({ version: 1, client, tokens }));
}

/** What was written; a sentence where it is of no use. */
export function read(text: Secret, client: string): Standing | string {
  const value = parsed(text);
  if (value?.['version'] !== 1) return 'What was kept of the sign-in cannot be read.';
  if (value['client'] !== client) return 'The client id or the token endpoint is another one than that of the sign-in.';
  if (typeof value['why'] === 'string') return { is: 'signed out', why: value['why'] };

  const kept = (value['tokens'] ?? {}) as Record<string, unknown>;
  const { access, accessUntil, refresh, refreshUntil, slides, renewedAt, user } = kept;
  const whole = typeof access === 'string' && typeof refresh === 'string';
  if (!whole || typeof accessUntil !== 'number' || typeof renewedAt !== 'number') {
    return 'What was kept of the sign-in cannot be read.';
  }
  return {
    is: 'signed in',
    tokens: {
      access: new Secret(access),
      accessUntil,
      refresh: new Secret(refresh),
      refreshUntil: typeof refreshUntil === 'number' ? refreshUntil : null,
      slides: typeof slides === 'boolean' ? slides : null,
      renewedAt,
      user: typeof user === 'string' ? user : null,
    },
  };
}

function parsed(text: Secret): Record<string, unknown> | null {
  try {
    return JSON.parse(text.reveal()) as Record<string, unknown> | null;
  } catch {
    return null; // the error would quote the text
  }
}
