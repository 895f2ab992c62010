import { describe, expect, test } from 'vitest';
import { type Keeping, plan } from '../../src/daemon/inbound/plan.ts';
import type { ListedMessage } from '../../src/daemon/pop3/mailbox.ts';
import type { LedgerEntry } from '../../src/daemon/store/store.ts';

const listed = (number: number, uidl: string, bytes = 100): ListedMessage => ({ number, uidl, bytes });

const entry = (uidl: string, more: Partial<LedgerEntry> = {}): [string, LedgerEntry] => [
  uidl,
  {
    uidl,
    bytes: 100,
    firstSeenAt: 0,
    deliveredAt: 1,
    deliveredTo: ['a@b.c'],
    messageId: '',
    digest: 'd',
    lastError: '',
    failures: 0,
    ...more,
  },
];

const removing: Keeping = { keepOnServer: false, maxBytes: 0, strangers: new Set() };

function planned(listing: ListedMessage[], entries: [string, LedgerEntry][], keeping: Keeping = removing) {
  const { fetch, remove, oversize, kept, gone } = plan(listing, new Map(entries), keeping);
  const numbers = (list: ListedMessage[]) => list.map(({ number }) => number);
  return { fetch: numbers(fetch), remove: numbers(remove), oversize: numbers(oversize), kept: numbers(kept), gone };
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
    expect(planned([listed(1, '')], [entry('sha256:x')]).gone).toEqual([]);
    expect(planned([listed(1, 'a')], [entry('sha256:x')]).gone).toEqual(['sha256:x']);
  });
});
