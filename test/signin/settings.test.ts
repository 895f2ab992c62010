/** Who logs in with a token, by the configuration; and whom a person means. */
import { describe, expect, test } from 'vitest';
import { days } from '../../src/daemon/base/clock.ts';
import type { Config } from '../../src/daemon/config/config.ts';
import { loginMechanism, signInSettings, usesToken, xoauth2Form } from '../../src/daemon/signin/settings.ts';
import { accountKey, findSubject, relayKey, relayLoginKey, unknownSubject } from '../../src/daemon/signin/subject.ts';
import { accepted, makeHome } from '../config/home.ts';

const PROVIDER = ['[OAuth2: ms]', 'Provider=microsoft', 'Client id=app', 'Warn before token dies days=14'];

async function configOf(...lines: readonly string[]): Promise<Config> {
  await using home = await makeHome([...PROVIDER, ...lines]);
  return accepted(await home.load()).config;
}

const account = (name: string, ...lines: string[]) => [
  `[POP3 account: ${name}]`,
  `Host=${name}`,
  'User=u@x.example',
  ...lines,
];

describe('the subjects', () => {
  test('are the accounts, relays and relay logins with a token, each with the scope of its use', async () => {
    const config = await configOf(
      ...account('sales', 'OAuth2=ms'),
      ...account('info', 'Token command=/bin/token info'),
      ...account('old', 'Password=p'),
      ...['[Relay]', 'Host=h', 'User=relay@x.example', 'OAuth2=ms'],
      ...['[Relay: partner]', 'Host=h', 'User=p@x.example', 'OAuth2=ms', 'Sender domains=p.example'],
      ...['[Relay login: anna@x.example]', 'OAuth2=ms'],
    );
    const { subjects, home } = signInSettings(config);

    expect(home).toBe(config.home);
    expect(subjects.map(({ key, name, account: of, user }) => [key, name, of, user])).toEqual([
      ['POP3 account: sales', 'sales', 'sales', 'u@x.example'],
      ['POP3 account: info', 'info', 'info', 'u@x.example'],
      ['Relay', 'relay', null, 'relay@x.example'],
      ['Relay: partner', 'partner', null, 'p@x.example'],
      ['Relay login: anna@x.example', 'anna@x.example', null, 'anna@x.example'],
    ]);
    expect(subjects.map(({ source }) => (source.is === 'command' ? source.words : source.provider.scope))).toEqual([
      'https://outlook.office.com/POP.AccessAsUser.All offline_access',
      ['/bin/token', 'info'],
      ...Array(3).fill('https://outlook.office.com/SMTP.Send offline_access'),
    ]);
    expect(subjects[0]?.source).toMatchObject({ provider: { name: 'ms', signInBy: 'device', warnBefore: days(14) } });
    expect(config.accounts.map(usesToken)).toEqual([true, true, false]);
  });

  test('of a provider whose secret cannot be had are none: they rest', async () => {
    const config = await configOf(
      ...['[OAuth2: firma]', 'Client id=a', 'Client secret=env:NOT_SET', 'Token endpoint=https://x.example/'],
      ...['Device authorization endpoint=https://x.example/', ...account('sales', 'OAuth2=firma')],
    );
    expect(signInSettings(config).subjects).toEqual([]);
    expect(config.accounts[0]?.problem).toContain('NOT_SET');
  });

  test('are named by their keys where a name would be two', async () => {
    const { subjects } = signInSettings(
      await configOf(
        ...account('Relay', 'OAuth2=ms'),
        ...account('partner', 'OAuth2=ms'),
        ...['[Relay]', 'Host=h', 'User=a', 'OAuth2=ms'],
        ...['[Relay: Partner]', 'Host=h', 'User=b', 'OAuth2=ms', 'Sender domains=p.example'],
      ),
    );
    expect(subjects.map(({ name }) => name)).toEqual([
      ...['POP3 account: Relay', 'POP3 account: partner', 'Relay', 'Relay: Partner'],
    ]);
    for (const subject of subjects) expect(findSubject(subjects, subject.name)).toBe(subject);
  });

  test('are found by key or name, without case; whoever is unknown hears the nearest one', async () => {
    const { subjects } = signInSettings(await configOf(...account('sales', 'OAuth2=ms')));
    for (const named of ['sales', 'SALES', accountKey('sales'), 'pop3 account:  sales']) {
      expect(findSubject(subjects, named)).toBe(subjects[0]);
    }
    for (const named of ['sale', '', relayKey(''), relayLoginKey('sales')])
      expect(findSubject(subjects, named)).toBeNull();
    expect(unknownSubject(subjects, 'slaes')).toContain('The nearest one is "sales".');
    expect(unknownSubject([], 'x')).toContain('Set OAuth2=');
  });
});

test('a sender’s own login is said as its token or the relay wants it, never with a password in place of a token', async () => {
  const mechanisms = async (relay: string[], login: string[]) => {
    const config = await configOf('[Relay]', 'Host=h', 'User=u', ...relay, '[Relay login: a@x.example]', ...login);
    const [one] = config.relays;
    const [own] = config.relayLogins;
    return one && own ? loginMechanism(one, own) : null;
  };
  expect(await mechanisms(['OAuth2=ms'], ['OAuth2=ms'])).toBe('xoauth2');
  expect(await mechanisms(['Password=p'], ['OAuth2=ms'])).toBe('xoauth2');
  expect(await mechanisms(['OAuth2=ms'], ['Password=p'])).toBe('auto');
  expect(await mechanisms(['Password=p', 'Authentication=login'], ['Password=p'])).toBe('login');
});

test('Microsoft’s mailboxes are logged in to in two steps, whatever their host is called', async () => {
  const config = await configOf(
    ...account('a', 'OAuth2=ms'),
    ...account('b', 'Token command=x'),
    ...account('c', 'Password=p'),
  );
  expect(config.accounts.map((one) => xoauth2Form(one, config))).toEqual(['in two steps', undefined, undefined]);
});
