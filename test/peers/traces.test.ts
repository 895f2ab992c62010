/** The three traces on real dialogues, switched while the gateway runs; and no password in anything that it writes or says. */
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { makeCertificate } from '../kit/certificate.ts';
import { startDovecot } from '../kit/dovecot.ts';
import { gatewayHome, ini, startGateway } from '../kit/gateway.ts';
import { letter } from '../kit/letters.ts';
import { freePort } from '../kit/ports.ts';
import { startPostfix } from '../kit/postfix.ts';
import { peersInstalled } from '../kit/require.ts';
import { swaks } from '../kit/swaks.ts';
import { until } from '../kit/until.ts';

vi.setConfig({ testTimeout: 240_000 }); // real servers beside other tests, on a slow machine

const FROM = 'joerg@kunde.example';

/** Longer than what a shortened trace shows of a body. */
const LONG = Buffer.from(
  `From: ${FROM}\r\nSubject: long\r\n\r\n${Array.from({ length: 200 }, (_, n) => `line ${n}\r\n`).join('')}the last line\r\n`,
);

describe.runIf(peersInstalled(['dovecot', 'postfix']))('the traces', () => {
  test('S52, S91-S95: go on and off while it runs, for all or one account, for good, a time or a session', async () => {
    await using dovecot = await startDovecot({ users: { alpha: 'pw', beta: 'pw' } });
    await using inside = await startPostfix({ mode: 'internal', domains: ['firma.example'] });
    await using home = await gatewayHome();
    const files = { pop3: home.file('PmgPOP3Trace.txt'), inbound: home.file('PmgInboundSMTPTrace.txt') };
    const account = (user: string) => ({
      [`POP3 account: ${user}`]: {
        Host: '127.0.0.1',
        Port: dovecot.port,
        Security: 'none',
        User: user,
        Password: 'pw',
      },
    });
    const text = ini({
      Options: { 'Poll every minutes': 0, 'Inbound SMTP Trace': 2 },
      'Mail server': { Host: '127.0.0.1', Port: inside.port },
      'Outgoing mail': { Enabled: 0 },
      ...account('alpha'),
      ...account('beta'),
      'Recipient: all': { 'SMTP address': 'all@firma.example', 'Forward all messages': 1 },
    });
    await using gateway = await startGateway({ ini: text, home });
    const session = async () => {
      for (const user of ['alpha', 'beta']) await dovecot.deliver(user, LONG);
      expect(await gateway.json('trigger', '--wait')).toMatchObject([{ messages: 2, errors: [] }]);
    };

    expect(await gateway.json('trace', 'on', 'pop3')).toMatchObject([{ pop3: { on: true, file: files.pop3 } }]);
    await session();
    const log = plainly(gateway.log());
    const start = log.indexOf('Session 1 started (2 accounts).');
    const banner = log.slice(start + 1, start + 3);
    expect(banner).toEqual(['POP3 trace activated.', 'Inbound SMTP trace activated.']);

    expect(await gateway.json('trace', 'off', 'pop3')).toMatchObject([{ pop3: { on: false } }]);
    await session();
    await gateway.json('trace', 'on', 'pop3', '--account', 'beta', '--sessions', '1');
    expect(await gateway.json('trace', 'status')).toMatchObject([{ pop3: { on: true, account: 'beta', sessions: 1 } }]);
    await session();
    expect(await gateway.json('trace', 'status', 'pop3')).toMatchObject([{ pop3: { on: false } }]);
    expect(await gateway.json('trace', 'on', 'pop3', '--for', '1s')).toMatchObject([
      { pop3: { on: true, until: expect.stringMatching(/^20/) } },
    ]);
    await until('the trace to end by itself', async () => !(await gateway.status()).traces.pop3.on || undefined);
    await session();

    expect(await gateway.json('trace', 'on', 'smtp-out')).toMatchObject([{ 'smtp-out': { on: true } }]);
    const switched = plainly(gateway.log()).filter((line) => /trace .*activated/.test(line));
    expect(switched).toEqual(
      [
        ['Inbound SMTP trace activated.'], // by the INI
        ['POP3 trace activated.', 'POP3 trace activated.', 'Inbound SMTP trace activated.'], // switched on, and session 1
        ['POP3 trace deactivated.', 'Inbound SMTP trace activated.'],
        ['POP3 trace activated for beta.', 'POP3 trace activated for beta.', 'Inbound SMTP trace activated.'],
        [
          'POP3 trace deactivated.',
          'POP3 trace activated.',
          'POP3 trace deactivated.',
          'Inbound SMTP trace activated.',
        ],
        ['SMTP trace for sending outgoing mail activated.'],
      ].flat(),
    );
    expect(await gateway.stop()).toBe(0);

    const pop3 = dialogue(await readFile(files.pop3, 'utf8'));
    expect(pop3.filter((line) => line.startsWith('[alpha] >>'))).toEqual(
      ['CAPA', 'USER alpha', 'PASS XXXX', 'STAT', 'LIST', 'UIDL', 'RETR 1', 'DELE 1', 'QUIT'].map(
        (line) => `[alpha] >>${line}`,
      ),
    );
    expect(pop3.filter((line) => line === '[beta] >>QUIT')).toHaveLength(2);
    expect(pop3).toContain('[alpha] <<line 0');
    expect(pop3).not.toContain('[alpha] <<the last line'); // shortened
    const inbound = dialogue(await readFile(files.inbound, 'utf8'));
    expect(inbound).toContain('[127.0.0.1] >>RCPT TO:<all@firma.example>');
    expect(inbound.filter((line) => line === '[127.0.0.1] >>the last line')).toHaveLength(8); // whole, of every session

    await using again = await startGateway({ ini: text, home });
    const after = { pop3: { on: false }, 'smtp-in': { on: true, whole: true }, 'smtp-out': { on: false } };
    expect(await again.json('trace', 'status')).toMatchObject([after]);
  });
});

/** The lines of a log without their times. */
function plainly(log: string): string[] {
  return log.split('\n').map((line) => line.replace(/^\[\d\d:\d\d\] /, ''));
}

/** The lines of a trace file without their times. */
function dialogue(text: string): string[] {
  return text.split('\n').map((line) => line.replace(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} /, ''));
}

/** Each a word that stands nowhere by chance. */
const SECRETS = {
  alpha: 'canary-alpha',
  beta: 'canary-beta',
  gamma: 'canary-gamma',
  delta: 'canary-delta',
  wrong: 'canary-wrong',
  inside: 'canary-inside',
  relay: 'canary-relay',
  exchange: 'canary-exchange',
  guess: 'canary-guess',
} as const;

describe.runIf(peersInstalled(['dovecot', 'postfix', 'openssl', 'swaks with TLS']))('secrets', () => {
  test('S92, I24: no password is in any file or output, whatever the login, traced whole', async () => {
    await using tls = await makeCertificate();
    const { alpha, beta, gamma, delta } = SECRETS;
    await using dovecot = await startDovecot({ users: { alpha, beta, gamma, delta, wrong: 'another' }, tls });
    await using inside = await startPostfix({ mode: 'relay', tls, auth: { user: 'inside', password: SECRETS.inside } });
    await using relay = await startPostfix({ mode: 'relay', tls, auth: { user: 'relay', password: SECRETS.relay } });
    for (const [n, user] of ['alpha', 'beta', 'gamma', 'delta'].entries())
      await dovecot.deliver(user, letter(n, { from: FROM, to: [`${user}@firma.example`] }).bytes);
    const port = await freePort();
    await using home = await gatewayHome();
    await using gateway = await startGateway({
      ini: guarded(tls, { pop3: dovecot, inside: inside.port, relay: relay.port, port }),
      home,
    });
    const said: string[] = [];
    const command = async (...args: string[]) => {
      const ended = await gateway.mailgate(...args);
      said.push(ended.output);
      return ended;
    };

    const session = await command('trigger', '--wait');
    expect(session.code).toBe(1);
    expect(session.output).toContain('wrong: Login refused');
    expect(await inside.delivered(4)).toHaveLength(4);
    const starttls = { mode: 'starttls', caFile: tls.caFile } as const;
    const mail = { port, from: 'anna@firma.example', to: ['kunde@kunde.example'], tls: starttls };
    expect(await swaks({ ...mail, auth: { user: 'exchange', password: SECRETS.exchange } })).toMatchObject({ code: 0 });
    const guess = { user: 'exchange', password: SECRETS.guess };
    const authFails = 28;
    for (const how of ['PLAIN', 'LOGIN'])
      expect(await swaks({ ...mail, auth: guess, more: ['--auth', how] })).toMatchObject({ code: authFails });
    await relay.delivered(1);
    const held = { ...mail, to: ['later@kunde.example'], auth: { user: 'exchange', password: SECRETS.exchange } };
    await relay.refuse({ deferRecipients: held.to });
    expect(await swaks(held)).toMatchObject({ code: 0 });
    await gateway.logged(/\*\*\* Error: <later@kunde\.example> 450/);
    const [waiting] = (await gateway.json('queue', 'list')) as { id: string }[];
    await command('queue', 'show', waiting?.id ?? '', '--json');
    await command('queue', 'list');
    await command('status');
    await command('status', '--json');
    await command('tail', '--since', '0', '--no-follow');
    await command('tail', '--since', '0', '--no-follow', '--json');
    await command('trace', 'status', '--json');
    await command('check');
    await command('info', '--json');
    expect(await gateway.stop()).toBe(0);
    said.push(gateway.log());

    // What is searched has what is searched for beside it.
    const everything = said.join('\n');
    expect(everything).toContain('> AUTH PLAIN XXXX'); // the transcript of an attempt
    const written = await filesOf(home.path);
    expect([...written.keys()]).toEqual(
      expect.arrayContaining([
        'PmgPOP3Trace.txt',
        'PmgOutboundSMTPTrace2.txt',
        'events.db',
        'Outgoing/queue.db',
        'mailgate.db',
      ]),
    );
    const pop3 = dialogue(written.get('PmgPOP3Trace.txt')?.toString() ?? '');
    expect(pop3).toEqual(
      expect.arrayContaining([
        '[alpha] >>PASS XXXX',
        '[beta] >>AUTH PLAIN XXXX',
        '[gamma] >>AUTH LOGIN',
        '[gamma] >>XXXX',
        '[delta] >>AUTH PLAIN XXXX',
        '[wrong] >>PASS XXXX',
      ]),
    );
    written.delete('PMailGat.ini');
    const leaks = [...written, ['output', Buffer.from(everything)] as const].flatMap(([name, bytes]) =>
      needles()
        .filter((needle) => bytes.includes(needle))
        .map((needle) => `${name}: ${needle}`),
    );
    expect(leaks).toEqual([]);
  });
});

/** Each secret as it is, and as the login mechanisms send it. */
function needles(): string[] {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  return Object.entries(SECRETS).flatMap(([user, secret]) => [
    secret,
    base64(secret),
    base64(`\0${user === 'guess' ? 'exchange' : user}\0${secret}`),
  ]);
}

async function filesOf(folder: string): Promise<Map<string, Buffer>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(await Promise.all(files.map(async (path) => [relative(folder, path), await readFile(path)] as const)));
}

interface Places {
  readonly pop3: { readonly port: number; readonly tlsPort: number };
  readonly inside: number;
  readonly relay: number;
  readonly port: number;
}

function guarded(tls: { caFile: string; certFile: string; keyFile: string }, places: Places): string {
  const { pop3, inside, relay, port } = places;
  const peer = { Host: '127.0.0.1', 'CA file': tls.caFile };
  const account = (user: keyof typeof SECRETS, keys: Record<string, string | number>) => ({
    [`POP3 account: ${user}`]: {
      ...peer,
      Port: pop3.port,
      Security: 'none',
      User: user,
      Password: SECRETS[user],
      ...keys,
    },
    [`Recipient: ${user}`]: {
      'SMTP address': `${user}@firma.example`,
      'POP3 accounts': user,
      'Forward all messages': 1,
    },
  });
  return ini({
    Options: {
      'Poll every minutes': 0,
      'Gateway name': 'gw1.firma.example',
      'POP3 Trace': 2,
      'Inbound SMTP Trace': 2,
      'Outbound SMTP Trace': 2,
    },
    'Mail server': { ...peer, Port: inside, Security: 'starttls', User: 'inside', Password: SECRETS.inside },
    'Outgoing mail': {
      'Listen on IP address': '127.0.0.1',
      'Listen on port': port,
      'Require authentication': 1,
      'TLS certificate': tls.certFile,
      'TLS key': tls.keyFile,
    },
    'Outgoing users': { exchange: SECRETS.exchange },
    Relay: { ...peer, Port: relay, Security: 'starttls', User: 'relay', Password: SECRETS.relay },
    ...account('alpha', { Authentication: 'user' }),
    ...account('beta', { Authentication: 'plain' }),
    ...account('gamma', { Authentication: 'login', Security: 'stls' }),
    ...account('delta', { Port: pop3.tlsPort, Security: 'tls' }),
    ...account('wrong', { Authentication: 'user' }),
  });
}
