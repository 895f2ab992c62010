import { describe, expect, test } from 'vitest';
import { days } from '../../src/daemon/base/clock.ts';
import { contentKey, type Keeping, listingOf, plan } from '../../src/daemon/inbound/plan.ts';
import type { ListedMessage } from '../../src/daemon/pop3/mailbox.ts';
import { type LedgerEntry, newLedgerEntry } from '../../src/daemon/store/store.ts';

const listed = (number: number, uidl: string, bytes = 100): ListedMessage => ({ number, uidl, bytes });

const entry = (uidl: string, more: Partial<LedgerEntry> = {}): [string, LedgerEntry] => [
  uidl,
  { ...newLedgerEntry(uidl, 100, 0), deliveredAt: 1, deliveredTo: ['a@b.c'], digest: 'd', ...more },
];

const removing: Keeping = {
  ...{ keepOnServer: false, deleteAfter: 0, now: days(100), maxBytes: 0, room: 0 },
  ...{ strangers: new Set<number>(), routing: 'r1', skip: new Set<string>() },
};

function planned(listing: ListedMessage[], entries: [string, LedgerEntry][], keeping: Keeping = removing) {
  const { fetch, remove, oversize, kept, setAside, unroutable, gone } = plan(
    listingOf(listing),
    new Map(entries),
    keeping,
  );
  const numbers = (list: ListedMessage[]) => list.map(({ number }) => number);
  const removed = remove.map(({ message }) => message);
  return {
    ...{ fetch: numbers(fetch), remove: numbers(removed), oversize: numbers(oversize), kept: numbers(kept) },
    ...{ setAside: numbers(setAside), unroutable: numbers(unroutable), gone },
  };
}

describe('what becomes of the messages of a listing', () => {
  test('S58: what the ledger does not know is fetched', () => {
    expect(planned([listed(1, 'a'), listed(2, 'b')], [entry('a')])).toMatchObject({ fetch: [2], remove: [1] });
  });

  test('X04: what was delivered but not deleted is deleted without fetching', () => {
    expect(planned([listed(1, 'a')], [entry('a')])).toEqual({
      fetch: [],
      remove: [1],
      oversize: [],
      kept: [],
      setAside: [],
      unroutable: [],
      gone: [],
    });
  });

  test('what was handed over to some recipients only is fetched again', () => {
    expect(planned([listed(1, 'a')], [entry('a', { deliveredAt: null })])).toMatchObject({ fetch: [1], remove: [] });
  });

  test('S54: a delivered message stays where the account keeps its mail', () => {
    expect(planned([listed(1, 'a')], [entry('a')], { ...removing, keepOnServer: true })).toMatchObject({
      kept: [1],
      remove: [],
    });
  });

  test('S63, S66: an oversize message is neither fetched nor deleted; one of exactly the limit is fetched', () => {
    const listing = [listed(1, 'a', 1_000), listed(2, 'b', 1_001)];
    expect(planned(listing, [], { ...removing, maxBytes: 1_000 })).toMatchObject({
      fetch: [1],
      oversize: [2],
      remove: [],
    });
  });

  test('POP13, POP14: messages without a name of their own are fetched, and never deleted for one another', () => {
    const listing = [listed(1, 'same'), listed(2, 'same'), listed(3, '')];
    expect(planned(listing, [entry('same')])).toMatchObject({ fetch: [1, 2, 3], remove: [] });
  });

  test('POP16: a UIDL that comes back with another size names a new message', () => {
    expect(planned([listed(1, 'a', 101)], [entry('a')])).toMatchObject({ fetch: [1], remove: [] });
  });

  test('the ledger forgets what the server no longer lists', () => {
    expect(planned([listed(1, 'a')], [entry('a'), entry('b')]).gone).toEqual(['b']);
  });

  test('what is known by its content is remembered while any message has no name', () => {
    const keys = [contentKey('x'), `sha256:${'0f'.repeat(32)}`]; // the second as ledgers of before have it
    const known = keys.map((key) => entry(key));
    expect(planned([listed(1, '')], known).gone).toEqual([]);
    expect(planned([listed(1, 'a'), listed(2, 'a')], known).gone).toEqual([]);
    expect(planned([listed(1, 'a')], known).gone).toEqual(keys);
  });

  const open = { deliveredAt: null, deliveredTo: [] };
  const fiveDays = { ...removing, deleteAfter: days(5) };

  test.each<[string, LedgerEntry['uidl'], Partial<LedgerEntry>, Keeping, Partial<ReturnType<typeof planned>>]>([
    ['S55: kept for its recipient', 'a', { keep: true }, removing, { kept: [1], remove: [] }],
    ['S57: its days are over', 'a', { keep: true }, fiveDays, { kept: [], remove: [1] }],
    ['S57: never one that was refused', 'a', { ...open, failures: 9 }, fiveDays, { fetch: [1], remove: [] }],
    ['S57: never one that is set aside', 'a', { ...open, broke: 2 }, fiveDays, { setAside: [1], remove: [] }],
    [
      'S57: never one that nobody takes',
      'a',
      { ...open, unroutableUnder: 'r1' },
      fiveDays,
      { unroutable: [1], remove: [] },
    ],
    ['G03: one session broke on it', 'a', { ...open, broke: 1 }, removing, { fetch: [1], setAside: [] }],
    ['G03: two did', 'a', { ...open, broke: 2 }, removing, { fetch: [], setAside: [1] }],
    ['G08: two did, and an operator wants it', 'a', { ...open, broke: 2, wanted: true }, removing, { fetch: [1] }],
    ['G08: delivered, and an operator wants it', 'a', { wanted: true }, removing, { fetch: [1], remove: [] }],
    ['G08: called fetched', 'a', { outcome: 'marked' }, removing, { kept: [1], remove: [] }],
    [
      'nobody took it under this routing',
      'a',
      { ...open, unroutableUnder: 'r1' },
      removing,
      { unroutable: [1], fetch: [] },
    ],
    [
      'nobody took it under another one',
      'a',
      { ...open, unroutableUnder: 'r0' },
      removing,
      { unroutable: [], fetch: [1] },
    ],
  ])('%s', (_what, uidl, more, keeping, expected) => {
    expect(planned([listed(1, 'a')], [entry(uidl, more)], keeping)).toMatchObject(expected);
  });

  describe('what is too large', () => {
    const limited = (maxBytes: number, more: Partial<Keeping> = {}): Keeping => ({ ...removing, maxBytes, ...more });
    const large = listed(1, 'a', 1_000);
    const of = (more: Partial<LedgerEntry>, keeping: Keeping) =>
      planned([large], [entry('a', { ...open, bytes: 1_000, ...more })], keeping);

    test('G13, S66: a raised limit fetches it by itself', () => {
      expect(of({ noticedAt: 1 }, limited(999))).toMatchObject({ oversize: [1] });
      expect(of({ noticedAt: 1 }, limited(1_000))).toMatchObject({ fetch: [1], oversize: [] });
    });

    test('POP20: one whose body was longer than LIST said waits until the limit is larger', () => {
      expect(of({ tooLargeFor: 5_000 }, limited(5_000))).toMatchObject({ oversize: [1] });
      expect(of({ tooLargeFor: 5_000 }, limited(5_001))).toMatchObject({ fetch: [1] });
      expect(of({ tooLargeFor: 5_000 }, limited(0))).toMatchObject({ fetch: [1] });
    });

    test('S57: goes after its days, but only if its recipient was told', () => {
      expect(of({ noticedAt: 1 }, limited(999, { deleteAfter: days(5) }))).toMatchObject({ remove: [1] });
      expect(of({ noticedAt: null }, limited(999, { deleteAfter: days(5) }))).toMatchObject({
        oversize: [1],
        remove: [],
      });
    });

    test('G13: what waits for room on the disk is not taken away by age, and one that is wanted waits, too', () => {
      const short = (room: number) => limited(room, { room, deleteAfter: days(5) });
      expect(of({ noticedAt: 1 }, short(999))).toMatchObject({ oversize: [1], remove: [] });
      expect(of({ wanted: true }, short(999))).toMatchObject({ oversize: [1], fetch: [] });
      expect(of({ wanted: true }, short(1_000))).toMatchObject({ oversize: [], fetch: [1] });
    });

    test('G08: is fetched all the same when an operator wants it', () => {
      expect(of({ wanted: true }, limited(10))).toMatchObject({ fetch: [1], oversize: [] });
    });
  });

  test('G03: a message of which this session has had enough is left out of it', () => {
    const keeping = { ...removing, skip: new Set(['a']) };
    expect(planned([listed(1, 'a'), listed(2, 'b')], [entry('a', open)], keeping)).toMatchObject({ fetch: [2] });
  });
});
