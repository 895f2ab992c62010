/** "Try connection" and "Try to listen now" (S69, S103, S108), on real servers. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { describe, expect, test } from 'vitest';
import { startSmtpSink } from '../../demo/smtp-sink.ts';
import { systemClock } from '../../src/daemon/base/clock.ts';
import { Secret } from '../../src/daemon/base/secret.ts';
import type { SmtpPeer } from '../../src/daemon/smtp/conversation.ts';
import { tryListener } from '../../src/daemon/tools/try-listener.ts';
import { isRelayingDenied, tryMailServer, tryRelay } from '../../src/daemon/tools/try-smtp.ts';
import { freePort } from '../kit/ports.ts';

const stop = new AbortController().signal;
const peer = (port: number, more: Partial<SmtpPeer> = {}): SmtpPeer => ({
  ...{ name: 'inside', host: '127.0.0.1', port, security: 'none', fingerprint: null, caFile: null },
  ...{ login: null, ehloName: 'gateway.example' },
  ...more,
});
const parts = (mailServer: SmtpPeer | null, relays: [string, SmtpPeer][] = []) => ({
  ...{ clock: systemClock, stop, mailServer, relays: new Map(relays), ehloName: 'gateway.example' },
});

describe('S69: try connection', () => {
  test('shows the dialogue with the line that begins 250-SIZE, and the limit in octets', async () => {
    await using inside = await startSmtpSink({ name: 'inside.example', size: 21_000_000 });
    const tried = await tryMailServer({}, parts(peer(inside.port)));

    expect(tried).toMatchObject({ ok: true, sizeLimit: 21_000_000, advice: '' });
    expect(tried.dialogue).toContainEqual(expect.stringMatching(/^< 250[- ]SIZE 21000000/));
    expect(tried.dialogue).toContain('> QUIT');
    expect(inside.received).toEqual([]);
  });

  test('against any host, without a login of ours', async () => {
    await using other = await startSmtpSink({ name: 'mx.elsewhere.example', size: 5_000 });
    const login = { user: 'anna', password: new Secret('geheim-4711'), mechanism: 'auto' as const };
    const tried = await tryMailServer({ host: '127.0.0.1', port: other.port }, parts(peer(1, { login })));

    expect(tried).toMatchObject({ ok: true, sizeLimit: 5_000 });
    expect(tried.dialogue.join('\n')).not.toMatch(/AUTH \w+ |geheim/);
  });

  test('nobody there: what it tried, and what to do', async () => {
    const tried = await tryMailServer({}, parts(peer(await freePort())));
    expect(tried).toMatchObject({
      ok: false,
      sizeLimit: null,
      advice: expect.stringContaining('Check the name and the port'),
    });
    expect(tried.dialogue.join('\n')).toContain('Cannot connect to 127.0.0.1');
  });

  test('none configured, and none named', async () => {
    await expect(tryMailServer({}, parts(null))).rejects.toMatchObject({ reason: 'refused' });
  });
});

describe('S108: the relay', () => {
  test('shows its login, without the password', async () => {
    await using relay = await startSmtpSink({ name: 'relay.example', auth: { user: 'anna', password: 'geheim-4711' } });
    const login = { user: 'anna', password: new Secret('geheim-4711'), mechanism: 'login' as const };
    const tried = await tryRelay({}, parts(null, [['', peer(relay.port, { login })]]));

    expect(tried.ok).toBe(true);
    const said = tried.dialogue.join('\n');
    expect(said).toMatch(/> AUTH LOGIN/);
    expect(said).toMatch(/< 235/);
    expect(said).not.toContain('geheim-4711');
    expect(said).not.toContain(Buffer.from('geheim-4711').toString('base64'));
  });

  test('a wrong password says what to do (S109)', async () => {
    await using relay = await startSmtpSink({ name: 'relay.example', auth: { user: 'anna', password: 'other' } });
    const login = { user: 'anna', password: new Secret('geheim-4711'), mechanism: 'plain' as const };
    const tried = await tryRelay({}, parts(null, [['', peer(relay.port, { login })]]));
    expect(tried).toMatchObject({ ok: false, advice: expect.stringContaining('Correct user and password') });
  });

  test('a relay that nobody configured is not found', async () => {
    await expect(tryRelay({ relay: 'partner' }, parts(null))).rejects.toMatchObject({ reason: 'not_found' });
  });

  test('S109: relaying denied in the words of several servers', () => {
    for (const reply of [
      '550 5.7.1 Relaying denied',
      '554 5.7.1 <a@b.example>: Relay access denied',
      '550 relay not permitted',
      '550-Relaying to <a@b> prohibited by administrator',
    ])
      expect(isRelayingDenied(reply), reply).toBe(true);
    for (const reply of ['550 5.1.1 No such user', '450 4.7.1 try later', '250 relayed'])
      expect(isRelayingDenied(reply), reply).toBe(false);
  });
});

describe('S103: try to listen now', () => {
  const options = (port: number, listening: boolean) => ({
    ...{ clock: systemClock, stop, address: '127.0.0.1', port, listening },
  });

  test('with the service running answers exactly the lines of the description', async () => {
    const server = createServer((client) => {
      client.write('220 PYTHEAS MailGate ESMTP server ready\r\n');
      client.on('data', (octets: Buffer) => {
        if (octets.toString().startsWith('HELO')) client.write('250 PYTHEAS.MailGate\r\n');
        else client.end('221 bye\r\n');
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };

    const tried = await tryListener(options(port, true));
    server.close();

    expect(tried).toEqual({
      ok: true,
      dialogue: [
        '*** The port could not be opened for listening.',
        `*** Now trying SMTP connection to port ${port}...`,
        '220 PYTHEAS MailGate ESMTP server ready',
        `HELO ${hostname()}`,
        '250 PYTHEAS.MailGate',
        'QUIT',
        '*** The SMTP connection has been closed',
      ],
      advice: '',
    });
  });

  test('S104: the port of another service', async () => {
    const server = createServer((client) => client.end('* OK IMAP\r\n')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const tried = await tryListener(options((server.address() as { port: number }).port, false));
    server.close();
    expect(tried.ok).toBe(false);
    expect(tried.dialogue[0]).toBe('*** The port could not be opened for listening.');
  });

  test('nothing listens', async () => {
    const tried = await tryListener(options(await freePort(), false));
    expect(tried).toMatchObject({ ok: false, advice: expect.stringContaining('does not listen') });
  });
});
