/** A message that is not what came in: moved to corrupt/ and told with an alarm, and the others go on. */
import { expect, test } from 'vitest';
import { minutes } from '../../src/daemon/base/clock.ts';
import { silentLog } from '../../src/daemon/base/log.ts';
import { createTasks } from '../../src/daemon/base/tasks.ts';
import { keepDamaged } from '../../src/daemon/outbound/damaged.ts';
import type { Damaged } from '../../src/daemon/store/queue-work.ts';
import { StoreFailure } from '../../src/daemon/store/store.ts';
import { manualClock } from '../kit/clock.ts';
import { until } from '../kit/until.ts';
import { openWorld } from './world.ts';

const hold = { by: 'gateway', reason: 'damaged: its envelope cannot be read', until: null };

test('I12: what an earlier run has held as damaged, and what is found from now on, goes to corrupt/ and is told', async () => {
  const clock = manualClock();
  await using world = await openWorld(clock);
  const { id: old } = await world.put({ hold });
  const { id: other } = await world.put({ hold: { ...hold, reason: 'a loop' } });
  const { id: mine } = await world.put({ hold: { ...hold, by: 'anna' } });
  let find: (damaged: Damaged) => void = () => {};
  const onDamaged = (listener: typeof find) => {
    find = listener;
    return () => {};
  };
  const tasks = createTasks(clock, () => {});
  tasks.run('damaged', (stop) => keepDamaged({ ...world, onDamaged }, stop));
  expect(await world.heard('queue.damaged')).toMatchObject({
    ...{ id: old, reason: 'its envelope cannot be read', file: `${old}.tmp` },
  });
  expect(await world.heard('problem.raised')).toMatchObject({ key: `held.${old}` });

  const { id: found } = await world.put({ hold });
  find({ id: found, reason: 'one octet is missing', file: '' });
  find({ id: 'queue.db', reason: 'cut', file: 'queue.db.1' });
  expect(await world.heard('queue.damaged', 2)).toMatchObject({ id: 'queue.db', file: 'queue.db.1' });
  expect(await world.queue.get(found)).not.toBeNull(); // the attempt that has met it may not be over yet
  await clock.advance(minutes(1));
  expect(await world.heard('queue.damaged', 3)).toMatchObject({ id: found, reason: 'one octet is missing' });
  expect((await world.entries()).map(({ id }) => id)).toEqual([other, mine]);
  await tasks.close();
});

test('I12: one that cannot be moved stays held, is not told as moved, and is tried again', async () => {
  const clock = manualClock();
  await using world = await openWorld(clock);
  const { id } = await world.put({ hold });
  let full = true;
  let tries = 0;
  const queue = {
    page: world.queue.page,
    setAside: async (one: string, reason: string) => {
      tries += 1;
      if (full) throw new StoreFailure('the disk is full', true);
      return await world.queue.setAside(one, reason);
    },
  };
  const tasks = createTasks(clock, () => {});
  tasks.run('damaged', (stop) => keepDamaged({ ...world, queue, log: silentLog, onDamaged: () => () => {} }, stop));
  await until('a try', () => tries === 1 || undefined);
  await until('it waits', () => clock.pending > 0 || undefined);
  expect((await world.queue.get(id))?.state).toBe('held');
  expect(world.of('queue.damaged')).toEqual([]);
  full = false;
  await clock.advance(minutes(1));
  await world.heard('queue.damaged');
  await tasks.close();
});
