/** Entries on their way: claimed, settled, changed, removed; one call that fails spoils no other. */
import { describe, expect, test } from 'vitest';
import type { Attempt } from '../../src/protocol/model.ts';
import type { QueueEntry } from '../../src/daemon/store/store.ts';
import { manualClock } from '../kit/clock.ts';
import { scratchFolder } from '../kit/scratch.ts';
import type { Open } from './contract.ts';
import { bodyOf, newEntry, NOON, put, recipient, reopened, RETRY } from './mail.ts';

const names = (entries: QueueEntry[]): string[] => entries.map(({ id }) => id);

const attempt = (result: string): Attempt => ({
  at: '2026-11-24T12:00:00.000Z',
  ms: 12,
  relay: 'smarthost',
  result,
  transcript: ['< 220 ready', '> EHLO gw', '> AUTH ***'],
});

export function describeQueue(open: Open): void {
  describe('claims', () => {
    test('what is due is claimed, highest priority and longest due first, and nothing twice', async () => {
      await using home = await scratchFolder('claims');
      await using store = await open(home.path);
      const low = await put(store.queue, { priority: 'low', queuedAt: NOON - 9_000 });
      const second = await put(store.queue, { queuedAt: NOON - 1_000 });
      const first = await put(store.queue, { queuedAt: NOON - 2_000 });
      const high = await put(store.queue, { priority: 'high', queuedAt: NOON });
      await put(store.queue, { queuedAt: NOON + 1 }); // not due yet
      await put(store.queue, { hold: { by: 'anna', reason: '', until: null } });

      const claims = await Promise.all([store.queue.claim(NOON, 2, RETRY), store.queue.claim(NOON, 9, RETRY)]);
      expect(claims.map(names)).toEqual([
        [high.id, first.id],
        [second.id, low.id],
      ]);
      expect(await store.queue.claim(NOON, 9, RETRY)).toEqual([]);
    });

    test('a claim records the attempt and the next one before it resolves (I15)', async () => {
      await using home = await scratchFolder('claims');
      let store = await open(home.path);
      const { id } = await put(store.queue);
      const seen: number[] = [];
      for (let now = NOON; seen.length < 4; now += RETRY.at(-1) ?? 0) {
        const [claimed] = await store.queue.claim(now, 1, RETRY);
        expect(claimed).toMatchObject({ id, state: 'sending', attempts: seen.length + 1 });
        expect(await store.queue.get(id)).toEqual(claimed);
        seen.push((claimed?.nextAttemptAt ?? 0) - now);
        await store.queue.settle(id, { state: 'deferred' }, attempt('451'));
      }
      expect(seen).toEqual([60_000, 300_000, 900_000, 900_000]); // the last pause repeats

      store = await reopened(store, () => open(home.path));
      expect((await store.queue.get(id))?.attempts).toBe(4);
      await store[Symbol.asyncDispose]();
    });

    test('claims of a crashed run are due again by the schedule that they had recorded (I15)', async () => {
      await using home = await scratchFolder('claims');
      let store = await open(home.path);
      const { id } = await put(store.queue);
      await store.queue.claim(NOON, 1, RETRY);
      expect(await store.queue.nextDue()).toBeNull();

      store = await reopened(store, () => open(home.path));
      expect(await store.queue.recover(NOON + 1)).toEqual({ requeued: 1, discarded: 0 });
      expect(await store.queue.recover(NOON + 1)).toEqual({ requeued: 0, discarded: 0 });
      expect(await store.queue.get(id)).toMatchObject({ state: 'deferred', attempts: 1, nextAttemptAt: NOON + 60_000 });
      expect(await store.queue.nextDue()).toBe(NOON + 60_000);
      expect(await store.queue.claim(NOON + 59_999, 1, RETRY)).toEqual([]);
      expect(names(await store.queue.claim(NOON + 60_000, 1, RETRY))).toEqual([id]);
      await store[Symbol.asyncDispose]();
    });

    test('the next due instant is that of whatever may be claimed first, of any priority', async () => {
      await using home = await scratchFolder('claims');
      await using store = await open(home.path);
      expect(await store.queue.nextDue()).toBeNull();
      await put(store.queue, { priority: 'high', queuedAt: NOON + 5 });
      const low = await put(store.queue, { priority: 'low', queuedAt: NOON + 3 });
      await put(store.queue, { queuedAt: NOON + 1, hold: { by: 'anna', reason: '', until: null } });
      expect(await store.queue.nextDue()).toBe(NOON + 3);

      await store.queue.change([low.id], ['waiting'], { state: 'dropped' });
      expect(await store.queue.nextDue()).toBe(NOON + 5);
    });
  });

  describe('changes', () => {
    test('the attempt and what became of the entry are one step, and the attempts stay with it (G02)', async () => {
      await using home = await scratchFolder('changes');
      let store = await open(home.path);
      const { id } = await put(store.queue, { recipients: [recipient('a@x.example'), recipient('b@x.example')] });
      await store.queue.claim(NOON, 1, RETRY);
      const recipients = [
        { ...recipient('a@x.example'), state: 'sent' as const, reply: '250 2.0.0 ok' },
        { ...recipient('b@x.example'), state: 'deferred' as const, reply: '451 4.7.1 Greylisted' },
      ];
      const lastReply = '451 4.7.1 Greylisted';
      const change = { state: 'deferred', recipients, lastReply, relay: 'smarthost', nextAttemptAt: NOON + 7 } as const;
      await store.queue.settle(id, change, attempt('451'));
      await store.queue.settle(id, {}, attempt('250'));

      store = await reopened(store, () => open(home.path));
      expect(await store.queue.get(id)).toMatchObject(change);
      expect(await store.queue.attempts(id)).toEqual([attempt('451'), attempt('250')]);
      await store[Symbol.asyncDispose]();
    });

    test('only entries in one of the named states are changed, only in the fields that are there, and they come back (WS15)', async () => {
      await using home = await scratchFolder('changes');
      await using store = await open(home.path, manualClock());
      const [waiting, sending, held] = [
        await put(store.queue, { priority: 'low', queuedAt: NOON + 1 }),
        await put(store.queue, { priority: 'high' }),
        await put(store.queue, { hold: { by: 'x', reason: '', until: null } }),
      ];
      await store.queue.claim(NOON, 1, RETRY);
      const hold = { by: 'anna', reason: 'wait for Monday', until: NOON + 9 };

      const changed = await store.queue.change(names([waiting, sending, held]), ['waiting', 'deferred'], {
        state: 'held',
        hold,
      });
      expect(changed).toEqual([{ ...waiting, state: 'held', hold }]);
      expect(await store.queue.get(sending.id)).toMatchObject({ state: 'sending', hold: null });

      const released = await store.queue.change([waiting.id], ['held'], {
        state: 'waiting',
        hold: null,
        nextAttemptAt: NOON,
      });
      expect(released).toEqual([{ ...waiting, nextAttemptAt: NOON }]);
      expect(await store.queue.change([waiting.id], ['waiting'], {})).toEqual(released);
    });

    test('what is removed is gone with its body, its attempts and the memory of its reports', async () => {
      await using home = await scratchFolder('changes');
      let store = await open(home.path);
      const { id } = await put(store.queue);
      const other = await put(store.queue);
      await store.queue.settle(id, {}, attempt('550'));
      await put(store.queue, { sender: '', reportOn: `${id}.1` });
      await store.queue.remove([id, id]);

      store = await reopened(store, () => open(home.path));
      expect(await store.queue.get(id)).toBeNull();
      expect(await store.queue.attempts(id)).toEqual([]);
      expect(await store.queue.reportOn(`${id}.1`)).toBeNull();
      await expect(bodyOf(store.queue, id)).rejects.toMatchObject({ name: 'StoreFailure' });
      expect((await bodyOf(store.queue, other.id)).length).toBe(other.bytes);
      await store[Symbol.asyncDispose]();
    });

    test('a message is known to have had its report, also when the report has left before it goes itself (X08)', async () => {
      await using home = await scratchFolder('changes');
      let store = await open(home.path);
      const { id } = await put(store.queue);
      expect(await store.queue.reportOn(id)).toBeNull();
      const report = await put(store.queue, { sender: '', reportOn: id });
      expect(await store.queue.reportOn(id)).toBe(report.id);
      await store.queue.remove([report.id]);

      store = await reopened(store, () => open(home.path));
      expect(await store.queue.reportOn(id)).toBe(report.id);
      await store.queue.remove([id]);
      expect(await store.queue.reportOn(id)).toBeNull();
      await store[Symbol.asyncDispose]();
    });

    test('a call that cannot be done fails alone: the others of its group are done', async () => {
      await using home = await scratchFolder('changes');
      await using store = await open(home.path);
      const { id } = await put(store.queue);
      const body = store.queue.receive();
      await body.write(Buffer.from('x'));
      const impossible = { ...newEntry(), subject: null as unknown as string };

      const together = await Promise.allSettled([
        put(store.queue),
        store.queue.receive().commit(impossible),
        store.queue.settle('PmgFFFFFF', { state: 'held' }, attempt('')),
        store.queue.change([id], ['waiting'], { state: 'no state' as 'held', queuedAt: 'never' as unknown as number }),
        body.commit(newEntry()),
        put(store.queue),
      ]);
      expect(together.map(({ status }) => status)).toEqual([
        'fulfilled',
        'rejected',
        'rejected',
        'rejected',
        'fulfilled',
        'fulfilled',
      ]);
      expect(await store.queue.counts()).toMatchObject({ waiting: 4, held: 0 });
      expect((await store.queue.list({}, 0, 10)).total).toBe(4);
    });
  });
}
