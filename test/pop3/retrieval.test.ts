/** Messages by RETR: whole or not at all, whatever the server does (POP18-POP24, POP27, POP28, I04, I18, I20). */
import { describe, expect, test } from 'vitest';
import { startPop3Server } from '../../demo/pop3-server.ts';
import { seconds } from '../../src/daemon/base/clock.ts';
import type { Retrieved } from '../../src/daemon/pop3/mailbox.ts';
import { manualClock } from '../kit/clock.ts';
import { closes, hears, resets, says, sends, stalls, waits } from '../kit/misbehaving-pop3.ts';
import { bytesOf, CANARY, openedAt, recorder } from '../kit/pop3-download.ts';
import { until } from '../kit/until.ts';
import { entered, listed, M, openOn, retrieve, S71, sent } from './acts.ts';

describe('a message that does not come whole is none', () => {
  test('POP18: no final dot, then silence: given up after a minute, and so is the session', async () => {
    const clock = manualClock();
    const dialogue = recorder('whole');
    await using at = await openOn([...entered(), hears('RETR 1'), sends('+OK\r\nA: b\r\n\r\nhalf\r\n'), stalls], {
      clock,
      dialogue,
    });
    const retrieving = retrieve(at.mailbox, [1]);
    await until('the half', () => dialogue.told.includes('< half') || undefined);
    await clock.advance(seconds(60));

    expect(await retrieving).toEqual([
      {
        kind: 'broken',
        number: 1,
        failure: { kind: 'timeout', message: 'The POP3 server did not send the rest of message 1 within 60 s' },
      },
    ]);
    expect(await at.mailbox.delete([1])).toMatchObject({ ok: false });
    expect(clock.pending).toBe(0);
  });

  test.each([
    ['closed', closes],
    ['reset', resets],
  ])(
    'POP19, S71: the connection is %s in the middle: what came before it stays, nothing after it comes',
    async (_, end) => {
      const acts = [...entered(), ...listed(11, 11, 11), hears('RETR 1'), hears('RETR 2'), hears('RETR 3'), sent(M)];
      const taken = Promise.withResolvers<void>();
      await using at = await openOn([...acts, sends('+OK\r\nA: b\r\n\r\nha'), waits(taken.promise), end]);
      await at.mailbox.list();
      const came: Retrieved[] = [];
      for await (const retrieved of at.mailbox.retrieve([1, 2, 3], { maxBytes: 0 })) {
        came.push(retrieved);
        taken.resolve();
      }

      expect(came.map(({ kind, number }) => `${kind} ${number}`)).toEqual(['message 1', 'broken 2']);
      expect(came[1]).toMatchObject({ failure: { kind: 'disconnected', message: S71 } });
    },
  );

  test('POP19: a connection that is closed right after the final dot has given the whole message', async () => {
    await using at = await openOn([
      ...entered({ pipelining: false }),
      hears('RETR 1'),
      sends(`+OK\r\n${M}.\r\n`),
      closes,
    ]);

    expect(await retrieve(at.mailbox, [1])).toEqual([M]);
  });

  test('POP27: an octet each 20 s is a server too slow, whatever it sends', async () => {
    const clock = manualClock();
    const dialogue = recorder();
    const ticks = Array.from({ length: 40 }, () => Promise.withResolvers<void>());
    const drip = ticks.flatMap(({ promise }) => [waits(promise), sends('x')]);
    const acts = [...entered(), hears('RETR 1'), says('+OK'), ...drip, stalls];
    await using at = await openOn(acts, { clock, dialogue, sessionTimeout: seconds(180) });
    const retrieving = retrieve(at.mailbox, [1]);
    await until('RETR to be answered', () => dialogue.told.at(-1) === '< +OK' || undefined);
    const ended = retrieving.then(() => true);
    for (const tick of ticks) {
      await clock.advance(seconds(20));
      tick.resolve();
      if (await Promise.race([ended, new Promise<false>((resolve) => setImmediate(() => resolve(false)))])) break;
    }
    await clock.advance(seconds(200));

    expect(await retrieving).toEqual([
      { kind: 'broken', number: 1, failure: { kind: 'timeout', message: expect.stringContaining('too slow') } },
    ]);
  });

  test('I18: a stop in the middle of a message ends it', async () => {
    const stop = new AbortController();
    const dialogue = recorder('whole');
    await using at = await openOn([...entered(), hears('RETR 1'), sends('+OK\r\nhalf\r\n'), stalls], {
      dialogue,
      stop: stop.signal,
    });
    const retrieving = retrieve(at.mailbox, [1]);
    await until('the half', () => dialogue.told.includes('< half') || undefined);
    stop.abort();

    expect(await retrieving).toMatchObject([{ kind: 'broken', failure: { kind: 'stopped' } }]);
  });
});

describe('what a message may look like', () => {
  const odd = [
    'A: b\n\nbare LF\n.\n',
    'A: b\r\n\r\nNUL \0 and \x80\xff\r\n',
    `A: b\r\n\r\n${'y'.repeat(100_000)}\r\n`,
    'A: b\r\rC: d\r\n',
  ];

  test('POP21: bare LF, LF.LF, NUL, 8-bit octets and a line of 100 KB come as they were', async () => {
    const messages = odd.map((message, index) => ({ uidl: `${index}`, bytes: Buffer.from(message, 'latin1') }));
    await using server = await startPop3Server({ accounts: [{ name: 'anna', password: CANARY, messages }] });
    const mailbox = await openedAt({ port: server.port });
    await mailbox.list();

    // The demo's server ends a last line that has no CRLF, as RFC 1939 needs it.
    expect(await retrieve(mailbox, [1, 2, 3, 4])).toEqual(
      odd.map((message) => (message.endsWith('\r\n') ? message : `${message}\r\n`)),
    );
  });

  test('POP23: one leading dot goes, whether it was doubled or not', async () => {
    await using at = await openOn([
      ...entered(),
      ...listed(9),
      hears('RETR 1'),
      sends('+OK\r\n.a\r\n..b\r\n.\r\n'),
      hears('NOOP'),
      says('+OK'),
    ]);
    await at.mailbox.list();

    expect(await retrieve(at.mailbox, [1])).toEqual(['a\r\n.b\r\n']);
  });

  test('POP28: an empty message, a header alone, a body alone', async () => {
    const messages = ['', 'A: b\r\n', '\r\nx\r\n'];
    const retrs = messages.map((_, index) => hears(`RETR ${index + 1}`));
    await using at = await openOn([...entered(), ...listed(0, 6, 5), ...retrs, ...messages.map(sent), stalls]);
    await at.mailbox.list();
    const headers: string[] = [];
    const bodies: string[] = [];
    for await (const retrieved of at.mailbox.retrieve([1, 2, 3], { maxBytes: 0 })) {
      if (retrieved.kind !== 'message') throw new Error(retrieved.kind);
      headers.push(Buffer.from(retrieved.body.header).toString());
      bodies.push((await bytesOf(retrieved.body)).toString());
    }

    expect(bodies).toEqual(messages);
    expect(headers).toEqual(['', 'A: b\r\n', '']);
  });

  test('POP22: a RETR that is refused is skipped alone', async () => {
    const acts = [
      ...entered(),
      ...listed(11, 11),
      hears('RETR 1'),
      hears('RETR 2'),
      says('-ERR message 1 expunged'),
      sent(M),
      stalls,
    ];
    await using at = await openOn(acts);
    await at.mailbox.list();

    expect(await retrieve(at.mailbox, [1, 2])).toEqual([
      { kind: 'refused', number: 1, reply: '-ERR message 1 expunged' },
      M,
    ]);
  });
});

describe('POP20: the announced size is only a hint', () => {
  test('less or more than announced is delivered as it ended, once a NOOP has shown that nothing follows', async () => {
    const long = `A: b\r\n\r\n${'z'.repeat(200_000)}\r\n`;
    const acts = [
      ...entered(),
      ...listed(100, 100),
      hears('RETR 1'),
      hears('RETR 2'),
      sent(M),
      sent(long),
      hears('NOOP'),
      says('+OK'),
    ];
    await using at = await openOn([...acts, stalls]);
    await at.mailbox.list();

    expect(await retrieve(at.mailbox, [1, 2])).toEqual([M, long]);
    expect(at.server.heard.slice(-3)).toEqual(['RETR 1', 'RETR 2', 'NOOP']);
  });

  test('a message over the limit is read away, and the next one comes', async () => {
    const big = `A: b\r\n\r\n${'z'.repeat(500_000)}\r\n`;
    const acts = [...entered(), ...listed(100, 11), hears('RETR 1'), hears('RETR 2'), sent(big), sent(M), stalls];
    await using at = await openOn(acts);
    await at.mailbox.list();

    expect(await retrieve(at.mailbox, [1, 2], 1_000)).toEqual([{ kind: 'oversize', number: 1 }, M]);
  });

  test('a message over the limit without an end in sight ends the session: its number is said, and nothing after it comes', async () => {
    const acts = [
      ...entered(),
      ...listed(100, 11),
      hears('RETR 1'),
      hears('RETR 2'),
      says('+OK'),
      sends(Buffer.alloc(5_000_000, 'z')),
    ];
    await using at = await openOn([...acts, stalls]);
    await at.mailbox.list();

    expect(await retrieve(at.mailbox, [1, 2], 1_000)).toMatchObject([
      { kind: 'oversize', number: 1 },
      {
        kind: 'broken',
        number: 2,
        failure: { kind: 'protocol', message: expect.stringContaining('message 1 is too long') },
      },
    ]);
    expect(await at.mailbox.delete([1])).toMatchObject({ ok: false });
  });

  test('exactly the limit is no more than the limit', async () => {
    await using at = await openOn([
      ...entered(),
      ...listed(11, 11),
      hears('RETR 1'),
      hears('RETR 2'),
      sent(M),
      sent(M),
      stalls,
    ]);
    await at.mailbox.list();

    expect(await retrieve(at.mailbox, [1, 2], 11)).toEqual([M, M]);
  });
});

describe('POP24: a session out of step', () => {
  test('a line that is no reply breaks the next message, and no DELE is said afterwards', async () => {
    const acts = [
      ...entered(),
      ...listed(11, 11),
      hears('RETR 1'),
      hears('RETR 2'),
      sent(M),
      says('surprise'),
      sent(M),
      stalls,
    ];
    await using at = await openOn(acts);
    await at.mailbox.list();

    expect(await retrieve(at.mailbox, [1, 2])).toMatchObject([
      M,
      { kind: 'broken', number: 2, failure: { kind: 'protocol' } },
    ]);
    expect(await at.mailbox.delete([1])).toMatchObject({ ok: false, failure: { kind: 'protocol' } });
    expect(at.server.heard).not.toContain('DELE 1');
  });

  test('a message that looks like a reply and has its announced size is a message', async () => {
    const message = '+OK this is how it begins\r\n';
    await using at = await openOn([...entered(), ...listed(message.length), hears('RETR 1'), sent(message), stalls]);
    await at.mailbox.list();

    expect(await retrieve(at.mailbox, [1])).toEqual([message]);
  });
});
