/** The ledger, the audit trail and the counter of sessions. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LedgerEntry } from '../../src/daemon/store/store.ts';
import { scratchFolder } from '../kit/scratch.ts';
import type { Open } from './contract.ts';
import { NOON, reopened } from './mail.ts';

const seen = (uidl: string, given: Partial<LedgerEntry> = {}): LedgerEntry => ({
  uidl,
  bytes: 1_000,
  firstSeenAt: NOON,
  deliveredAt: null,
  deliveredTo: [],
  messageId: '<1@firma.example>',
  digest: '',
  lastError: '',
  failures: 0,
  ...given,
});

export function describeLedger(open: Open): void {
  describe('the ledger', () => {
    test('it knows after a restart what it was told, each account by itself (X04)', async () => {
      await using home = await scratchFolder('ledger');
      let store = await open(home.path);
      const delivered = seen('UID1', {
        deliveredAt: NOON + 1,
        deliveredTo: ['jörg@firma.example', "o'neil@firma.example"],
        digest: 'ab'.repeat(32),
        lastError: '550 5.1.1 <x>: unknown "user"',
        failures: 3,
      });
      await store.ledger.remember('sales', [delivered, seen('UID2')]);
      await store.ledger.remember('info', [seen('UID1', { bytes: 7 })]);

      store = await reopened(store, () => open(home.path));

      expect(await store.ledger.load('sales')).toEqual(
        new Map([
          ['UID1', delivered],
          ['UID2', seen('UID2')],
        ]),
      );
      expect(await store.ledger.load('info')).toEqual(new Map([['UID1', seen('UID1', { bytes: 7 })]]));
      expect(await store.ledger.load('nobody')).toEqual(new Map());
      await store[Symbol.asyncDispose]();
    });

    test('what is remembered again is replaced, and what is forgotten is gone (S59)', async () => {
      await using home = await scratchFolder('ledger');
      await using store = await open(home.path);
      await store.ledger.remember('sales', [seen('A'), seen('B'), seen('C')]);
      await store.ledger.remember('other', [seen('A')]);
      await store.ledger.remember('sales', [seen('B', { failures: 1, lastError: '451 later' })]);

      await store.ledger.forget('sales', ['A', 'never seen']);
      expect([...(await store.ledger.load('sales')).values()]).toEqual([
        seen('B', { failures: 1, lastError: '451 later' }),
        seen('C'),
      ]);

      await store.ledger.forget('sales', null);
      expect((await store.ledger.load('sales')).size).toBe(0);
      expect((await store.ledger.load('other')).size).toBe(1);
    });

    test('an account of 5,000 messages comes back whole', async () => {
      await using home = await scratchFolder('ledger');
      await using store = await open(home.path);
      const entries = Array.from({ length: 5_000 }, (_, i) => seen(`UID${i}`));
      await store.ledger.remember('sales', entries);

      const loaded = await store.ledger.load('sales');
      expect(loaded.size).toBe(5_000);
      expect(entries.every(({ uidl }) => loaded.has(uidl))).toBe(true);
    });

    test('every UIDL that RFC 1939 allows, and every one that it does not, comes back as it was', async () => {
      await using home = await scratchFolder('ledger');
      await using store = await open(home.path);
      const uidl = fc.string({
        unit: fc.integer({ min: 0x01, max: 0xff }).map((code) => String.fromCharCode(code)),
        minLength: 1,
        maxLength: 70,
      });

      await fc.assert(
        fc.asyncProperty(fc.uniqueArray(uidl, { minLength: 1, maxLength: 20 }), async (uidls) => {
          await store.ledger.remember(
            'sales',
            uidls.map((one) => seen(one)),
          );
          const loaded = await store.ledger.load('sales');
          expect([...loaded.keys()].toSorted()).toEqual(uidls.toSorted());
          await store.ledger.forget('sales', uidls);
          expect((await store.ledger.load('sales')).size).toBe(0);
        }),
        { numRuns: 30 },
      );
    });
  });

  test('sessions are numbered on through restarts', async () => {
    await using home = await scratchFolder('session');
    let store = await open(home.path);
    expect([await store.nextSession(), await store.nextSession()]).toEqual([1, 2]);

    store = await reopened(store, () => open(home.path));
    expect(await Promise.all([store.nextSession(), store.nextSession()])).toEqual([3, 4]);
    await store[Symbol.asyncDispose]();
  });

  test('a call after the end of the store is refused, not forgotten', async () => {
    await using home = await scratchFolder('closed');
    const store = await open(home.path);
    await store[Symbol.asyncDispose]();
    await expect(store.nextSession()).rejects.toThrow('closed');
  });

  test('the end of the store waits for what was asked of it before', async () => {
    await using home = await scratchFolder('closing');
    let store = await open(home.path);
    const asked = store.audit.record({
      at: NOON,
      by: 'anna',
      method: 'queue.drop',
      what: '',
      reason: '',
      result: 'ok',
    });
    const numbered = store.nextSession();

    store = await reopened(store, () => open(home.path));
    await expect(Promise.all([asked, numbered])).resolves.toEqual([undefined, 1]);
    await store[Symbol.asyncDispose]();
  });
}
