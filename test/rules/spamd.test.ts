import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Alerts } from '../../src/daemon/base/alerts.ts';
import { minutes, seconds, systemClock } from '../../src/daemon/base/clock.ts';
import { bodyOf } from '../../src/daemon/mail/body.ts';
import type { SpamSettings } from '../../src/daemon/rules/settings.ts';
import { createSpamFilter } from '../../src/daemon/rules/spam.ts';
import { readSpamdReply } from '../../src/daemon/rules/spamd-reply.ts';
import { askSpamd } from '../../src/daemon/rules/spamd.ts';
import { manualClock } from '../kit/clock.ts';
import { peersInstalled } from '../kit/require.ts';
import { GTUBE, type SpamdServer, startSpamd } from '../kit/spamd.ts';
import { lines, octets } from './mail.ts';

const never = new AbortController().signal;
const mail = (body: string) =>
  bodyOf(
    octets(
      `${lines('From: a@example.org', 'To: b@example.org', 'Subject: Hello', 'Date: Tue, 24 Nov 2026 10:00:00 +0000', 'Message-ID: <1@example.org>')}\r\n${body}\r\n`,
    ),
  );

const good = 'SPAMD/1.1 0 EX_OK\r\nContent-length: 11\r\nSpam: True ; 7.1 / 5.0\r\n\r\nGTUBE,NO_DN';

const replies: [string, string, ReturnType<typeof readSpamdReply>][] = [
  ['a score and the tests', good, { ok: true, score: 7.1, tests: ['GTUBE', 'NO_DN'] }],
  [
    'a negative score and no tests',
    'SPAMD/1.5 0 EX_OK\r\nSpam: False ; -1 / 5\r\n\r\n',
    { ok: true, score: -1, tests: [] },
  ],
  ['an error', 'SPAMD/1.0 76 Bad header line: x\r\n\r\n', { ok: false, why: 'it answered 76 Bad header line: x' }],
  ['nothing', '', { ok: false, why: 'it does not speak as spamd does: nothing was said' }],
  ['another protocol', '220 mx ESMTP\r\n', { ok: false, why: 'it does not speak as spamd does: 220 mx ESMTP' }],
  ['half an answer', 'SPAMD/1.1 0 EX_OK\r\nSpam: True ; 7.', { ok: false, why: 'its answer is cut short' }],
  ['less than it promised', good.slice(0, -3), { ok: false, why: 'its answer is cut short' }],
  ['no score', 'SPAMD/1.1 0 EX_OK\r\nContent-length: 0\r\n\r\n', { ok: false, why: 'its answer has no score' }],
  [
    'tests that are none',
    `${good.slice(0, -2)}\u001b[2J`.replace(': 11', ': 3'),
    { ok: true, score: 7.1, tests: ['GTUBE'] },
  ],
];

for (const [what, text, expected] of replies) {
  test(`an answer of spamd with ${what} is read as such`, () => {
    expect(readSpamdReply(text)).toEqual(expected);
  });
}

interface Fake extends AsyncDisposable {
  host: string;
  port: number;
  connections: () => number;
}

async function fakeSpamd(serve: (socket: Socket) => void): Promise<Fake> {
  let connections = 0;
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    connections += 1;
    open.add(socket);
    socket.on('error', () => {});
    serve(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

const answering = (text: string) =>
  fakeSpamd((socket) => {
    socket.resume();
    socket.once('end', () => socket.end(text));
  });

test('spamd is asked with SYMBOLS and the length of the message, which comes whole', async () => {
  const heard: Buffer[] = [];
  await using spamd = await fakeSpamd((socket) => {
    socket.on('data', (data) => heard.push(data));
    socket.once('end', () => socket.end(good));
  });
  const body = mail('Hello');
  expect(await askSpamd(spamd, { body, clock: systemClock }, never)).toMatchObject({ ok: true, score: 7.1 });
  const text = Buffer.concat(heard).toString('latin1');
  expect(text).toMatch(/^SYMBOLS SPAMC\/1\.5\r\nContent-length: \d+\r\n\r\nFrom: a@example\.org\r\n[^]*\r\nHello\r\n$/);
  expect(text).toContain(`Content-length: ${body.bytes}\r\n`);
});

test('I18: a spamd that takes the message and says nothing is given up after a minute', async () => {
  const clock = manualClock();
  const there = Promise.withResolvers<void>();
  await using spamd = await fakeSpamd((socket) => {
    socket.resume();
    socket.once('end', there.resolve);
  });
  const asked = askSpamd(spamd, { body: mail('x'), clock }, never);
  await there.promise;
  await clock.advance(minutes(1));
  expect(await asked).toEqual({ ok: false, why: 'no answer within 60 seconds' });
  expect(clock.pending).toBe(0);
});

test('I18: a spamd that reads nothing is given up as well, with a message that does not fit the wire', async () => {
  const clock = manualClock();
  const there = Promise.withResolvers<void>();
  await using spamd = await fakeSpamd((socket) => {
    socket.pause();
    there.resolve();
  });
  const asked = askSpamd(spamd, { body: bodyOf(new Uint8Array(50_000_000)), clock }, never);
  await there.promise;
  await clock.advance(minutes(1));
  expect((await asked).ok).toBe(false);
});

test('I20: an answer without end is cut', async () => {
  await using spamd = await fakeSpamd((socket) => {
    socket.resume();
    const more = () => {
      while (!socket.destroyed && socket.write('x'.repeat(10_000)));
    };
    socket.on('drain', more);
    more();
  });
  expect(await askSpamd(spamd, { body: mail('x'), clock: systemClock }, never)).toEqual({
    ok: false,
    why: 'its answer has no end',
  });
});

test('a spamd that hangs up is no answer', async () => {
  await using spamd = await fakeSpamd((socket) => socket.destroy());
  expect((await askSpamd(spamd, { body: mail('x'), clock: systemClock }, never)).ok).toBe(false);
});

function watchedAlerts(): Alerts & { told: string[] } {
  const told: string[] = [];
  return {
    told,
    raise: (key, message) => told.push(`${key}: ${message}`),
    clear: (key) => told.push(`${key} is over`),
  };
}

const filterSettings = (at: { host: string; port: number }, given: Partial<SpamSettings> = {}): SpamSettings => ({
  ...{ host: at.host, port: at.port, threshold: 5, action: 'tag' },
  ...given,
});

test('a score from the threshold on is spam, whatever spamd itself thinks', async () => {
  await using spamd = await answering(good);
  for (const [threshold, spam] of [
    [7.1, true],
    [7.2, false],
    [5, true],
  ] as const) {
    const filter = createSpamFilter(filterSettings(spamd, { threshold }), {
      clock: systemClock,
      alerts: watchedAlerts(),
    });
    expect(await filter.judge(mail('x'), never)).toMatchObject({
      is: 'judged',
      score: { spam, threshold, score: 7.1 },
    });
  }
});

test('a spamd that is away stops no mail: it is told once, rests, and is asked again after a minute', async () => {
  const clock = manualClock();
  const alerts = watchedAlerts();
  const saying = { now: 'nothing of spamd' };
  await using spamd = await fakeSpamd((socket) => {
    socket.resume();
    socket.once('end', () => socket.end(saying.now));
  });
  const filter = createSpamFilter(filterSettings(spamd), { clock, alerts });
  const why = `not checked for spam: SpamAssassin at 127.0.0.1:${spamd.port}: it does not speak as spamd does: nothing of spamd`;

  expect(await filter.judge(mail('x'), never)).toEqual({ is: 'unchecked', why, told: why });
  expect(await filter.judge(mail('x'), never)).toEqual({ is: 'unchecked', why, told: null });
  expect(spamd.connections()).toBe(1);
  await clock.advance(minutes(1) + seconds(1));
  expect(await filter.judge(mail('x'), never)).toEqual({ is: 'unchecked', why, told: null });
  expect(spamd.connections()).toBe(2);

  saying.now = good;
  await clock.advance(minutes(1) + seconds(1));
  expect(await filter.judge(mail('x'), never)).toMatchObject({ is: 'judged' });
  expect(alerts.told.at(0)).toContain('cannot be asked, and messages pass unchecked');
  expect(alerts.told.at(-1)).toBe('spamd is over');
});

test('a message that is larger than spamc would send is left alone', async () => {
  await using spamd = await answering(good);
  const filter = createSpamFilter(filterSettings(spamd), { clock: systemClock, alerts: watchedAlerts() });
  expect(await filter.judge(bodyOf(new Uint8Array(512_001)), never)).toMatchObject({ is: 'unchecked', told: null });
  expect(spamd.connections()).toBe(0);
});

test('I27: a stop is no failure of spamd: the message waits', async () => {
  const stop = new AbortController();
  await using spamd = await fakeSpamd(() => stop.abort());
  const alerts = watchedAlerts();
  const filter = createSpamFilter(filterSettings(spamd), { clock: systemClock, alerts });
  expect(await filter.judge(mail('x'), stop.signal)).toEqual({ is: 'stopped' });
  expect(alerts.told).toEqual([]);
});

describe.runIf(peersInstalled(['spamd']))('the real spamd', () => {
  let spamd: SpamdServer;
  beforeAll(async () => {
    spamd = await startSpamd();
  });
  afterAll(() => spamd[Symbol.asyncDispose]());

  test('gives GTUBE a thousand points, and names the test', async () => {
    const reply = await askSpamd(spamd, { body: mail(GTUBE), clock: systemClock }, never);
    expect(reply).toMatchObject({ ok: true, tests: expect.arrayContaining(['GTUBE']) as string[] });
    expect(reply.ok && reply.score).toBeGreaterThan(900);
  });

  test('gives a plain message few', async () => {
    const reply = await askSpamd(spamd, { body: mail('Shall we meet at ten?'), clock: systemClock }, never);
    expect(reply.ok && reply.score).toBeLessThan(5);
  });

  test('takes a message with bare line ends, 8-bit octets and NULs, of some length', async () => {
    const odd = mail(`a\rb\nc\0\u00e9${`\r\n${'y'.repeat(998)}`.repeat(300)}`);
    expect((await askSpamd(spamd, { body: odd, clock: systemClock }, never)).ok).toBe(true);
  });
});
