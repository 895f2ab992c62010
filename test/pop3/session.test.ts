/** The commands after login: listing, TOP, DELE, RSET, QUIT (S61, POP10-POP17, POP25, POP26, I05). */
import { describe, expect, test } from 'vitest';
import { startPop3Server } from '../../demo/pop3-server.ts';
import { seconds } from '../../src/daemon/base/clock.ts';
import { manualClock } from '../kit/clock.ts';
import { closes, hears, resets, says, sends, stalls } from '../kit/misbehaving-pop3.ts';
import { bytesOf, CANARY, openedAt, recorder } from '../kit/pop3-download.ts';
import { until } from '../kit/until.ts';
import { entered, listed, openOn, text } from './acts.ts';

const mail = (subject: string) => Buffer.from(`Subject: ${subject}\r\n\r\n.dotted\r\nlast\r\n`);

async function startAnna(...subjects: string[]) {
  const messages = subjects.map((subject) => ({ uidl: `id-${subject}`, bytes: mail(subject) }));
  return await startPop3Server({ accounts: [{ name: 'anna', password: CANARY, messages }] });
}

describe('against a correct server', () => {
  test('S61: list, look at the top, fetch, delete, and quit: what was deleted is gone, and only then', async () => {
    await using server = await startAnna('one', 'two', 'three');
    const mailbox = await openedAt({ port: server.port });

    expect(await mailbox.list()).toEqual({
      ok: true,
      value: [
        { number: 1, bytes: mail('one').length, uidl: 'id-one' },
        { number: 2, bytes: mail('two').length, uidl: 'id-two' },
        { number: 3, bytes: mail('three').length, uidl: 'id-three' },
      ],
    });
    const top = await mailbox.top(2, 1);
    expect(top.ok && Buffer.from(top.value).toString()).toBe('Subject: two\r\n\r\n.dotted\r\n');
    expect(await mailbox.delete([1, 3])).toEqual({ ok: true, value: [1, 3] });
    expect(server.messages('anna')).toHaveLength(3);
    expect(await mailbox.quit()).toEqual({ ok: true, value: null });
    expect(server.messages('anna').map(({ uidl }) => uidl)).toEqual(['id-two']);
  });

  test('RSET takes every DELE of the session back', async () => {
    await using server = await startAnna('one');
    const mailbox = await openedAt({ port: server.port });
    await mailbox.delete([1]);

    expect(await mailbox.undelete()).toEqual({ ok: true, value: null });
    expect(await mailbox.quit()).toMatchObject({ ok: true });
    expect(server.messages('anna')).toHaveLength(1);
  });

  test('S61: a session that is destroyed deletes nothing, and nothing more can be asked in it', async () => {
    await using server = await startAnna('one');
    const mailbox = await openedAt({ port: server.port });
    await mailbox.delete([1]);
    mailbox.destroy();

    expect(await mailbox.list()).toMatchObject({ ok: false, failure: { kind: 'stopped' } });
    expect(await mailbox.quit()).toMatchObject({ ok: false, failure: { kind: 'stopped' } });
    expect(server.messages('anna')).toHaveLength(1);
  });

  test('POP02: the second session on one mailbox hears that it is in use, and gets it when the first has gone', async () => {
    await using server = await startAnna('one');
    const first = await openedAt({ port: server.port });
    await expect(openedAt({ port: server.port })).rejects.toThrow('in-use: Mailbox in use: -ERR [IN-USE]');
    await first.quit();

    await expect(openedAt({ port: server.port }).then((second) => second.quit())).resolves.toMatchObject({ ok: true });
  });

  test('commands that are asked for at the same time are answered each with its own reply', async () => {
    await using server = await startAnna('one', 'two');
    const mailbox = await openedAt({ port: server.port });
    const [list, top, deleted, quit] = await Promise.all([
      mailbox.list(),
      mailbox.top(1, 0),
      mailbox.delete([2]),
      mailbox.quit(),
    ]);

    expect(list).toMatchObject({ ok: true });
    expect(top.ok && Buffer.from(top.value).toString()).toBe('Subject: one\r\n\r\n');
    expect(deleted).toEqual({ ok: true, value: [2] });
    expect(quit).toMatchObject({ ok: true });
  });

  test('a command in the middle of a retrieval waits for what is in flight, and takes nothing away from it', async () => {
    await using server = await startAnna('one', 'two', 'three');
    const mailbox = await openedAt({ port: server.port });
    const came: string[] = [];
    for await (const retrieved of mailbox.retrieve([1, 2, 3], { maxBytes: 0 })) {
      if (retrieved.kind !== 'message') throw new Error(retrieved.kind);
      came.push((await bytesOf(retrieved.body)).toString());
      expect(await mailbox.delete([retrieved.number])).toEqual({ ok: true, value: [retrieved.number] });
    }

    expect(came).toEqual([mail('one'), mail('two'), mail('three')].map(String));
    expect(await mailbox.quit()).toMatchObject({ ok: true });
    expect(server.messages('anna')).toEqual([]);
  });

  test('a retrieval that is left early leaves a session that can go on', async () => {
    await using server = await startAnna('one', 'two', 'three');
    const mailbox = await openedAt({ port: server.port });
    for await (const retrieved of mailbox.retrieve([1, 2, 3], { maxBytes: 0 })) {
      if (retrieved.number === 1) break;
    }

    expect(await mailbox.delete([1])).toEqual({ ok: true, value: [1] });
    expect(await mailbox.quit()).toMatchObject({ ok: true });
    expect(server.messages('anna')).toHaveLength(2);
  });
});

describe('listings', () => {
  test('POP12: a server without UIDL gives empty ids', async () => {
    await using at = await openOn([
      ...entered(),
      hears('LIST'),
      hears('UIDL'),
      text('1 10'),
      says('-ERR unknown command'),
    ]);

    expect(await at.mailbox.list()).toEqual({ ok: true, value: [{ number: 1, bytes: 10, uidl: '' }] });
  });

  test('POP12: trouble with UIDL is not taken for a server without it', async () => {
    await using at = await openOn([
      ...entered(),
      hears('LIST'),
      hears('UIDL'),
      text('1 10'),
      says('-ERR [SYS/TEMP] index is being rebuilt'),
    ]);

    expect(await at.mailbox.list()).toMatchObject({ ok: false, failure: { kind: 'temporary' } });
  });

  test('a refused LIST is a failure of the listing, and the session lives', async () => {
    const acts = [...entered(), hears('LIST'), hears('UIDL'), says('-ERR no'), text('1 a'), hears('QUIT'), says('+OK')];
    await using at = await openOn(acts);

    expect(await at.mailbox.list()).toEqual({
      ok: false,
      failure: { kind: 'refused', message: 'LIST refused: -ERR no' },
    });
    expect(await at.mailbox.quit()).toMatchObject({ ok: true });
  });

  test('one command at a time where PIPELINING is not announced', async () => {
    const acts = [...entered({ pipelining: false }), hears('LIST'), text('1 10'), hears('UIDL'), text('1 a'), stalls];
    const dialogue = recorder();
    await using at = await openOn(acts, { dialogue });
    await at.mailbox.list();

    expect(dialogue.told.slice(-4)).toEqual(['> LIST', '< +OK', '> UIDL', '< +OK']);
  });

  test('POP11: a listing of more than a million lines ends the session, and nothing can be deleted in it', async () => {
    const block = (from: number) => Array.from({ length: 10_000 }, (_, index) => `${from + index} 1\r\n`).join('');
    const endless = Array.from({ length: 101 }, (_, index) => sends(block(index * 10_000 + 1)));
    await using at = await openOn([...entered(), hears('LIST'), hears('UIDL'), says('+OK'), ...endless, stalls]);

    expect(await at.mailbox.list()).toEqual({
      ok: false,
      failure: { kind: 'protocol', message: 'The POP3 server lists more than 1000000 messages' },
    });
    expect(await at.mailbox.delete([1])).toMatchObject({ ok: false, failure: { kind: 'protocol' } });
    expect(at.server.heard).not.toContain('DELE 1');
  });

  test('POP11: a line without an end is cut off at 8 KiB', async () => {
    await using at = await openOn([
      ...entered(),
      hears('LIST'),
      hears('UIDL'),
      sends(`+OK\r\n1 ${'1'.repeat(2_000_000)}`),
      stalls,
    ]);

    expect(await at.mailbox.list()).toMatchObject({ ok: false, failure: { kind: 'protocol' } });
  });

  test('POP14: an id of 8 KiB and more is not believed, one of 4 KB is', async () => {
    const long = (length: number) => [
      ...entered(),
      hears('LIST'),
      hears('UIDL'),
      text('1 1'),
      text(`1 ${'u'.repeat(length)}`),
      stalls,
    ];
    await using accepted = await openOn(long(4_000));
    await using refused = await openOn(long(9_000));

    expect(await accepted.mailbox.list()).toMatchObject({ ok: true, value: [{ uidl: 'u'.repeat(4_000) }] });
    expect(await refused.mailbox.list()).toMatchObject({ ok: false, failure: { kind: 'protocol' } });
  });

  test.each([
    ['LIST says nonsense', text('one 10'), text('1 a')],
    ['UIDL says nonsense', text('1 10'), text('what?')],
  ])('POP05: %s: the session ends', async (_, list, uidl) => {
    await using at = await openOn([...entered(), hears('LIST'), hears('UIDL'), list, uidl, stalls]);

    expect(await at.mailbox.list()).toMatchObject({ ok: false, failure: { kind: 'protocol' } });
    expect(await at.mailbox.quit()).toMatchObject({ ok: false, failure: { kind: 'protocol' } });
  });

  test('S71: a listing that is cut is a failure, and never a short listing', async () => {
    await using at = await openOn([...entered(), hears('LIST'), hears('UIDL'), sends('+OK\r\n1 10\r\n2 '), closes]);

    expect(await at.mailbox.list()).toEqual({
      ok: false,
      failure: {
        kind: 'disconnected',
        message: 'Unexpected disconnection from POP3 server: The server has closed the connection',
      },
    });
  });
});

describe('deleting and leaving', () => {
  test('POP25: a DELE that is refused is not among the deleted, and the others are', async () => {
    const deles = [hears('DELE 1'), hears('DELE 2'), hears('DELE 3'), says('+OK'), says('-ERR no'), says('+OK')];
    await using at = await openOn([...entered(), ...deles, stalls]);

    expect(await at.mailbox.delete([1, 2, 3])).toEqual({ ok: true, value: [1, 3] });
  });

  test('POP24: a reply too many after the DELEs ends the session before QUIT could make them good', async () => {
    await using at = await openOn([...entered(), hears('DELE 1'), sends('+OK\r\n+OK\r\n'), stalls]);

    expect(await at.mailbox.delete([1])).toMatchObject({ ok: false, failure: { kind: 'protocol' } });
    expect(await at.mailbox.quit()).toMatchObject({ ok: false, failure: { kind: 'protocol' } });
    expect(at.server.heard).not.toContain('QUIT');
  });

  test('POP26, I05: only +OK to QUIT is success', async () => {
    const kinds: string[] = [];
    for (const answer of [[says('-ERR')], [closes], [resets], [says('what?'), stalls]]) {
      await using at = await openOn([...entered(), hears('QUIT'), ...answer]);
      const left = await at.mailbox.quit();
      kinds.push(left.ok ? 'ok' : left.failure.kind);
    }

    expect(kinds).toEqual(['refused', 'disconnected', 'disconnected', 'protocol']);
  });

  test('POP26, I05: a QUIT without a reply is given up after two minutes', async () => {
    const clock = manualClock();
    const dialogue = recorder();
    await using at = await openOn([...entered(), hears('QUIT'), stalls], { clock, dialogue });
    const leaving = at.mailbox.quit();
    await until('QUIT to be said', () => dialogue.told.includes('> QUIT') || undefined);
    await clock.advance(seconds(120));

    expect(await leaving).toMatchObject({ ok: false, failure: { kind: 'timeout' } });
    expect(clock.pending).toBe(0);
  });

  test('a TOP without an end is bounded', async () => {
    await using at = await openOn([
      ...entered(),
      hears('TOP 1 0'),
      says('+OK'),
      sends(Buffer.alloc(3_000_000, 'x')),
      stalls,
    ]);

    expect(await at.mailbox.top(1, 0)).toMatchObject({ ok: false, failure: { kind: 'protocol' } });
  });
});

test('I18: a stop ends the session that is waiting, and leaves no timer behind', async () => {
  const stop = new AbortController();
  const clock = manualClock();
  const dialogue = recorder();
  await using at = await openOn([...entered(), ...listed(10), stalls], { stop: stop.signal, clock, dialogue });
  await at.mailbox.list();
  const topping = at.mailbox.top(1, 0);
  await until('TOP to be said', () => dialogue.told.includes('> TOP 1 0') || undefined);
  stop.abort();

  expect(await topping).toMatchObject({ ok: false, failure: { kind: 'stopped' } });
  expect(clock.pending).toBe(0);
});
