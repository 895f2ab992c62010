import { describe, expect, test } from 'vitest';
import { hours, minutes, seconds } from '../../src/daemon/base/clock.ts';
import { createTasks } from '../../src/daemon/base/tasks.ts';
import { startCounts } from '../../src/daemon/outbound/counts.ts';
import { releaseHolds } from '../../src/daemon/outbound/holds.ts';
import { createOutgoingQueue } from '../../src/daemon/outbound/queue.ts';
import { manualClock } from '../kit/clock.ts';
import { until } from '../kit/until.ts';
import { openWorld } from './world.ts';

const anna = { by: 'anna', reason: 'monday' };

describe('what an operator does to the queue', () => {
  test('hold, release, retry, drop: each is told with who and why, and counted', async () => {
    const clock = manualClock();
    await using world = await openWorld(clock);
    const outgoing = createOutgoingQueue(world);
    const { id } = await world.put();

    expect(await outgoing.hold({ ids: [`${id}.tmp`] }, { ...anna, until: null })).toEqual({
      changed: [id],
      skipped: [],
    });
    expect((await world.queue.get(id))?.hold).toEqual({ by: 'anna', reason: 'monday', until: null });
    expect(await outgoing.release({ ids: [id] }, anna)).toEqual({ changed: [id], skipped: [] });
    expect(await world.queue.get(id)).toMatchObject({ state: 'waiting', hold: null, nextAttemptAt: clock.now() });
    await world.queue.change([id], ['waiting'], { state: 'deferred', nextAttemptAt: clock.now() + hours(4) });
    expect(await outgoing.retry({ ids: [id] }, anna)).toEqual({ changed: [id], skipped: [] });
    expect(await world.queue.nextDue()).toBe(clock.now());
    expect(await outgoing.drop({ all: true }, anna)).toEqual({ changed: [id], skipped: [] });
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

    const busy = [{ id, why: 'it is being sent right now' }];
    expect(await outgoing.drop({ ids: [id, other] }, anna)).toEqual({ changed: [other], skipped: busy });
    expect(await outgoing.hold({ ids: [id] }, { ...anna, until: null })).toEqual({ changed: [], skipped: busy });
    expect((await outgoing.release({ ids: [other, 'Pmg9999'] }, anna)).skipped.map(({ why }) => why)).toEqual([
      'there is no such message in the queue',
      'there is no such message in the queue',
    ]);
    expect(await outgoing.drop({ all: true }, anna)).toEqual({ changed: [], skipped: [] });
  });

  test('a filter chooses', async () => {
    await using world = await openWorld();
    const outgoing = createOutgoingQueue(world);
    await world.put({ subject: 'one' });
    const { id } = await world.put({ subject: 'two' });
    const { changed } = await outgoing.hold({ filter: { subject: 'two' } }, { ...anna, until: null });
    expect(changed).toEqual([id]);
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

  test('a thousand at once are changed, one event names a hundred of them and counts all', async () => {
    await using world = await openWorld();
    const outgoing = createOutgoingQueue(world);
    await Promise.all(Array.from({ length: 1_000 }, () => world.put()));
    expect((await outgoing.hold({ all: true }, { ...anna, until: null })).changed).toHaveLength(1_000);
    expect(world.of('queue.changed').map(({ ids, total }) => [ids.length, total])).toEqual([[100, 1_000]]);
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
