/** [OAuth2: X]: how MailGate is known to a provider that gives access tokens in place of passwords (G06). */
import { bad, good, type Keys, type Kind, type SectionTable } from '../key.ts';
import { commandLine } from '../kinds/command.ts';
import { amount, line, oneOf, optional, spoken } from '../kinds/plain.ts';
import { isLoopback } from '../networks.ts';
import { secret } from '../secret-source.ts';

/** RFC 6749 §3.1, §3.2: TLS is required. On loopback nobody listens in, and tests and proxies live there. */
const endpoint: Kind<string> = {
  expects: 'a URL with https:// (http:// on loopback only)',
  read(value) {
    const url = URL.parse(value);
    const safe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(bare(url.hostname)));
    if (url === null || !safe) return bad();
    if (url.username !== '' || url.password !== '' || url.hash !== '') {
      return bad({ hint: 'It has neither a user nor a fragment; the secret has a key of its own.' });
    }
    return good(url.href);
  },
};

const bare = (host: string): string => host.replace(/^\[(.*)\]$/, '$1');

/** It becomes a part of a path. */
const tenant: Kind<string> = {
  expects: 'common, organizations, consumers, or the id or the domain of a tenant',
  read: (value) => (/^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/.test(value) ? good(value) : bad()),
};

/** Of an account, a relay and a relay login: where its access token comes from. */
export const tokenKeys = {
  oauth2: {
    name: 'OAuth2',
    is: optional(line),
    default: '',
    meaning:
      'Name of the [OAuth2: …] section by which it is signed in; then it has no password, and logs in by xoauth2 with a token that is renewed by itself.',
  },
  tokenCommand: {
    name: 'Token command',
    is: optional(commandLine),
    default: '',
    meaning:
      'Instead, for xoauth2: a program that prints the access token. No shell reads the line; it has 30 seconds; one line end after the token is no part of it.',
  },
} satisfies Keys;

export const oauth2Keys = {
  provider: {
    name: 'Provider',
    is: oneOf('microsoft', 'google', 'other'),
    default: 'other',
    meaning: 'Who signs in; gives the endpoints and the scope. For other the endpoints must be given.',
  },
  tenant: {
    name: 'Tenant',
    is: tenant,
    default: 'common',
    meaning: 'Of microsoft: whose accounts may sign in.',
  },
  clientId: {
    name: 'Client id',
    is: spoken,
    meaning: 'The id under which this program is registered at the provider.',
  },
  clientSecret: {
    name: 'Client secret',
    is: secret,
    default: '',
    meaning: 'The secret that belongs to it, where the provider wants one: google does.',
  },
  signInBy: {
    name: 'Sign in by',
    is: oneOf('auto', 'device', 'browser'),
    default: 'auto',
    meaning:
      "device: a short code is typed in at the provider's page. browser: a page is opened, and the address that it leads to is pasted back. auto: browser for google, which lets no device into a mailbox, device for the others.",
  },
  deviceEndpoint: {
    name: 'Device authorization endpoint',
    is: optional(endpoint),
    default: '',
    meaning: 'Where a sign-in by device begins (RFC 8628); empty is that of the provider.',
  },
  authorizationEndpoint: {
    name: 'Authorization endpoint',
    is: optional(endpoint),
    default: '',
    meaning: 'The page of a sign-in by browser (RFC 6749 §3.1); empty is that of the provider.',
  },
  tokenEndpoint: {
    name: 'Token endpoint',
    is: optional(endpoint),
    default: '',
    meaning: 'Where tokens are given out and renewed; empty is that of the provider.',
  },
  scope: {
    name: 'Scope',
    is: optional(spoken),
    default: '',
    meaning: 'What is asked for, words with blanks between them; empty is what the provider wants for POP3 or SMTP.',
  },
  warnBeforeDays: {
    name: 'Warn before token dies days',
    is: amount(0, 3_650),
    default: '7',
    meaning: 'An alert so many days before the end of a sign-in, where the provider says when that is; 0 is none.',
  },
} satisfies Keys;

export const oauth2Table = {
  name: 'OAuth2',
  named: 'name of the provider',
  about:
    'A provider that gives access tokens in place of passwords. `OAuth2=name` in an account or a relay refers to it; `mailgate sign-in` signs in. Tokens are kept encrypted under `secret.key`.',
  keys: oauth2Keys,
} satisfies SectionTable;
