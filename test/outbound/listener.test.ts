import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/daemon/base/secret.ts';
import { openListener, TRY_AGAIN } from '../../src/daemon/outbound/listener.ts';
import { COMMAND_DEADLINE, DATA_STRETCH } from '../../src/daemon/outbound/pace.ts';
import { makeCertificate } from '../kit/certificate.ts';
import { manualClock } from '../kit/clock.ts';
import { until } from '../kit/until.ts';
import { client, message, opened, startMessage, textOf } from './listening.ts';
import { rawSmtp } from './raw-smtp.ts';
import { listenerSettings, network, openWorld } from './world.ts';

describe('S103: the listener answers to the letter', () => {
  test('its greeting and its HELO', async () => {
    await using world = await opened();
    await using smtp = await rawSmtp(world.port);
    expect(await smtp.reply()).toBe('220 PYTHEAS MailGate ESMTP server ready');
    expect(await smtp.ask('HELO Your_machine_name')).toBe('250 PYTHEAS.MailGate');
    expect(await smtp.ask('QUIT')).toMatch(/^221 /);
    await smtp.hungUp();
  });

  test('EHLO offers what it can', async () => {
    await using world = await opened();
    await using smtp = await rawSmtp(world.port);
    await smtp.reply();
    expect((await smtp.ask('EHLO me')).split('\n')).toEqual([
      '250-PYTHEAS.MailGate',
      '250-PIPELINING',
      '250-8BITMIME',
      '250-SMTPUTF8',
      '250-ENHANCEDSTATUSCODES',
      '250-DSN',
      '250 SIZE 1000000',
    ]);
  });
});

describe('S100, S101: what it tells', () => {
  test('of a message: who, from whom, to whom, how large, how urgent, what about', async () => {
    await using world = await opened();
    await using smtp = await client(world.port);
    await smtp.ask('MAIL FROM:<webmaster@pytheas.com> SIZE=3798');
    await smtp.ask('RCPT TO:<somebody@somedomain.com>');
    await smtp.ask('RCPT TO:<other@somedomain.com>');
    await smtp.ask('DATA');
    const reply = await smtp.ask('Subject: =?utf-8?q?A_sample_message?=\r\nX-Priority: 1\r\n\r\nHello.\r\n.');

    const accepted = await world.heard('queue.accepted');
    expect(accepted).toMatchObject({
      connection: 1,
      sender: 'webmaster@pytheas.com',
      size: 3798,
      priority: 'high',
      recipients: ['somebody@somedomain.com', 'other@somedomain.com'],
      subject: 'A sample message',
    });
    expect(accepted.id).toMatch(/^Pmg[0-9A-F]{4,}$/);
    expect(reply).toBe(`250 2.0.0 Queued as ${accepted.id}`);
    await smtp.ask('QUIT');
    expect(await world.heard('queue.disconnected')).toMatchObject({ connection: 1, messages: 1 });
    expect(world.events.map(({ type }) => type)).toEqual([
      'listener.opened',
      'queue.connected',
      'queue.accepted',
      'queue.disconnected',
    ]);
    expect(world.of('queue.connected')[0]).toMatchObject({
      connection: 1,
      peer: 'your-mail-server [127.0.0.1]',
      esmtp: true,
    });
  });

  test('connections count up from 1, and one that never greeted is none', async () => {
    await using world = await opened();
    await using silent = await rawSmtp(world.port);
    await silent.reply();
    await using first = await client(world.port);
    await using second = await rawSmtp(world.port);
    await second.reply();
    await second.ask('HELO old-server');
    await first.ask('NOOP');
    expect(world.of('queue.connected').map(({ connection, esmtp }) => [connection, esmtp])).toEqual([
      [1, true],
      [2, false],
    ]);
  });

  test('S51: that it listens, where, and into which folder', async () => {
    await using world = await opened({ address: null });
    expect(world.of('listener.opened')[0]).toMatchObject({
      folder: '/var/lib/mailgate/Outgoing',
      address: '<any available>',
      port: world.port,
    });
  });

  test('S120: a null sender is taken, and stays null', async () => {
    await using world = await opened();
    await using smtp = await client(world.port);
    await smtp.ask('MAIL FROM:<>');
    await smtp.ask('RCPT TO:<somebody@somedomain.com>');
    await smtp.ask('DATA');
    await smtp.ask('Subject: Out of office\r\n\r\n.');
    expect((await world.heard('queue.accepted')).sender).toBe('');
    expect((await world.entries())[0]?.sender).toBe('');
  });
});

describe('TLS and login', () => {
  const users = new Map([['anna', new Secret('pa ss')]]);
  const plain = (user: string, password: string) => Buffer.from(`\0${user}\0${password}`).toString('base64');

  test('CLI09, CLI10: a password is taken only under TLS, and opens the door to who is not listed', async () => {
    await using made = await makeCertificate();
    const tls = { certificate: await readFile(made.certFile, 'utf8'), key: await readFile(made.keyFile, 'utf8') };
    await using world = await opened({ acceptFrom: network('192.168.1.1'), users, tls });
    await using smtp = await rawSmtp(world.port);
    await smtp.reply();
    expect(await smtp.ask('EHLO me')).toContain('250-STARTTLS');
    expect(await smtp.ask(`AUTH PLAIN ${plain('anna', 'pa ss')}`)).toMatch(/^538 5\.7\.0 /);
    expect(await smtp.ask('MAIL FROM:<anna@pytheas.com>')).toMatch(/^530 5\.7\.0 /);
    await smtp.ask('STARTTLS');
    await smtp.secure();
    await smtp.ask('EHLO me');
    expect(await smtp.ask(`AUTH PLAIN ${plain('anna', 'wrong')}`)).toMatch(/^535 5\.7\.8 /);
    expect(await smtp.ask(`AUTH PLAIN ${plain('nobody', '')}`)).toMatch(/^535 5\.7\.8 /);
    expect(await smtp.ask(`AUTH PLAIN ${plain('anna', 'pa ss')}`)).toMatch(/^235 /);
    expect(await message(smtp, 'Subject: x\r\n\r\n')).toMatch(/^250 2\.0\.0 /);

    expect(world.of('queue.connected')).toHaveLength(1);
    const [entry] = await world.entries();
    expect(await textOf(world, entry?.id ?? '')).toContain('with ESMTPSA id');
    expect(JSON.stringify(world.events)).not.toContain(plain('anna', 'wrong'));
  });

  test('without a certificate no password is asked for', async () => {
    await using world = await opened({ users });
    await using smtp = await client(world.port);
    expect(await smtp.ask(`AUTH PLAIN ${plain('anna', 'pa ss')}`)).toMatch(/^500 /);
  });
});

describe('S104: a port that another service has', () => {
  test('is told, everything else goes on, and it opens by itself once the port is free', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const { port } = blocker.address() as { port: number };
    const clock = manualClock();
    await using world = await openWorld(clock);
    await using listener = await openListener({ ...listenerSettings, port }, world);

    expect(listener.port).toBeNull();
    expect(world.of('listener.failed')).toMatchObject([{ port, taken: true }]);
    expect(world.of('problem.raised')).toMatchObject([
      {
        key: 'listener',
        message: `Cannot listen on TCP port ${port}: another service uses it. Stop that service, or choose another port here and in the mail server.`,
      },
    ]);

    await clock.advance(TRY_AGAIN);
    await until('the second try', () => (clock.pending > 0 ? true : undefined));
    blocker.close();
    await once(blocker, 'close');
    await clock.advance(TRY_AGAIN);
    expect(await world.heard('listener.opened')).toMatchObject({ port });
    expect(world.of('problem.cleared')).toMatchObject([{ key: 'listener' }]);
    expect(world.of('listener.failed')).toHaveLength(1); // the second failure was no news
    await using smtp = await rawSmtp(port);
    expect(await smtp.reply()).toMatch(/^220 /);
  });

  test('an address that this machine has not is told with the reason', async () => {
    await using world = await openWorld();
    await using listener = await openListener({ ...listenerSettings, address: '192.0.2.1', port: 2500 }, world);
    expect(listener.port).toBeNull();
    expect(world.of('listener.failed')).toMatchObject([
      { taken: false, reason: expect.stringContaining('EADDRNOTAVAIL') },
    ]);
  });
});

describe('CLI20: a client that takes its time', () => {
  test('has five minutes for a command, however many octets it sends meanwhile', async () => {
    const clock = manualClock();
    await using world = await openWorld(clock);
    await using listener = await openListener(listenerSettings, world);
    await using smtp = await client(listener.port ?? 0);
    await clock.advance(COMMAND_DEADLINE - 1_000);
    await smtp.send('NO');
    await clock.advance(1_000);
    expect(await smtp.reply()).toMatch(/^421 4\.4\.2 /);
    await smtp.hungUp();
  });

  test('sends its message at 500 octets a second or is let go, and nothing of it stays', async () => {
    const clock = manualClock();
    await using world = await openWorld(clock);
    await using listener = await openListener(listenerSettings, world);
    await using smtp = await client(listener.port ?? 0);
    await startMessage(smtp);
    await smtp.send(`Subject: x\r\n\r\n${'y'.repeat(20_000)}`);
    await until('the octets to arrive', () => (clock.pending > 0 ? true : undefined));
    await (await client(listener.port ?? 0)).ask('NOOP');
    await clock.advance(DATA_STRETCH); // fast enough so far
    await smtp.send('z');
    await clock.advance(DATA_STRETCH);
    expect(await smtp.reply()).toMatch(/^421 4\.4\.2 /);
    await smtp.hungUp();
    await smtp[Symbol.asyncDispose]();
    await world.heard('queue.disconnected');
    expect(await world.entries()).toEqual([]);
  });
});

describe('I27: the stop', () => {
  test('says so to who is idle, lets a message finish, and frees the port', async () => {
    await using world = await openWorld();
    const listener = await openListener(listenerSettings, world);
    const port = listener.port ?? 0;
    await using idle = await client(port);
    await using busy = await client(port);
    await startMessage(busy);
    await busy.send('Subject: x\r\n\r\n');

    const closed = listener.close();
    expect(await idle.reply()).toMatch(/^421 4\.3\.2 /);
    await busy.send('Hello.\r\n.\r\n');
    expect(await busy.reply()).toMatch(/^250 2\.0\.0 /);
    await busy.send('QUIT\r\n');
    await busy.hungUp();
    await Promise.all([idle[Symbol.asyncDispose](), busy[Symbol.asyncDispose]()]);
    await closed;
    expect(world.of('listener.closed')).toMatchObject([{ port }]);
    expect(world.of('queue.refused')).toEqual([]);
    await expect(rawSmtp(port)).rejects.toThrow('ECONNREFUSED');
  });
});
