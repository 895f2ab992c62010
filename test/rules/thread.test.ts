import { expect, test } from 'vitest';
import { minutes } from '../../src/daemon/base/clock.ts';
import { silentLog } from '../../src/daemon/base/log.ts';
import { type Body, bodyOf } from '../../src/daemon/mail/body.ts';
import { createParser, type Parser } from '../../src/daemon/rules/thread.ts';
import { manualClock } from '../kit/clock.ts';
import { attached, message, multipart, octets, scanOf, text } from './mail.ts';

const never = new AbortController().signal;
const evil = message(multipart('b', [text(), attached('evil.exe')]));
const mortal = new URL('./mortal-thread.ts', import.meta.url);

/** On a clock that stands still: however slow the machine, only what the thread does ends the wait. */
const parser = (entry?: URL): Parser =>
  createParser({ clock: manualClock(), log: silentLog, ...(entry === undefined ? {} : { entry }) });

const found = (scan: ReturnType<typeof scanOf>) => ({ ok: true, scan });

test('MSG06: messages are taken apart in a thread, one after the other, and each gets its own answer', async () => {
  await using threads = parser();
  const mails = Array.from({ length: 40 }, (_, n) => message(multipart('b', [text(), attached(`${n}.exe`)])));
  const scans = await Promise.all(mails.map((mail) => threads.scan(bodyOf(octets(mail)), never)));
  expect(scans).toEqual(mails.map((mail) => found(scanOf(mail))));
});

test('MSG14: a message of no octets has an answer, and one whose chunks are empty or more than it says', async () => {
  await using threads = parser();
  const odd = (bytes: number, ...chunks: string[]): Body => ({
    bytes,
    async *chunks() {
      for (const chunk of chunks) yield octets(chunk);
    },
  });
  for (const body of [odd(0), odd(0, ''), odd(evil.length, '', evil, ''), odd(evil.length + 5, evil), odd(0, evil)])
    expect((await threads.scan(body, never)).ok).toBe(true);
  expect(await threads.scan(odd(evil.length, '', evil.slice(0, 9), '', evil.slice(9), ''), never)).toEqual(
    found(scanOf(evil)),
  );
});

test('I20: a large message is never in memory as a whole: it is read no faster than the thread takes it', async () => {
  await using threads = parser(mortal);
  const chunk = octets('read no further '.repeat(8_192));
  let given = 0;
  const full = Promise.withResolvers<void>();
  const body: Body = {
    bytes: 1_000_000_000,
    async *chunks() {
      for (;;) {
        given += chunk.length;
        if (given > 1_048_576) full.resolve();
        yield chunk;
      }
    },
  };
  const stop = new AbortController();
  const waiting = threads.scan(body, stop.signal);
  await full.promise;
  for (let turns = 0; turns < 50; turns++) await new Promise((resolve) => setImmediate(resolve));
  expect(given).toBeLessThanOrEqual(1_048_576 + chunk.length);
  stop.abort();
  expect((await waiting).ok).toBe(false);
});

test('I20: 60 MB go over slice by slice, and are read to their end', async () => {
  await using threads = parser();
  const filler = octets(`${'x'.repeat(998)}\r\n`.repeat(200));
  const [start, end] = evil.split('--b--') as [string, string];
  const body: Body = {
    bytes: evil.length + 300 * filler.length,
    async *chunks() {
      yield octets(start);
      for (let n = 0; n < 300; n++) yield filler;
      yield octets(`--b--${end}`);
    },
  };
  const scanned = await threads.scan(body, never);
  expect(scanned).toMatchObject({ ok: true, scan: { places: [{ end: start.length + 60_000_000 - 2 }] } });
});

test('MSG06: no more of a message is read once it is unreadable', async () => {
  await using threads = parser();
  let chunks = 0;
  const parts = octets('--b\r\n\r\n'.repeat(20_000));
  const body: Body = {
    bytes: 1_000_000_000,
    async *chunks() {
      yield octets('Content-Type: multipart/mixed; boundary=b\r\n\r\n');
      for (; chunks < 5_000; chunks++) yield parts;
    },
  };
  const scanned = await threads.scan(body, never);
  expect(scanned).toMatchObject({ ok: true, scan: { unreadable: 'it has more than 10000 parts' } });
  expect(chunks).toBeLessThan(50);
});

test('a thread that dies takes one message along, which waits; the next one gets a new thread', async () => {
  await using threads = parser(mortal);
  const scans = [evil, 'die', evil].map((mail) => threads.scan(bodyOf(octets(mail)), never));
  const [first, second, third] = await Promise.all(scans);
  expect(first).toEqual(found(scanOf(evil)));
  expect(second).toMatchObject({ ok: false, why: expect.stringContaining('has failed') as string });
  expect(third).toEqual(found(scanOf(evil)));
});

test('I20: a thread that would use more memory than it may ends, and not the gateway', async () => {
  await using threads = parser(mortal);
  expect(await threads.scan(bodyOf(octets('grow')), never)).toMatchObject({ ok: false });
  expect(await threads.scan(bodyOf(octets(evil)), never)).toEqual(found(scanOf(evil)));
});

test('MSG06: a message that takes too long is unreadable, and its thread is ended', async () => {
  const clock = manualClock();
  await using threads = createParser({ clock, log: silentLog, entry: mortal });
  const hanging = threads.scan(bodyOf(octets('hang')), never);
  const next = threads.scan(bodyOf(octets(evil)), never);
  await clock.advance(minutes(1));
  expect(await hanging).toMatchObject({ ok: true, scan: { unreadable: 'it takes too long to be taken apart' } });
  expect(await next).toEqual(found(scanOf(evil)));
});

test('I27: a stop ends the wait at once, and so does closing', async () => {
  await using threads = parser(mortal);
  const stop = new AbortController();
  const hanging = threads.scan(bodyOf(octets('hang')), stop.signal);
  stop.abort();
  expect(await hanging).toEqual({ ok: false, why: 'The gateway is stopping.' });

  const again = threads.scan(bodyOf(octets('hang')), never);
  await new Promise((resolve) => setImmediate(resolve));
  await threads[Symbol.asyncDispose]();
  expect(await again).toEqual({ ok: false, why: 'The gateway is stopping.' });
  expect(await threads.scan(bodyOf(octets(evil)), never)).toEqual({ ok: false, why: 'The gateway is stopping.' });
});

test('a body that cannot be read rejects, and the next message is taken apart as ever', async () => {
  await using threads = parser();
  const broken: Body = {
    bytes: 100,
    async *chunks() {
      yield octets('Content-Type: text/plain');
      throw new Error('EIO');
    },
  };
  await expect(threads.scan(broken, never)).rejects.toThrow('EIO');
  expect(await threads.scan(bodyOf(octets(evil)), never)).toEqual(found(scanOf(evil)));
});
