import { describe, expect, test } from 'vitest';
import { contentKey, listingOf } from '../../src/daemon/inbound/plan.ts';
import {
  adopted,
  compare,
  isRenumbered,
  looksRenumbered,
  readNumbering,
  samplesOf,
  writeNumbering,
} from '../../src/daemon/inbound/renumbering.ts';
import type { ListedMessage } from '../../src/daemon/pop3/mailbox.ts';
import { type LedgerEntry, newLedgerEntry } from '../../src/daemon/store/store.ts';

const known = (n: number, more: Partial<LedgerEntry> = {}): LedgerEntry => ({
  ...newLedgerEntry(`old-${n}`, 1_000 + n, 0),
  ...{ messageId: `<${n}@x>`, digest: `d${n}`, deliveredAt: 1, ...more },
});
const listed = (n: number, uidl = `new-${n}`, bytes = 1_000 + n): ListedMessage => ({ number: n, uidl, bytes });
const upTo = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n + 1));
const ledgerOf = (entries: LedgerEntry[]) => new Map(entries.map((entry) => [entry.uidl, entry]));

function changed(entries: LedgerEntry[], listing: ListedMessage[]) {
  return compare(listingOf(listing), ledgerOf(entries));
}

describe('what a listing says against the ledger (I06, POP15)', () => {
  const ten = upTo(10, known);

  test.each<[string, LedgerEntry[], ListedMessage[], boolean]>([
    ['all ten have new names', ten, upTo(10, (n) => listed(n)), true],
    ['all are as ever', ten, upTo(10, (n) => listed(n, `old-${n}`)), false],
    ['all are gone, and nothing has come', ten, [], false],
    ['all are gone, and four have come', ten, upTo(4, (n) => listed(n)), false],
    ['all are gone, and five have come', ten, upTo(5, (n) => listed(n)), true],
    [
      'five of ten are gone: not more than half',
      ten,
      upTo(10, (n) => listed(n, n > 5 ? `old-${n}` : `new-${n}`)),
      false,
    ],
    ['six of ten are gone', ten, upTo(10, (n) => listed(n, n > 6 ? `old-${n}` : `new-${n}`)), true],
    ['four known ones: too few to ask', upTo(4, known), upTo(4, (n) => listed(n)), false],
    [
      'the server had said that they are deleted',
      upTo(10, (n) => known(n, { deletedAt: 2 })),
      upTo(10, (n) => listed(n)),
      false,
    ],
    ['the new server has no names at all', ten, upTo(10, (n) => listed(n, '')), true],
    [
      'they were known by their content only',
      upTo(10, (n) => known(n, { uidl: contentKey(`${n}`) })),
      upTo(10, (n) => listed(n)),
      false,
    ],
  ])('%s', (_what, entries, listing, expected) => {
    expect(looksRenumbered(changed(entries, listing))).toBe(expected);
  });
});

describe('whether they are the known ones', () => {
  const ten = upTo(10, known);
  const fresh = upTo(10, (n) => listed(n));
  const strange = upTo(10, (n) => listed(n, `new-${n}`, 5_000 + n));

  test.each<[string, LedgerEntry[], ListedMessage[], string[], boolean]>([
    ['the headers say so', ten, fresh, ['<1@x>', '<2@x>', '<3@x>'], true],
    ['half of the headers say so', ten, fresh, ['<1@x>', '<other@x>'], true],
    ['the headers say no, whatever the sizes', ten, fresh, ['<other@x>', '<more@x>', '<1@x>'], false],
    ['the headers say so, whatever the sizes', ten, strange, ['<1@x>', '<2@x>'], true],
    ['no header can be had, the sizes say so', ten, fresh, ['', '', ''], true],
    ['no header can be had, the sizes say no', ten, strange, ['', '', ''], false],
    ['nothing is known of theirs', upTo(10, (n) => known(n, { messageId: '' })), fresh, ['<1@x>'], true],
  ])('%s', (_what, entries, listing, samples, expected) => {
    const gone = entries.map(({ messageId }) => messageId);
    expect(isRenumbered(changed(entries, listing), { gone, samples })).toBe(expected);
  });

  test('five headers are asked for, first of messages whose size a lost one had, spread over the listing', () => {
    const listing = [...strange, ...upTo(10, (n) => listed(n + 10, `new-${n + 10}`, 1_000 + n))];
    expect(samplesOf(changed(ten, listing)).map(({ number }) => number)).toEqual([11, 13, 15, 17, 19]);
    expect(samplesOf(changed(ten, strange)).map(({ number }) => number)).toEqual([1, 3, 5, 7, 9]);
  });
});

describe('who is who when they are adopted', () => {
  const named = (message: ListedMessage, messageId: string) => ({ message, messageId });

  test('size and Message-ID together name a message', () => {
    const gone = [known(1), known(2), known(3)];
    const messages = [named(listed(3), '<3@x>'), named(listed(1), '<1@x>'), named(listed(9, 'new-9', 1_002), '<9@x>')];
    expect(adopted(messages, gone)).toEqual([
      { from: 'old-3', to: 'new-3' },
      { from: 'old-1', to: 'new-1' },
    ]);
  });

  test('MSG12: where two share both, nobody is named; nor where there is no Message-ID', () => {
    const twins = [known(1), known(1, { uidl: 'old-1b' })];
    expect(adopted([named(listed(1), '<1@x>')], twins)).toEqual([]);
    expect(adopted([named(listed(1), '<1@x>'), named(listed(2, 'new-2', 1_001), '<1@x>')], [known(1)])).toEqual([]);
    expect(adopted([named(listed(1), '')], [known(1, { messageId: '' })])).toEqual([]);
  });
});

test('what is remembered of the question reads as it was written, and the bare words are answers', () => {
  const question = { state: 'asked' as const, known: 10, gone: 10, fresh: 9, at: 5 };
  expect(readNumbering(writeNumbering(question))).toEqual(question);
  expect(readNumbering(writeNumbering({ state: 'adopt' }))).toEqual({ state: 'adopt' });
  expect(['adopt', 'fetch', null, 'garbage'].map(readNumbering)).toEqual([
    { state: 'adopt' },
    { state: 'fetch' },
    null,
    null,
  ]);
});
