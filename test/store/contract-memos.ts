/** Small texts that outlive a restart. */
import { describe, expect, test } from 'vitest';
import { LONGEST_MEMO } from '../../src/daemon/store/store.ts';
import { scratchFolder } from '../kit/scratch.ts';
import type { Open } from './contract.ts';
import { reopened } from './mail.ts';

export function describeMemos(open: Open): void {
  describe('memos', () => {
    test('are there after a restart, as they were put last, until they are forgotten', async () => {
      await using home = await scratchFolder('memos');
      let store = await open(home.path);
      await store.memos.put('alert:disk', 'first');
      await store.memos.put('alert:disk', '{"größe":"\\u0000 \u{1f4e8}"}');
      await store.memos.put('empty', '');
      await store.memos.put('gone', 'x');
      await store.memos.put('gone', null);
      await store.memos.put('never there', null);

      store = await reopened(store, () => open(home.path));
      const names = ['alert:disk', 'empty', 'gone', 'never there'];
      expect(await Promise.all(names.map((name) => store.memos.get(name)))).toEqual([
        '{"größe":"\\u0000 \u{1f4e8}"}',
        '',
        null,
        null,
      ]);
      await store[Symbol.asyncDispose]();
    });

    test('are found by how their names begin, letter for letter', async () => {
      await using home = await scratchFolder('memos');
      await using store = await open(home.path);
      for (const name of ['renumbered:sales', 'renumbered:info', 'Renumbered:x', 'renumbered', '%', 'token:a'])
        await store.memos.put(name, name.toUpperCase());

      expect(await store.memos.all('renumbered:')).toEqual(
        new Map([
          ['renumbered:info', 'RENUMBERED:INFO'],
          ['renumbered:sales', 'RENUMBERED:SALES'],
        ]),
      );
      expect([...(await store.memos.all('%')).keys()]).toEqual(['%']);
      expect((await store.memos.all('')).size).toBe(6);
      expect((await store.memos.all('nobody')).size).toBe(0);
    });

    test('have an end: a longer one is refused, and the one before stays', async () => {
      await using home = await scratchFolder('memos');
      await using store = await open(home.path);
      await store.memos.put('long', 'ü'.repeat(LONGEST_MEMO));
      await expect(store.memos.put('long', 'x'.repeat(LONGEST_MEMO + 1))).rejects.toMatchObject({
        name: 'StoreFailure',
        message: expect.stringContaining('"long"'),
      });
      expect(await store.memos.get('long')).toBe('ü'.repeat(LONGEST_MEMO));
    });
  });
}
