/** The ledger, the audit trail and the counter of sessions. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { knownPart, type LedgerEntry, newLedgerEntry } from '../../src/daemon/store/store.ts';
import { scratchFolder } from '../kit/scratch.ts';
import type { Open } from './contract.ts';
import { NOON, reopened } from './mail.ts';
import { wholeLedger } from '../kit/ledger.ts';

export const seen = (uidl: string, given: Partial<LedgerEntry> = {}): LedgerEntry => ({
  ...newLedgerEntry(uidl, 1_000, NOON),
  messageId: '<1@firma.example>',
  ...given,
});

/** An entry of which no field has its default. */
const full = (uidl: string): LedgerEntry => ({
  uidl,
  bytes: 7,
  firstSeenAt: NOON,
  deliveredAt: NOON + 1,
  deliveredTo: ['jörg@firma.example', "o'neil@firma.example"],
  messageId: '<2@firma.example>',
  digest: 'ab'.repeat(32),
  lastError: '550 5.1.1 <x>: unknown "user"',
  failures: 3,
  from: 'Jörg \u0000 <j@x.example>',
  subject: 'Größe "5"\r\n \u{1f4e8}',
  outcome: 'spam',
  keep: true,
  deletedAt: NOON + 2,
  broke: 2,
  noticedAt: NOON + 3,
  tooLargeFor: 5_000_000,
  unroutableUnder: 'cd'.repeat(32),
  wanted: true,
  readdressed: [
    { from: 'a@firma.example', to: null },
    { from: 'b@firma.example', to: 'c@firma.example' },
  ],
});

const byUidl = (a: LedgerEntry, b: LedgerEntry) => (a.uidl < b.uidl ? -1 : 1);

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

export function describeLedger(open: Open): void {
  describe('the ledger', () => {
    test('it knows after a restart what it was told, each account by itself (X04)', async () => {
      await using home = await scratchFolder('ledger');
      let store = await open(home.path);
      const delivered = full('UID1');
      await store.ledger.remember('sales', [delivered, seen('UID2')]);
      await store.ledger.remember('info', [seen('UID1', { bytes: 7 })]);

      store = await reopened(store, () => open(home.path));

      expect(await wholeLedger(store.ledger, 'sales')).toEqual(
        new Map([
          ['UID1', delivered],
          ['UID2', seen('UID2')],
        ]),
      );
      expect(await wholeLedger(store.ledger, 'info')).toEqual(new Map([['UID1', seen('UID1', { bytes: 7 })]]));
      expect(await wholeLedger(store.ledger, 'nobody')).toEqual(new Map());
      await store[Symbol.asyncDispose]();
    });

    test('what is remembered again is replaced, and what is forgotten is gone (S59)', async () => {
      await using home = await scratchFolder('ledger');
      await using store = await open(home.path);
      await store.ledger.remember('sales', [seen('A'), seen('B'), seen('C')]);
      await store.ledger.remember('other', [seen('A')]);
      await store.ledger.remember('sales', [seen('B', { failures: 1, lastError: '451 later' })]);

      await store.ledger.forget('sales', ['A', 'never seen']);
      expect([...(await wholeLedger(store.ledger, 'sales')).values()]).toEqual([
        seen('B', { failures: 1, lastError: '451 later' }),
        seen('C'),
      ]);

      await store.ledger.forget('sales', null);
      expect((await wholeLedger(store.ledger, 'sales')).size).toBe(0);
      expect((await wholeLedger(store.ledger, 'other')).size).toBe(1);
    });

    test('each field that differs from a new entry comes back, alone and with the others', async () => {
      await using home = await scratchFolder('ledger');
      let store = await open(home.path);
      const fields = Object.keys(newLedgerEntry('', 0, NOON)) as (keyof LedgerEntry)[];
      expect(fields.filter((field) => same(full('x')[field], newLedgerEntry('x', 7, NOON)[field]))).toEqual(
        ['uidl', 'bytes', 'firstSeenAt'], // which `newLedgerEntry` is given
      );
      const entries = fields
        .filter((field) => field !== 'uidl')
        .map((field) => ({ ...newLedgerEntry(field, 1, NOON), [field]: full('')[field] }));
      await store.ledger.remember('sales', entries);

      store = await reopened(store, () => open(home.path));
      expect([...(await wholeLedger(store.ledger, 'sales')).values()].toSorted(byUidl)).toEqual(
        entries.toSorted(byUidl),
      );
      await store[Symbol.asyncDispose]();
    });

    test('what is known of a message is what its entry says, whatever that is (S58)', async () => {
      await using home = await scratchFolder('ledger');
      await using store = await open(home.path);
      const entries = [full('A'), seen('B'), seen('C', { deliveredAt: NOON, keep: true }), seen('D', { broke: 1 })];
      await store.ledger.remember('sales', entries);
      await store.ledger.remember('other', [seen('E')]);

      const known = await store.ledger.known('sales');
      expect([...known.keys()]).toEqual(['A', 'B', 'C', 'D']);
      expect([...known.values()]).toEqual(entries.map(knownPart));
      expect([...(await store.ledger.entries('sales', ['D', 'E', 'A'])).values()]).toEqual([entries[3], entries[0]]);
    });

    test('what the server has deleted is noted with the entry, and changes nothing else of it (POP16)', async () => {
      await using home = await scratchFolder('ledger');
      let store = await open(home.path);
      const entries = [full('A'), seen('B'), seen('C')];
      await store.ledger.remember('sales', entries);
      await store.ledger.noteDeleted('sales', ['A', 'B', 'never seen'], NOON + 9);

      store = await reopened(store, () => open(home.path));
      expect([...(await wholeLedger(store.ledger, 'sales')).values()]).toEqual([
        { ...full('A'), deletedAt: NOON + 9 },
        seen('B', { deletedAt: NOON + 9 }),
        seen('C'),
      ]);
      await store[Symbol.asyncDispose]();
    });

    test('an account of 5,000 messages comes back whole', async () => {
      await using home = await scratchFolder('ledger');
      await using store = await open(home.path);
      const entries = Array.from({ length: 5_000 }, (_, i) => seen(`UID${i}`));
      await store.ledger.remember('sales', entries);

      const loaded = await wholeLedger(store.ledger, 'sales');
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
          const loaded = await wholeLedger(store.ledger, 'sales');
          expect([...loaded.keys()].toSorted()).toEqual(uidls.toSorted());
          await store.ledger.forget('sales', uidls);
          expect((await wholeLedger(store.ledger, 'sales')).size).toBe(0);
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
