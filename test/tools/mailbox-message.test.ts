/** The states of G08, each from what the ledger knows. */
import { describe, expect, test } from 'vitest';
import { days } from '../../src/daemon/base/clock.ts';
import { type LedgerEntry, newLedgerEntry } from '../../src/daemon/store/store.ts';
import { type Judging, NAMELESS, shownMessage } from '../../src/daemon/tools/mailbox-message.ts';
import { readdress } from '../../src/daemon/tools/readdress.ts';
import { inFrench } from '../../src/protocol/reasons.ts';

/** Words of ours that no text in French has. */
const ENGLISH = /\b(?:the|it|at|by|has|refused|delivered|stopped|marked)\b/i;

const NOW = Date.UTC(2026, 10, 24, 12);
const message = { number: 4, bytes: 5_000, uidl: 'u' };
const deletes: Judging = {
  account: { keepOnServer: false, deleteAfterDays: 0 },
  limits: { account: 0, configuration: 0, mailServer: 0, disk: 0 },
  routing: 'now',
  now: NOW,
};
const keeps: Judging = { ...deletes, account: { keepOnServer: true, deleteAfterDays: 0 } };
const limited: Judging = { ...deletes, limits: { ...deletes.limits, mailServer: 4_000 } };
const limitedTo = (account: number): Judging => ({ ...deletes, limits: { ...deletes.limits, account } });
const short: Judging = { ...deletes, limits: { ...deletes.limits, disk: 4_000 } };
const aged: Judging = { ...limited, account: { keepOnServer: true, deleteAfterDays: 2 } };
const delivered = { deliveredAt: NOW, deliveredTo: ['x@firma.example'] };

function shown(more: Partial<LedgerEntry> | null, judging: Judging, nameless = false) {
  const entry = more === null ? undefined : { ...newLedgerEntry('u', 5_000, NOW - days(1)), ...more };
  const label = { from: 'f', subject: 's' };
  return shownMessage(message, entry, judging, { label, deleted: false, nameless });
}

describe('a message is (G08)', () => {
  const cases: [what: string, Partial<LedgerEntry> | null, Judging, state: string, why: string][] = [
    ['unknown', null, deletes, 'new', ''],
    ['seen, never tried', {}, deletes, 'new', ''],
    ['refused once', { failures: 1, lastError: '451 later' }, deletes, 'new', 'Refused in 1 session: 451 later'],
    ['delivered, to be deleted', delivered, deletes, 'fetched', 'The next session deletes it.'],
    ['delivered, kept by the account (S54)', delivered, keeps, 'kept', 'It stays on the server.'],
    ['delivered, kept for a recipient (S55)', { ...delivered, keep: true }, deletes, 'kept', 'x@firma.example'],
    ['refused as spam', { ...delivered, outcome: 'spam' }, deletes, 'fetched', 'Refused as spam'],
    ['stopped by a rule', { ...delivered, outcome: 'intercepted' }, deletes, 'fetched', 'Stopped by a rule'],
    ['marked by an operator', { ...delivered, outcome: 'marked', keep: true }, deletes, 'fetched', 'Marked as fetched'],
    ['too large (S65)', null, limited, 'oversize', 'larger than 4000 octets, what the internal server takes'],
    [
      'found too large (POP20)',
      { bytes: 5_000, tooLargeFor: 9_000 },
      limitedTo(9_000),
      'oversize',
      'the limit of the account',
    ],
    ['found too large, limit raised', { tooLargeFor: 9_000 }, limitedTo(9_001), 'new', ''],
    [
      'too large, its days over (S57)',
      { firstSeenAt: NOW - days(3), noticedAt: NOW },
      aged,
      'oversize',
      'Its days there are over',
    ],
    ['delivered before a limit', delivered, { ...keeps, limits: limited.limits }, 'kept', ''],
    ['set aside (G03)', { broke: 2, lastError: 'cut' }, limited, 'stuck', 'It is set aside: cut'],
    ['broken once', { broke: 1, lastError: 'cut' }, deletes, 'new', ''],
    ['refused three times', { failures: 3, lastError: '550 no' }, deletes, 'stuck', '550 no'],
    ['wanted although stuck', { broke: 2, wanted: true }, limited, 'new', 'An operator wants it'],
    ['too large for the disk of now (G13)', null, short, 'oversize', 'The disk of the gateway has no room for it now'],
    ['wanted, and too large for it', { wanted: true }, short, 'oversize', 'The disk of the gateway has no room'],
    ['wanted although delivered', { ...delivered, wanted: true }, deletes, 'new', 'An operator wants it'],
    ['unroutable under this routing', { unroutableUnder: 'now' }, deletes, 'new', 'no recipient here'],
    ['unroutable under another one', { unroutableUnder: 'before' }, deletes, 'new', ''],
    ['another one of that UIDL (POP16)', { ...delivered, bytes: 4_999 }, deletes, 'new', ''],
    ['listed again after it was deleted (POP16)', { ...delivered, deletedAt: NOW }, deletes, 'new', ''],
  ];

  test.each(cases)('%s', (_what, entry, judging, state, why) => {
    const got = shown(entry, judging);
    expect(got.state).toBe(state);
    expect(got.why).toContain(why);
    if (why === '' && state === 'new') expect(got.why).toBe('');
    expect(inFrench(got.why)).not.toMatch(ENGLISH);
  });

  test('of no state that anybody could know when its UIDL names nothing (POP14)', () => {
    expect(shown(delivered, deletes, true)).toMatchObject({
      state: 'new',
      deleteAt: null,
      why: expect.stringContaining('no UIDL of its own'),
    });
    expect(inFrench(NAMELESS)).not.toMatch(ENGLISH);
  });
});

describe('a recipient of one message', () => {
  const at = (name: string) => `${name}@firma.example`;
  const after = (...changes: [from: string, to: string | null][]) =>
    changes.reduce(
      (entry, [from, to]) => readdress(entry, { from: at(from), to: to && at(to) }),
      newLedgerEntry('u', 1, NOW),
    ).readdressed;

  test('is followed when who stands in for him is replaced, too', () => {
    expect(after(['a', 'b'], ['b', 'c'])).toEqual([
      { from: at('a'), to: at('c') },
      { from: at('b'), to: at('c') },
    ]);
    expect(after(['a', 'b'], ['b', null])).toEqual([
      { from: at('a'), to: null },
      { from: at('b'), to: null },
    ]);
  });

  test('gets his copy again when the decision is taken back', () => {
    expect(after(['a', null], ['A', 'a'])).toEqual([]);
    expect(after(['a', 'b'], ['b', 'a'])).toEqual([{ from: at('b'), to: at('a') }]);
    expect(after(['a', 'b'], ['A', 'c'])).toEqual([{ from: at('A'), to: at('c') }]);
  });
});
