/** From the configuration to those who log in with a token. Pure. */
import { days } from '../base/clock.ts';
import { foldName } from '../base/blanks.ts';
import type { Account, Config, OAuth2Provider, Relay, RelayLogin } from '../config/config.ts';
import { accountKey, type Provider, relayKey, relayLoginKey, type Subject, type TokenSource } from './subject.ts';

export interface SignInSettings {
  readonly subjects: readonly Subject[];
  /** Where a token command runs. */
  readonly home: string;
}

type TokenKeys = Pick<Account, 'oauth2' | 'tokenCommand'>;

/** Whether a token stands in for the password: then the password is null although nothing is amiss. */
export const usesToken = ({ oauth2, tokenCommand }: TokenKeys): boolean => oauth2 !== null || tokenCommand !== null;

/** How a sender's own login is said at a relay: what the relay's token does not say of it. */
export function loginMechanism(relay: Relay, login: RelayLogin): Relay['authentication'] {
  if (login.authentication !== undefined) return login.authentication;
  return usesToken(relay) ? 'auto' : relay.authentication;
}

/** Microsoft refuses the token in the line of the AUTH, at whatever host its mailbox is reached (getmail6 #256). */
export function xoauth2Form({ oauth2 }: Account, config: Config): 'in two steps' | undefined {
  const provider = config.oauth2.find(({ name }) => name === oauth2);
  return provider?.provider === 'microsoft' ? 'in two steps' : undefined;
}

export function signInSettings(config: Config): SignInSettings {
  const subjects = [
    ...config.accounts.flatMap((account) => accountSubject(account, config)),
    ...config.relays.flatMap((relay) => relaySubject(relay, config)),
    ...config.relayLogins.flatMap((login) => loginSubject(login, config)),
  ];
  return { subjects: subjects.map((subject) => plainlyNamed(subject, subjects)), home: config.home };
}

function accountSubject(account: Account, config: Config): Subject[] {
  const { name, user } = account;
  const key = accountKey(name);
  return subjectOf({ key, name, account: name, user }, account, 'pop3', config);
}

function relaySubject(relay: Relay, config: Config): Subject[] {
  const key = relayKey(relay.name);
  return subjectOf({ key, name: relay.name || 'relay', account: null, user: relay.user ?? '' }, relay, 'smtp', config);
}

function loginSubject(login: RelayLogin, config: Config): Subject[] {
  const { sender } = login;
  return subjectOf(
    { key: relayLoginKey(sender), name: sender, account: null, user: login.user ?? sender },
    login,
    'smtp',
    config,
  );
}

function subjectOf(
  whose: Omit<Subject, 'source'>,
  { oauth2, tokenCommand }: TokenKeys,
  use: 'pop3' | 'smtp',
  config: Config,
): Subject[] {
  const source = sourceOf(oauth2, tokenCommand, use, config);
  return source === null ? [] : [{ ...whose, source }];
}

function sourceOf(
  oauth2: string | null,
  words: readonly string[] | null,
  use: 'pop3' | 'smtp',
  config: Config,
): TokenSource | null {
  if (words !== null) return { is: 'command', words };

  const found = config.oauth2.find(({ name }) => name === oauth2);
  // Without its client secret nobody can be signed in: whoever needs it rests, and says so.
  return found === undefined || found.problem !== null ? null : { is: 'provider', provider: providerFor(use, found) };
}

function providerFor(use: 'pop3' | 'smtp', provider: OAuth2Provider): Provider {
  const { name, signInBy, clientId, clientSecret, deviceEndpoint, authorizationEndpoint, tokenEndpoint } = provider;
  return {
    ...{ name, kind: provider.provider, signInBy, clientId, clientSecret },
    ...{ deviceEndpoint, authorizationEndpoint, tokenEndpoint },
    scope: provider.scopes[use],
    warnBefore: days(provider.warnBeforeDays),
  };
}

/** Whoever has to share a name is named by its key. */
function plainlyNamed(subject: Subject, all: readonly Subject[]): Subject {
  const { key, name } = subject;
  const clear = all.every((other) => other.key === key || foldName(other.name) !== foldName(name));
  return clear ? subject : { ...subject, name: key };
}
