/** `mailgate run` as whoever starts it meets it: exit codes, signals, a wrong configuration, a port or a server that fails. */
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { describe, expect, test, vi } from 'vitest';
import { type DovecotServer, startDovecot } from '../kit/dovecot.ts';
import { configure, gatewayHome, ini, runMailgate, startGateway, startMailgate } from '../kit/gateway.ts';
import { letter } from '../kit/letters.ts';
import { says, stalls, startMisbehavingPop3 } from '../kit/misbehaving-pop3.ts';
import { freePort } from '../kit/ports.ts';
import { startPostfix } from '../kit/postfix.ts';
import { written } from '../kit/process.ts';
import { peersInstalled } from '../kit/require.ts';
import { swaks } from '../kit/swaks.ts';
import { until } from '../kit/until.ts';

vi.setConfig({ testTimeout: 240_000 }); // real servers beside other tests, on a slow machine

const [DONE, WITH_ERRORS, UNREACHABLE, REFUSED, WRONG_CONFIGURATION] = [0, 1, 69, 75, 78];

describe('a wrong configuration', () => {
  test.each([
    [
      'a misspelt key, with the nearest one',
      '[Options]\nPol every minutes=5\n',
      'PMailGat.ini:2: [Options] Pol every minutes: is not a key of this section. The nearest one is "Poll every minutes".',
    ],
    [
      'a port that is none',
      '[Options]\n\n[Outgoing mail]\nListen on port=0\n',
      'PMailGat.ini:4: [Outgoing mail] Listen on port: expected 1 to 65535, found "0".',
    ],
    [
      'a certificate that is not there',
      '[Outgoing mail]\nTLS certificate=/nowhere/server.pem\nTLS key=/nowhere/server.pem\n',
      'PMailGat.ini:2: [Outgoing mail] TLS certificate: /nowhere/server.pem is not there.',
    ],
    [
      'a certificate that is none',
      '[Outgoing mail]\nTLS certificate=PMailGat.ini\nTLS key=PMailGat.ini\n',
      'PMailGat.ini:2: [Outgoing mail] TLS certificate: ',
    ],
  ])('ends with 78, and says file, line, key and what was expected: %s', async (_what, text, told) => {
    await using home = await gatewayHome();
    await configure(home, text);

    for (const command of ['run', 'check']) {
      const { code, output } = await runMailgate([command, '--home', home.path]);
      expect({ command, code }).toEqual({ command, code: WRONG_CONFIGURATION });
      expect(output).toContain(told);
    }
    expect(existsSync(home.file('mailgate.db'))).toBe(false);
  });

  test('ends with 78 where there is none, and where its password can be read by others', async () => {
    await using home = await gatewayHome();
    const none = await runMailgate(['run', '--home', home.path]);
    expect(none.code).toBe(WRONG_CONFIGURATION);
    expect(none.output).toContain(`PMailGat.ini: is not in ${home.path}.`);

    await writeFile(home.file('PMailGat.ini'), '[Relay]\nHost=127.0.0.1\nUser=a\nPassword=hunter2\n', { mode: 0o644 });
    const exposed = await runMailgate(['run', '--home', home.path]);
    expect(exposed.code).toBe(WRONG_CONFIGURATION);
    expect(exposed.output).toMatch(/^PMailGat\.ini:4: \[Relay\] Password: .*mode 0644/m);
    expect(exposed.output).not.toContain('hunter2');
  });
});

describe('the program', () => {
  test('I14, I27: is alone on its home, answers on its socket, and ends gently at a signal', async () => {
    await using home = await gatewayHome();
    const text = ini({ 'Outgoing mail': { Enabled: 0 } });
    await using gateway = await startGateway({ ini: text, home });
    expect(await gateway.status()).toMatchObject({ gateway: { health: 'ok', pid: gateway.pid, home: home.path } });

    const second = await runMailgate(['run', '--home', home.path]);
    expect(second).toEqual({
      code: REFUSED,
      output: `Another MailGate (process ${gateway.pid}) serves ${home.path} already. Stop it first.\n`,
    });

    expect(existsSync(home.file('control.sock'))).toBe(true);
    expect(await gateway.stop('SIGTERM')).toBe(DONE);
    expect(existsSync(home.file('control.sock'))).toBe(false);
    const away = await gateway.mailgate('status');
    expect(away.code).toBe(UNREACHABLE);
    expect(away.output).toContain(`mailgate run --home ${home.path}`);

    await using again = await startGateway({ ini: text, home });
    await again.kill();
    expect(existsSync(home.file('control.sock'))).toBe(true); // a crash leaves it behind
    await using last = await startGateway({ ini: text, home });
    expect(await last.stop('SIGINT')).toBe(DONE);
    expect(existsSync(home.file('control.sock'))).toBe(false);
  });

  test('I27: a signal that comes while it starts ends it as gently', async () => {
    await using home = await gatewayHome();
    await configure(home, ini({ 'Outgoing mail': { Enabled: 0 } }));
    await using child = await startMailgate(['run', '--home', home.path]);
    await written(/MailGate \S+ started\./, child, { within: 60_000 });
    process.kill(child.pid, 'SIGTERM');

    await written(/^ready\n\[..:..\] MailGate is stopping: SIGTERM\.$/m, child, { within: 60_000 });
    expect(await until('its end', () => child.code(), { within: 60_000 })).toBe(DONE);
    expect(existsSync(home.file('control.sock'))).toBe(false);
  });
});

describe.runIf(peersInstalled(['dovecot', 'postfix', 'swaks']))('the program beside real servers', () => {
  test('S104: a port that another service has is told, and all the rest goes on', async () => {
    await using other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await using dovecot = await startDovecot({ users: { anna: 'pw' } });
    await using inside = await startPostfix({ mode: 'internal', domains: ['firma.example'] });
    await deliver(dovecot, 'anna', 3);

    await using gateway = await startGateway({
      ini: ini({
        Options: { 'Poll every minutes': 0 },
        'Mail server': { Host: '127.0.0.1', Port: inside.port },
        'Outgoing mail': { 'Listen on IP address': '127.0.0.1', 'Listen on port': port },
        ...account('anna', dovecot.port),
      }),
    });
    const problem = `Cannot listen on TCP port ${port}: another service uses it. Stop that service, or choose another port here and in the mail server.`;
    expect(gateway.log()).toContain(`] *** Error: ${problem}\n`);
    expect(await gateway.status()).toMatchObject({ gateway: { health: 'degraded', problems: [problem] } });

    expect(await gateway.json('trigger', '--wait')).toMatchObject([{ messages: 3, errors: [] }]);
    expect(await inside.delivered(3)).toHaveLength(3);
    expect(await gateway.stop()).toBe(DONE);
  });

  test('I19: a POP3 server that stalls, one that talks nonsense and one that is not there keep no other account waiting', async () => {
    await using dovecot = await startDovecot({ users: { anna: 'pw', bert: 'other' } });
    await using inside = await startPostfix({ mode: 'internal', domains: ['firma.example'] });
    await using stalling = await startMisbehavingPop3([[says('+OK ready'), stalls]]);
    await using http = await startMisbehavingPop3([[says('HTTP/1.1 400 Bad Request'), says('')]]);
    await deliver(dovecot, 'anna', 3);

    await using gateway = await startGateway({
      ini: ini({
        Options: { 'Poll every minutes': 0, 'Accounts at once': 2 },
        'Mail server': { Host: '127.0.0.1', Port: inside.port },
        'Outgoing mail': { Enabled: 0 },
        ...account('stalling', stalling.port, { 'Session timeout seconds': 2 }),
        ...account('http', http.port),
        ...account('nobody', await freePort()),
        ...account('bert', dovecot.port),
        ...account('anna', dovecot.port),
      }),
    });
    const [report] = await gateway.json('trigger', '--wait');

    expect(report).toMatchObject({ messages: 3 });
    expect(await inside.delivered(3)).toHaveLength(3);
    const { accounts } = await gateway.status();
    expect(Object.fromEntries(accounts.map(({ name, state, lastError }) => [name, [state, lastError]]))).toEqual({
      anna: ['ok', null],
      bert: ['locked', expect.stringMatching(/^Login refused: /)],
      stalling: ['error', expect.stringContaining('too slow')],
      http: ['error', expect.stringContaining('HTTP')],
      nobody: ['error', expect.stringContaining('nobody listens there')],
    });
    expect(gateway.log()).toMatch(/^\[..:..\] POP3 \[stalling\] \*\*\* Error: /m);
  });

  test('run --once does one session and one pass of the queue, and ends with 0, or 1 when an account failed', async () => {
    await using dovecot = await startDovecot({ users: { anna: 'pw', bert: 'other' } });
    await using inside = await startPostfix({ mode: 'internal', domains: ['firma.example'] });
    await using home = await gatewayHome();
    await deliver(dovecot, 'anna', 3);
    await deliver(dovecot, 'bert', 1);
    const good = {
      'Mail server': { Host: '127.0.0.1', Port: inside.port },
      'Outgoing mail': { Enabled: 0 },
      ...account('anna', dovecot.port),
    };

    await configure(home, ini(good));
    const well = await runMailgate(['run', '--once', '--home', home.path]);
    expect(well).toMatchObject({
      code: DONE,
      output: expect.stringContaining('Session 1 finished: 3 messages, 0 errors.'),
    });
    expect(await inside.delivered(3)).toHaveLength(3);
    expect(await dovecot.count('anna')).toBe(0);

    await configure(home, ini({ ...good, ...account('bert', dovecot.port) }));
    const badly = await runMailgate(['run', '--once', '--home', home.path]);
    expect(badly.code).toBe(WITH_ERRORS);
    expect(badly.output).toContain('Session 2 finished: 0 messages, 1 error.');
    expect(await dovecot.count('bert')).toBe(1);
    expect(existsSync(home.file('control.sock'))).toBe(false);
  });

  test('run --once sends what is due, and ends with 1 while the relay is away', async () => {
    await using relay = await startPostfix({ mode: 'relay' });
    await using home = await gatewayHome();
    const [port, nobody] = [await freePort(), await freePort()];
    const sendingTo = (relayPort: number) =>
      ini({
        'Outgoing mail': { 'Listen on IP address': '127.0.0.1', 'Listen on port': port, 'Retry minutes': 0.001 },
        Relay: { Host: '127.0.0.1', Port: relayPort, Security: 'none' },
      });
    {
      await using gateway = await startGateway({ ini: sendingTo(nobody), home });
      const { code } = await swaks({ port, from: 'anna@firma.example', to: ['kunde@kunde.example'] });
      expect(code).toBe(0);
      expect(await gateway.stop()).toBe(DONE);
    }
    expect(await runMailgate(['run', '--once', '--home', home.path])).toMatchObject({ code: WITH_ERRORS });

    await configure(home, sendingTo(relay.port));
    expect(await runMailgate(['run', '--once', '--home', home.path])).toMatchObject({ code: DONE });
    expect(await relay.delivered(1)).toHaveLength(1);
  });

  test('run --once leaves the mail where it is while there is no internal server to give it to', async () => {
    await using dovecot = await startDovecot({ users: { anna: 'pw' } });
    await using home = await gatewayHome();
    await deliver(dovecot, 'anna', 1);
    await configure(home, ini({ 'Outgoing mail': { Enabled: 0 }, ...account('anna', dovecot.port) }));

    const { code, output } = await runMailgate(['run', '--once', '--home', home.path]);

    expect({ code, output }).toMatchObject({ code: DONE, output: expect.stringContaining('nothing is downloaded') });
    expect(output).not.toContain('Session');
    expect(await dovecot.count('anna')).toBe(1);
  });
});

/** An account whose user has the password `pw`, and a recipient who takes all of its mail. */
function account(user: string, port: number, more: Record<string, string | number> = {}) {
  const server = { Host: '127.0.0.1', Port: port, Security: 'none', User: user, Password: 'pw' };
  return {
    [`POP3 account: ${user}`]: { ...server, ...more },
    [`Recipient: ${user}`]: {
      'SMTP address': `${user}@firma.example`,
      'POP3 accounts': user,
      'Forward all messages': 1,
    },
  };
}

async function deliver(dovecot: DovecotServer, user: string, count: number): Promise<void> {
  for (let n = 0; n < count; n += 1)
    await dovecot.deliver(user, letter(n, { from: 'joerg@kunde.example', to: [`${user}@firma.example`] }).bytes);
}
