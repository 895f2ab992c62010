/** [OAuth2: X], and who refers to it: what is taken, what is refused, and what becomes of it (G06, CFG03, CFG05-CFG09). */
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { describeProblem } from '../../src/daemon/config/problem.ts';
import { accepted, makeHome, problemsOf, warningsOf } from './home.ts';

const microsoft = ['[OAuth2: ms]', 'Provider=microsoft', 'Client id=app-1'];
const google = ['[OAuth2: google]', 'Provider=google', 'Client id=app-2', 'Client secret=s3cret-canary'];
const other = [
  ...['[OAuth2: firma]', 'Client id=app-3', 'Token endpoint=https://login.firma.example/token'],
  'Device authorization endpoint=https://login.firma.example/device',
];
const account = (...lines: string[]) => ['[POP3 account: sales]', 'Host=h', 'User=sales@x.example', ...lines];

async function configOf(...lines: readonly string[]) {
  await using home = await makeHome(lines);
  return accepted(await home.load()).config;
}

describe('a provider', () => {
  test('of Microsoft needs a client id only', async () => {
    expect((await configOf(...microsoft, 'Tenant=firma.example')).oauth2).toEqual([
      {
        name: 'ms',
        provider: 'microsoft',
        clientId: 'app-1',
        clientSecret: null,
        problem: null,
        signInBy: 'device',
        deviceEndpoint: 'https://login.microsoftonline.com/firma.example/oauth2/v2.0/devicecode',
        authorizationEndpoint: 'https://login.microsoftonline.com/firma.example/oauth2/v2.0/authorize',
        tokenEndpoint: 'https://login.microsoftonline.com/firma.example/oauth2/v2.0/token',
        scopes: {
          pop3: 'https://outlook.office.com/POP.AccessAsUser.All offline_access',
          smtp: 'https://outlook.office.com/SMTP.Send offline_access',
        },
        warnBeforeDays: 7,
      },
    ]);
  });

  test('of Google signs in by browser, since it lets no device into a mailbox; both can be said otherwise', async () => {
    const config = await configOf(...google, 'Scope=https://mail.google.com/ openid email');
    expect(config.oauth2[0]).toMatchObject({
      signInBy: 'browser',
      authorizationEndpoint: 'https://accounts.google.com/o/oauth2/v2/auth',
      tokenEndpoint: 'https://oauth2.googleapis.com/token',
      scopes: { pop3: 'https://mail.google.com/ openid email', smtp: 'https://mail.google.com/ openid email' },
    });
    expect(config.oauth2[0]?.clientSecret?.reveal()).toBe('s3cret-canary');
    expect(inspect(config, { depth: 9 })).not.toContain('s3cret-canary');
    expect((await configOf(...google, 'Sign in by=device')).oauth2[0]?.signInBy).toBe('device');
  });

  test('CFG04: what is not known of another one must be given', async () => {
    expect(await problemsOf('[OAuth2: a]', 'Client id=x')).toEqual([
      'PMailGat.ini:1: [OAuth2: a] Token endpoint: must be given: it is not known here with Provider=other.',
      'PMailGat.ini:1: [OAuth2: a] Device authorization endpoint: must be given: it is not known here with Provider=other.',
    ]);
    expect(await problemsOf(...other, 'Sign in by=browser')).toEqual([
      'PMailGat.ini:1: [OAuth2: firma] Authorization endpoint: must be given: it is not known here with Provider=other.',
    ]);
    expect(await problemsOf('[OAuth2: a]', 'Provider=microsoft')).toEqual([
      'PMailGat.ini:1: [OAuth2: a] Client id: is missing; expected printable ASCII characters.',
    ]);
    expect(await problemsOf('[OAuth2: a]', 'Provider=google', 'Client id=x')).toEqual([
      'PMailGat.ini:1: [OAuth2: a] Client secret: must be given: Google takes no client without its secret.',
    ]);
  });

  test.each([
    'http://login.firma.example/token',
    'https://user:pw@login.firma.example/token',
    'https://login.firma.example/token#x',
    'ftp://login.firma.example/',
    'login.firma.example/token',
  ])('its endpoints are https: %s is refused', async (url) => {
    const [problem, ...more] = await problemsOf(...other.slice(0, 2), other[3] ?? '', `Token endpoint=${url}`);
    expect(problem).toContain('Token endpoint: expected empty, or a URL with https:// (http:// on loopback only)');
    expect(more.filter((line) => !line.includes('must be given'))).toEqual([]);
  });

  test.each(['http://127.0.0.1:8080/token', 'http://localhost/token', 'http://[::1]:1/token'])(
    'on loopback nobody listens in: %s is taken',
    async (url) => {
      const config = await configOf(...other.slice(0, 2), other[3] ?? '', `Token endpoint=${url}`);
      expect(config.oauth2[0]?.tokenEndpoint).toBe(url);
    },
  );

  test.each(['../x', 'a/b', '', 'a?b'])('a tenant is no path (%j)', async (tenant) => {
    expect((await problemsOf(...microsoft, `Tenant=${tenant}`))[0]).toContain('[OAuth2: ms] Tenant: expected common');
  });

  test('a tenant of somebody else than Microsoft is without effect, and told', async () => {
    expect(await warningsOf(...other, 'Tenant=x')).toEqual([
      'PMailGat.ini:5: [OAuth2: firma] Tenant: has no effect with Provider=other.',
    ]);
  });

  test('CFG06: its secret in clear in a file that others can read refuses to start', async () => {
    await using home = await makeHome();
    await home.put('PMailGat.ini', google, 0o644);
    const loaded = await home.load();
    expect(loaded.ok ? [] : loaded.problems.map(describeProblem)).toEqual([
      expect.stringContaining('[OAuth2: google] Client secret: stands in clear in a file that can be read by others'),
    ]);
  });

  test('CFG07: one whose secret cannot be had puts those to rest that need it, and no other', async () => {
    await using home = await makeHome([
      ...google.slice(0, 3),
      'Client secret=env:NOT_SET',
      ...account('OAuth2=google'),
      ...['[POP3 account: b]', 'Host=h', 'User=b', 'Password=p'],
    ]);
    const { config, warnings } = accepted(await home.load());
    const why =
      'The client secret of [OAuth2: google]: The password is not to be had: the environment variable NOT_SET is not set.';

    expect(config.accounts.map(({ problem }) => problem)).toEqual([why, null]);
    expect(warnings.map(describeProblem)).toEqual([
      expect.stringContaining('NOT_SET is not set. Until then it is not used.'),
    ]);
  });
});

describe('who logs in with a token', () => {
  test('needs no password; auto is xoauth2 then', async () => {
    const config = await configOf(
      ...microsoft,
      ...account('OAuth2=MS'),
      ...['[Relay]', 'Host=smtp.office365.com', 'User=sales@x.example', 'OAuth2=ms'],
      ...['[Relay: two]', 'Host=h', 'Sender domains=two.example', 'User=u', 'Token command=/bin/token "a b"'],
      ...['[Relay login: anna@x.example]', 'OAuth2=ms'],
      ...['[Relay login: bert@x.example]', 'User=bert', 'Password=p'],
    );

    const token = { oauth2: 'ms', authentication: 'xoauth2', password: null, problem: null };
    expect(config.accounts[0]).toMatchObject(token);
    expect(config.relays[0]).toMatchObject(token);
    expect(config.relays[1]).toMatchObject({ ...token, oauth2: null, tokenCommand: ['/bin/token', 'a b'] });
    expect(config.relayLogins[0]).toMatchObject(token);
    expect(config.relayLogins[1]).toMatchObject({ oauth2: null, tokenCommand: null, problem: null });
    expect(config.relayLogins[1]?.authentication).toBeUndefined();
  });

  test('CFG03: refers to a section that is there', async () => {
    expect(await problemsOf(...microsoft, ...account('OAuth2=msn'))).toEqual([
      'PMailGat.ini:7: [POP3 account: sales] OAuth2: there is no section [OAuth2: msn]. The nearest one is "ms".',
    ]);
    expect(await problemsOf('[Relay]', 'Host=h', 'User=u', 'OAuth2=x')).toEqual([
      'PMailGat.ini:4: [Relay] OAuth2: there is no section [OAuth2: x].',
    ]);
  });

  test('logs in in one way', async () => {
    expect(await problemsOf(...microsoft, ...account('OAuth2=ms', 'Authentication=plain'))).toEqual([
      'PMailGat.ini:8: [POP3 account: sales] Authentication: is plain, and OAuth2 logs in by xoauth2. Leave it out.',
    ]);
    expect(await problemsOf(...account('Token command=x', 'Authentication=user'))).toEqual([
      'PMailGat.ini:5: [POP3 account: sales] Authentication: is user, and Token command logs in by xoauth2. Leave it out.',
    ]);
    expect(await problemsOf(...microsoft, ...account('OAuth2=ms', 'Token command=x'))).toEqual([
      'PMailGat.ini:8: [POP3 account: sales] Token command: stands beside OAuth2, and both give the token. Keep one.',
    ]);
    expect(await warningsOf(...microsoft, ...account('OAuth2=ms', 'Password=p', 'Authentication=xoauth2'))).toEqual([
      'PMailGat.ini:8: [POP3 account: sales] Password: is not used: OAuth2 gives the token.',
    ]);
  });

  test('says whose mailbox it is, also at a relay', async () => {
    expect(await problemsOf(...microsoft, '[Relay]', 'Host=h', 'OAuth2=ms')).toEqual([
      'PMailGat.ini:4: [Relay]: needs a User beside its token: the name of the mailbox.',
    ]);
  });

  test('RFC 6750 §5.3: no token in clear text, save on loopback', async () => {
    const clear = 'is none: an access token is not said in clear text (RFC 6750 §5.3).';
    expect(await problemsOf(...account('Port=110', 'Security=none', 'Token command=x'))).toEqual([
      `PMailGat.ini:5: [POP3 account: sales] Security: ${clear}`,
    ]);
    const relay = ['[Relay]', 'Host=h', 'Security=none', '[Relay login: a@x.example]', 'Token command=x'];
    expect(await problemsOf(...relay)).toEqual([`PMailGat.ini:3: [Relay] Security: ${clear}`]);
    expect(
      await problemsOf('[POP3 account: a]', 'Host=127.0.0.1', 'User=u', 'Security=none', 'Token command=x'),
    ).toEqual([]);
  });

  test('can stand in a list of accounts', async () => {
    await using home = await makeHome([...microsoft, '[Options]', 'Keep accounts in file=list.txt']);
    await home.put('list.txt', ['Name\tHost\tUser\tOAuth2', 'sales\th\tsales@x.example\tms']);
    expect(accepted(await home.load()).config.accounts[0]).toMatchObject({ oauth2: 'ms', authentication: 'xoauth2' });
  });
});
