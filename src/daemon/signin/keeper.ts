/**
 * The tokens of one subject that signed in: fresh ones are given out, stale ones are renewed, one renewal at a time.
 * A refresh token that the server has replaced is on disk before the access token that came with it is used.
 */
import { type Clock, type Duration, type Instant, minutes, seconds } from '../base/clock.ts';
import type { Secret } from '../base/secret.ts';
import { type Grant, tokenAnswer } from './answers.ts';
import { type Board, remedyFor } from './board.ts';
import type { Cabinet } from './cabinet.ts';
import { type Fetch, postForm } from './http.ts';
import type { SignedSubject } from './subject.ts';
import { isFresh, isOver, noteOf, type Standing, tendAt, type Tokens, tokensFrom } from './tokens.ts';
import { createTurns, unlessStopped } from './turns.ts';

export type TokenAnswer = { readonly ok: true; readonly token: Secret } | TokenFailure;

export interface TokenFailure {
  readonly ok: false;
  /** `login`: a person is needed, and trying again is of no use; `temporary`: later it may work. */
  readonly kind: 'login' | 'temporary' | 'stopped';
  /** A sentence or two; no secret in it. */
  readonly message: string;
}

export interface SignInStatus {
  readonly signedIn: boolean;
  /** When a person has to sign in again, if the server says so. */
  readonly expiresAt: Instant | null;
  readonly user: string | null;
  /** A few words for a row; empty when there is nothing to say. */
  readonly note: string;
}

export interface Keeper {
  tokenFor(stop: AbortSignal): Promise<TokenAnswer>;
  /** The server did not take this token: the next one is another. */
  rejected(token: Secret): void;
  /** Tokens of a sign-in; durable when it resolves. A sentence where they cannot be kept. */
  take(grant: Grant): Promise<Tokens | string>;
  /** False: there was nothing. */
  forget(): Promise<boolean>;
  status(): Promise<SignInStatus>;
  /** Renews what would die of disuse, tells what is to be told; answers how soon to look again. */
  tend(): Promise<Duration>;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

export interface KeeperParts {
  readonly cabinet: Cabinet;
  readonly board: Board;
  readonly clock: Clock;
  readonly fetch: Fetch;
}

/** After a renewal that failed; twice as long each time. Whoever asks meanwhile gets the same answer. */
const FIRST_PAUSE: Duration = seconds(30);
const LONGEST_PAUSE: Duration = minutes(15);

/** Failures in a row after which somebody is told: one is a blip of the network. */
const TROUBLED_AFTER = 3;

const LONGEST_LOOK: Duration = minutes(60);
const SHORTEST_LOOK: Duration = minutes(1);

const STOPPED: TokenFailure = { ok: false, kind: 'stopped', message: 'Stopped.' };

/** A renewal is not stopped: its refresh token may be replaced already, and would be lost. It has its own deadline. */
const NEVER = new AbortController().signal;

export function createKeeper(subject: SignedSubject, { cabinet, board, clock, fetch }: KeeperParts): Keeper {
  const { provider } = subject.source;
  const { host } = new URL(provider.tokenEndpoint);
  const turns = createTurns();
  /** Null: not looked up yet. */
  let standing: Standing | null = null;
  /** The store failed: these are nowhere but here. */
  let unsaved = false;
  /** The access token that a server did not take. */
  let refused: Secret | null = null;
  let failures = 0;
  let failed: { readonly until: Duration; readonly failure: TokenFailure } | null = null;

  async function known(): Promise<Standing> {
    standing ??= await kept(cabinet.load(subject));
    return standing;
  }

  /** The same; what is nowhere but here is kept first. */
  async function safe(): Promise<Standing> {
    const now = await known();
    if (unsaved) await settle(now);
    return now;
  }

  async function settle(next: Standing): Promise<void> {
    standing = next;
    unsaved = true;
    await kept(cabinet.save(subject, next));
    unsaved = false;
  }

  async function fresh(): Promise<TokenAnswer> {
    const now = await safe();
    if (now.is === 'signed out') return signedOut(now.why);

    const { tokens } = now;
    if (tokens.access !== refused && isFresh(tokens, clock.now())) return { ok: true, token: tokens.access };
    return await renewed(tokens);
  }

  async function renewed(tokens: Tokens): Promise<TokenAnswer> {
    if (failed !== null && failed.until > clock.monotonic()) return usable(tokens) ?? failed.failure;

    const answer = await renewal(tokens);
    switch (answer.is) {
      case 'granted': {
        const next = tokensFrom(answer.grant, tokens, clock.now()) as Tokens; // there is one before
        await settle({ is: 'signed in', tokens: next }); // 1  crash before it: the next start has the old refresh token, which some servers still take
        reset();
        board.renewed(subject);
        return { ok: true, token: next.access }; // 2  only now
      }
      case 'ended': {
        const out: Standing = { is: 'signed out', why: sentence(answer.why) };
        await settle(out);
        reset();
        board.signedOut(subject, out.why);
        board.look(subject, out, clock.now());
        return signedOut(out.why);
      }
      case 'refused':
        return inTrouble(tokens, {
          ok: false,
          kind: 'login',
          message: `${host} refuses [OAuth2: ${provider.name}]: ${sentence(answer.why)} Look at its Client id and Client secret.`,
        });
      case 'pending': // no word that belongs here
      case 'temporary': {
        const why = answer.is === 'temporary' ? sentence(answer.why) : `${host} puts us off.`;
        return inTrouble(tokens, { ok: false, kind: 'temporary', message: `No access token: ${why}` });
      }
    }
  }

  /** RFC 6749 §6. */
  async function renewal({ access, refresh }: Tokens) {
    const { clientId, clientSecret } = provider;
    const form = {
      grant_type: 'refresh_token',
      refresh_token: refresh,
      client_id: clientId,
      client_secret: clientSecret,
    };
    const posted = await postForm(provider.tokenEndpoint, form, { fetch, clock, stop: NEVER });
    return tokenAnswer(posted, [refresh, access, clientSecret]);
  }

  /** What is left of the old token's life is used, before anybody goes without. */
  function inTrouble(tokens: Tokens, failure: TokenFailure): TokenAnswer {
    const pause = Math.min(FIRST_PAUSE * 2 ** failures, LONGEST_PAUSE);
    failures += 1;
    failed = { until: clock.monotonic() + pause, failure };
    if (failure.kind === 'login' || failures >= TROUBLED_AFTER) board.troubled(subject, failure.message);
    return usable(tokens) ?? failure;
  }

  function usable(tokens: Tokens): TokenAnswer | null {
    return tokens.access === refused || isOver(tokens, clock.now()) ? null : { ok: true, token: tokens.access };
  }

  function reset(): void {
    failures = 0;
    failed = null;
    refused = null;
  }

  const signedOut = (why: string): TokenFailure => ({
    ok: false,
    kind: 'login',
    message: `${subject.key} is not signed in. ${why} ${remedyFor(subject)}`,
  });

  async function tended(): Promise<Duration> {
    const before = await safe();
    if (before.is === 'signed in' && tendAt(before.tokens) <= clock.now()) await renewed(before.tokens);
    const now = await known();
    board.look(subject, now, clock.now());
    return now.is === 'signed in' ? pauseBefore(tendAt(now.tokens) - clock.now()) : LONGEST_LOOK;
  }

  const unkept = (error: unknown): string => `The tokens of ${subject.key} cannot be kept: ${keepFailure(error)}`;

  return {
    async tokenFor(stop) {
      if (stop.aborted) return STOPPED; // and nothing is begun
      const answer = turns
        .take(fresh)
        .catch((error: unknown): TokenFailure => ({ ok: false, kind: 'temporary', message: unkept(error) }));
      return await unlessStopped(answer, stop, STOPPED);
    },

    rejected(token) {
      refused = token;
      // The old one is of no use any more: a pause would only keep everybody waiting.
      failed = null;
    },

    async take(grant) {
      const tokens = tokensFrom(grant, null, clock.now());
      if (tokens === null) {
        return 'The server gave no refresh token, so that the sign-in would end within the hour. Does Scope lack offline_access?';
      }
      return await turns.take(async () => {
        const before = { standing, unsaved };
        try {
          await settle({ is: 'signed in', tokens });
        } catch (error) {
          ({ standing, unsaved } = before); // a sign-in that cannot be kept has not been one
          return unkept(error);
        }
        reset();
        board.signedIn(subject, tokens);
        board.look(subject, { is: 'signed in', tokens }, clock.now());
        return tokens;
      });
    },

    async forget() {
      return await turns.take(async () => {
        const before = await known();
        await kept(cabinet.forget(subject));
        standing = null;
        unsaved = false;
        if (before.is === 'signed out') return false;

        board.signedOut(subject, 'The tokens were forgotten.');
        board.look(subject, await known(), clock.now());
        return true;
      });
    },

    async status() {
      const now = await known().catch((error: unknown): Standing => ({ is: 'signed out', why: keepFailure(error) }));
      const note = noteOf(now, provider.warnBefore, clock.now());
      if (now.is === 'signed out') return { signedIn: false, expiresAt: null, user: null, note };
      return { signedIn: true, expiresAt: now.tokens.refreshUntil, user: now.tokens.user, note };
    },

    async tend() {
      return await turns.take(tended).catch((error: unknown) => {
        keepFailure(error); // whoever wants a token is told of it, and the store tells of its own
        return SHORTEST_LOOK;
      });
    },

    idle: () => turns.idle(),
  };
}

const pauseBefore = (due: Duration): Duration => Math.min(Math.max(due, SHORTEST_LOOK), LONGEST_LOOK);

/** The store or secret.key cannot be used. Their words hold no secret. */
class KeepFailure extends Error {
  override name = 'KeepFailure';
}

async function kept<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw new KeepFailure(error instanceof Error ? error.message : 'unknown error', { cause: error });
  }
}

/** What it says; anything else is a bug, and goes on. */
function keepFailure(error: unknown): string {
  if (error instanceof KeepFailure) return error.message;
  throw error;
}

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
