import { describe, expect, test } from 'vitest';
import { days, hours, minutes, seconds } from '../../src/daemon/base/clock.ts';
import { createTasks } from '../../src/daemon/base/tasks.ts';
import { startCounts } from '../../src/daemon/outbound/counts.ts';
import { releaseHolds } from '../../src/daemon/outbound/holds.ts';
import { createOutgoingQueue, type Skipped } from '../../src/daemon/outbound/queue.ts';
import { expireTrash } from '../../src/daemon/outbound/trash.ts';
import { queueDetail } from '../../src/protocol/queue-methods.ts';
import { manualClock } from '../kit/clock.ts';
import { until } from '../kit/until.ts';
import { openWorld } from './world.ts';

/** All of it was done, and this was left out. */
const done = (changed: string[], skipped: Skipped[] = []) => ({
  ...{ changed, skipped },
  changedTotal: changed.length,
  skippedTotal: skipped.length,
});

const anna = { by: 'anna', reason: 'monday' };

describe('what an operator does to the queue', () => {
  test('hold, release, retry, drop: each is told with who and why, and counted', async () => {
    const clock = manualClock();
    await using world = await openWorld(clock);
    const outgoing = createOutgoingQueue(world);
    const { id } = await world.put();

    expect(await outgoing.hold({ ids: [`${id}.tmp`] }, { ...anna, until: null })).toEqual(done([id]));
    expect((await world.queue.get(id))?.hold).toEqual({ by: 'anna', reason: 'monday', until: null });
    expect(await outgoing.release({ ids: [id] }, anna)).toEqual(done([id]));
    expect(await world.queue.get(id)).toMatchObject({ state: 'waiting', hold: null, nextAttemptAt: clock.now() });
    await world.queue.change([id], ['waiting'], { state: 'deferred', nextAttemptAt: clock.now() + hours(4) });
    expect(await outgoing.retry({ ids: [id] }, anna)).toEqual(done([id]));
    expect(await world.queue.nextDue()).toBe(clock.now());
    expect(await outgoing.drop({ all: true }, anna)).toEqual(done([id]));
    expect(await world.queue.get(id)).toMatchObject({ state: 'dropped' });

    expect(
      world.of('queue.changed').map(({ change, ids, total, by, reason }) => [change, ids, total, by, reason]),
    ).toEqual(['held', 'released', 'retried', 'dropped'].map((change) => [change, [id], 1, 'anna', 'monday']));
    expect(world.of('queue.removed')).toMatchObject([{ id, result: 'dropped' }]);
  });

  test('WS15: what is being sent is left alone, and who named it hears why', async () => {
    const clock = manualClock();
    await using world = await openWorld(clock);
    const outgoing = createOutgoingQueue(world);
    const { id } = await world.put();
    await world.queue.claim(clock.now(), 1, [minutes(5)]);
    const { id: other } = await world.put();

    const busy = [{ id, why: 'it is being sent right now', state: 'sending' as const }];
    expect(await outgoing.drop({ ids: [id, other] }, anna)).toEqual(done([other], busy));
    expect(await outgoing.hold({ ids: [id] }, { ...anna, until: null })).toEqual(done([], busy));
    const gone = 'no such message in the queue';
    expect(await outgoing.release({ ids: [other, 'Pmg9999'] }, anna)).toEqual(
      done(
        [],
        [
          { id: 'Pmg9999', why: gone, state: null },
          { id: other, why: gone, state: 'dropped' },
        ],
      ),
    );
    expect(await outgoing.drop({ all: true }, anna)).toEqual(done([], busy));
  });

  test('a filter chooses', async () => {
    await using world = await openWorld();
    const outgoing = createOutgoingQueue(world);
    await world.put({ subject: 'one' });
    const { id } = await world.put({ subject: 'two' });
    expect(await outgoing.hold({ filter: { subject: 'two' } }, { ...anna, until: null })).toEqual(done([id]));
  });

  test('a list is the queue, without the trash; an entry shows its headers, its text and its attempts', async () => {
    await using world = await openWorld();
    const outgoing = createOutgoingQueue(world);
    const { id } = await world.put({ body: `Subject: =?utf-8?q?mod=C3=A8le?=\r\nX-A: b\r\n\r\n${'y'.repeat(5_000)}` });
    const { id: dropped } = await world.put();
    await outgoing.drop({ ids: [dropped] }, anna);

    expect(await outgoing.list({}, 0, 10)).toMatchObject({
      total: 1,
      messages: [{ id, state: 'waiting', attempts: 0 }],
    });
    const detail = await outgoing.show(`${id}.tmp`);
    expect(detail).toMatchObject({
      id,
      headers: [
        ['Subject', 'modèle'],
        ['X-A', 'b'],
      ],
      attempts: [],
    });
    expect(detail?.text).toBe('y'.repeat(4_096));
    expect([
      await outgoing.show(dropped),
      await outgoing.show('Pmg9999'),
      await outgoing.show('../../etc/passwd'),
    ]).toEqual([null, null, null]);
  });

  test('thousands at once are changed in steps, one event names a hundred of them and counts all', async () => {
    await using world = await openWorld();
    const outgoing = createOutgoingQueue(world);
    await Promise.all(Array.from({ length: 1_250 }, () => world.put()));
    const held = await outgoing.hold({ all: true }, { ...anna, until: null });
    expect(held).toMatchObject({ changedTotal: 1_250, skippedTotal: 0 });
    expect('changed' in held && held.changed).toHaveLength(1_000);
    expect(world.of('queue.changed').map(({ ids, total }) => [ids.length, total])).toEqual([[100, 1_250]]);
    expect(await world.queue.counts()).toMatchObject({ held: 1_250, waiting: 0 });
  });

  test('G09: when more would be changed than were shown, nothing is', async () => {
    await using world = await openWorld();
    const outgoing = createOutgoingQueue(world);
    await world.put();
    await world.put({ subject: 'another' });
    expect(await outgoing.drop({ all: true }, { ...anna, expect: 1 })).toEqual({ tooMany: 2 });
    expect(await world.queue.counts()).toMatchObject({ waiting: 2 });
    expect(world.of('queue.changed')).toEqual([]);
    expect(await outgoing.drop({ filter: { subject: 'another' } }, { ...anna, expect: 1 })).toMatchObject({
      changedTotal: 1,
    });
    expect(await outgoing.drop({ all: true }, { ...anna, expect: 5 })).toMatchObject({ changedTotal: 1 });
  });

  test('WS15: two at once change each message once; what one did is not done by the other', async () => {
    await using world = await openWorld();
    const outgoing = createOutgoingQueue(world);
    await Promise.all(Array.from({ length: 30 }, () => world.put()));
    const both = await Promise.all([
      outgoing.drop({ all: true }, anna),
      outgoing.hold({ all: true }, { ...anna, until: null }),
    ]);
    const totals = both.map((one) => ('tooMany' in one ? 0 : one.changedTotal));
    expect(totals[0]).toBe(30 - (await world.queue.counts()).held);
    expect(world.of('queue.removed')).toHaveLength(totals[0] ?? 0);
  });

  test('G09: a message goes another way at once, also one that is held, and what it was held for stays', async () => {
    const clock = manualClock();
    await using world = await openWorld(clock);
    const outgoing = createOutgoingQueue({ ...world, relays: () => ['', 'backup'] });
    const { id } = await world.put({ relay: 'dead.example' });
    await world.queue.change([id], ['waiting'], { state: 'deferred', nextAttemptAt: clock.now() + hours(4) });
    const { id: held } = await world.put({ relay: 'dead.example', hold: { ...anna, until: null } });

    expect(await outgoing.reroute({ all: true }, { ...anna, relay: 'backup' })).toEqual(done([id, held]));
    expect(await world.queue.get(id)).toMatchObject({
      state: 'deferred',
      relayChoice: 'backup',
      nextAttemptAt: clock.now(),
    });
    expect(await world.queue.get(held)).toMatchObject({ state: 'held', relayChoice: 'backup', hold: { by: 'anna' } });
    expect(world.of('queue.changed')).toMatchObject([{ change: 'rerouted', to: 'backup', total: 2 }]);
    // Claims that leave the dead relay aside find it.
    expect(await world.queue.claim(clock.now(), 9, [1], { except: ['dead.example'] })).toMatchObject([{ id }]);
    await outgoing.reroute({ ids: [held] }, { ...anna, relay: null });
    expect(await world.queue.get(held)).toMatchObject({ relayChoice: null });
  });

  test('G09: a recipient is changed where it still waits, and for whom it was meant stays known (RFC 3461)', async () => {
    const clock = manualClock();
    await using world = await openWorld(clock);
    const outgoing = createOutgoingQueue(world);
    const { id } = await world.put({ to: ['a+b@Old.example', 'c@x.example'] });
    const { id: other } = await world.put({ to: ['c@x.example'] });

    const how = { ...anna, from: 'A+B@old.example', to: 'new@x.example' };
    expect(await outgoing.readdress({ all: true }, how)).toEqual(
      done([id], [{ id: other, why: 'it does not wait for A+B@old.example', state: 'waiting' }]),
    );
    expect((await world.queue.get(id))?.recipients).toMatchObject([
      { address: 'new@x.example', state: 'waiting', orcpt: 'rfc822;a+2Bb@Old.example' },
      { address: 'c@x.example', orcpt: null },
    ]);
    await outgoing.readdress({ ids: [id] }, { ...anna, from: 'new@x.example', to: 'C@x.example' });
    expect((await world.queue.get(id))?.recipients.map(({ address }) => address)).toEqual(['c@x.example']);
  });

  test('G09: what is returned has failed for all who still wait for it; whom nobody could tell is left out', async () => {
    const clock = manualClock();
    await using world = await openWorld(clock);
    const outgoing = createOutgoingQueue({ ...world, knownSender: (address) => address === 'webmaster@pytheas.com' });
    const { id } = await world.put({ to: ['a@x.example', 'b@x.example'] });
    const recipients = (await world.queue.get(id))?.recipients ?? [];
    await world.queue.change([id], ['waiting'], {
      state: 'held',
      hold: { ...anna, until: null },
      recipients: recipients.map((one, at) => (at === 0 ? { ...one, state: 'sent', reply: '250 ok' } : one)),
    });
    const { id: nobody } = await world.put({ sender: '' });
    const { id: stranger } = await world.put({ sender: 'x@elsewhere.example' });
    const { id: never } = await world.put();
    await world.queue.change([never], ['waiting'], {
      recipients: recipients.map((one) => ({ ...one, notify: ['NEVER'] })),
    });

    expect(await outgoing.giveBack({ all: true }, { by: 'anna', reason: 'the company is gone' })).toEqual(
      done(
        [id],
        [
          { id: nobody, why: 'it has no sender to whom it could go back', state: 'waiting' },
          { id: stranger, why: 'nobody here has the address of its sender', state: 'waiting' },
          { id: never, why: 'its sender wants no report', state: 'waiting' },
        ],
      ),
    );
    const reply = '5.0.0 Returned by anna: the company is gone';
    expect(await world.queue.get(id)).toMatchObject({
      state: 'waiting',
      hold: null,
      nextAttemptAt: clock.now(),
      lastReply: reply,
      recipients: [
        { state: 'sent', reply: '250 ok' },
        { state: 'failed', reply },
      ],
    });
    expect(world.of('queue.changed')).toMatchObject([{ change: 'returned', ids: [id] }]);
  });

  test('G09: what is urgent goes first', async () => {
    await using world = await openWorld(manualClock());
    const outgoing = createOutgoingQueue(world);
    await world.put();
    const { id } = await world.put();
    await outgoing.prioritise({ ids: [id] }, { ...anna, priority: 'high' });
    expect(await world.queue.claim(world.clock.now(), 1, [1])).toMatchObject([{ id, priority: 'high' }]);
  });

  test('what it shows of a message is its envelope, too, and for how long it has been tried (G02)', async () => {
    await using world = await openWorld();
    const outgoing = createOutgoingQueue(world);
    const { id, digest } = await world.put({ dsn: { ret: 'HDRS', envid: 'Q1' }, smtpUtf8: true });
    const shown = await outgoing.show(id);
    expect(queueDetail.parse(shown)).toEqual(shown);
    expect(shown).toMatchObject({
      ...{ digest, smtpUtf8: true, dsn: { ret: 'HDRS', envid: 'Q1' }, messageId: '<1@pytheas.com>' },
      ...{ peer: 'your-mail-server [127.0.0.1]', relayChoice: null, warnedAt: null, reportOn: null },
    });
  });
});

describe('the trash', () => {
  test('I30: a drop is a move into it, with who, when and why; it comes back held, to be released', async () => {
    const clock = manualClock();
    await using world = await openWorld(clock);
    const outgoing = createOutgoingQueue({ ...world, keepTrashDays: 7 });
    const { id } = await world.put({ hold: { by: 'bert', reason: 'odd', until: clock.now() + hours(1) } });
    await outgoing.drop({ ids: [id] }, anna);
    const at = new Date(clock.now()).toISOString();
    const expiresAt = new Date(clock.now() + days(7)).toISOString();
    const { messages } = await outgoing.trash({}, null, 10);
    expect(messages).toMatchObject([{ id, by: 'anna', reason: 'monday', droppedAt: at, expiresAt }]);
    expect(await world.queue.endedHolds(clock.now() + hours(2), 9)).toEqual({ ids: [], next: null });

    expect(await outgoing.restore({ all: true }, { by: 'bert', reason: 'it is ours' })).toEqual(done([id]));
    expect(await world.queue.get(id)).toMatchObject({
      state: 'held',
      drop: null,
      hold: { by: 'bert', reason: 'restored from the trash', until: null },
    });
    expect(world.of('queue.changed').map(({ change, by, reason }) => [change, by, reason])).toEqual([
      ['dropped', 'anna', 'monday'],
      ['restored', 'bert', 'it is ours'],
    ]);
    expect(await outgoing.restore({ ids: [id] }, anna)).toMatchObject({
      skipped: [{ id, why: 'no such message in the trash' }],
    });
  });

  test('it is read in pages, dropped last first, and a filter chooses', async () => {
    const clock = manualClock();
    await using world = await openWorld(clock);
    const outgoing = createOutgoingQueue(world);
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) ids.unshift((await world.put({ subject: `no. ${n}` })).id);
    for (const id of ids.toReversed()) {
      await clock.advance(1_000);
      await outgoing.drop({ ids: [id] }, anna);
    }
    const first = await outgoing.trash({}, null, 3);
    const second = await outgoing.trash({}, first.next, 3);
    expect([...first.messages, ...second.messages].map(({ id }) => id)).toEqual(ids);
    expect(second.next).toBeNull();
    expect((await outgoing.trash({ subject: '*no. 3*' }, null, 9)).messages).toHaveLength(1);
  });

  test('I30: what has lain there for its days goes for good, and so does what an operator deletes; nothing else does', async () => {
    const clock = manualClock();
    await using world = await openWorld(clock);
    const outgoing = createOutgoingQueue(world);
    const [old, later, kept, other] = [await world.put(), await world.put(), await world.put(), await world.put()];
    await outgoing.drop({ ids: [old.id] }, anna);
    await clock.advance(days(6));
    await outgoing.drop({ ids: [later.id, other.id] }, anna);
    await clock.advance(days(1) + 1);

    const tasks = createTasks(clock, () => {});
    tasks.run('trash', (stop) => expireTrash(world, 7, stop));
    expect(await world.heard('queue.purged')).toMatchObject({ total: 1, why: 'age' });
    await tasks.close();
    expect((await world.entries()).map(({ id }) => id).toSorted()).toEqual([later.id, kept.id, other.id].toSorted());

    expect(await outgoing.empty({ ids: [later.id, kept.id] }, anna)).toEqual(
      done([later.id], [{ id: kept.id, why: 'no such message in the trash', state: 'waiting' }]),
    );
    expect(await outgoing.empty({ all: true }, anna)).toEqual(done([other.id]));
    expect((await world.entries()).map(({ id }) => id)).toEqual([kept.id]);
    expect(world.of('queue.purged').map(({ why, by, total }) => [why, by, total])).toEqual([
      ['age', 'expiry', 1],
      ['operator', 'anna', 1],
      ['operator', 'anna', 1],
    ]);
  });
});

describe('a message on its way to a file', () => {
  test('is compared with its digest before a single octet of it is given, also in the trash', async () => {
    await using world = await openWorld();
    const outgoing = createOutgoingQueue(world);
    const body = `Subject: large\r\n\r\n${'x'.repeat(700_000)}\r\n`;
    const { id, bytes, digest } = await world.put({ body });
    await outgoing.drop({ ids: [id] }, anna);
    expect(await outgoing.verified(`${id}.tmp`)).toEqual({ id, bytes, digest });

    const pieces: Uint8Array[] = [];
    for (let at = 0; at < bytes; at += 45_000) pieces.push((await outgoing.octets(id, at, 45_000)) ?? new Uint8Array());
    expect(Buffer.concat(pieces).toString()).toBe(body);
    expect(await outgoing.octets(id, bytes, 45_000)).toHaveLength(0);
    expect([await outgoing.verified('Pmg9999'), await outgoing.octets('Pmg9999', 0, 1)]).toEqual([null, null]);
  });
});

describe('a hold that ends by itself', () => {
  test('is released at its instant, also when that came while the gateway was off', async () => {
    const clock = manualClock();
    await using world = await openWorld(clock);
    const outgoing = createOutgoingQueue(world);
    const [past, soon, never] = [await world.put(), await world.put(), await world.put()];
    await outgoing.hold({ ids: [past.id] }, { ...anna, until: clock.now() - 1 });
    await outgoing.hold({ ids: [never.id] }, { ...anna, until: null });

    const tasks = createTasks(clock, () => {});
    tasks.run('holds', (stop) => releaseHolds({ ...world, outgoing }, stop));
    await until('the first release', async () =>
      (await world.queue.get(past.id))?.state === 'waiting' ? true : undefined,
    );
    await outgoing.hold({ ids: [soon.id] }, { ...anna, until: clock.now() + minutes(3) });
    await clock.advance(minutes(1)); // it looks, and knows of it
    await until('the look', () => (clock.pending > 0 ? true : undefined));
    await clock.advance(minutes(1));
    expect((await world.queue.get(soon.id))?.state).toBe('held');
    await clock.advance(minutes(2));
    await until('the second release', async () =>
      (await world.queue.get(soon.id))?.state === 'waiting' ? true : undefined,
    );
    expect((await world.queue.get(never.id))?.state).toBe('held');
    expect(world.of('queue.changed').filter(({ by }) => by === 'expiry')).toHaveLength(2);
    await tasks.close();
  });
});

describe('the numbers of the queue', () => {
  test('are told at once after a quiet time, and at most ten times a second', async () => {
    const clock = manualClock();
    await using world = await openWorld(clock);
    const counts = startCounts(world);
    expect(await world.heard('queue.counted')).toMatchObject({ waiting: 0 });
    await clock.advance(seconds(1));

    const accepted = (id: string) =>
      world.bus.tell({
        ...{ type: 'queue.accepted', connection: 1, id, sender: '', size: null, priority: 'normal' },
        ...{ recipients: [], subject: '', bytes: 1 },
      });
    for (let i = 0; i < 50; i++) accepted((await world.put()).id);
    await until('a count', () => (world.of('queue.counted').length >= 2 ? true : undefined));
    await until('the next is planned', () => (clock.pending > 0 ? true : undefined));
    expect(world.of('queue.counted').length).toBe(2);
    await clock.advance(seconds(0.1));
    expect(await world.heard('queue.counted', 3)).toMatchObject({ waiting: 50 });
    await counts.close();
  });
});
