import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeProblem } from '../../src/daemon/config/problem.ts';
import { Secret } from '../../src/daemon/base/secret.ts';
import { openVault, sealUnder } from '../../src/daemon/config/secrets.ts';
import { secret } from '../../src/daemon/config/secret-source.ts';
import { accepted, type Home, makeHome, problemsOf, refusal } from './home.ts';

const CANARY = 'correct-horse-battery';

/** Two accounts: one with that password, and one that has nothing to do with it. */
const accounts = (password: string) => [
  ...['[POP3 account: sales]', 'Host=pop.isp.com', 'User=sales', `Password=${password}`],
  ...['[POP3 account: other]', 'Host=pop.isp.com', 'User=other', 'Password=fine'],
];

/** What became of the first account; the other must be well. */
async function firstOf(home: Home, env: Record<string, string> = {}) {
  const { config, warnings } = accepted(await home.load(env));
  const [first, other] = config.accounts;
  expect(other).toMatchObject({ name: 'other', problem: null });
  const told = warnings.map(describeProblem);
  expect(inspect({ config, told }, { depth: 9, showHidden: true })).not.toContain(CANARY);
  return { password: first?.password?.reveal() ?? null, problem: first?.problem ?? null, told };
}

/** What became of the first account when its password is written so. */
async function sales(password: string, env: Record<string, string> = {}) {
  await using home = await makeHome(accounts(password));
  return firstOf(home, env);
}

describe('a secret', () => {
  const hidden = new Secret(CANARY);

  test('is shown as *** however it is shown', () => {
    const shown = [
      String(hidden),
      [hidden].join(),
      JSON.stringify({ hidden }),
      inspect({ hidden }, { showHidden: true, depth: 9 }),
      inspect(new Map([['k', hidden]])),
      new Error(String(hidden)).stack ?? '',
      JSON.stringify(structuredClone({ hidden })),
      Object.values(hidden).join(),
    ].join('\n');
    expect(shown).not.toContain(CANARY);
    expect([String(hidden), JSON.stringify(hidden), inspect(hidden)]).toEqual(['***', '"***"', '***']);
  });

  test('comes out only when it is asked for', () => {
    expect(hidden.reveal()).toBe(CANARY);
  });
});

describe('kept elsewhere', () => {
  test('a plain password is the password, with all that stands in it', async () => {
    expect((await sales('p;w#d=x \u00a0y')).password).toBe('p;w#d=x \u00a0y');
    expect((await sales('" x "')).password).toBe(' x ');
  });

  test('CFG07: a variable that is not set puts the one account to rest, and the others run', async () => {
    expect(await sales('env:POP_PASSWORD')).toEqual({
      password: null,
      problem: 'The password is not to be had: the environment variable POP_PASSWORD is not set.',
      told: [
        'PMailGat.ini:4: [POP3 account: sales] Password: the environment variable POP_PASSWORD is not set. Until then it is not used.',
      ],
    });
    expect((await sales('env:POP_PASSWORD', { POP_PASSWORD: CANARY })).password).toBe(CANARY);
    expect((await sales('env:constructor', {})).password).toBeNull();
    expect((await sales('env:POP_PASSWORD', { POP_PASSWORD: '' })).problem).toContain('is empty');
  });

  test('CFG07: of a file one line end at the end is no part of the secret; any other refuses it', async () => {
    await using home = await makeHome();
    const path = join(home.path, 'pop.secret');
    await home.put('PMailGat.ini', accounts(`file:${path}`));
    for (const [text, password] of [
      [CANARY, CANARY],
      [`${CANARY}\n`, CANARY],
      [`${CANARY}\r\n`, CANARY],
      [`${CANARY} \n`, `${CANARY} `],
    ] as const) {
      await home.put('pop.secret', text);
      expect((await firstOf(home)).password).toBe(password);
    }

    for (const text of [`${CANARY}\n\n`, `a\n${CANARY}`, `${CANARY}\0`, `${CANARY}\r`]) {
      await home.put('pop.secret', text);
      const { password, problem } = await firstOf(home);
      expect(password).toBeNull();
      expect(problem).toContain(`${path} holds a line end or another control character.`);
    }
  });

  test('CFG07: a file that is missing, empty, a folder, a FIFO or endless is told by its path', async () => {
    await using home = await makeHome();
    const path = join(home.path, 'pop.secret');
    await home.put('PMailGat.ini', accounts(`file:${path}`));
    expect((await firstOf(home)).problem).toContain(`${path} is not there.`);
    await home.put('pop.secret', '\n');
    expect((await firstOf(home)).problem).toContain(`${path} is empty.`);
    await rm(path);
    await mkdir(path);
    expect((await firstOf(home)).problem).toContain(`${path} is a folder.`);
    expect((await sales('file:/dev/zero')).problem).toContain('/dev/zero is no regular file.');
  });

  test('CFG06: a secret file that others can read is used, with a warning', async () => {
    await using home = await makeHome();
    const path = await home.put('pop.secret', CANARY, 0o644);
    await home.put('PMailGat.ini', accounts(`file:${path}`));
    const { password, told } = await firstOf(home);
    expect(password).toBe(CANARY);
    expect(told[0]).toContain('can be read by others (mode 0644). chmod 600 keeps it secret.');
  });

  test('CFG07: a reference that is none is refused, and not repeated: it may be a password', async () => {
    for (const password of [`env:${CANARY}`, `file:${CANARY}`, 'env:']) {
      const found = await problemsOf(...accounts(password));
      expect(found).toHaveLength(1);
      expect(found[0]).toContain('PMailGat.ini:4: [POP3 account: sales] Password: expected ');
      expect(found[0]).not.toContain(CANARY);
    }
  });

  test('CFG08: no password at all is never an empty one: the account rests', async () => {
    expect(await sales('')).toMatchObject({ password: null, problem: 'No password is given.' });
    await using home = await makeHome([
      '[Relay]',
      'Host=h',
      'User=u',
      '[Mail server]',
      'User=u',
      '[Relay login: a@b.c]',
      'User=u',
    ]);
    const { config } = accepted(await home.load());
    expect([config.relays[0], config.mailServer, config.relayLogins[0]].map((one) => one?.problem)).toEqual(
      Array.from({ length: 3 }, () => 'No password is given.'),
    );
  });

  test('without a user, or with a token instead, no password is needed', async () => {
    await using home = await makeHome([
      ...['[Relay]', 'Host=h', '[Mail server]'],
      ...['[POP3 account: a]', 'Host=h', 'User=u', 'Authentication=xoauth2', 'Token command=print-token'],
    ]);
    const { config, warnings } = accepted(await home.load());
    expect([config.relays[0], config.mailServer, config.accounts[0]].map((one) => one?.problem)).toEqual([
      null,
      null,
      null,
    ]);
    expect(warnings).toEqual([]);
  });

  test('CFG07: without the URL of the database nothing runs', async () => {
    await using home = await makeHome(['[Store]', 'Url=env:DATABASE_URL']);
    expect(refusal(await home.load())).toEqual([
      'PMailGat.ini:2: [Store] Url: the environment variable DATABASE_URL is not set.',
    ]);
    expect(refusal(await home.load({ DATABASE_URL: `mysql://u:${CANARY}@db` }))).toEqual([
      'PMailGat.ini:2: [Store] Url: expected a URL with postgres://, or nothing for SQLite in the home.',
    ]);
    const url = `postgres://u:${CANARY}@db/mail`;
    expect(accepted(await home.load({ DATABASE_URL: url })).config.store.url?.reveal()).toBe(url);
  });

  test('an outgoing user without his password cannot log in; the others can', async () => {
    await using home = await makeHome(['[Outgoing users]', 'anna=env:ANNA', 'bert=secret']);
    const { config, warnings } = accepted(await home.load());
    expect(config.outgoingUsers.map(({ name }) => name)).toEqual(['bert']);
    expect(warnings).toHaveLength(1);
  });
});

describe('stored encrypted', () => {
  test('S31: what was sealed opens again, in the file too, and makes secret.key with mode 0600', async () => {
    await using home = await makeHome();
    const sealed = await openVault(home.path, {}).seal(new Secret(CANARY));
    expect(sealed).toMatch(/^enc:[\w-]+$/);
    expect((await stat(join(home.path, 'secret.key'))).mode & 0o777).toBe(0o600);
    expect(await readdir(home.path)).toEqual(['secret.key']);

    await home.put('PMailGat.ini', accounts(sealed));
    expect(await firstOf(home)).toEqual({ password: CANARY, problem: null, told: [] });
  });

  test('S31: the same password is sealed differently each time, under one key', async () => {
    await using home = await makeHome();
    const vault = openVault(home.path, {});
    const first = await vault.seal(new Secret(CANARY));
    const key = await readFile(join(home.path, 'secret.key'), 'utf8');
    expect(await vault.seal(new Secret(CANARY))).not.toBe(first);
    expect(await readFile(join(home.path, 'secret.key'), 'utf8')).toBe(key);
  });

  test('S31: two that make the key at once end up with one', async () => {
    await using home = await makeHome();
    const all = await Promise.all(
      Array.from({ length: 8 }, (_, i) => openVault(home.path, {}).seal(new Secret(`secret ${i}`))),
    );
    const opened = all.map(async (text) => {
      const source = secret.read(text, '/');
      return source.ok && source.value ? openVault(home.path, {}).find(source.value) : null;
    });
    expect((await Promise.all(opened)).map((found) => found?.ok)).toEqual(Array.from({ length: 8 }, () => true));
    expect(await readdir(home.path)).toEqual(['secret.key']);
  });

  test('S31: any password opens as what it was', async () => {
    await using home = await makeHome();
    await openVault(home.path, {}).seal(new Secret('x'));
    const key = Buffer.from((await readFile(join(home.path, 'secret.key'), 'utf8')).trim(), 'hex');
    const anyPassword = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !/\p{Cc}/u.test(text));
    await fc.assert(
      fc.asyncProperty(anyPassword, fc.uint8Array({ minLength: 12, maxLength: 12 }), async (text, nonce) => {
        const source = secret.read(sealUnder(key, new Secret(text), nonce), '/');
        if (!source.ok || source.value === null) throw new Error('no source');
        const found = await openVault(home.path, {}).find(source.value);
        expect(found.ok && found.secret.reveal()).toBe(text);
      }),
      { numRuns: 100 },
    );
  });

  test('CFG08: a missing, wrong, damaged or open key puts the account to rest; no new key is made in its place', async () => {
    await using home = await makeHome();
    const sealed = await openVault(home.path, {}).seal(new Secret(CANARY));
    await home.put('PMailGat.ini', accounts(sealed));
    const path = join(home.path, 'secret.key');

    await chmod(path, 0o644);
    expect((await firstOf(home)).problem).toContain('secret.key can be read by others (mode 0644): chmod 600.');
    await writeFile(path, `${randomBytes(32).toString('hex')}\n`);
    await chmod(path, 0o600);
    expect((await firstOf(home)).problem).toContain('does not open with this secret.key; enter it again.');
    await writeFile(path, 'x');
    expect((await firstOf(home)).problem).toContain('secret.key is damaged.');
    await expect(openVault(home.path, {}).seal(new Secret('x'))).rejects.toThrow('secret.key is damaged.');
    await rm(path);
    expect(await firstOf(home)).toMatchObject({
      password: null,
      problem: expect.stringContaining('secret.key is not there'),
    });
    expect(await readdir(home.path)).toEqual(['PMailGat.ini']);
  });

  test('CFG08: a text that is cut, flipped or none is refused as a whole, wherever it is touched', async () => {
    await using home = await makeHome();
    const sealed = await openVault(home.path, {}).seal(new Secret(CANARY));
    const octets = Buffer.from(sealed.slice(4), 'base64url');
    const broken = [
      ...Array.from(octets.keys(), (index) => Buffer.from(octets.map((octet, i) => (i === index ? octet ^ 1 : octet)))),
      ...Array.from(octets.keys(), (length) => octets.subarray(0, length)),
    ].map((bytes) => `enc:${bytes.toString('base64url')}`);

    for (const text of [...broken, `${sealed}!`, 'enc:', 'enc:passw0rd']) {
      const source = secret.read(text, '/');
      if (!source.ok || source.value === null) throw new Error('no source');
      expect(await openVault(home.path, {}).find(source.value)).toMatchObject({ ok: false });
    }
    await home.put('PMailGat.ini', accounts(broken[20] as string));
    expect(await firstOf(home)).toMatchObject({ password: null });
  });

  test('CFG08: a sealed empty password is none', async () => {
    await using home = await makeHome();
    await home.put('PMailGat.ini', accounts(await openVault(home.path, {}).seal(new Secret(''))));
    expect((await firstOf(home)).problem).toContain('the stored password is empty.');
  });
});
