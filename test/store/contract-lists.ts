/** Lists, filters and numbers. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Queue, QueueEntry, QueueFilter } from '../../src/daemon/store/store.ts';
import { scratchFolder } from '../kit/scratch.ts';
import type { Open } from './contract.ts';
import { NOON, put, recipient, RETRY } from './mail.ts';

const hold = { by: 'anna', reason: '', until: null };

async function found(queue: Queue, where: QueueFilter): Promise<string[]> {
  const { total, entries } = await queue.list(where, 0, 100);
  expect(total).toBe(entries.length);
  return entries.map(({ subject }) => subject);
}

export function describeLists(open: Open): void {
  describe('lists', () => {
    test('entries are listed oldest first, a range at a time, without the trash', async () => {
      await using home = await scratchFolder('lists');
      await using store = await open(home.path);
      const ids: string[] = [];
      for (let i = 0; i < 10; i += 1)
        ids.unshift((await put(store.queue, { queuedAt: NOON - i, hold: i % 3 === 0 ? hold : null })).id);
      const [oldest = ''] = ids;
      await store.queue.change([oldest], ['waiting', 'held'], { state: 'dropped' });

      const range = await store.queue.list({}, 2, 3);
      expect(range.total).toBe(9);
      expect(range.entries.map(({ id }) => id)).toEqual(ids.slice(3, 6));
      expect((await store.queue.list({}, 9, 3)).entries).toEqual([]);
      expect((await store.queue.list({ states: ['dropped'] }, 0, 9)).entries.map(({ id }) => id)).toEqual([oldest]);
      expect((await store.queue.list({ states: [] }, 0, 9)).total).toBe(0);
    });

    test('each field of a filter chooses, and all that are given must fit', async () => {
      await using home = await scratchFolder('lists');
      await using store = await open(home.path);
      const one = await put(store.queue, { subject: 'one', sender: 'Anna@Firma.example', queuedAt: NOON - 2 });
      await put(store.queue, {
        subject: 'two',
        sender: '',
        recipients: [recipient('x@a.example'), recipient('Post@B.example')],
        queuedAt: NOON - 1,
      });
      await put(store.queue, { subject: 'three', sender: 'otto@firma.example', hold });
      await store.queue.claim(NOON - 2, 1, RETRY);
      await store.queue.settle(
        one.id,
        { state: 'deferred', relay: 'smarthost', lastReply: '451 4.7.1 Greylisted' },
        { at: '', ms: 0, relay: '', result: '', transcript: [] },
      );

      const expectations: [QueueFilter, string[]][] = [
        [{ states: ['deferred', 'held'] }, ['one', 'three']],
        [{ sender: '*@firma.EXAMPLE' }, ['one', 'three']],
        [{ sender: 'a??a@*' }, ['one']],
        [{ sender: '' }, ['two']],
        [{ sender: '*' }, ['one', 'two', 'three']],
        [{ sender: 'firma' }, []],
        [{ recipient: 'post@b.example' }, ['two']],
        [{ recipient: '*@*.example' }, ['one', 'two', 'three']],
        [{ recipient: 'x@a.example*post*' }, []],
        [{ relay: 'Smart*' }, ['one']],
        [{ subject: 't*' }, ['two', 'three']],
        [{ word: 'GREYLISTED' }, ['one']],
        [{ word: 'b.example' }, ['two']],
        [{ word: one.id.slice(1).toLowerCase() }, ['one']],
        [{ word: 'wait' }, []], // no field that it is looked for in: the state of a recipient
        [{ ids: [one.id, 'PmgFFFFFF', 'nonsense'] }, ['one']],
        [{ ids: [one.id], states: ['held'] }, []],
        [{ ids: [] }, []],
        [{ queuedBefore: NOON - 1 }, ['one']],
        [{ queuedAfter: NOON - 2, queuedBefore: NOON }, ['two']],
        [{ sender: '*firma*', states: ['held'], subject: 'three', word: 'otto' }, ['three']],
      ];
      for (const [where, subjects] of expectations)
        expect(await found(store.queue, where), JSON.stringify(where)).toEqual(subjects);
    });

    test('what SQL, LIKE and JSON make of a character, a filter does not (CFG12)', async () => {
      await using home = await scratchFolder('lists');
      await using store = await open(home.path);
      const odd = [
        '100%',
        '100 Euro',
        'a_b',
        'axb',
        'c:\\mail',
        "it's",
        '"quoted"',
        '[a-c]*',
        'Größe',
        'naïve\u0000end',
      ];
      for (const subject of odd) await put(store.queue, { subject });

      for (const subject of odd) {
        const wildcards = /[*?]/.test(subject);
        if (!wildcards) expect(await found(store.queue, { subject })).toEqual([subject]);
        expect(await found(store.queue, { word: subject })).toEqual([subject]);
      }
      expect(await found(store.queue, { subject: '100%*' })).toEqual(['100%']);
      expect(await found(store.queue, { subject: 'GRÖSSE' })).toEqual([]);
      expect(await found(store.queue, { subject: 'grÖ*' })).toEqual(['Größe']);
      expect(await found(store.queue, { word: 'RÖß' })).toEqual(['Größe']);
      const many = '*a'.repeat(2_000);
      expect(await found(store.queue, { subject: many })).toEqual([]);
    });

    test('any mask chooses what the same regular expression does', async () => {
      await using home = await scratchFolder('lists');
      await using store = await open(home.path);
      const letters = fc.string({ unit: fc.constantFrom('a', 'B', '%', '_', '\\', '.', 'ä'), maxLength: 5 });
      const subjects = fc.sample(letters, { numRuns: 60, seed: 7 });
      for (const subject of subjects) await put(store.queue, { subject });
      const mask = fc.string({ unit: fc.constantFrom('A', 'b', '%', '_', '\\', '.', 'Ä', '*', '?'), maxLength: 5 });

      await fc.assert(
        fc.asyncProperty(mask, async (subject) => {
          const escaped = subject.replaceAll(/[\\.]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.');
          const same = new RegExp(`^${escaped}$`, 'iu');
          expect(await found(store.queue, { subject })).toEqual(subjects.filter((one) => same.test(one)));
        }),
        { numRuns: 100 },
      );
    });

    test('20,000 entries are listed and searched whole, in ranges that fit together (I13)', async () => {
      await using home = await scratchFolder('lists');
      await using store = await open(home.path);
      const takeIn = (_: unknown, i: number) =>
        put(store.queue, {
          queuedAt: NOON + i,
          subject: `message ${i}`,
          sender: i % 4 === 0 ? 'otto@firma.example' : 'anna@firma.example',
          hold: i % 2 === 0 ? hold : null,
        });
      for (let done = 0; done < 20_000; done += 2_000) {
        await Promise.all(Array.from({ length: 2_000 }, (_, i) => takeIn(_, done + i)));
      }

      const searches: [QueueFilter, (i: number) => boolean][] = [
        [{}, () => true],
        [{ states: ['held'] }, (i) => i % 2 === 0],
        [{ sender: 'otto@*' }, (i) => i % 4 === 0],
        [{ sender: '*', states: ['waiting'] }, (i) => i % 2 === 1],
      ];
      for (const [where, fits] of searches) {
        const fitting = Array.from({ length: 20_000 }, (_, i) => i).filter(fits);
        const listed: QueueEntry[] = [];
        for (;;) {
          const { total, entries } = await store.queue.list(where, listed.length, 3_000);
          expect(total).toBe(fitting.length);
          listed.push(...entries);
          if (entries.length === 0) break;
        }
        expect(listed.map(({ subject }) => subject)).toEqual(fitting.map((i) => `message ${i}`));
      }
      expect(await found(store.queue, { word: 'message 19999' })).toEqual(['message 19999']);
      expect(await store.queue.counts()).toMatchObject({
        waiting: 10_000,
        held: 10_000,
        oldestAt: new Date(NOON).toISOString(),
      });
    });
  });

  describe('numbers', () => {
    test('they follow every entry, and the trash is in none of them', async () => {
      await using home = await scratchFolder('numbers');
      await using store = await open(home.path);
      const old = await put(store.queue, { queuedAt: NOON - 100, priority: 'low' }, 'x'.repeat(100));
      await put(store.queue, { queuedAt: NOON - 50 }, 'x'.repeat(10));
      await put(store.queue, { hold }, 'x');
      expect(await store.queue.counts()).toEqual({
        waiting: 2,
        sending: 0,
        deferred: 0,
        held: 1,
        bytes: 111,
        oldestAt: new Date(NOON - 100).toISOString(),
      });

      await store.queue.claim(NOON, 1, RETRY);
      expect(await store.queue.counts()).toMatchObject({ waiting: 1, sending: 1 });
      await store.queue.change([old.id], ['waiting'], { state: 'dropped' });
      expect(await store.queue.counts()).toEqual({
        waiting: 0,
        sending: 1,
        deferred: 0,
        held: 1,
        bytes: 11,
        oldestAt: new Date(NOON - 50).toISOString(),
      });
      await store.queue.remove([old.id]);
      expect(await store.queue.counts()).toMatchObject({ bytes: 11 });
    });
  });
}
