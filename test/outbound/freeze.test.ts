/** What rests until somebody says otherwise: durable before it is told, over in its time, and there again after a restart. */
import { expect, test } from 'vitest';
import { hours, minutes } from '../../src/daemon/base/clock.ts';
import { createTasks } from '../../src/daemon/base/tasks.ts';
import { createFreeze, createPause } from '../../src/daemon/outbound/freeze.ts';
import { manualClock } from '../kit/clock.ts';
import { until } from '../kit/until.ts';
import { openWorld } from './world.ts';

function memosOf(kept = new Map<string, string>()) {
  return {
    kept,
    get: async (name: string) => kept.get(name) ?? null,
    async put(name: string, text: string | null) {
      if (text === null) kept.delete(name);
      else kept.set(name, text);
    },
  };
}

test('a frozen queue holds what it takes, with who and why; thawed, what it held stays held', async () => {
  await using world = await openWorld(manualClock());
  const freeze = await createFreeze({ ...world, memos: memosOf(), configured: false });
  expect(freeze.hold()).toBeNull();
  const rest = { by: 'anna', reason: 'a worm', until: null };
  expect(await freeze.set(true, null, 'anna', 'a worm')).toEqual(rest);
  const { id } = await world.put({ hold: freeze.hold() });
  expect(await world.queue.get(id)).toMatchObject({ state: 'held', hold: rest });

  expect(await freeze.set(false, null, 'bert', 'clean')).toBeNull();
  expect(freeze.hold()).toBeNull();
  expect((await world.queue.get(id))?.state).toBe('held');
  expect(world.of('queue.frozen').map(({ frozen, by, reason }) => [frozen, by, reason])).toEqual([
    [rest, 'anna', 'a worm'],
    [null, 'bert', 'clean'],
  ]);
});

test('"Hold all" of the configuration freezes at the start, whatever was said before it', async () => {
  await using world = await openWorld(manualClock());
  const memos = memosOf();
  const before = await createFreeze({ ...world, memos, configured: true });
  await before.set(false, null, 'anna', '');
  const after = await createFreeze({ ...world, memos, configured: true });
  expect(after.hold()).toEqual({ by: 'configuration', reason: 'Hold all', until: null });
  expect(world.of('queue.frozen').at(-1)).toMatchObject({ frozen: { by: 'configuration' } });
});

test('it is over in its time, by the wall clock, and outlives a restart until then (I17)', async () => {
  const clock = manualClock();
  await using world = await openWorld(clock);
  const memos = memosOf();
  const first = await createFreeze({ ...world, memos, configured: false });
  await first.set(true, clock.now() + hours(1), 'anna', '');

  const second = await createFreeze({ ...world, memos, configured: false });
  expect(second.hold()).toMatchObject({ by: 'anna', until: null });
  const tasks = createTasks(clock, () => {});
  tasks.run('freeze', (stop) => second.run(stop));
  await until('it waits', () => clock.pending > 0 || undefined);
  await clock.advance(minutes(59));
  expect(second.hold()).not.toBeNull();
  await clock.advance(minutes(2));
  expect(second.hold()).toBeNull();
  await until('the end is told', () => world.of('queue.frozen').at(-1)?.frozen === null || undefined);
  expect(world.of('queue.frozen').at(-1)).toMatchObject({ by: 'expiry' });
  expect(memos.kept.size).toBe(0);
  await tasks.close();

  const third = await createFreeze({
    ...world,
    memos: memosOf(new Map([['queue.frozen', '{"by":1}']])),
    configured: false,
  });
  expect(third.hold()).toBeNull();
});

test('a pause of the sending is obeyed at once, at the start, too, and ends in its time', async () => {
  const clock = manualClock();
  await using world = await openWorld(clock);
  const memos = memosOf();
  const obeyed: boolean[] = [];
  const obey = (on: boolean) => void obeyed.push(on);
  const pause = await createPause({ ...world, memos, obey });
  expect(obeyed).toEqual([]);
  await pause.set(true, clock.now() + hours(2), 'anna', 'the line is down');
  const again = await createPause({ ...world, memos, obey });
  expect(obeyed).toEqual([true, true]);
  await again.set(false, null, 'anna', '');
  expect(obeyed).toEqual([true, true, false]);
  expect(world.of('transfer.paused').map(({ paused }) => paused?.reason ?? null)).toEqual([
    'the line is down',
    'the line is down',
    null,
  ]);
});
