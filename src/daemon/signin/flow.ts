/** One sign-in under way, by device or by browser: what the person is to be shown, and what comes of it. */
import { type Clock, type Duration, type Instant, minutes, wait } from '../base/clock.ts';
import { broughtIn, exchangeCode, pageFor } from './browser.ts';
import { askForCode, askUntilDecided, CANCELLED, EXPIRED, type SignedIn } from './device.ts';
import type { Fetch } from './http.ts';
import type { Keeper } from './keeper.ts';
import type { SignedSubject } from './subject.ts';

/** What a person needs to know. */
export interface Invitation {
  /** The subject's name. */
  readonly subject: string;
  /** `device`: the code is typed in there; `browser`: the address where the page ends is brought back, see `answer`. */
  readonly by: 'device' | 'browser';
  readonly verificationUri: string;
  /** The same with the code in it, where the server has one. */
  readonly verificationUriComplete: string | null;
  /** Empty with `browser`. */
  readonly userCode: string;
  readonly expiresAt: Instant;
}

export interface Outcome {
  readonly signedIn: boolean;
  readonly user: string | null;
  /** A sentence where it came to nothing. */
  readonly why: string;
}

export interface Flow {
  readonly invitation: Invitation;
  readonly outcome: Promise<Outcome>;
  /** Only with `browser`; what is unfit leaves the flow as it is. */
  answer(address: string): Promise<Outcome>;
  cancel(): void;
}

export type FlowStart =
  | { readonly ok: true; readonly flow: Flow }
  | { readonly ok: false; readonly kind: 'refused' | 'temporary'; readonly message: string };

export interface FlowParts {
  readonly clock: Clock;
  readonly fetch: Fetch;
  readonly keeper: Keeper;
  /** Random octets. */
  readonly chance: (octets: number) => Uint8Array;
}

/** For a person who signs in by browser; providers give a device as long. */
const PATIENCE: Duration = minutes(15);

export async function startFlow(subject: SignedSubject, parts: FlowParts, stop: AbortSignal): Promise<FlowStart> {
  return subject.source.provider.signInBy === 'device'
    ? await startDevice(subject, parts, stop)
    : { ok: true, flow: startBrowser(subject, parts) };
}

async function startDevice(subject: SignedSubject, parts: FlowParts, stop: AbortSignal): Promise<FlowStart> {
  const { provider } = subject.source;
  const { clock, fetch, keeper } = parts;
  const asked = await askForCode(provider, { clock, fetch, stop });
  if (!asked.ok) return { ok: false, kind: asked.kind, message: adviceFor(subject, asked.why) };

  const { code } = asked;
  const cancelled = new AbortController();
  const decided = askUntilDecided(provider, code, { clock, fetch, stop: cancelled.signal });
  return {
    ok: true,
    flow: {
      invitation: {
        subject: subject.name,
        by: 'device',
        verificationUri: code.verificationUri,
        verificationUriComplete: code.verificationUriComplete,
        userCode: code.userCode,
        expiresAt: code.expiresAt,
      },
      outcome: decided.then((signedIn) => taken(keeper, signedIn)),
      answer: async () => nothing('This sign-in waits for no address: the code is typed in at the page.'),
      cancel: () => cancelled.abort(),
    },
  };
}

function startBrowser(subject: SignedSubject, { clock, fetch, keeper, chance }: FlowParts): Flow {
  const page = pageFor(subject, chance);
  const over = new AbortController();
  const decided = Promise.withResolvers<SignedIn>();
  const outcome = decided.promise.then((signedIn) => taken(keeper, signedIn));
  wait(clock, PATIENCE, over.signal).then(
    () => decided.resolve(EXPIRED),
    () => decided.resolve(CANCELLED), // or it is decided already
  );
  return {
    invitation: {
      subject: subject.name,
      by: 'browser',
      verificationUri: page.uri,
      verificationUriComplete: null,
      userCode: '',
      expiresAt: clock.now() + PATIENCE,
    },
    outcome,
    async answer(address) {
      const brought = broughtIn(address, page);
      if (brought.is === 'unfit') return nothing(brought.why);

      const { provider } = subject.source;
      const signedIn: SignedIn =
        brought.is === 'declined'
          ? { ok: false, why: brought.why }
          : await exchangeCode(provider, brought.code, page, { clock, fetch, stop: over.signal });
      decided.resolve(signedIn);
      over.abort();
      return await outcome;
    },
    cancel: () => over.abort(),
  };
}

async function taken(keeper: Keeper, signedIn: SignedIn): Promise<Outcome> {
  if (!signedIn.ok) return nothing(signedIn.why);

  const tokens = await keeper.take(signedIn.grant);
  return typeof tokens === 'string' ? nothing(tokens) : { signedIn: true, user: tokens.user, why: '' };
}

export const nothing = (why: string): Outcome => ({ signedIn: false, user: null, why });

/** What a person can do about the refusals that are met most. */
function adviceFor({ source }: SignedSubject, why: string): string {
  if (/^invalid_scope/.test(why)) {
    return `${why}. Google lets no device code into a mailbox: set "Sign in by=browser" in [OAuth2: ${source.provider.name}]; elsewhere look at Scope.`;
  }
  if (/^(invalid_client|unauthorized_client)/.test(why)) {
    return `${why}. Look at Client id and Tenant, and whether the registration allows public clients (device code).`;
  }
  return why;
}
