/** Who logs in with an access token: a POP3 account, a relay, or a sender's own login at the relay. Pure. */
import type { Duration } from '../base/clock.ts';
import type { Secret } from '../base/secret.ts';
import { foldName } from '../base/blanks.ts';
import { nearestName } from '../config/nearest.ts';

export interface Subject {
  /** As the configuration has it between its brackets, so that no two are alike: `POP3 account: sales`, `Relay`. */
  readonly key: string;
  /** What a person types to name it: `sales`. */
  readonly name: string;
  /** The POP3 account that it is; null for everything at a relay. */
  readonly account: string | null;
  /** The name that the token is shown with. */
  readonly user: string;
  readonly source: TokenSource;
}

export type TokenSource =
  | { readonly is: 'provider'; readonly provider: Provider }
  /** A program, and its arguments. */
  | { readonly is: 'command'; readonly words: readonly string[] };

/** A provider as one subject sees it: with the scope of what the token is for. */
export interface Provider {
  /** Of its section in the configuration. */
  readonly name: string;
  readonly kind: 'microsoft' | 'google' | 'other';
  readonly signInBy: 'device' | 'browser';
  readonly clientId: string;
  readonly clientSecret: Secret | null;
  readonly deviceEndpoint: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  /** Empty: none is sent. */
  readonly scope: string;
  /** 0: never. */
  readonly warnBefore: Duration;
}

/** A subject whose token comes from a provider. */
export interface SignedSubject extends Subject {
  readonly source: Extract<TokenSource, { is: 'provider' }>;
}

export const accountKey = (account: string): string => `POP3 account: ${account}`;

/** The default relay's name is ''. */
export const relayKey = (relay: string): string => (relay === '' ? 'Relay' : `Relay: ${relay}`);

export const relayLoginKey = (sender: string): string => `Relay login: ${sender}`;

/** Whom a person means: by the key, or by its name where that is clear. Accounts come first, since people sign in mailboxes. */
export function findSubject(subjects: readonly Subject[], named: string): Subject | null {
  const wanted = foldName(named);
  const byKey = subjects.find(({ key }) => foldName(key) === wanted);
  return byKey ?? subjects.find(({ name }) => foldName(name) === wanted) ?? null;
}

/** Why nobody of that name can be signed in. */
export function unknownSubject(subjects: readonly Subject[], named: string): string {
  const names = subjects.map(({ name }) => name);
  const nearest =
    names.length === 0 ? 'Set OAuth2= in an account or a relay.' : `The nearest one is "${nearestName(named, names)}".`;
  return `No account or relay "${named}" logs in with a token. ${nearest}`;
}
