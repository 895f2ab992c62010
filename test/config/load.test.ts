import { execFileSync } from 'node:child_process';
import { chmod, mkdir, open, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/daemon/config/load.ts';
import { describeProblem } from '../../src/daemon/config/problem.ts';
import { sectionTables } from '../../src/daemon/config/schema.ts';
import { exposureOf, readSmallFile, whyNot } from '../../src/daemon/config/small-file.ts';
import { accepted, makeHome, problemsOf, refusal, warningsOf } from './home.ts';

const account = ['[POP3 account: sales]', 'Host=pop.isp.com', 'User=sales', 'Password=hunter2'];

describe('the file', () => {
  test.each(['PMailGat.ini', 'PMAILGAT.INI', 'pmailgat.ini'])(
    'S19: %s is found, whatever its letters',
    async (name) => {
      await using home = await makeHome();
      const file = await home.put(name, '[Options]');
      expect(accepted(await home.load()).config.file).toBe(file);
    },
  );

  test('S18: of two files that differ in their letters neither hides the other', async () => {
    await using home = await makeHome('[Options]');
    await home.put('PMAILGAT.INI', '[Options]\nPaused=1');
    expect(refusal(await home.load())).toEqual([`PMailGat.ini: stands beside PMAILGAT.INI in ${home.path}. Keep one.`]);
  });

  test('CFG01: a missing file is told with the home, and what writes one', async () => {
    await using home = await makeHome();
    expect(refusal(await home.load())).toEqual([`PMailGat.ini: is not in ${home.path}. "mailgate init" writes one.`]);
    const nowhere = join(home.path, 'nowhere');
    expect(refusal(await loadConfig(nowhere, {}))).toEqual([`PMailGat.ini: its folder ${nowhere} is not there.`]);
    const file = await home.put('x', '');
    expect(refusal(await loadConfig(file, {}))[0]).toContain('cannot be read: a part of its path is no folder.');
  });

  test.each(['', '\n \r\n\t\n', '\ufeff'])('CFG01: an empty file (%j) is told', async (text) => {
    await using home = await makeHome(text);
    expect(refusal(await home.load())).toEqual(['PMailGat.ini: is empty. "mailgate init" writes one.']);
  });

  test('CFG01: a directory in its place is told', async () => {
    await using home = await makeHome();
    await mkdir(join(home.path, 'PMailGat.ini'));
    expect(refusal(await home.load())).toEqual(['PMailGat.ini: is a folder.']);
  });

  test('CFG01: a FIFO in its place is told, and nobody waits for its writer', async () => {
    await using home = await makeHome();
    // Node has no call for it.
    const maker = 'mkfifo';
    execFileSync(maker, [join(home.path, 'PMailGat.ini')]);
    expect(refusal(await home.load())).toEqual(['PMailGat.ini: is no regular file.']);
  });

  test('CFG01: a socket in its place is told', async () => {
    await using home = await makeHome();
    await using server = createServer().listen(join(home.path, 'PMailGat.ini'));
    await new Promise((listening) => server.once('listening', listening));
    expect(refusal(await home.load())).toEqual(['PMailGat.ini: is no regular file.']);
  });

  test('CFG01: a gigabyte is told from its size alone', async () => {
    await using home = await makeHome('[Options]');
    await using file = await open(join(home.path, 'PMailGat.ini'), 'r+');
    await file.truncate(2 ** 30);
    expect(refusal(await home.load())).toEqual([
      'PMailGat.ini: is larger than 4194304 octets, which is no file of this kind.',
    ]);
  });

  test('CFG01: four megabytes of empty lines are told without being read as lines', async () => {
    await using home = await makeHome('\n'.repeat(4_000_000));
    const many = 'has more than 200000 lines, which is no file of this kind.';
    expect(refusal(await home.load())).toEqual([`PMailGat.ini: ${many}`]);
    await home.put('PMailGat.ini', ['[Options]', 'Keep accounts in file=list.txt']);
    await home.put('list.txt', '\n'.repeat(4_000_000));
    expect(refusal(await home.load())).toEqual([`list.txt: ${many}`]);
  });

  test('CFG01: a file whose size says nothing is read up to the limit only', async () => {
    // Each file of /proc says that it has 0 octets.
    expect(await readSmallFile('/proc/self/status', 16)).toMatchObject({ ok: false, missing: false });
    expect(await readSmallFile('/proc/self/status', 65_536)).toMatchObject({ ok: true });
  });

  test('CFG01: an unreadable file is told', async () => {
    await using home = await makeHome();
    await symlink('PMailGat.ini', join(home.path, 'PMailGat.ini'));
    expect(refusal(await home.load())).toEqual(['PMailGat.ini: is a symbolic link in a loop.']);
    expect(whyNot('EACCES')).toBe('cannot be read: permission denied');
    expect(whyNot('EIO')).toBe('cannot be read: EIO');
  });

  test('CFG01: a file without the right to read it is told', async () => {
    await using home = await makeHome();
    await home.put('PMailGat.ini', '[Options]', 0o000);
    await chmod(home.path, 0o755);
    const loaded = await unprivileged(() => home.load());
    expect(refusal(loaded)).toEqual(['PMailGat.ini: cannot be read: permission denied.']);
  });

  test('CFG02: Windows-1252 is accepted with a warning', async () => {
    await using home = await makeHome();
    await home.put('PMailGat.ini', Buffer.from('[POP3 account: Été]\r\nHost=h\r\nUser=u\r\nPassword=p\r\n', 'latin1'));
    const { config, warnings } = accepted(await home.load());
    expect(config.accounts[0]?.name).toBe('Été');
    expect(warnings.map((warning) => warning.message)).toEqual(['is not UTF-8; it was read as Windows-1252.']);
  });

  test('a home too deep for its socket is refused with that reason', async () => {
    await using home = await makeHome();
    const deep = join(home.path, 'd'.repeat(100));
    await mkdir(deep);
    await home.put(join('d'.repeat(100), 'PMailGat.ini'), '[Options]');
    const socket = join(deep, 'control.sock');
    expect(refusal(await loadConfig(deep, {}))).toEqual([
      `PMailGat.ini: [Remote control] Socket: ${socket} has ${socket.length} octets, and the path of a Unix socket has at most 107. Choose a shorter home.`,
    ]);
  });

  test('a named file that is not there is told at its key', async () => {
    await using home = await makeHome([
      '[Mail server]',
      'CA file=ca.pem',
      '[Outgoing mail]',
      'Disclaimer file=/nowhere/x',
    ]);
    expect(refusal(await home.load())).toEqual([
      `PMailGat.ini:2: [Mail server] CA file: ${join(home.path, 'ca.pem')} is not there.`,
      'PMailGat.ini:4: [Outgoing mail] Disclaimer file: /nowhere/x is not there.',
    ]);
    await home.put('ca.pem', '');
    await home.put('PMailGat.ini', ['[Mail server]', 'CA file=ca.pem']);
    expect(accepted(await home.load()).config.mailServer?.caFile).toBe(join(home.path, 'ca.pem'));
  });

  test('a thousand accounts, recipients and relay logins are read', async () => {
    const numbers = Array.from({ length: 1000 }, (_, i) => i);
    await using home = await makeHome(
      numbers.flatMap((i) => [
        ...[`[POP3 account: a${i}]`, 'Host=pop.isp.com', `User=u${i}`, 'Password=p'],
        ...[`[Recipient: a${i}]`, `SMTP address=a${i}@company.com`, `POP3 accounts=a${i}`],
        ...[`[Relay login: a${i}@company.com]`, `User=u${i}`, 'Password=p'],
      ]),
    );
    const { config, warnings } = accepted(await home.load());
    expect([config.accounts.length, config.recipients.length, config.relayLogins.length]).toEqual([1000, 1000, 1000]);
    expect(warnings).toEqual([]);
  });
});

describe('passwords in clear', () => {
  test.each([0o644, 0o640, 0o660])(
    'CFG06: in a file of mode %o they refuse it, and chmod 600 is the advice',
    async (mode) => {
      await using home = await makeHome();
      await home.put('PMailGat.ini', account, mode);
      expect(refusal(await home.load())).toEqual([
        `PMailGat.ini:4: [POP3 account: sales] Password: stands in clear in a file that can be read by others (mode 0${mode.toString(8)}). chmod 600 PMailGat.ini, owned by who runs mailgate.`,
      ]);
      await chmod(join(home.path, 'PMailGat.ini'), 0o600);
      expect((await home.load()).ok).toBe(true);
    },
  );

  test.each([
    ['[Mail server]', 'User=u', 'Password=hunter2'],
    ['[Relay]', 'User=u', 'Password=hunter2'],
    ['[Relay login: a@b.example]', 'User=u', 'Password=hunter2'],
    ['[Outgoing users]', 'anna=hunter2'],
    ['[Store]', 'Url=postgres://u:hunter2@db/x'],
  ])('CFG06: %s is looked at, too, and the password is not repeated', async (...lines) => {
    await using home = await makeHome();
    await home.put('PMailGat.ini', lines, 0o644);
    const [found, ...others] = refusal(await home.load());
    expect(others).toEqual([]);
    expect(found).toContain('chmod 600');
    expect(found).not.toContain('hunter2');
  });

  test('CFG06: a readable file is allowed as long as its secrets are elsewhere', async () => {
    await using home = await makeHome();
    await home.put('PMailGat.ini', [...account.slice(0, 3), 'Password=env:POP_PASSWORD'], 0o644);
    expect((await home.load({ POP_PASSWORD: 'x' })).ok).toBe(true);
  });

  test('CFG06: a file of another user is as bad as one that all can read; one of root is not', () => {
    const mode = 0o100600;
    expect(exposureOf({ mode, uid: 1000 }, 1000)).toBeNull();
    expect(exposureOf({ mode, uid: 0 }, 1000)).toBeNull();
    expect(exposureOf({ mode, uid: 1001 }, 1000)).toBe('belongs to another user');
    expect(exposureOf({ mode: 0o100604, uid: 1000 }, 1000)).toBe('can be read by others (mode 0604)');
  });
});

describe('lists', () => {
  const names = ['[Options]', 'Keep accounts in file=PmgAccountlist.txt', 'Keep Recipients in file=PmgRecipients.txt'];

  test('S25, S29: as long as the file is not there, the accounts are read from the INI', async () => {
    await using home = await makeHome([...names, ...account]);
    expect(accepted(await home.load()).config.accounts.map(({ name }) => name)).toEqual(['sales']);
  });

  test('S26, S27, S29, S30: once it is there, it is read and the INI is not, which is said', async () => {
    await using home = await makeHome([...names, ...account, '[Recipient: old]', 'SMTP address=old@company.com']);
    await home.put('PmgAccountlist.txt', 'Name\tHost\tUSER\tPassword\tKeep on server\nsupport\tpop.isp.com\ts\tp\t1\n');
    await home.put('PmgRecipients.txt', 'Name\tSMTP address\r\nsupport\tsupport@company.com\r\n\r\n');
    const { config, warnings } = accepted(await home.load());

    expect(config.accounts).toMatchObject([{ name: 'support', user: 's', port: 995, keepOnServer: true }]);
    expect(config.accounts[0]?.password?.reveal()).toBe('p');
    expect(config.recipients).toMatchObject([{ name: 'support', address: 'support@company.com' }]);
    expect(warnings.map((warning) => `${warning.line} ${warning.message}`)).toEqual([
      '4 is not read, nor others like it: PmgAccountlist.txt is there and is read instead.',
      '8 is not read, nor others like it: PmgRecipients.txt is there and is read instead.',
    ]);
  });

  test('S28: names of files without a path, two that differ, and not that of the INI', async () => {
    const found = async (accounts: string, recipients: string) => {
      const lines = ['[Options]', `Keep accounts in file=${accounts}`, `Keep Recipients in file=${recipients}`];
      await using home = await makeHome(lines);
      return refusal(await home.load());
    };
    for (const path of ['../list.txt', '/tmp/list.txt', 'C:\\list.txt', 'sub/list.txt', '..']) {
      expect(await found(path, '')).toEqual([
        `PMailGat.ini:2: [Options] Keep accounts in file: expected empty, or the plain name of a file, without a path, found "${path}".`,
      ]);
    }
    expect(await found('list.txt', 'LIST.TXT')).toEqual([
      'PMailGat.ini:3: [Options] Keep Recipients in file: is the file of the accounts already. The two need a name each.',
    ]);
    expect(await found('', 'pmailgat.INI')).toHaveLength(1);
  });

  test('CFG04, CFG06: what is wrong in a list is told with its file and row', async () => {
    await using home = await makeHome(names);
    await home.put('PmgAccountlist.txt', 'Name\tHost\tUser\tPassword\tPort\na\th\tu\tp\tpop3\n', 0o644);
    await home.put('PmgRecipients.txt', '', 0o600);
    const found = refusal(await home.load());
    expect(found.map((line) => line.slice(0, 60))).toEqual([
      'PmgAccountlist.txt:2: [POP3 account: a] Port: expected 1 to ',
      'PmgAccountlist.txt:2: [POP3 account: a] Password: stands in ',
      'PmgRecipients.txt: is empty; expected a first row that names',
    ]);
  });

  test('CFG01: a list that cannot be read is told at the key that names it', async () => {
    await using home = await makeHome(names.slice(0, 2));
    await mkdir(join(home.path, 'PmgAccountlist.txt'));
    expect(refusal(await home.load())).toEqual([
      'PMailGat.ini:2: [Options] Keep accounts in file: PmgAccountlist.txt is a folder.',
    ]);
    await rm(join(home.path, 'PmgAccountlist.txt'), { recursive: true });
    expect((await home.load()).ok).toBe(true);
  });
});

describe('for any file', () => {
  const names = sectionTables.flatMap((table) => Object.values(table.keys).map((key) => key.name));
  const sections = sectionTables.map((table) => (table.named === undefined ? table.name : `${table.name}: x`));
  const value = fc.oneof(
    fc.constantFrom(
      '',
      '0',
      '1',
      '25',
      '-1',
      'tls',
      'a@b.example',
      '127.0.0.1',
      '0.0.0.0/0',
      'env:HOME',
      'enc:AAAA',
      '{KW}',
    ),
    fc.string({ unit: 'grapheme' }),
  );
  const line = fc.tuple(fc.oneof(fc.constantFrom(...names), fc.string()), value).map(([key, text]) => `${key}=${text}`);
  const section = fc
    .tuple(fc.oneof(fc.constantFrom(...sections), fc.string()), fc.array(line, { maxLength: 8 }))
    .map(([name, lines]) => [`[${name}]`, ...lines].join('\n'));

  test('CFG01, CFG03, CFG04: it is accepted, or refused with reasons that are each one line; nothing is thrown', async () => {
    await using home = await makeHome();
    await fc.assert(
      fc.asyncProperty(fc.array(section, { maxLength: 6 }), async (file) => {
        await home.put('PMailGat.ini', file);
        const loaded = await home.load();
        const told = (loaded.ok ? loaded.warnings : loaded.problems).map(describeProblem);
        expect(loaded.ok || told.length > 0).toBe(true);
        expect(told.filter((text) => /\p{Cc}/u.test(text))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

test('what is wrong with a file cannot steer the terminal that shows it, and is cut when it is long', async () => {
  const [key, text] = await problemsOf('[Options]', `\u202eevil${'x'.repeat(5000)}=1`, 'Paused=\u202e\u2066');
  expect(key).toContain('[Options] \\u{202e}evilxxx');
  expect(key?.length).toBeLessThan(300);
  expect(text).toBe('PMailGat.ini:3: [Options] Paused: expected 0 or 1, found "\\u{202e}\\u{2066}".');
});

test('S96: what mailgate check reports of odd blanks does not keep the file from being used', async () => {
  expect(await warningsOf('[Options]', 'POP3\u00a0Trace=1')).toHaveLength(1);
});

/** Root may read everything: its rights are put down for as long as `work` takes. */
async function unprivileged<T>(work: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return await work();
  process.seteuid?.(65_534); // nobody
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}
