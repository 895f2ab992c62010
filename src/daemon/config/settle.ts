/** From the draft to the configuration: the secrets are found, and whoever is without the one that he needs rests. */
import type { Account, Config, MailServer, OutgoingUser, Relay, RelayLogin, Rules } from './config.ts';
import type { Draft } from './draft.ts';
import type { Findings, Place } from './problem.ts';
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

/** A secret that cannot be had is a warning, save that of the database: without it nothing runs. */
export async function settle(draft: Draft, home: string, file: string, search: Search): Promise<Config> {
  return {
    home,
    file,
    options: draft.options.values,
    mailServer: await mailServerOf(draft, search),
    outgoing: draft.outgoing.values,
    outgoingUsers: await usersOf(draft, search),
    displayNames: draft.displayNames.map(({ key, value }) => ({ address: key, name: value })),
    relays: await relaysOf(draft, search),
    relayLogins: await loginsOf(draft, search),
    rules: rulesOf(draft),
    scanner: draft.scanner.values,
    spamAssassin: draft.spamAssassin.values,
    headerMasks: draft.headerMasks.map(({ key, value }) => ({ header: key, ...value })),
    remoteControl: draft.remoteControl.values,
    store: { url: await storeUrlOf(draft, search) },
    accounts: await accountsOf(draft, search),
    recipients: draft.recipients.map(({ name, values }) => ({ ...values, name })),
  };
}

async function mailServerOf({ mailServer }: Draft, search: Search): Promise<MailServer | null> {
  if (mailServer === null || mailServer.values.host === null) return null;

  const { host, user, password } = mailServer.values;
  const login = await loginOf(placeOf(mailServer, 'password'), password, user !== null, search);
  return { ...mailServer.values, host, ...login };
}

async function relaysOf({ relay, relays }: Draft, search: Search): Promise<Relay[]> {
  const found: Relay[] = [];
  for (const part of [relay, ...relays].filter((one) => one !== null)) {
    const { user, password, authentication } = part.values;
    const needed = user !== null && authentication !== 'none';
    const login = await loginOf(placeOf(part, 'password'), password, needed, search);
    found.push({ senderDomains: [], ...part.values, ...login, name: part.name });
  }
  return found;
}

async function loginsOf({ relayLogins }: Draft, search: Search): Promise<RelayLogin[]> {
  const found: RelayLogin[] = [];
  for (const part of relayLogins) {
    const login = await loginOf(placeOf(part, 'password'), part.values.password, true, search);
    found.push({ ...part.values, ...login, sender: part.name });
  }
  return found;
}

async function accountsOf({ accounts }: Draft, search: Search): Promise<Account[]> {
  const found: Account[] = [];
  for (const part of accounts) {
    const { password, tokenCommand, enabled } = part.values;
    const needed = enabled && tokenCommand === null;
    const login = await loginOf(placeOf(part, 'password'), password, needed, search);
    found.push({ ...part.values, ...login, name: part.name });
  }
  return found;
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
