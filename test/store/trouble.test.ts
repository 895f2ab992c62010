/** A database that cannot be written, and a thread that dies: told, survived, and told again when it is over. */
import { rename } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/daemon/base/clock.ts';
import { silentLog } from '../../src/daemon/base/log.ts';
import { startLink } from '../../src/daemon/store/link.ts';
import { openStore } from '../../src/daemon/store/sqlite.ts';
import type { StoreFailure } from '../../src/daemon/store/store.ts';
import { manualClock } from '../kit/clock.ts';
import { scratchFolder } from '../kit/scratch.ts';
import { until } from '../kit/until.ts';
import { NOON, put } from './mail.ts';

test('while somebody keeps the queue locked mail is refused, the ledger goes on, and a probe finds out when it is over (I08)', async () => {
  await using home = await scratchFolder('trouble');
  const clock = manualClock();
  await using store = await openStore(home.path, { clock, log: silentLog });
  const told: (StoreFailure | null)[] = [];
  store.onTrouble((trouble) => told.push(trouble));
  const before = await put(store.queue);

  using db = new DatabaseSync(home.file('Outgoing', 'queue.db'));
  db.exec('BEGIN IMMEDIATE');
  const refused = await Promise.allSettled([put(store.queue), put(store.queue), store.ledger.remember('sales', [])]);
  expect(refused.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
  expect(refused[0]).toMatchObject({
    reason: { name: 'StoreFailure', full: false, message: expect.stringContaining('queue.db') },
  });
  expect(told).toHaveLength(1);
  expect(told[0]?.message).toContain('queue.db');

  db.exec('ROLLBACK');
  await clock.advance(5_000);
  await until('the end of the trouble', () => told.at(-1) === null || undefined);
  expect(await store.queue.get(before.id)).toEqual(before);
  expect((await put(store.queue)).state).toBe('waiting');
  expect(told).toHaveLength(2);
});

test('a queue whose file went away while it ran is refused, not begun anew (I12)', async () => {
  await using home = await scratchFolder('trouble');
  await using store = await openStore(home.path, { clock: manualClock(), log: silentLog });
  const { id } = await put(store.queue);
  using db = new DatabaseSync(home.file('Outgoing', 'queue.db'));
  db.exec('BEGIN IMMEDIATE');
  await expect(put(store.queue)).rejects.toMatchObject({ name: 'StoreFailure' });
  db.close();
  await rename(home.file('Outgoing'), home.file('elsewhere'));

  await expect(put(store.queue)).rejects.toMatchObject({ message: expect.stringContaining('gone') });
  await rename(home.file('elsewhere'), home.file('Outgoing'));
  await put(store.queue);
  expect((await store.queue.get(id))?.id).toBe(id);
});

test('trouble is over as soon as something is written, without a probe', async () => {
  await using home = await scratchFolder('trouble');
  await using store = await openStore(home.path, { clock: manualClock(), log: silentLog });
  const told: (StoreFailure | null)[] = [];
  store.onTrouble((trouble) => told.push(trouble));
  using db = new DatabaseSync(home.file('mailgate.db'));
  db.exec('BEGIN IMMEDIATE');
  await expect(store.nextSession()).rejects.toMatchObject({ name: 'StoreFailure' });
  db.exec('ROLLBACK');

  await store.audit.record({ at: NOON, by: 'anna', method: 'trigger', what: '', reason: '', result: 'ok' });
  expect(told.map((trouble) => trouble?.name ?? null)).toEqual(['StoreFailure', null]);
});

test('when the thread dies, what waits is refused, and calls are answered again once a new one has been started', async () => {
  await using home = await scratchFolder('trouble');
  const clock = manualClock();
  const told: (StoreFailure | null)[] = [];
  const entry = new URL('mortal-thread.ts', import.meta.url);
  const link = await startLink({
    entry,
    home: home.path,
    clock,
    log: silentLog,
    trouble: (trouble) => told.push(trouble),
  });
  expect(await link.call('counter.next', 'session')).toBe(1);

  const waiting = [link.call('counter.next', 'die'), link.call('counter.next', 'session')];
  expect((await Promise.allSettled(waiting)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(told.map((trouble) => trouble?.name)).toEqual(['StoreFailure']);
  await expect(link.call('counter.next', 'session')).rejects.toMatchObject({ name: 'StoreFailure' });

  await clock.advance(1_000);
  await until('the new thread', () => told.at(-1) === null || undefined);
  expect(await link.call('counter.next', 'session')).toBe(1); // the fixture counts from the start again
  await link.close();
  expect(clock.pending).toBe(0);
});

test('a thread that cannot open its databases says so, and is not tried for ever', async () => {
  await using home = await scratchFolder('trouble');
  await expect(openStore(home.file('nowhere\u0000'), { clock: systemClock, log: silentLog })).rejects.toMatchObject({
    name: 'StoreFailure',
  });
});
