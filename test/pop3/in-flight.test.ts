/** How many RETRs are in flight, what a slow consumer does to the server, and where large messages wait (I20, S61). */
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { startPop3Server } from '../../demo/pop3-server.ts';
import { IN_MEMORY } from '../../src/daemon/base/limits.ts';
import { closes, hears, says, sends, stalls } from '../kit/misbehaving-pop3.ts';
import { bytesOf, CANARY, openedAt, recorder } from '../kit/pop3-download.ts';
import { scratchFolder } from '../kit/scratch.ts';
import { until } from '../kit/until.ts';
import { entered, listed, M, openOn, retrieve, S71, sent, text } from './acts.ts';

describe('RETRs in flight', () => {
  const many = Array.from({ length: 100 }, (_, index) => index + 1);

  test('64 where PIPELINING is announced, and more as soon as half of them came', async () => {
    const first = many.slice(0, 64).map((number) => hears(`RETR ${number}`));
    const rest = many.slice(64, 96).map((number) => hears(`RETR ${number}`));
    const acts = [
      ...entered(),
      ...listed(...many.map(() => 11)),
      ...first,
      ...many.slice(0, 32).map(() => sent(M)),
      ...rest,
    ];
    await using at = await openOn([...acts, closes]);
    await at.mailbox.list();
    const came = await retrieve(at.mailbox, many);

    expect(at.server.problems).toEqual([]);
    expect(came).toHaveLength(33);
    expect(came.at(-1)).toMatchObject({ kind: 'broken', number: 33 });
  });

  test('one where it is not; the next is asked for while the consumer has the one before', async () => {
    const acts = [
      ...entered({ pipelining: false }),
      hears('LIST'),
      text('1 11', '2 11'),
      hears('UIDL'),
      text('1 a', '2 b'),
    ];
    await using at = await openOn([...acts, hears('RETR 1'), sent(M), hears('RETR 2'), sent(M), stalls]);
    await at.mailbox.list();
    const heard: string[][] = [];
    for await (const retrieved of at.mailbox.retrieve([1, 2], { maxBytes: 0 })) {
      if (retrieved.number === 1) await until('RETR 2', () => at.server.heard.includes('RETR 2') || undefined);
      heard.push(at.server.heard.filter((line) => line.startsWith('RETR')));
    }

    expect(heard).toEqual([
      ['RETR 1', 'RETR 2'],
      ['RETR 1', 'RETR 2'],
    ]);
  });

  test('no more octets than 4 MiB, as LIST announces them, and one message at least', async () => {
    const sizes = [3_000_000, 1_000_000, 1_000_000, 9_000_000];
    const acts = [...entered(), ...listed(...sizes), hears('RETR 1'), hears('RETR 2'), stalls];
    const dialogue = recorder();
    await using at = await openOn(acts, { dialogue });
    await at.mailbox.list();
    const retrieval = at.mailbox.retrieve([1, 2, 3, 4], { maxBytes: 0 })[Symbol.asyncIterator]();
    const first = retrieval.next();
    await until('the RETRs', () => at.server.heard.includes('RETR 2') || undefined);

    expect(dialogue.told.filter((line) => line.startsWith('> RETR'))).toEqual(['> RETR 1', '> RETR 2']);
    at.mailbox.destroy();
    expect(await first).toMatchObject({ value: { kind: 'broken', failure: { kind: 'stopped' } } });
  });

  test('I20: a consumer that takes its time holds the server back', async () => {
    const message = `A: b\r\n\r\n${'q'.repeat(900_000)}\r\n`;
    const sizes = Array.from({ length: 60 }, () => message.length);
    // LIST says that they are small, so that all of them are asked for at once.
    const acts = [
      ...entered(),
      ...listed(...sizes.map(() => 1)),
      ...sizes.map((_, index) => hears(`RETR ${index + 1}`)),
    ];
    await using at = await openOn([...acts, ...sizes.map(() => sent(message)), hears('NOOP'), says('+OK'), stalls]);
    await at.mailbox.list();
    let whileItWaited = 0;
    let came = 0;
    for await (const retrieved of at.mailbox.retrieve(
      sizes.map((_, index) => index + 1),
      { maxBytes: 0 },
    )) {
      if (came === 0) whileItWaited = await atRest(() => at.server.sent);
      came += retrieved.kind === 'message' ? 1 : 0;
    }

    expect(came).toBe(60);
    // What the client reads ahead, and what the two kernels' buffers take; the rest of the 54 MB waits at the server.
    expect(whileItWaited).toBeLessThan(27_000_000);
  });
});

/** The value once it has not changed for a while; a machine that pauses can only make it smaller. */
async function atRest(value: () => number): Promise<number> {
  let last = -1;
  let same = 0;
  return await until('the server to be held back', () => {
    same = value() === last ? same + 1 : 0;
    last = value();
    return same === 15 ? last : undefined;
  });
}

describe('a message larger than what stays in memory', () => {
  const big = Buffer.from(`Subject: big\r\nTo: a@b\r\n\r\n${`${'0123456789'.repeat(7)}\r\n.dot\r\n`.repeat(20_000)}`);
  const messages = [
    { uidl: 'big', bytes: big },
    { uidl: 'small', bytes: Buffer.from(M) },
  ];

  test('S61: it waits in the scratch folder without a name, can be read twice, and its digest and header are its own', async () => {
    expect(big.length).toBeGreaterThan(IN_MEMORY);
    await using scratch = await scratchFolder('retr');
    await using server = await startPop3Server({ accounts: [{ name: 'anna', password: CANARY, messages }] });
    const mailbox = await openedAt({ port: server.port, scratch: scratch.path });
    await mailbox.list();
    for await (const retrieved of mailbox.retrieve([1], { maxBytes: 0 })) {
      if (retrieved.kind !== 'message') throw new Error(retrieved.kind);
      await using body = retrieved.body;

      expect(body.bytes).toBe(big.length);
      expect(body.digest).toBe(createHash('sha256').update(big).digest('hex'));
      expect(Buffer.from(body.header).toString()).toBe('Subject: big\r\nTo: a@b\r\n');
      const [one, other] = await Promise.all([bytesOf(body), bytesOf(body)]);
      expect(one.equals(big) && other.equals(big)).toBe(true);
      expect(readdirSync(scratch.path)).toEqual([]);
    }
  });

  test('POP19: cut in the middle it leaves nothing in the scratch folder', async () => {
    await using scratch = await scratchFolder('retr');
    await using at = await openOn([...entered(), hears('RETR 1'), says('+OK'), sends(big), closes], {
      scratch: scratch.path,
    });

    expect(await retrieve(at.mailbox, [1])).toMatchObject([{ kind: 'broken', failure: { message: S71 } }]);
    expect(readdirSync(scratch.path)).toEqual([]);
  });

  test('a scratch folder that cannot be written to is said, and the session ends', async () => {
    await using server = await startPop3Server({ accounts: [{ name: 'anna', password: CANARY, messages }] });
    const mailbox = await openedAt({ port: server.port, scratch: '/nowhere/at/all' });
    await mailbox.list();

    expect(await retrieve(mailbox, [2, 1])).toEqual([
      M,
      {
        kind: 'broken',
        number: 1,
        failure: { kind: 'temporary', message: 'A message cannot be written to /nowhere/at/all: ENOENT' },
      },
    ]);
  });
});
