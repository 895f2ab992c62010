/** From the draft to the configuration: the secrets are found, and whoever is without the one that he needs rests. */
import { foldName } from '../base/blanks.ts';
import type { Account, Config, MailServer, OAuth2Provider, OutgoingUser, Relay, RelayLogin, Rules } from './config.ts';
import type { Draft } from './draft.ts';
import type { Findings, Place } from './problem.ts';
import { addressesOf } from './providers.ts';
import { placeOf } from './read-section.ts';
import type { Secret } from '../base/secret.ts';
import type { SecretSource } from './secret-source.ts';
import type { Vault } from './secrets.ts';

/** Where secrets come from, and where their absence is told. */
interface Search extends Findings {
  readonly vault: Vault;
}

interface Login {
  readonly password: Secret | null;
  readonly problem: string | null;
}

const NOTHING_NEEDED: Login = { password: null, problem: null };

type Providers = readonly OAuth2Provider[];

/** A secret that cannot be had is a warning, save that of the database: without it nothing runs. */
export async function settle(draft: Draft, home: string, file: string, search: Search): Promise<Config> {
  const oauth2 = await providersOf(draft, search);
  return {
    home,
    file,
    options: draft.options.values,
    mailServer: await mailServerOf(draft, search),
    outgoing: draft.outgoing.values,
    outgoingUsers: await usersOf(draft, search),
    displayNames: draft.displayNames.map(({ key, value }) => ({ address: key, name: value })),
    relays: await relaysOf(draft, oauth2, search),
    relayLogins: await loginsOf(draft, oauth2, search),
    rules: rulesOf(draft),
    scanner: draft.scanner.values,
    spamAssassin: draft.spamAssassin.values,
    headerMasks: draft.headerMasks.map(({ key, value }) => ({ header: key, ...value })),
    remoteControl: draft.remoteControl.values,
    store: { url: await storeUrlOf(draft, search) },
    oauth2,
    accounts: await accountsOf(draft, oauth2, search),
    recipients: draft.recipients.map(({ name, values }) => ({ ...values, name })),
  };
}

async function mailServerOf({ mailServer }: Draft, search: Search): Promise<MailServer | null> {
  if (mailServer === null || mailServer.values.host === null) return null;

  const { host, user, password } = mailServer.values;
  const login = await loginOf(placeOf(mailServer, 'password'), password, user !== null, search);
  return { ...mailServer.values, host, ...login };
}

async function relaysOf({ relay, relays }: Draft, providers: Providers, search: Search): Promise<Relay[]> {
  const found: Relay[] = [];
  for (const part of [relay, ...relays].filter((one) => one !== null)) {
    const { user, password, authentication } = part.values;
    const needed = user !== null && authentication !== 'none';
    const login =
      tokenLogin(part.values, providers) ?? (await loginOf(placeOf(part, 'password'), password, needed, search));
    found.push({ senderDomains: [], ...part.values, ...login, name: part.name });
  }
  return found;
}

async function loginsOf({ relayLogins }: Draft, providers: Providers, search: Search): Promise<RelayLogin[]> {
  const found: RelayLogin[] = [];
  for (const part of relayLogins) {
    const login =
      tokenLogin(part.values, providers) ??
      (await loginOf(placeOf(part, 'password'), part.values.password, true, search));
    found.push({ ...part.values, ...login, sender: part.name });
  }
  return found;
}

async function accountsOf({ accounts }: Draft, providers: Providers, search: Search): Promise<Account[]> {
  const found: Account[] = [];
  for (const part of accounts) {
    const { password, enabled } = part.values;
    const login =
      tokenLogin(part.values, providers) ?? (await loginOf(placeOf(part, 'password'), password, enabled, search));
    found.push({ ...part.values, ...login, name: part.name });
  }
  return found;
}

async function providersOf({ oauth2 }: Draft, search: Search): Promise<OAuth2Provider[]> {
  const found: OAuth2Provider[] = [];
  for (const part of oauth2) {
    const { provider, clientId, clientSecret, warnBeforeDays } = part.values;
    const { signInBy, scopes, ...addresses } = addressesOf(part.values);
    const { password, problem } = await loginOf(placeOf(part, 'clientSecret'), clientSecret, false, search);
    found.push({
      ...{ name: part.name, provider, clientId, warnBeforeDays, signInBy, scopes },
      // What is needed and missing was refused by the checks.
      deviceEndpoint: addresses.deviceEndpoint ?? '',
      authorizationEndpoint: addresses.authorizationEndpoint ?? '',
      tokenEndpoint: addresses.tokenEndpoint ?? '',
      clientSecret: password,
      problem: problem === null ? null : `The client secret of [OAuth2: ${part.name}]: ${problem}`,
    });
  }
  return found;
}

interface TokenLogin extends Login {
  /** The section's name in the letters that it has. */
  readonly oauth2: string | null;
  readonly authentication: 'xoauth2';
}

/** How somebody logs in whose token comes from a provider or a command; null for everybody else. */
function tokenLogin(
  { oauth2, tokenCommand }: { readonly oauth2: string | null; readonly tokenCommand: readonly string[] | null },
  providers: Providers,
): TokenLogin | null {
  if (oauth2 === null && tokenCommand === null) return null;

  const provider = oauth2 === null ? undefined : providers.find(({ name }) => foldName(name) === foldName(oauth2));
  const problem = provider?.problem ?? null;
  return { oauth2: provider?.name ?? null, authentication: 'xoauth2', password: null, problem };
}

/** A user without a password cannot hand over mail; the others can. */
async function usersOf({ outgoingUsers }: Draft, search: Search): Promise<OutgoingUser[]> {
  const found: OutgoingUser[] = [];
  for (const { key, value, place } of outgoingUsers) {
    const { password } = await loginOf(place, value, true, search);
    if (password !== null) found.push({ name: key, password });
  }
  return found;
}

async function storeUrlOf({ store }: Draft, search: Search): Promise<Secret | null> {
  const { url } = store.values;
  if (url === null) return null;

  const found = await search.vault.find(url);
  const fits = found.ok && /^postgres(ql)?:\/\//.test(found.secret.reveal());
  if (found.ok && fits) return found.secret;

  const why = found.ok ? 'expected a URL with postgres://, or nothing for SQLite in the home.' : found.why;
  search.problems.push({ ...placeOf(store, 'url'), message: why });
  return null;
}

const rulesOf = ({ rules, contentRules }: Draft): Rules => ({
  ...rules.values,
  content: contentRules.map(({ name, values }) => ({ ...values, name })),
});

/** The password, or why there is none: never an empty one in its place (CFG08). */
async function loginOf(place: Place, source: SecretSource | null, needed: boolean, search: Search): Promise<Login> {
  if (source === null && !needed) return NOTHING_NEEDED;

  const found = source === null ? ({ ok: false, why: 'is not given.' } as const) : await search.vault.find(source);
  if (found.ok) {
    if (found.warning !== null) search.warnings.push({ ...place, message: found.warning });
    return { password: found.secret, problem: null };
  }

  search.warnings.push({ ...place, message: `${found.why} Until then it is not used.` });
  return {
    password: null,
    problem: source === null ? 'No password is given.' : `The password is not to be had: ${found.why}`,
  };
}
