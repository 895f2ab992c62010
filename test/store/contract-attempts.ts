/** What the ledger keeps with a message beside its entry: the dialogues of tries that failed, also under another UIDL. */
import { describe, expect, test } from 'vitest';
import type { Attempt } from '../../src/protocol/model.ts';
import { ATTEMPTS_KEPT } from '../../src/daemon/store/store.ts';
import { scratchFolder } from '../kit/scratch.ts';
import type { Open } from './contract.ts';
import { seen } from './contract-ledger.ts';
import { NOON, reopened } from './mail.ts';
import { wholeLedger } from '../kit/ledger.ts';

const attempt = (n: number): Attempt => ({
  at: new Date(NOON + n).toISOString(),
  ms: n,
  relay: 'mail.firma.example',
  result: `550 5.1.${n} "no"`,
  transcript: ['* connected', '> MAIL FROM:<jörg@x.example>', '< 550 \\ \u0000'],
});

export function describeAttempts(open: Open): void {
  describe('the tries of a fetched message', () => {
    test('are kept with it through a restart, oldest first, and each message has its own (G02)', async () => {
      await using home = await scratchFolder('attempts');
      let store = await open(home.path);
      await store.ledger.remember('sales', [seen('A'), seen('B')]);
      await store.ledger.noteAttempt('sales', 'A', attempt(1));
      await store.ledger.noteAttempt('sales', 'A', attempt(2));
      await store.ledger.noteAttempt('info', 'A', attempt(3));

      store = await reopened(store, () => open(home.path));
      expect(await store.ledger.attempts('sales', 'A')).toEqual([attempt(1), attempt(2)]);
      expect(await store.ledger.attempts('info', 'A')).toEqual([attempt(3)]);
      expect(await store.ledger.attempts('sales', 'B')).toEqual([]);
      await store[Symbol.asyncDispose]();
    });

    test('are only the last few of many (G02)', async () => {
      await using home = await scratchFolder('attempts');
      await using store = await open(home.path);
      const all = Array.from({ length: ATTEMPTS_KEPT * 2 + 1 }, (_, n) => attempt(n));
      await Promise.all(all.map((one) => store.ledger.noteAttempt('sales', 'A', one)));
      expect(await store.ledger.attempts('sales', 'A')).toEqual(all.slice(-ATTEMPTS_KEPT));
    });

    test('stay while the entry changes, and go when it is forgotten (S59)', async () => {
      await using home = await scratchFolder('attempts');
      await using store = await open(home.path);
      const { ledger } = store;
      for (const uidl of ['A', 'B', 'C']) await ledger.noteAttempt('sales', uidl, attempt(1));
      await ledger.noteAttempt('info', 'A', attempt(2));
      await ledger.remember('sales', [seen('A', { failures: 1 })]);
      expect(await ledger.attempts('sales', 'A')).toEqual([attempt(1)]);

      await ledger.forget('sales', ['A']);
      expect(await ledger.attempts('sales', 'A')).toEqual([]);
      expect(await ledger.attempts('sales', 'B')).toEqual([attempt(1)]);

      await ledger.forget('sales', null);
      expect(await ledger.attempts('sales', 'C')).toEqual([]);
      expect(await ledger.attempts('info', 'A')).toEqual([attempt(2)]);
    });
  });

  describe('a mailbox with new UIDLs', () => {
    test('keeps entries and tries under the new ones, in whatever order they are named (I06)', async () => {
      await using home = await scratchFolder('renamed');
      let store = await open(home.path);
      const entries = ['A', 'B', 'C', 'D'].map((uidl, i) => seen(uidl, { bytes: i, subject: `was ${uidl}` }));
      await store.ledger.remember('sales', entries);
      await store.ledger.remember('info', [seen('A')]);
      for (const [n, uidl] of ['A', 'B', 'C'].entries()) await store.ledger.noteAttempt('sales', uidl, attempt(n));

      // A ring of three, and one that takes the place of an entry that stays behind.
      await store.ledger.rename('sales', [
        { from: 'A', to: 'B' },
        { from: 'B', to: 'C' },
        { from: 'C', to: 'D' },
        { from: 'nobody', to: 'A' },
      ]);

      store = await reopened(store, () => open(home.path));
      const loaded = await wholeLedger(store.ledger, 'sales');
      expect([...loaded.values()].map(({ uidl, bytes, subject }) => [uidl, bytes, subject])).toEqual([
        ['B', 0, 'was A'],
        ['C', 1, 'was B'],
        ['D', 2, 'was C'],
      ]);
      expect([...loaded.keys()]).toEqual(['B', 'C', 'D']);
      const tries = await Promise.all(['A', 'B', 'C', 'D'].map((uidl) => store.ledger.attempts('sales', uidl)));
      expect(tries).toEqual([[], [attempt(0)], [attempt(1)], [attempt(2)]]);
      expect([...(await wholeLedger(store.ledger, 'info')).keys()]).toEqual(['A']);
      await store[Symbol.asyncDispose]();
    });

    test('may have two that change places, and one that keeps its own (I06)', async () => {
      await using home = await scratchFolder('renamed');
      await using store = await open(home.path);
      await store.ledger.remember('sales', [seen('A', { bytes: 1 }), seen('B', { bytes: 2 }), seen('C', { bytes: 3 })]);
      await store.ledger.rename('sales', [
        { from: 'A', to: 'B' },
        { from: 'B', to: 'A' },
        { from: 'C', to: 'C' },
      ]);
      const loaded = await wholeLedger(store.ledger, 'sales');
      expect(['A', 'B', 'C'].map((uidl) => loaded.get(uidl)?.bytes)).toEqual([2, 1, 3]);
    });
  });
}
