/** Table CLI of reliability.md, as far as it is about clients that do not behave; each test speaks octet by octet. */
import { readFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { seconds } from '../../src/daemon/base/clock.ts';
import { Secret } from '../../src/daemon/base/secret.ts';
import { openListener } from '../../src/daemon/outbound/listener.ts';
import { LOCK_TIME, MOST_FAILURES } from '../../src/daemon/outbound/lockout.ts';
import { DRAIN_DEADLINE } from '../../src/daemon/outbound/pace.ts';
import { IDLE_COMMANDS, MOST_ERRORS, QUICK_ERRORS, SLOW_DOWN } from '../../src/daemon/outbound/patience.ts';
import { QueueServer } from '../../src/daemon/outbound/queue-server.ts';
import { LONGEST_COMMAND, LONGEST_LINE } from '../../src/daemon/outbound/reader.ts';
import type { ListenerSettings } from '../../src/daemon/outbound/settings.ts';
import { makeCertificate } from '../kit/certificate.ts';
import { manualClock } from '../kit/clock.ts';
import { until } from '../kit/until.ts';
import { client, message, opened, startMessage, textOf } from './listening.ts';
import { type RawSmtp, rawSmtp } from './raw-smtp.ts';
import { listenerSettings, network, openWorld } from './world.ts';

describe('CLI01, CLI02: who talks first', () => {
  /** A client whose octets are there before the listener looks: the socket is handed to it only then. */
  async function early(octets: string): Promise<{ smtp: RawSmtp; events: string[] } & AsyncDisposable> {
    const world = await openWorld();
    const server = new QueueServer(listenerSettings, world);
    const door: Server = createServer({ pauseOnConnect: true });
    door.listen(0, '127.0.0.1');
    await once(door, 'listening');
    const arrived = once(door, 'connection') as Promise<[Socket]>;
    const smtp = await rawSmtp((door.address() as { port: number }).port);
    const [socket] = await arrived;
    const here = once(socket, 'readable');
    await smtp.send(octets);
    socket.read(0);
    await here;
    server.connect(socket);
    return {
      smtp,
      events: world.events as never,
      async [Symbol.asyncDispose]() {
        await smtp[Symbol.asyncDispose]();
        socket.destroy();
        door.close();
        await world[Symbol.asyncDispose]();
      },
    };
  }

  test('CLI01: a client that talks before it is greeted gets 554, and nothing of what it said is done', async () => {
    await using talker = await early('EHLO me\r\nMAIL FROM:<a@pytheas.com>\r\n');
    expect(await talker.smtp.hungUp()).toBe('554 5.5.0 You talk before you are greeted, closing connection\r\n');
    expect(talker.events).toMatchObject([{ type: 'queue.refused', connection: 0, what: 'connection' }]);
  });

  test.each([
    ['a browser', 'GET / HTTP/1.1\r\nHost: gw\r\n\r\n'],
    ['a TLS client', '\x16\x03\x01\x02\x00\x01\x00'],
  ])('CLI02: %s that talks first is told what this port is', async (_who, octets) => {
    await using talker = await early(octets);
    expect(await talker.smtp.hungUp()).toBe('421 5.5.1 This port speaks SMTP, closing connection\r\n');
  });

  test.each([
    'GET / HTTP/1.1\r\n',
    'POST /mail HTTP/1.1\r\nContent-Length: 60\r\n\r\nEHLO me\r\nMAIL FROM:<a@pytheas.com>\r\n',
    'CONNECT mx.kunde.example:25 HTTP/1.1\r\n',
    '\x16\x03\x01\x02\x00',
  ])('CLI02: %j behind the greeting ends the connection, and no line of it is a command', async (octets) => {
    await using world = await opened();
    await using smtp = await rawSmtp(world.port);
    await smtp.reply();
    await smtp.send(Buffer.from(octets, 'latin1'));
    expect(await smtp.hungUp()).toBe('421 5.5.1 This port speaks SMTP, closing connection\r\n');
    expect(world.of('queue.connected')).toEqual([]);
  });
});

describe('CLI03: lines that are none', () => {
  test('ten megabytes without an end cost that line and not the session', async () => {
    await using world = await opened();
    await using smtp = await client(world.port);
    await smtp.send('NOOP ', Buffer.alloc(10_000_000, 'x'), '\r\n');
    expect(await smtp.reply()).toMatch(/^500 5\.5\.2 /);
    expect(await message(smtp, 'Subject: x\r\n\r\n')).toMatch(/^250 2\.0\.0 /);
  });

  test('the longest command is taken, one octet more is not; an AUTH line may be longer', async () => {
    await using world = await opened();
    await using smtp = await client(world.port);
    expect(await smtp.ask(`NOOP ${'x'.repeat(LONGEST_COMMAND - 7)}`)).toMatch(/^250 /);
    expect(await smtp.ask(`NOOP ${'x'.repeat(LONGEST_COMMAND - 6)}`)).toMatch(/^500 5\.5\.2 /);
    expect(await smtp.ask(`AUTH PLAIN ${'x'.repeat(LONGEST_LINE - 200)}`)).toMatch(/^500 5\.5\.1 /); // not offered here
    expect(await smtp.ask(`AUTH PLAIN ${'x'.repeat(LONGEST_LINE)}`)).toMatch(/^500 5\.5\.2 /);
  });

  test.each([
    ['an octet above 0x7F', 'NOOP \xe9\r\n'],
    ['a NUL', 'NOOP \0\r\n'],
    ['a NUL in an address', 'MAIL FROM:<a\0@pytheas.com>\r\n'],
    ['a bare CR', 'NOOP\rMAIL FROM:<a@pytheas.com>\r\n'],
    ['a bare LF', 'NOOP\n'],
    ['an escape', '\x1b[2J\r\n'],
  ])('%s is answered 501 5.5.2, and the session lives', async (_what, line) => {
    await using world = await opened();
    await using smtp = await client(world.port);
    await smtp.send(Buffer.from(line, 'latin1'));
    expect(await smtp.reply()).toMatch(/^501 5\.5\.2 /);
    expect(await smtp.ask('RCPT TO:<b@kunde.example>')).toMatch(/^503 /); // no MAIL was seen
  });

  test('a machine whose name is no ASCII may say so, and nothing of that name reaches a header', async () => {
    await using world = await opened();
    await using smtp = await rawSmtp(world.port);
    await smtp.reply();
    await smtp.send(Buffer.from('EHLO B\xdcRO\r\n', 'latin1'));
    expect(await smtp.reply()).toMatch(/^250-/);
    expect(await message(smtp, 'Subject: x\r\n\r\n')).toMatch(/^250 /);
    const [entry] = await world.entries();
    expect(await textOf(world, entry?.id ?? '')).toMatch(/^Received: from unknown \(\[127\.0\.0\.1\]\)\r\n/);
  });

  test('a line may come octet by octet', async () => {
    await using world = await opened();
    await using smtp = await client(world.port);
    await smtp.send(...Array.from('MAIL FROM:<a@pytheas.com>\r\n'));
    expect(await smtp.reply()).toMatch(/^250 2\.1\.0 /);
  });
});

describe('CLI04, CLI25: nonsense', () => {
  test('CLI04: unknown commands are answered, from the tenth error on slowly, and then no more', async () => {
    const clock = manualClock();
    await using world = await openWorld(clock);
    await using listener = await openListener(listenerSettings, world);
    await using smtp = await client(listener.port ?? 0);
    await smtp.send('NONSENSE\r\n'.repeat(MOST_ERRORS + 5));
    for (let i = 0; i <= QUICK_ERRORS; i++) expect(await smtp.reply()).toBe('500 5.5.1 Command not recognised');
    for (let i = QUICK_ERRORS + 1; i < MOST_ERRORS; i++) {
      await until('the slow one', () => (clock.pending > 1 ? true : undefined));
      await clock.advance(SLOW_DOWN);
      expect(await smtp.reply()).toBe('500 5.5.1 Command not recognised');
    }
    expect(await smtp.hungUp()).toBe('421 4.7.0 Too many errors, closing connection\r\n');
  });

  test('CLI25: commands that do nothing are answered cheaply, and counted; a message in between forgives', async () => {
    await using world = await opened();
    await using smtp = await client(world.port);
    const flood = async (count: number) => {
      await smtp.send('NOOP\r\n'.repeat(count));
      for (let i = 0; i < count; i++) expect(await smtp.reply()).toMatch(/^250 /);
    };
    await flood(IDLE_COMMANDS - 1); // EHLO was the first
    expect(await message(smtp, 'Subject: x\r\n\r\n')).toMatch(/^250 /);
    await flood(IDLE_COMMANDS);
    expect(await smtp.ask('RSET')).toMatch(/^250 /); // the first error
    expect(await smtp.ask('HELP')).toMatch(/^214 /);
    expect(await smtp.ask('VRFY a')).toMatch(/^252 /);
    expect(await smtp.ask('EXPN all')).toMatch(/^502 /);
  });

  test('CLI23: BDAT without CHUNKING is refused, and its octets are no commands', async () => {
    await using world = await opened();
    await using smtp = await client(world.port);
    await smtp.ask('MAIL FROM:<a@pytheas.com>');
    await smtp.ask('RCPT TO:<b@kunde.example>');
    const hidden = 'RSET\r\nMAIL FROM:<evil@x.example>\r\n';
    await smtp.send(`BDAT ${hidden.length} LAST\r\n${hidden}NOOP\r\n`);
    expect(await smtp.reply()).toBe('500 5.5.1 Command not recognised');
    expect(await smtp.reply()).toBe('250 2.0.0 OK');
    expect(await smtp.ask('BDAT 0 LAST')).toMatch(/^500 5\.5\.1 /);
    await smtp.send('BDAT 9999999999\r\n', Buffer.alloc(1_000_000, 'QUIT\r\n'));
    expect(await smtp.reply()).toMatch(/^500 5\.5\.1 /);
    await using other = await client(world.port);
    expect(await other.ask('NOOP')).toMatch(/^250 /);
    expect(await world.entries()).toEqual([]);
  });

  test.each(['PROXY TCP4 192.168.1.5 192.168.1.1 1 25', 'XCLIENT ADDR=192.168.1.5', 'XFORWARD ADDR=192.168.1.5'])(
    'CLI26: %s is believed of nobody',
    async (line) => {
      await using world = await opened({ acceptFrom: network('192.168.1.5') });
      await using smtp = await rawSmtp(world.port);
      await smtp.reply();
      expect(await smtp.ask('EHLO me')).not.toMatch(/XCLIENT|XFORWARD/);
      expect(await smtp.ask(line)).toBe('550 5.7.1 Not accepted from you');
      expect(await smtp.ask('MAIL FROM:<a@pytheas.com>')).toBe('550 5.7.1 Relaying denied');
    },
  );
});

describe('CLI06: who does not wait for a reply', () => {
  test.each([
    ['EHLO', 'EHLO me\r\nMAIL FROM:<a@pytheas.com>\r\n'],
    ['HELO', 'HELO me\r\nMAIL FROM:<a@pytheas.com>\r\n'],
    ['DATA', 'DATA\r\nSubject: x\r\n\r\n.\r\nMAIL FROM:<evil@x.example>\r\n'],
  ])('what stands behind %s in the same packet ends the connection', async (_verb, octets) => {
    await using world = await opened();
    await using smtp = await client(world.port);
    await smtp.ask('MAIL FROM:<a@pytheas.com>');
    await smtp.ask('RCPT TO:<b@kunde.example>');
    await smtp.send(octets);
    expect(await smtp.hungUp()).toBe('554 5.5.0 You did not wait for the reply, closing connection\r\n');
    expect(await world.entries()).toEqual([]);
  });
});

describe('TLS and passwords', () => {
  const users = new Map([['anna', new Secret('pa ss')]]);
  const plain = (user: string, password: string) => Buffer.from(`\0${user}\0${password}`).toString('base64');

  async function tlsSettings(): Promise<{ tls: NonNullable<ListenerSettings['tls']> } & AsyncDisposable> {
    const made = await makeCertificate();
    const tls = { certificate: await readFile(made.certFile, 'utf8'), key: await readFile(made.keyFile, 'utf8') };
    return { tls, [Symbol.asyncDispose]: () => made[Symbol.asyncDispose]() };
  }

  async function secured(port: number): Promise<RawSmtp> {
    const smtp = await client(port);
    await smtp.ask('STARTTLS');
    await smtp.secure();
    await smtp.ask('EHLO me');
    return smtp;
  }

  test('CLI07: what stands behind STARTTLS in the same packet is dropped, and what was said before forgotten', async () => {
    await using made = await tlsSettings();
    await using world = await opened({ tls: made.tls });
    await using smtp = await client(world.port);
    await smtp.send('NOOP\r\nSTARTTLS\r\nEHLO evil\r\nMAIL FROM:<evil@x.example>\r\n');
    expect(await smtp.reply()).toMatch(/^250 /);
    expect(await smtp.reply()).toMatch(/^220 /);
    await smtp.secure();
    expect(await smtp.ask('MAIL FROM:<a@pytheas.com>')).toMatch(/^503 5\.5\.1 /); // no EHLO counts any more
    expect(await smtp.ask('EHLO me')).toMatch(/^250-/);
    expect(await smtp.ask('RCPT TO:<b@kunde.example>')).toMatch(/^503 5\.5\.1 /); // nor was a MAIL seen
    expect(await message(smtp, 'Subject: x\r\n\r\n')).toMatch(/^250 2\.0\.0 /);
  });

  test('CLI08: STARTTLS takes no parameter, and is given once', async () => {
    await using made = await tlsSettings();
    await using world = await opened({ tls: made.tls });
    await using smtp = await client(world.port);
    expect(await smtp.ask('STARTTLS x')).toMatch(/^501 5\.5\.4 /);
    await smtp.ask('STARTTLS');
    await smtp.secure();
    expect(await smtp.ask('EHLO me')).not.toContain('STARTTLS');
    expect(await smtp.ask('STARTTLS')).toMatch(/^503 5\.5\.1 /);
  });

  test('CLI10: an AUTH that is none', async () => {
    await using made = await tlsSettings();
    await using world = await opened({ tls: made.tls, users });
    await using smtp = await secured(world.port);
    expect(await smtp.ask('AUTH PLAIN ====')).toMatch(/^501 5\.5\./);
    expect(await smtp.ask('AUTH LOGIN')).toMatch(/^334 /);
    expect(await smtp.ask('*')).toMatch(/^501 5\.5\./);
    expect(await smtp.ask(`AUTH PLAIN ${plain('an\x1bna', 'x')}`)).toMatch(/^501 5\.5\./);
    expect(await smtp.ask(`AUTH PLAIN ${'A'.repeat(100_000)}`)).toMatch(/^500 5\.5\.2 /);
    expect(await smtp.ask('AUTH LOGIN')).toMatch(/^334 /);
    expect(await smtp.ask('A'.repeat(100_000))).toMatch(/^500 5\.5\.2 /);
    expect(await smtp.ask('NOOP')).toMatch(/^250 /); // the exchange ended with it
    expect(await smtp.ask(`AUTH PLAIN ${plain('anna', 'pa ss')}`)).toMatch(/^235 /);
  });

  test('CLI11: too many wrong passwords lock the address for a time; no password is told or logged', async () => {
    await using made = await tlsSettings();
    const clock = manualClock();
    await using world = await openWorld(clock);
    const logged: unknown[] = [];
    const log = { ...world.log, warn: (...line: unknown[]) => void logged.push(line) };
    const settings = { ...listenerSettings, tls: made.tls, users };
    await using listener = await openListener(settings, { ...world, log });
    const port = listener.port ?? 0;
    await using smtp = await secured(port);

    const guess = async (): Promise<string> => {
      const sent = smtp.send(`AUTH PLAIN ${plain('anna\u2028', 'geheim')}\r\n`);
      await sent;
      let answered = false;
      const reply = smtp.reply().finally(() => (answered = true));
      await until('the reply', async () => {
        if (!answered) await clock.advance(seconds(1)); // from the third on it comes late
        return answered || undefined;
      });
      return await reply;
    };
    for (let i = 1; i < MOST_FAILURES; i++) expect(await guess()).toMatch(/^535 5\.7\.8 /);
    expect(await guess()).toBe('421 4.7.0 Too many wrong passwords from your address, try again later');
    await smtp.hungUp();

    await using again = await secured(port);
    expect(await again.ask(`AUTH PLAIN ${plain('anna', 'pa ss')}`)).toMatch(/^421 4\.7\.0 /);
    expect(logged).toHaveLength(MOST_FAILURES);
    expect(logged[0]).toEqual([expect.any(String), { user: 'anna\u2028', address: '127.0.0.1' }]);
    const told = JSON.stringify([logged, world.events]);
    for (const secret of ['geheim', 'pa ss', plain('anna\u2028', 'geheim'), plain('anna', 'pa ss')]) {
      expect(told).not.toContain(secret);
    }

    await clock.advance(LOCK_TIME);
    await using later = await secured(port);
    expect(await later.ask(`AUTH PLAIN ${plain('anna', 'pa ss')}`)).toMatch(/^235 /);
  });
});

describe('CLI21: a crowd', () => {
  test('of 500 from one address, one is served and the others are told; who comes from elsewhere is served too', async () => {
    await using world = await opened({
      maxConnectionsPerAddress: 1,
      acceptFrom: network('127.0.0.0/8'),
      address: null,
    });
    await using served = await client(world.port);
    const others = await Promise.all(Array.from({ length: 499 }, () => rawSmtp(world.port)));
    const replies = await Promise.all(others.map((smtp) => smtp.hungUp()));
    expect(new Set(replies)).toEqual(
      new Set(['421 4.7.0 Too many connections from your address, try again later\r\n']),
    );
    await using elsewhere = await rawSmtp(world.port, '127.0.0.1', '127.0.0.9');
    expect(await elsewhere.reply()).toMatch(/^220 /);
    expect(await message(served, 'Subject: x\r\n\r\n')).toMatch(/^250 /);
    await served.ask('QUIT');
    await using next = await rawSmtp(world.port);
    expect(await next.reply()).toMatch(/^220 /);
    for (const smtp of others) await smtp[Symbol.asyncDispose]();
  });

  test('more than there may be in all are told', async () => {
    await using world = await opened({ maxConnections: 2 });
    await using one = await client(world.port);
    await using two = await client(world.port);
    await using three = await rawSmtp(world.port);
    expect(await three.reply()).toBe('421 4.7.0 Too many connections, try again later');
    await one.ask('NOOP');
    await two.ask('NOOP');
  });
});

describe('CLI22: a client that never reads', () => {
  test('is answered no further once its window is full, and let go after a time', async () => {
    const clock = manualClock();
    await using world = await openWorld(clock);
    await using listener = await openListener(listenerSettings, world);
    await using smtp = await client(listener.port ?? 0);
    smtp.deaf();
    const line = `RCPT TO:<${'x'.repeat(60)}@kunde.example>\r\n`.repeat(1_000);
    let closed = false;
    const flood = (async () => {
      for (let i = 0; i < 400 && !closed; i++) await Promise.race([smtp.send(line), world.heard('queue.disconnected')]);
    })();
    await until('the client to be let go', async () => {
      await clock.advance(DRAIN_DEADLINE / 4);
      closed = world.of('queue.disconnected').length > 0;
      return closed || undefined;
    });
    smtp.cut();
    await flood;
  });
});

describe('limits on messages', () => {
  test('more messages in a minute than one address may send are put off, and come later', async () => {
    const clock = manualClock();
    await using world = await openWorld(clock);
    const settings = { ...listenerSettings, maxMessagesPerMinutePerAddress: 2 };
    await using listener = await openListener(settings, world);
    await using smtp = await client(listener.port ?? 0);
    expect(await message(smtp, 'Subject: 1\r\n\r\n')).toMatch(/^250 /);
    expect(await message(smtp, 'Subject: 2\r\n\r\n')).toMatch(/^250 /);
    expect(await smtp.ask('MAIL FROM:<a@pytheas.com>')).toBe(
      '451 4.7.1 Too many messages from your address, try again later',
    );
    await clock.advance(seconds(29));
    expect(await smtp.ask('MAIL FROM:<a@pytheas.com>')).toMatch(/^451 4\.7\.1 /);
    await clock.advance(seconds(1));
    expect(await message(smtp, 'Subject: 3\r\n\r\n')).toMatch(/^250 /);
  });

  test('CLI29: where there is no room, MAIL is answered 452, with what it declares', async () => {
    const declared: (number | null)[] = [];
    const refusal = { code: 452, text: '4.3.1 Insufficient system storage, try again later' };
    const room = {
      refusal: (size: number | null) => (declared.push(size), declared.length < 3 ? refusal : null),
      close() {},
    };
    await using world = await openWorld();
    await using listener = await openListener(listenerSettings, { ...world, room });
    await using smtp = await client(listener.port ?? 0);
    expect(await smtp.ask('MAIL FROM:<a@pytheas.com> SIZE=5000')).toBe(`452 ${refusal.text}`);
    expect(await smtp.ask('MAIL FROM:<a@pytheas.com>')).toBe(`452 ${refusal.text}`);
    expect(await message(smtp, 'Subject: x\r\n\r\n')).toMatch(/^250 /);
    expect(declared).toEqual([5_000, null, null]);
  });
});

describe('CLI24, MSG09: loops', () => {
  const loopToken = '5f3a9c0de1b24768';

  test('our own token stands in our Received field, and whatever bears it is refused when it comes again', async () => {
    await using world = await openWorld();
    await using listener = await openListener(listenerSettings, { ...world, loopToken });
    await using smtp = await client(listener.port ?? 0);
    expect(await message(smtp, 'Subject: x\r\n\r\nHello.\r\n')).toMatch(/^250 /);
    const [entry] = await world.entries();
    const left = await textOf(world, entry?.id ?? '');
    expect(left).toContain(`\tby gw.pytheas.com (MailGate ${loopToken})\r\n\twith ESMTP id ${entry?.id}\r\n`);

    const again = `Received: from mx.kunde.example by mx.isp.example; now\r\n${left}`;
    expect(await message(smtp, again)).toMatch(/^554 5\.4\.6 .*loop/);
    expect(await world.entries()).toHaveLength(1);
  });

  test('MSG09: the token of another gateway, and ours where it is no Received field, do not count', async () => {
    await using world = await openWorld();
    await using listener = await openListener(listenerSettings, { ...world, loopToken });
    await using smtp = await client(listener.port ?? 0);
    const foreign = 'Received: from a by gw.other.example (MailGate 0123456789abcdef) with ESMTP id Pmg1F7B; now\r\n';
    const loose = `X-Loop: (MailGate ${loopToken})\r\nDelivered-To: a@pytheas.com\r\n`;
    expect(await message(smtp, `${foreign}${loose}Subject: x\r\n\r\n(MailGate ${loopToken})\r\n`)).toMatch(/^250 /);
  });
});

describe('S99, S102: where it listens', () => {
  test('S102: <any available> is every address of the machine', async () => {
    await using world = await opened({ address: null, acceptFrom: network('127.0.0.0/8') });
    for (const host of ['127.0.0.1', '127.0.0.2']) {
      await using smtp = await rawSmtp(world.port, host);
      expect(await smtp.reply()).toBe('220 PYTHEAS MailGate ESMTP server ready');
    }
    expect(world.of('listener.opened')).toMatchObject([{ address: '<any available>', port: world.port }]);
  });

  test('S102: narrowed to one address, it is that one only', async () => {
    await using world = await opened({ address: '127.0.0.2' });
    await using smtp = await rawSmtp(world.port, '127.0.0.2');
    expect(await smtp.reply()).toMatch(/^220 /);
    await expect(rawSmtp(world.port, '127.0.0.1')).rejects.toThrow('ECONNREFUSED');
    expect(world.of('listener.opened')).toMatchObject([{ address: '127.0.0.2' }]);
  });
});

describe('what the policies make of a message', () => {
  test('S118: one that is silenced is answered 250, lies in the trash, and is told as removed', async () => {
    await using world = await openWorld();
    const receive = () => ({ silencedBy: 'Out of office', unrecognised: false });
    await using listener = await openListener(listenerSettings, { ...world, receive });
    await using smtp = await client(listener.port ?? 0);
    expect(await message(smtp, 'From: Anna <anna@pytheas.com>\r\nSubject: Out of office: x\r\n\r\n')).toMatch(/^250 /);
    const [entry] = await world.entries();
    expect(entry).toMatchObject({
      state: 'dropped',
      from: 'anna@pytheas.com',
      drop: { by: 'configuration', reason: 'Silent drop: "Out of office"' },
    });
    const { id } = entry ?? { id: '' };
    expect(world.events.filter((event) => 'id' in event)).toMatchObject([
      { type: 'queue.accepted', id },
      { type: 'queue.silenced', id, prefix: 'Out of office', subject: 'Out of office: x' },
      { type: 'queue.removed', id, result: 'dropped' },
    ]);
  });

  test('S117: one of nobody here is told; the way that it will go stands in the queue', async () => {
    await using world = await openWorld();
    const receive = () => ({ silencedBy: null, unrecognised: true });
    const wayName = ({ sender, from }: { sender: string; from: string }) => `${sender} ${from}`;
    await using listener = await openListener(listenerSettings, { ...world, receive, wayName });
    await using smtp = await client(listener.port ?? 0);
    await message(smtp, 'From: anna@pytheas.com\r\nSubject: x\r\n\r\n');
    expect(world.of('queue.unrecognised')).toMatchObject([{ sender: 'webmaster@pytheas.com', subject: 'x' }]);
    expect(await world.entries()).toMatchObject([
      { state: 'waiting', relay: 'webmaster@pytheas.com anna@pytheas.com' },
    ]);
  });

  test('a queue that was frozen keeps what it takes', async () => {
    await using world = await openWorld();
    const hold = { by: 'operator', reason: 'moving house', until: null };
    await using listener = await openListener(listenerSettings, { ...world, hold: () => hold });
    await using smtp = await client(listener.port ?? 0);
    await startMessage(smtp);
    expect(await smtp.ask('Subject: x\r\n\r\n.')).toMatch(/^250 /);
    expect(await world.entries()).toMatchObject([{ state: 'held', hold }]);
  });
});
