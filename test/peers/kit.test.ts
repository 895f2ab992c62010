/** The test kit itself: the real peers carry bytes as they are, refuse what they are told to, and leave nothing behind. */
import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { makeCertificate } from '../kit/certificate.ts';
import { startDovecot } from '../kit/dovecot.ts';
import { startPostfix } from '../kit/postfix.ts';
import { sessionMembers, startProcess, written } from '../kit/process.ts';
import { openPop3 } from '../kit/raw-pop3.ts';
import { peersInstalled } from '../kit/require.ts';
import { scratchFolder } from '../kit/scratch.ts';
import { swaks } from '../kit/swaks.ts';
import { startTmux } from '../kit/tmux.ts';
import { until } from '../kit/until.ts';

/** What is easily spoilt on the way: every octet above 0x7F, dots, long lines, fields that mail servers like to drop. */
const MESSAGES = [
  'Subject: plain\r\n\r\nOne line.\r\n',
  'Subject: dots\r\n\r\n.\r\n..\r\n...\r\n.dot\r\n\r\n.\r\n',
  `Subject: octets\r\n\r\n${String.fromCharCode(...Array.from({ length: 128 }, (_, n) => 128 + n))}\r\n`,
  `Subject: long\r\n\r\n${'0123456789'.repeat(700)}\r\nFrom here on\r\n`,
  'Return-Path: <a@old.example>\r\nDelivered-To: b@old.example\r\nBcc: c@old.example\r\nTo: d@old.example\r\n\r\n\r\n\r\n',
  'Subject: no body\r\nX-Folded: one\r\n\ttwo  three \r\n\r\n',
].map((text) => Buffer.from(text, 'latin1'));

describe('children', () => {
  test('one that ignores SIGTERM is ended, with what it started', async () => {
    const child = await startProcess(['sh', '-c', 'trap "" TERM; sleep 1000 & echo ready; wait']);
    await written(/^ready$/m, child);
    expect(sessionMembers(child.pid)).toHaveLength(2);

    await child.stop({ grace: 100 });

    expect(sessionMembers(child.pid)).toEqual([]);
  });

  test('one whose starter is killed does not outlive it', async () => {
    const kit = new URL('../kit/process.ts', import.meta.url).href;
    const starter = `const { startProcess } = await import('${kit}');
      console.log('started', (await startProcess(['sleep', '1000'])).pid);
      setInterval(() => {}, 1000);`;
    await using child = await startProcess([process.execPath, '--input-type=module', '--eval', starter]);
    const sleeper = Number((await written(/^started (\d+)$/m, child))[1]);
    expect(sessionMembers(sleeper)).toHaveLength(1);

    await child.stop({ signal: 'SIGKILL' });

    await until('the sleeper to end', () => sessionMembers(sleeper).length === 0 || undefined);
  });

  test('one that cannot start, or ends too early, is an error that says why', async () => {
    await expect(startProcess(['no-such-program-here'])).rejects.toThrow('no-such-program-here cannot be started');
    await using child = await startProcess(['sh', '-c', 'echo "port is taken" >&2; exit 3']);
    await expect(written(/ready/, child)).rejects.toThrow(/ended with 3.*port is taken/s);
  });
});

describe('a peer that is not installed', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  test('skips its tests aloud, and never where no test may be skipped', () => {
    const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    vi.stubEnv('PATH', '');
    vi.stubEnv('MAILGATE_NO_SKIP', undefined);
    expect(peersInstalled(['tmux'])).toBe(false);
    expect(said).toHaveBeenCalledWith(expect.stringMatching(/SKIPPED.*apt-get install tmux/));

    vi.stubEnv('MAILGATE_NO_SKIP', '1');
    expect(() => peersInstalled(['tmux'])).toThrow(/no test may be skipped.*apt-get install tmux/);
  });
});

describe('scratch folders', () => {
  const paths: string[] = [];

  test('are there while the test runs', async () => {
    await using scratch = await scratchFolder('kit');
    await writeFile(scratch.file('note'), 'x');
    expect(existsSync(scratch.file('note'))).toBe(true);
    paths.push(scratch.path);
  });

  test.fails('are there while a test that fails runs', async () => {
    await using scratch = await scratchFolder('kit');
    paths.push(scratch.path);
    throw new Error('on purpose');
  });

  test('go with a test that passed, and stay for one that failed', async () => {
    const [passed = '', failed = ''] = paths;
    expect(existsSync(passed)).toBe(process.env['KEEP_SCRATCH'] !== undefined);
    expect(existsSync(failed)).toBe(true);
    await rm(failed, { recursive: true });
  });
});

describe.runIf(peersInstalled(['dovecot', 'openssl']))('Dovecot', () => {
  test('gives each message back byte for byte, over plain POP3, STLS and TLS', async () => {
    await using tls = await makeCertificate();
    await using dovecot = await startDovecot({ users: { 'anna@firma.example': 'geheim: {x}' }, tls });
    for (const message of MESSAGES) await dovecot.deliver('anna@firma.example', message);

    const { caFile, fingerprint256 } = tls;
    const ways = [
      { port: dovecot.port },
      { port: dovecot.port, tls: { mode: 'stls', caFile } },
      { port: dovecot.tlsPort, tls: { mode: 'implicit', caFile } },
    ] as const;
    for (const way of ways) {
      await using pop3 = await openPop3(way);
      expect(pop3.fingerprint256).toBe('tls' in way ? fingerprint256 : undefined);
      await pop3.ask('USER anna@firma.example');
      expect(await pop3.ask('PASS geheim: {x}')).toMatch(/^\+OK/);
      const sizes = MESSAGES.map((message, index) => `${index + 1} ${message.length}\r\n`).join('');
      expect((await pop3.askForLines('LIST')).toString()).toBe(sizes);
      for (const [index, message] of MESSAGES.entries()) {
        expect(await pop3.askForLines(`RETR ${index + 1}`)).toEqual(message);
      }
    }
    expect(await dovecot.messages('anna@firma.example')).toEqual(MESSAGES);
  });

  test('deletes at QUIT, refuses a wrong password, and keeps mail and ports over a restart', async () => {
    await using dovecot = await startDovecot({ users: { anna: 'pw', bert: 'pw' } });
    for (const message of MESSAGES) await dovecot.deliver('anna', message);
    {
      await using pop3 = await openPop3(dovecot);
      await pop3.ask('USER anna');
      expect(await pop3.ask('PASS wrong')).toMatch(/^-ERR/);
      await pop3.ask('USER anna');
      await pop3.ask('PASS pw');
      await pop3.ask('DELE 1');
      expect(await dovecot.count('anna')).toBe(MESSAGES.length);
      expect(await pop3.ask('QUIT')).toMatch(/^\+OK/);
    }
    await dovecot.stop();
    await expect(openPop3(dovecot)).rejects.toThrow('ECONNREFUSED');
    await dovecot.restart();

    await using pop3 = await openPop3(dovecot);
    await pop3.ask('USER anna');
    await pop3.ask('PASS pw');
    expect(await pop3.askForLines('RETR 1')).toEqual(MESSAGES[1]);
    expect(await dovecot.count('anna')).toBe(MESSAGES.length - 1);
    expect(await dovecot.count('bert')).toBe(0);
  });

  test('holds thirty sessions open at once', async () => {
    await using dovecot = await startDovecot({ users: { anna: 'pw' } });
    await using sessions = new AsyncDisposableStack();
    const answers = await Promise.all(
      Array.from({ length: 30 }, async () => {
        const pop3 = sessions.use(await openPop3(dovecot));
        await pop3.ask('USER anna');
        return await pop3.ask('PASS pw');
      }),
    );
    expect(answers.filter((answer) => answer.startsWith('+OK'))).toHaveLength(30);
  });

  test('that cannot start says why', async () => {
    const nowhere = { certFile: '/nowhere/server.pem', keyFile: '/nowhere/server.key' };
    await expect(startDovecot({ users: {}, tls: nowhere })).rejects.toThrow(
      /Dovecot did not start.*\/nowhere\/server\.pem/s,
    );
  });
});

describe.runIf(peersInstalled(['postfix', 'swaks']))('Postfix as the internal server', () => {
  test('takes mail for its domains byte for byte, for each recipient, and no other mail', async () => {
    await using postfix = await startPostfix({ mode: 'internal', domains: ['firma.example', 'firma.test'] });
    const { port } = postfix;
    const from = 'sender@kunde.example';
    const to = ['anna@firma.example', 'Bert@firma.test'];
    for (const content of MESSAGES) expect(await swaks({ port, from, to, content })).toMatchObject({ code: 0 });
    const relayed = await swaks({ port, from, to: ['carl@elsewhere.example'] });

    expect(relayed.output).toContain('554 5.7.1 <carl@elsewhere.example>: Relay access denied');
    const delivered = await postfix.delivered(2 * MESSAGES.length);
    expect(new Set(delivered.map(({ sender }) => sender))).toEqual(new Set([from]));
    for (const address of to) expect(await postfix.received(address)).toEqual(MESSAGES);
  });

  test('refuses the recipients it was told to, for good or for now, until it is told otherwise', async () => {
    const [rejectRecipients, deferRecipients] = [['nobody@firma.example'], ['later@firma.example']];
    await using postfix = await startPostfix({
      mode: 'internal',
      domains: ['firma.example'],
      rejectRecipients,
      deferRecipients,
    });
    const mail = { port: postfix.port, from: '<>' };
    expect((await swaks({ ...mail, to: rejectRecipients })).output).toMatch(
      /^<\*\* 550 5\.1\.1 <nobody@firma\.example>/m,
    );
    expect((await swaks({ ...mail, to: deferRecipients })).output).toMatch(
      /^<\*\* 450 4\.2\.0 <later@firma\.example>/m,
    );

    await postfix.refuse({ rejectRecipients });
    expect(await swaks({ ...mail, to: deferRecipients })).toMatchObject({ code: 0 });
    expect(await postfix.delivered(1)).toMatchObject([{ sender: '', recipient: 'later@firma.example' }]);
  });
});

describe.runIf(peersInstalled(['postfix', 'dovecot', 'openssl', 'swaks with TLS']))('Postfix as the relay', () => {
  test('takes mail for everybody, after STARTTLS and AUTH only', async () => {
    await using tls = await makeCertificate();
    const auth = { user: 'mailgate', password: 'pass: word' };
    await using relay = await startPostfix({ mode: 'relay', tls, auth });
    const mail = { port: relay.port, from: 'a@firma.example', to: ['b@kunde.example'] };
    const starttls = { mode: 'starttls', caFile: tls.caFile } as const;
    const implicit = { port: relay.tlsPort, tls: { mode: 'implicit', caFile: tls.caFile } } as const;

    const unknown = await swaks({ ...mail, tls: starttls });
    expect(unknown.output).toMatch(/^<~\* 554 5\.7\.1 <b@kunde\.example>: Recipient address rejected/m);
    const wrong = await swaks({ ...mail, tls: starttls, auth: { ...auth, password: 'wrong' } });
    expect(wrong.output).toContain('535 5.7.8');
    const unencrypted = await swaks({ ...mail, auth });
    expect(unencrypted.output).toContain('Host did not advertise authentication');

    const contents = MESSAGES.slice(0, 3);
    for (const content of contents) {
      expect(await swaks({ ...mail, content, tls: starttls, auth })).toMatchObject({ code: 0 });
    }
    expect(await swaks({ ...mail, ...implicit, auth })).toMatchObject({ code: 0 });
    await relay.delivered(contents.length + 1);
    expect((await relay.received('b@kunde.example')).slice(0, contents.length)).toEqual(contents);
  });
});

describe.runIf(peersInstalled(['tmux']))('a terminal', () => {
  const SHELL = [
    'sh',
    '-c',
    'stty size; echo "$GREETING"; while read -r word; do echo "<$word>"; stty size; done',
  ] as const;

  test('shows what a program writes, takes keys, and changes its size', async () => {
    await using terminal = await startTmux({ columns: 70, rows: 12, command: SHELL, env: { GREETING: 'Grüße' } });
    expect(await terminal.screen((text) => text.includes('Grüße'))).toMatch(/^12 70\nGrüße\n/);

    await terminal.resize(100, 30);
    await terminal.send('a', 'b', 'Enter');
    expect(await terminal.screen((text) => text.includes('30 100'))).toContain('<ab>');
    await terminal.type('Enter');
    await terminal.send('Enter');
    await terminal.screen((text) => text.includes('<Enter>'));
    expect((await terminal.raw()).toString()).toMatch(/^12 70\r\nGrüße\r\n/);
    expect(await terminal.alive()).toBe(true);
  });

  test('keeps the last screen and the exit code of a program that ended', async () => {
    await using terminal = await startTmux({ columns: 40, rows: 5, command: ['sh', '-c', 'echo bye; exit 7'] });
    await terminal.screen((text) => text.startsWith('bye\n'));
    await expect(terminal.screen((text) => text.includes('never'))).rejects.toThrow(/ended with 7.*bye/s);
    expect(await terminal.exitCode()).toBe(7);
    expect(await terminal.alive()).toBe(false);

    await using killed = await startTmux({ columns: 40, rows: 5, command: ['sh', '-c', 'kill -9 $$'] });
    await expect(killed.screen((text) => text.includes('never'))).rejects.toThrow(/ended with 137/);
  });

  test('is gone after kill, with the program in it', async () => {
    const command = ['sh', '-c', 'trap "" HUP; ps -o sid= -p $$; sleep 1000'] as const;
    const terminal = await startTmux({ columns: 40, rows: 5, command });
    const session = Number.parseInt(await terminal.screen((text) => /^ *\d+\n/.test(text)), 10);
    expect(sessionMembers(session).length).toBeGreaterThan(0);

    await terminal.kill();

    expect(sessionMembers(session)).toEqual([]);
    expect(await terminal.alive()).toBe(false);
  });
});

describe.runIf(peersInstalled(['dovecot', 'postfix']))('the servers', () => {
  test('leave no process running', async () => {
    const masters: number[] = [];
    {
      await using dovecot = await startDovecot({ users: { anna: 'pw' } });
      await using relay = await startPostfix({ mode: 'relay', auth: { user: 'a', password: 'b' } });
      masters.push(dovecot.pid(), relay.pid());
      for (const master of masters) expect(sessionMembers(master).length).toBeGreaterThan(1);
    }
    for (const master of masters) expect(sessionMembers(master)).toEqual([]);
  });
});
