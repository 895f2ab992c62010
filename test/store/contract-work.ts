/** Queue work (queue-work.ts): ages, ways, pages, sums, holds that end, the trash. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { days, hours, minutes, seconds } from '../../src/daemon/base/clock.ts';
import type { Mark } from '../../src/daemon/store/queue-work.ts';
import type { QueueEntry, QueueFilter, Store } from '../../src/daemon/store/store.ts';
import { manualClock } from '../kit/clock.ts';
import { scratchFolder } from '../kit/scratch.ts';
import type { Open } from './contract.ts';
import { NOON, put, recipient, reopened, RETRY } from './mail.ts';

const names = (entries: QueueEntry[]): string[] => entries.map(({ id }) => id);

const tried = { at: '2026-11-24T12:00:00.000Z', ms: 12, relay: 'smarthost', result: '451', transcript: [] };

/** All of a list, page by page. */
async function allPages(store: Store, where: QueueFilter, limit: number, way: 'on' | 'back'): Promise<string[]> {
  const ids: string[] = [];
  for (let next: Mark | null = null; ; ) {
    const page = await store.queue.page(where, way === 'on' ? { after: next } : { before: next }, limit);
    expect(page.entries.length).toBeLessThanOrEqual(limit);
    if (way === 'on') ids.push(...names(page.entries));
    else ids.unshift(...names(page.entries));
    next = page.next;
    if (next === null) return ids;
  }
}

export function describeWork(open: Open): void {
  describe('the age of an entry', () => {
    test('grows by the monotonic clock and only while the gateway runs, whatever the wall clock says (I17)', async () => {
      await using home = await scratchFolder('work');
      let clock = manualClock();
      let store = await open(home.path, clock);
      await clock.advance(minutes(10));
      const { id, born } = await put(store.queue);
      await clock.advance(hours(3));
      expect(store.queue.runningTime() - born).toBe(hours(3));

      // Off for a while, and the wall clock is set back by ten days.
      await store[Symbol.asyncDispose]();
      clock = manualClock(clock.now() - days(10));
      store = await open(home.path, clock);
      await clock.advance(seconds(5));
      const entry = await store.queue.get(id);
      expect(store.queue.runningTime() - (entry?.born ?? 0)).toBe(hours(3) + seconds(5));
      await store[Symbol.asyncDispose]();
    });

    test('stands still while it is held, or lies in the trash (I17)', async () => {
      await using home = await scratchFolder('work');
      const clock = manualClock();
      let store = await open(home.path, clock);
      const age = async () => store.queue.runningTime() - ((await store.queue.get(id))?.born ?? 0);
      const { id } = await put(store.queue);
      await clock.advance(minutes(2));
      await store.queue.change([id], ['waiting'], { state: 'held', hold: { by: 'anna', reason: '', until: null } });
      await clock.advance(hours(5));
      expect(await age()).toBe(minutes(2));
      const drop = { by: 'anna', reason: '', at: clock.now() };
      await store.queue.change([id], ['held'], { state: 'dropped', hold: null, drop });
      await clock.advance(hours(5));
      store = await reopened(store, () => open(home.path, clock));
      expect(await age()).toBe(minutes(2));

      await store.queue.change([id], ['dropped'], { state: 'waiting', drop: null });
      await clock.advance(minutes(1));
      expect(await age()).toBe(minutes(3));
      const held = await put(store.queue, { hold: { by: 'anna', reason: '', until: null } });
      await clock.advance(hours(1));
      expect(store.queue.runningTime() - ((await store.queue.get(held.id))?.born ?? 0)).toBe(0);
      await store[Symbol.asyncDispose]();
    });

    test('is not lost by more than a minute when the gateway is killed, not even again and again (I17)', async () => {
      await using home = await scratchFolder('work');
      const clock = manualClock();
      await using store = await open(home.path, clock);
      await clock.advance(minutes(10) + seconds(30));
      await store.queue.counts(); // the call of the last minute has been answered
      {
        await using second = await open(home.path, manualClock()); // as after a kill: nobody has closed the first
        expect(second.queue.runningTime()).toBe(minutes(10));
      }
      await put(store.queue);
      await using third = await open(home.path, manualClock());
      expect(third.queue.runningTime()).toBe(minutes(10) + seconds(30)); // that of the youngest entry
    });

    test('tells who is overdue, oldest first: who was not warned, or all; not what is held or being sent', async () => {
      await using home = await scratchFolder('work');
      const clock = manualClock();
      await using store = await open(home.path, clock);
      const [first, warned, held, sending] = [
        await put(store.queue, { queuedAt: NOON + 1 }),
        await put(store.queue, { queuedAt: NOON + 1 }),
        await put(store.queue, { hold: { by: 'anna', reason: '', until: null } }),
        await put(store.queue, { priority: 'high' }),
      ];
      await clock.advance(1_000);
      const later = await put(store.queue, { queuedAt: NOON + 1 });
      await store.queue.change([warned.id], ['waiting'], { warnedAt: NOON, state: 'deferred' });
      expect(names(await store.queue.claim(NOON, 9, RETRY))).toEqual([sending.id]);
      expect(held.state).toBe('held');

      const { queue } = store;
      expect(names(await queue.overdue('unwarned', 1_001, 9))).toEqual([first.id, later.id]);
      expect(names(await queue.overdue('any', 1_001, 9))).toEqual([first.id, warned.id, later.id]);
      expect(names(await queue.overdue('any', 1_000, 9))).toEqual([first.id, warned.id]);
      expect(names(await queue.overdue('any', 1_001, 1))).toEqual([first.id]);
      expect(await queue.overdue('any', 0, 9)).toEqual([]);
    });
  });

  describe('the ways that entries go', () => {
    test('a claim leaves ways aside, and merges the others by priority and by time', async () => {
      await using home = await scratchFolder('work');
      await using store = await open(home.path);
      const on = (relay: string, queuedAt: number, priority: QueueEntry['priority'] = 'normal') =>
        put(store.queue, { relay, queuedAt, priority });
      const [a, b, c, d, e] = [
        await on('one', NOON - 5),
        await on('two', NOON - 4),
        await on('one', NOON - 3),
        await on('', NOON - 2),
        await on('dead', NOON - 9, 'high'),
      ];
      const { queue } = store;
      expect(await queue.nextDue()).toBe(NOON - 9);
      expect(await queue.nextDue(['dead'])).toBe(NOON - 5);
      expect(await queue.nextDue(['dead', 'one', 'two', ''])).toBeNull();
      expect(await queue.claim(NOON, 9, RETRY, { except: ['dead', 'one', 'two', ''] })).toEqual([]);
      expect(names(await queue.claim(NOON, 2, RETRY, { except: ['dead'] }))).toEqual([a.id, b.id]);
      expect(names(await queue.claim(NOON, 9, RETRY, { except: ['one'] }))).toEqual([e.id, d.id]);
      expect(names(await queue.claim(NOON, 9, RETRY))).toEqual([c.id]);
    });

    test('plans for a far future are pulled in, on every way, and no others (I17)', async () => {
      await using home = await scratchFolder('work');
      await using store = await open(home.path);
      const far = { queuedAt: NOON + days(3_650) };
      await put(store.queue, { ...far, relay: 'one' });
      await put(store.queue, { ...far, relay: 'two', priority: 'low' });
      await put(store.queue, { ...far, hold: { by: 'anna', reason: '', until: null } });
      const soon = await put(store.queue, { queuedAt: NOON + 5 });
      expect(await store.queue.pullIn(NOON + hours(4), NOON)).toBe(2);
      expect(await store.queue.pullIn(NOON + hours(4), NOON)).toBe(0);
      expect((await store.queue.get(soon.id))?.nextAttemptAt).toBe(NOON + 5);
      expect(await store.queue.claim(NOON, 9, RETRY)).toHaveLength(2);
    });
  });

  describe('pages', () => {
    test('give everything once and in order, in both directions and in pages of any size, and the list agrees', async () => {
      await using home = await scratchFolder('work');
      await using store = await open(home.path);
      const hold = { by: 'anna', reason: '', until: null };
      const ages = [5, 3, 3, 3, 9, 1, 0, 7, 3, 2, 2, 8];
      for (const [n, age] of ages.entries())
        await put(store.queue, { queuedAt: NOON - age, subject: `no. ${n}`, hold: n % 3 === 0 ? hold : null });
      await store.queue.change(names((await store.queue.list({}, 0, 1)).entries), ['waiting', 'held'], {
        state: 'dropped',
      });

      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 13 }),
          fc.constantFrom<QueueFilter>({}, { states: ['held'] }, { subject: '*1*' }, { states: ['deferred'] }),
          async (limit, where) => {
            const { total, entries } = await store.queue.list(where, 0, 100);
            expect(total).toBe(entries.length);
            expect(await allPages(store, where, limit, 'on')).toEqual(names(entries));
            expect(await allPages(store, where, limit, 'back')).toEqual(names(entries));
            for (let at = 0; at <= total; at += limit) {
              const range = await store.queue.list(where, at, limit);
              expect(names(range.entries)).toEqual(names(entries).slice(at, at + limit));
            }
          },
        ),
        { numRuns: 40 },
      );
    });

    test('a search that finds little looks at all of it, slice by slice, and can be stopped', async () => {
      await using home = await scratchFolder('work');
      await using store = await open(home.path);
      await Promise.all(Array.from({ length: 4_500 }, (_, n) => put(store.queue, { queuedAt: NOON + n }, 'x')));
      const last = await put(store.queue, { queuedAt: NOON + 9_999, subject: 'the needle' }, 'x');
      const found = await store.queue.page({ subject: 'the needle' }, { after: null }, 5);
      expect(names(found.entries)).toEqual([last.id]);
      expect(found.next).toBeNull();
      expect(await store.queue.sum({ subject: '*e*' })).toMatchObject({ messages: 4_501 });
      expect((await store.queue.list({ subject: 'the needle' }, 0, 1)).total).toBe(1);
      expect(names((await store.queue.list({}, 4_499, 5)).entries).at(-1)).toBe(last.id);

      await expect(store.queue.page({ word: 'x' }, { after: null }, 5, AbortSignal.abort())).rejects.toThrow();
      await expect(store.queue.sum({ word: 'x' }, AbortSignal.abort())).rejects.toThrow();
    });

    test('what several parts of a filter ask for must fit all of it (CFG12)', async () => {
      await using home = await scratchFolder('work');
      await using store = await open(home.path);
      await put(store.queue, { subject: 'Offer 2026', sender: 'anna@a.com', recipients: [recipient('x@b.com')] });
      await put(store.queue, { subject: 'offer 27', sender: 'bert@a.com', priority: 'high' });
      await put(store.queue, { subject: 'none', sender: '', reportOn: 'Pmg0FFF' });
      const expectations: [QueueFilter, string[]][] = [
        [{ sender: '*@a.com', anyOf: [[{ sender: 'anna*' }]] }, ['Offer 2026']],
        [{ anyOf: [[{ sender: 'anna*' }, { sender: '' }]] }, ['Offer 2026', 'none']],
        [{ anyOf: [[]] }, []],
        [{ not: [{ sender: 'anna*' }, { reports: true }] }, ['offer 27']],
        [{ pattern: 'offer [0-9]{4}$' }, ['Offer 2026']],
        [{ pattern: '^x@' }, ['Offer 2026']],
        [{ not: [{ pattern: 'OFFER' }] }, ['none']],
        [{ id: 'Pmg*', priorities: ['high'] }, ['offer 27']],
        [{ id: 'nothing*' }, []],
      ];
      for (const [where, subjects] of expectations) {
        const { entries } = await store.queue.page(where, { after: null }, 9);
        expect(
          entries.map(({ subject }) => subject),
          JSON.stringify(where),
        ).toEqual(subjects);
      }
    });

    test('a sum counts messages, recipients and octets, and what is being sent, in queue or trash', async () => {
      await using home = await scratchFolder('work');
      await using store = await open(home.path);
      const two = [recipient('a@x.example'), recipient('b@x.example')];
      const [one, other] = [
        await put(store.queue, { recipients: two, priority: 'high' }, 'x'.repeat(10)),
        await put(store.queue, {}, 'x'.repeat(100)),
      ];
      await store.queue.claim(NOON, 1, RETRY);
      expect(await store.queue.sum({})).toEqual({ messages: 2, recipients: 3, bytes: 110, sending: 1 });
      expect(await store.queue.sum({ ids: [other.id, 'Pmg9999'] })).toMatchObject({ messages: 1, bytes: 100 });
      await store.queue.change([other.id], ['waiting'], { state: 'dropped', drop: { by: 'a', reason: '', at: NOON } });
      expect(await store.queue.sum({ states: ['dropped'] })).toMatchObject({ messages: 1, bytes: 100 });
      expect(await store.queue.sum({ sender: '*anna*' })).toMatchObject({ messages: 1, bytes: one.bytes });
    });
  });

  describe('work on many', () => {
    test('holds that have ended are found by their time, and when the next one ends', async () => {
      await using home = await scratchFolder('work');
      await using store = await open(home.path);
      const until = (at: number | null) => put(store.queue, { hold: { by: 'anna', reason: '', until: at } });
      const [late, first, second] = [await until(NOON + 9), await until(NOON - 2), await until(NOON - 1)];
      await until(null);
      const { queue } = store;
      expect(await queue.endedHolds(NOON, 9)).toEqual({ ids: [first.id, second.id], next: NOON + 9 });
      expect(await queue.endedHolds(NOON, 1)).toMatchObject({ ids: [first.id] });
      await queue.change([first.id, second.id], ['held'], { state: 'waiting', hold: null });
      expect(await queue.endedHolds(NOON, 9)).toEqual({ ids: [], next: NOON + 9 });
      await queue.change([late.id], ['held'], { hold: { by: 'bert', reason: '', until: null } });
      expect(await queue.endedHolds(NOON, 9)).toEqual({ ids: [], next: null });
    });

    test('only what lies in the trash is removed from it, with its body and its attempts', async () => {
      await using home = await scratchFolder('work');
      await using store = await open(home.path);
      const { queue } = store;
      const [dropped, waiting] = [await put(queue), await put(queue)];
      await queue.settle(dropped.id, { state: 'dropped', drop: { by: 'a', reason: '', at: NOON } }, tried);
      expect(await queue.erase([waiting.id, dropped.id, 'Pmg9999', 'nonsense'])).toEqual([dropped.id]);
      expect(await queue.get(dropped.id)).toBeNull();
      expect(await queue.attempts(dropped.id)).toEqual([]);
      expect(await queue.octets(dropped.id, 0, 9)).toBeNull();
      expect((await queue.get(waiting.id))?.state).toBe('waiting');
      expect(await queue.purge(NOON + days(9), 9)).toBe(0);
    });

    test('of the tries of a message the newest fifty are kept (G02)', async () => {
      await using home = await scratchFolder('work');
      await using store = await open(home.path);
      const { id } = await put(store.queue);
      for (let n = 1; n <= 60; n += 1) await store.queue.settle(id, {}, { ...tried, result: `451 no. ${n}` });
      const attempts = await store.queue.attempts(id);
      expect(attempts.map(({ result }) => result)).toEqual(Array.from({ length: 50 }, (_, n) => `451 no. ${n + 11}`));
    });

    test('what is being sent, and what is in the trash, is neither readdressed nor failed', async () => {
      await using home = await scratchFolder('work');
      await using store = await open(home.path);
      const { queue } = store;
      const [sending, dropped] = [await put(queue, { priority: 'high' }), await put(queue)];
      await queue.claim(NOON, 1, RETRY);
      await queue.change([dropped.id], ['waiting'], { state: 'dropped', drop: { by: 'a', reason: '', at: NOON } });
      const ids = [sending.id, dropped.id, 'Pmg9999'];
      expect(await queue.readdress(ids, 'bert@kunde.example', 'x@y.example', NOON)).toEqual([]);
      expect(await queue.failOpen(ids, '5.0.0 no', NOON)).toEqual([]);
    });
  });
}
