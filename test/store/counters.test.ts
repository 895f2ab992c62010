/** The queue's numbers are kept beside its rows; whatever happens, they are those of the rows. */
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/daemon/base/clock.ts';
import { silentLog } from '../../src/daemon/base/log.ts';
import { openStore } from '../../src/daemon/store/sqlite.ts';
import type { NewEntry, QueueEntry, Store } from '../../src/daemon/store/store.ts';
import { type ScratchFolder, scratchFolder } from '../kit/scratch.ts';
import { newEntry, NOON, put, RETRY } from './mail.ts';

const STATES: QueueEntry['state'][] = ['waiting', 'sending', 'deferred', 'held', 'dropped'];

const open = (home: ScratchFolder) => openStore(home.path, { clock: systemClock, log: silentLog });

/** One thing that can happen; `pick` chooses an entry. */
type Step =
  | { does: 'put'; octets: number; age: number; held: boolean; priority: NewEntry['priority'] }
  | { does: 'refuse'; octets: number }
  | { does: 'claim'; limit: number; later: number }
  | { does: 'settle' | 'change'; pick: number; to: QueueEntry['state']; from: QueueEntry['state'][] }
  /** A settlement that fails when the entry has been changed already. */
  | { does: 'spoil'; pick: number; to: QueueEntry['state'] }
  | { does: 'remove'; pick: number }
  | { does: 'restart' };

const pick = fc.nat(30);
const state = fc.constantFrom(...STATES);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      does: fc.constant('put' as const),
      octets: fc.nat(3_000),
      age: fc.nat(99),
      held: fc.boolean(),
      priority: fc.constantFrom('high' as const, 'normal' as const, 'low' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('refuse' as const), octets: fc.nat(3_000) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constant('claim' as const),
      limit: fc.integer({ min: 1, max: 3 }),
      later: fc.nat(1_000_000),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      does: fc.constantFrom('settle' as const, 'change' as const),
      pick,
      to: state,
      from: fc.uniqueArray(state),
    }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('remove' as const), pick }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('spoil' as const), pick, to: state }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('restart' as const) }) },
);

/** What the rows themselves say, by a connection of the test's own. */
function counted(home: ScratchFolder): object {
  using db = new DatabaseSync(home.file('Outgoing', 'queue.db'), { readOnly: true });
  const rows = db
    .prepare('SELECT state, count(*) AS n, sum(bytes) AS bytes, min(queued_at) AS oldest FROM entry GROUP BY state')
    .all();
  const of = (name: string) => rows.find((row) => row['state'] === name);
  const queued = rows.filter((row) => row['state'] !== 'dropped');
  const oldest = queued.length === 0 ? null : Math.min(...queued.map((row) => Number(row['oldest'])));
  const numbers = ['waiting', 'sending', 'deferred', 'held'].map((name) => [name, Number(of(name)?.['n'] ?? 0)]);
  return {
    ...Object.fromEntries(numbers),
    bytes: queued.reduce((sum, row) => sum + Number(row['bytes']), 0),
    oldestAt: oldest === null ? null : new Date(oldest).toISOString(),
  };
}

test('after any steps, restarts among them, the numbers are those of the rows', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(step, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 6 }),
      async (groups) => {
        await using home = await scratchFolder('counters');
        let store = await open(home);
        const ids: string[] = [];
        for (const group of groups) {
          if (group.some(({ does }) => does === 'restart')) {
            await store[Symbol.asyncDispose]();
            store = await open(home);
            await store.queue.recover(NOON);
          }
          await Promise.all(group.map((one) => take(store, one, ids))); // together: one group, some of it refused
          expect(await store.queue.counts()).toEqual(counted(home));
        }
        await store[Symbol.asyncDispose]();
      },
    ),
    { numRuns: 25 },
  );
}, 120_000);

async function take({ queue }: Store, one: Step, ids: string[]): Promise<void> {
  const id = 'pick' in one ? (ids[one.pick % Math.max(1, ids.length)] ?? 'Pmg1000') : '';
  switch (one.does) {
    case 'put': {
      const hold = one.held ? { by: 'anna', reason: '', until: null } : null;
      const { id: name } = await put(
        queue,
        { queuedAt: NOON - one.age, priority: one.priority, hold },
        'x'.repeat(one.octets),
      );
      ids.push(name);
      return;
    }
    case 'refuse': {
      const incoming = queue.receive();
      await incoming.write(Buffer.alloc(one.octets));
      await expect(incoming.commit({ ...newEntry(), sender: null as unknown as string })).rejects.toThrow();
      return;
    }
    case 'claim':
      await queue.claim(NOON + one.later, one.limit, RETRY);
      return;
    case 'settle':
      await queue
        .settle(id, { state: one.to }, { at: '', ms: 0, relay: '', result: '', transcript: [] })
        .catch(() => {});
      return;
    case 'change':
      await queue.change([id, id], one.from, { state: one.to, queuedAt: NOON - 500 });
      return;
    case 'spoil':
      await expect(queue.settle(id, { state: one.to }, undefined as never)).rejects.toThrow();
      return;
    case 'remove':
      await queue.remove([id]);
      return;
    case 'restart':
  }
}
