/** What is wrong between a provider of access tokens and those who are to log in with its tokens (G06). Pure. */
import { foldName } from '../base/blanks.ts';
import type { Draft } from './draft.ts';
import { nearestName } from './nearest.ts';
import { isLoopback } from './networks.ts';
import type { Findings, Place } from './problem.ts';
import { addressesOf } from './providers.ts';
import { placeOf, placeOfSection } from './read-section.ts';

type Say = (place: Place, message: string) => void;

export function checkOAuth2(draft: Draft, { problems, warnings }: Findings): void {
  const refuse: Say = (place, message) => void problems.push({ ...place, message });
  const warn: Say = (place, message) => void warnings.push({ ...place, message });

  providersWhole(draft, refuse, warn);
  providersKnown(draft, refuse);
  oneWayToLogIn(draft, refuse, warn);
  mailboxNamed(draft, refuse);
  tokensUnderTls(draft, refuse);
}

function providersWhole({ oauth2 }: Draft, refuse: Say, warn: Say): void {
  for (const part of oauth2) {
    const { provider, clientSecret } = part.values;
    const { signInBy, deviceEndpoint, authorizationEndpoint, tokenEndpoint } = addressesOf(part.values);
    const missing = `must be given: it is not known here with Provider=${provider}.`;
    if (tokenEndpoint === null) refuse(placeOf(part, 'tokenEndpoint'), missing);
    if (signInBy === 'device' && deviceEndpoint === null) refuse(placeOf(part, 'deviceEndpoint'), missing);
    if (signInBy === 'browser' && authorizationEndpoint === null) {
      refuse(placeOf(part, 'authorizationEndpoint'), missing);
    }
    if (provider === 'google' && clientSecret === null) {
      refuse(placeOf(part, 'clientSecret'), 'must be given: Google takes no client without its secret.');
    }
    if (provider !== 'microsoft' && part.lines.has('tenant')) {
      warn(placeOf(part, 'tenant'), `has no effect with Provider=${provider}.`);
    }
  }
}

/** Everything that may log in with a token. */
const bearersOf = ({ relay, relays, relayLogins, accounts }: Draft) =>
  [relay, ...relays, ...relayLogins, ...accounts].filter((part) => part !== null);

type TokenKeys = { readonly oauth2: string | null; readonly tokenCommand: readonly string[] | null };

const wantsToken = ({ oauth2, tokenCommand }: TokenKeys): boolean => oauth2 !== null || tokenCommand !== null;

function providersKnown(draft: Draft, refuse: Say): void {
  const names = draft.oauth2.map(({ name }) => name);
  const known = new Set(names.map(foldName));
  for (const part of bearersOf(draft)) {
    const { oauth2 } = part.values;
    if (oauth2 === null || known.has(foldName(oauth2))) continue;

    const nearest = names.length === 0 ? '' : ` The nearest one is "${nearestName(oauth2, names)}".`;
    refuse(placeOf(part, 'oauth2'), `there is no section [OAuth2: ${oauth2}].${nearest}`);
  }
}

function oneWayToLogIn(draft: Draft, refuse: Say, warn: Say): void {
  for (const part of bearersOf(draft)) {
    const { oauth2, tokenCommand, password } = part.values;
    if (!wantsToken(part.values)) continue;

    if (oauth2 !== null && tokenCommand !== null) {
      refuse(placeOf(part, 'tokenCommand'), 'stands beside OAuth2, and both give the token. Keep one.');
    }
    const giver = oauth2 !== null ? 'OAuth2' : 'the token command';
    if (password !== null) warn(placeOf(part, 'password'), `is not used: ${giver} gives the token.`);
  }
  for (const part of [draft.relay, ...draft.relays, ...draft.accounts].filter((one) => one !== null)) {
    const { oauth2, authentication } = part.values;
    if (!wantsToken(part.values) || ['auto', 'xoauth2'].includes(authentication)) continue;

    const giver = oauth2 !== null ? 'OAuth2' : 'Token command';
    refuse(placeOf(part, 'authentication'), `is ${authentication}, and ${giver} logs in by xoauth2. Leave it out.`);
  }
}

/** The login says whose mailbox the token is for. */
function mailboxNamed({ relay, relays }: Draft, refuse: Say): void {
  for (const part of [relay, ...relays].filter((one) => one !== null)) {
    if (part.values.user === null && wantsToken(part.values)) {
      const place = part.lines.has('user') ? placeOf(part, 'user') : placeOfSection(part);
      refuse(place, 'needs a User beside its token: the name of the mailbox.');
    }
  }
}

/** RFC 6750 §5.3: whoever reads a token on its way can use it. On loopback nobody does. */
function tokensUnderTls(draft: Draft, refuse: Say): void {
  const { relay, relays, relayLogins, accounts } = draft;
  const withToken = relayLogins.some(({ values }) => wantsToken(values));
  const ways = [
    ...[relay, ...relays].filter((part) => part !== null).map((part) => ({ part, also: withToken })),
    ...accounts.map((part) => ({ part, also: false })),
  ];
  for (const { part, also } of ways) {
    const { security, host } = part.values;
    const token = also || wantsToken(part.values);
    if (!token || security !== 'none' || host === null || isLoopback(host)) continue;

    refuse(placeOf(part, 'security'), 'is none: an access token is not said in clear text (RFC 6750 §5.3).');
  }
}
