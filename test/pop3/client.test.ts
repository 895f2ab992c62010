/** Opening a mailbox: whom we reach, how long we wait, and what we make of servers that are not well (POP01-POP05, POP09, I18). */
import { describe, expect, test } from 'vitest';
import { seconds } from '../../src/daemon/base/clock.ts';
import { manualClock } from '../kit/clock.ts';
import { type Act, hears, says, sends, stalls, startMisbehavingPop3 } from '../kit/misbehaving-pop3.ts';
import { CANARY, failureAt, openAt, openedAt, recorder } from '../kit/pop3-download.ts';
import { freePort } from '../kit/ports.ts';
import { until } from '../kit/until.ts';
import { startPop3Server } from '../../demo/pop3-server.ts';

const login: Act[] = [
  says('+OK'),
  hears('CAPA'),
  says('-ERR'),
  hears('USER anna'),
  says('+OK'),
  hears(`PASS ${CANARY}`),
];

/** Opens with a manual clock, waits until the server heard (or said) its last act, and lets the time pass. */
async function openAndWait(
  acts: Act[],
  ms: number,
  reached: (told: string[]) => boolean,
  sessionTimeout = seconds(600),
) {
  await using server = await startMisbehavingPop3([acts]);
  const clock = manualClock();
  const dialogue = recorder();
  const opening = failureAt({ port: server.port, clock, dialogue, sessionTimeout });
  await until('the client to wait', () => reached(dialogue.told) || undefined);
  await clock.advance(ms);
  const failure = await opening;
  return { failure, pending: clock.pending };
}

const connected = (told: string[]) => told.some((line) => line.startsWith('* connected'));
const said = (line: string) => (told: string[]) => told.includes(`> ${line}`);

describe('a mailbox opens', () => {
  test('with USER and PASS in clear text, and knows its totals (S61)', async () => {
    await using server = await startPop3Server({
      accounts: [
        { name: 'anna', password: CANARY, messages: [{ uidl: 'a', bytes: Buffer.from('A: b\r\n\r\nx\r\n') }] },
      ],
    });
    const dialogue = recorder();
    const mailbox = await openedAt({ port: server.port, dialogue });

    expect([mailbox.messages, mailbox.octets]).toEqual([1, 11]);
    expect(dialogue.told).toEqual(expect.arrayContaining(['> USER anna', '> PASS XXXX', '> STAT', '< +OK 1 11']));
    expect(await mailbox.quit()).toEqual({ ok: true, value: null });
  });

  test.each([
    ['an IPv6 address', '::1', '::1'],
    ['a name', '127.0.0.1', 'localhost'],
  ])('at %s', async (_, address, host) => {
    await using server = await startPop3Server({
      host: address,
      accounts: [{ name: 'anna', password: CANARY, messages: [] }],
    });
    const mailbox = await openedAt({ port: server.port, host });

    expect(await mailbox.quit()).toMatchObject({ ok: true });
  });

  test('and says so in words where nobody listens', async () => {
    const port = await freePort();

    expect(await failureAt({ port })).toEqual({
      kind: 'unreachable',
      message: `Cannot connect to 127.0.0.1 port ${port}: nobody listens there`,
    });
  });

  test('and says so in words where there is no such host', async () => {
    const failure = await failureAt({ port: 110, host: 'no-such-host.invalid' });

    expect(failure.kind).toBe('unreachable');
    expect(failure.message).toMatch(
      /^Cannot connect to no-such-host\.invalid port 110: (there is no such|the name server)/,
    );
  });
});

describe('every wait has an end', () => {
  test('POP01: a server that connects and never greets is given up after a minute, with a hint at TLS', async () => {
    const { failure, pending } = await openAndWait([stalls], seconds(60), connected);

    expect(failure).toEqual({
      kind: 'timeout',
      message:
        'The POP3 server did not send its greeting within 60 s. If it waits for TLS (port 995), set Security=tls.',
    });
    expect(pending).toBe(0);
  });

  test('I18: a server that goes silent after the password is given up, and the password is not in the message', async () => {
    const { failure, pending } = await openAndWait([...login, stalls], seconds(120), said('PASS XXXX'));

    expect(failure).toEqual({
      kind: 'timeout',
      message: 'The POP3 server did not send the reply to PASS XXXX within 120 s',
    });
    expect(pending).toBe(0);
  });

  test('I18: a server that goes silent after a command is given up after a minute', async () => {
    const { failure } = await openAndWait([...login, says('+OK'), hears('STAT'), stalls], seconds(60), said('STAT'));

    expect(failure).toEqual({ kind: 'timeout', message: 'The POP3 server did not send the reply to STAT within 60 s' });
  });

  test('I18: an address that answers nothing at all is given up', async () => {
    const clock = manualClock();
    // A documentation network (RFC 5737): no route, or no answer; either way no real time is waited for.
    const opening = failureAt({ port: 110, host: '192.0.2.1', clock });
    await clock.advance(seconds(30));

    expect((await opening).kind).toMatch(/timeout|unreachable/);
  });

  test('POP09: a TLS handshake that stalls is given up', async () => {
    await using server = await startMisbehavingPop3([[stalls]]);
    const clock = manualClock();
    const dialogue = recorder();
    const opening = failureAt({ port: server.port, security: 'tls', clock, dialogue });
    await until('the connection', () => connected(dialogue.told) || undefined);
    await clock.advance(seconds(30));

    expect(await opening).toEqual({
      kind: 'timeout',
      message: 'The POP3 server did not send its part of the TLS handshake within 30 s',
    });
  });

  test('I18: a stop ends the wait at once', async () => {
    await using server = await startMisbehavingPop3([[stalls]]);
    const stop = new AbortController();
    const dialogue = recorder();
    const opening = failureAt({ port: server.port, stop: stop.signal, dialogue });
    await until('the connection', () => connected(dialogue.told) || undefined);
    stop.abort();

    expect((await opening).kind).toBe('stopped');
  });

  test('I18: after a stop nothing is even connected', async () => {
    await using server = await startMisbehavingPop3([[stalls]]);

    expect((await failureAt({ port: server.port, stop: AbortSignal.abort() })).kind).toBe('stopped');
  });
});

describe('what is no POP3 server', () => {
  test('POP04: a greeting of 10 MB without an end is cut off at 8 KiB', async () => {
    await using server = await startMisbehavingPop3([[sends('+OK '), sends(Buffer.alloc(10_000_000, 'x')), stalls]]);

    expect(await failureAt({ port: server.port })).toEqual({
      kind: 'protocol',
      message: 'A reply of the POP3 server is longer than 8192 octets',
    });
  });

  test.each([
    ['SSH', 'SSH-2.0-OpenSSH_9.2', 'Not a POP3 reply: "SSH-2.0-OpenSSH_9.2" (that is an SSH server)'],
    [
      'IMAP',
      '* OK Dovecot ready.',
      'Not a POP3 reply: "* OK Dovecot ready." (that is an IMAP server; POP3 has port 110, or 995 with TLS)',
    ],
    ['TLS', '\x15\x03\x01\x00\x02\x02\x28', 'Not a POP3 reply: ".....(" (that is TLS: set Security=tls)'],
    ['binary without a line end', '\x00\x01\x02', 'Not a POP3 reply: "..."'],
    ['something that only looks alike', '+OKAY then', 'Not a POP3 reply: "+OKAY then"'],
  ])('POP05: %s is recognised at once, and never waited for', async (_, greeting, message) => {
    await using server = await startMisbehavingPop3([
      [sends(greeting), ...(greeting.startsWith('+') ? [sends('\r\n')] : []), stalls],
    ]);
    const failure = await failureAt({ port: server.port });

    expect(failure.kind).toBe('protocol');
    expect(failure.message.replaceAll(/\.{3,}/g, '...')).toBe(message.replaceAll(/\.{3,}/g, '...'));
  });

  test('POP05: a server without TLS where TLS is expected is named as such', async () => {
    await using server = await startMisbehavingPop3([[says('+OK ready'), stalls]]);
    const failure = await failureAt({ port: server.port, security: 'tls' });

    expect(failure.kind).toBe('tls');
    expect(failure.message).toContain('does not speak TLS from the first octet');
  });

  test('POP24: replies that come before any command are not taken for theirs', async () => {
    await using server = await startMisbehavingPop3([[sends('+OK ready\r\n+OK\r\n+OK\r\n+OK 0 0\r\n'), stalls]]);

    expect(await failureAt({ port: server.port })).toMatchObject({ kind: 'protocol' });
    expect(server.heard).toEqual([]);
  });
});

describe('credentials', () => {
  test.each([
    ['a user name', { user: 'anna\r\nDELE 1' }],
    ['a password', { password: 'x\nDELE 1' }],
    ['a NUL in a password', { password: 'x\0y' }],
  ])('%s with a line break or NUL never leaves the house', async (_, credentials) => {
    await using server = await startMisbehavingPop3([[stalls]]);
    const failure = await failureAt({ port: server.port, ...credentials });

    expect(failure.kind).toBe('login');
    expect(failure.message).toMatch(/holds a line break or a NUL/);
    expect(server.connections).toBe(0);
  });

  test('POP10: a STAT that cannot be a number of messages ends the session', async () => {
    for (const line of ['+OK 5000000 1', '+OK -1 0', '+OK many', '+OK']) {
      await using server = await startMisbehavingPop3([[...login, says('+OK'), hears('STAT'), says(line), stalls]]);
      expect(await openAt({ port: server.port })).toMatchObject({ ok: false, failure: { kind: 'protocol' } });
    }
  });
});
