import { describe, expect, test } from 'vitest';
import { days } from '../../src/daemon/base/clock.ts';
import {
  brokeOnce,
  entryOf,
  failedOnce,
  intercepted,
  isSetAside,
  isStuck,
  openRecipients,
  type Removal,
  removalOf,
  type Retention,
  type Seen,
  settle,
} from '../../src/daemon/inbound/entry.ts';
import type { RecipientResult } from '../../src/daemon/smtp/conversation.ts';
import { type LedgerEntry, newLedgerEntry } from '../../src/daemon/store/store.ts';

const [ANNA, BOSS, SALES] = ['anna@company.example', 'boss@company.example', 'sales@company.example'];
const NOW = days(20_000);

const entry = (more: Partial<LedgerEntry> = {}): LedgerEntry => ({ ...newLedgerEntry('u', 100, 0), ...more });
const sent = (address: string): RecipientResult => ({ address, outcome: 'sent', reply: '250 ok', code: 250 });
const refused = (address: string, reply = '550 no'): RecipientResult => ({
  ...{ address, outcome: 'failed', reply, code: 550 },
});

describe('what a fetched message is taken for', () => {
  const seen: Seen = { key: 'u', bytes: 100, digest: 'd', messageId: '<m@x>', from: 'a@b.c', subject: 's' };

  test('what the ledger had of these octets stays: since when, and who has had it', () => {
    const known = entry({ digest: 'd', firstSeenAt: 7, deliveredTo: [ANNA], failures: 2 });
    expect(entryOf(seen, known, NOW)).toEqual({ ...known, messageId: '<m@x>', from: 'a@b.c', subject: 's' });
  });

  test('POP16: a UIDL that names other octets now starts anew', () => {
    const known = entry({ digest: 'other', deliveredTo: [ANNA], deliveredAt: 5, deletedAt: 6 });
    expect(entryOf(seen, known, NOW)).toMatchObject({ firstSeenAt: NOW, deliveredTo: [], deliveredAt: null });
  });

  test('S57: one that was only listed so far was first seen then, and what its download cost is forgiven', () => {
    const known = entry({ firstSeenAt: 7, broke: 1, failures: 4, tooLargeFor: 50, unroutableUnder: 'r' });
    expect(entryOf(seen, known, NOW)).toMatchObject({
      ...{ firstSeenAt: 7, broke: 0, failures: 0, tooLargeFor: 0, unroutableUnder: '' },
    });
  });

  test('G08: what an operator wants is handed over as if nobody had had it, once', () => {
    const known = entry({
      digest: 'd',
      wanted: true,
      deliveredAt: 5,
      deliveredTo: [ANNA],
      outcome: 'marked',
      keep: true,
    });
    expect(entryOf(seen, known, NOW)).toMatchObject({
      ...{ wanted: false, deliveredAt: null, deliveredTo: [], outcome: 'delivered', keep: false },
    });
  });
});

describe('who is still to have it', () => {
  test.each<[string, Partial<LedgerEntry>, string[]]>([
    ['everybody', {}, [ANNA, BOSS]],
    [
      'X03: who has had it never gets it again, in whatever case it is written',
      { deliveredTo: ['ANNA@company.example'] },
      [BOSS],
    ],
    ['an operator dropped one', { readdressed: [{ from: BOSS, to: null }] }, [ANNA]],
    ['an operator sent a copy elsewhere', { readdressed: [{ from: BOSS, to: SALES }] }, [ANNA, SALES]],
    ['it has gone elsewhere already', { readdressed: [{ from: BOSS, to: SALES }], deliveredTo: [SALES] }, [ANNA]],
    ['elsewhere is where another copy goes', { readdressed: [{ from: BOSS, to: ANNA }] }, [ANNA]],
    ['all were dropped', { readdressed: [ANNA, BOSS].map((from) => ({ from, to: null })) }, []],
  ])('%s', (_what, more, expected) => {
    expect(openRecipients([ANNA, BOSS], entry(more))).toEqual(expected);
  });
});

describe('after a hand-over', () => {
  const handed = (results: RecipientResult[], spam: string[] = [], keep = false) => ({ results, spam, keep });

  test('all took it: settled', () => {
    expect(settle(entry(), handed([sent(ANNA), sent(BOSS)]), NOW)).toMatchObject({
      ...{ deliveredAt: NOW, deliveredTo: [ANNA, BOSS], outcome: 'delivered', lastError: '', failures: 0 },
    });
  });

  test('S74: one refused it: who took it is remembered, and it has failed once more', () => {
    expect(settle(entry({ failures: 1 }), handed([sent(ANNA), refused(BOSS)]), NOW)).toMatchObject({
      ...{ deliveredAt: null, deliveredTo: [ANNA], lastError: '550 no', failures: 2 },
    });
  });

  test.each<[string, LedgerEntry, RecipientResult[], string[], Partial<LedgerEntry>]>([
    [
      'nobody else is left',
      entry(),
      [refused(ANNA)],
      [ANNA],
      { deliveredAt: NOW, outcome: 'spam', deliveredTo: [ANNA] },
    ],
    ['another took it', entry(), [refused(ANNA), sent(BOSS)], [ANNA], { deliveredAt: NOW, outcome: 'delivered' }],
    [
      'another took it before',
      entry({ deliveredTo: [BOSS] }),
      [refused(ANNA)],
      [ANNA],
      { deliveredAt: NOW, outcome: 'delivered' },
    ],
    [
      'another refuses it for a reason of his own',
      entry(),
      [refused(ANNA), refused(BOSS, '451 later')],
      [ANNA],
      { deliveredAt: null, outcome: 'spam', lastError: '451 later', failures: 1 },
    ],
    [
      'the other refuses it as spam later',
      entry({ deliveredTo: [ANNA], outcome: 'spam' }),
      [refused(BOSS)],
      [BOSS],
      { deliveredAt: NOW, outcome: 'spam' },
    ],
    [
      'the other takes it later',
      entry({ deliveredTo: [ANNA], outcome: 'spam' }),
      [sent(BOSS)],
      [],
      { deliveredAt: NOW, outcome: 'delivered' },
    ],
  ])('S76: refused as spam, and %s', (_what, before, results, spam, expected) => {
    expect(settle(before, handed(results, spam), NOW)).toMatchObject(expected);
  });

  test('S55, S56: what is to be kept is kept, also when the last of them takes it in a later session', () => {
    const first = settle(entry(), handed([sent(ANNA), refused(BOSS)], [], true), NOW);
    expect(settle(first, handed([sent(BOSS)], [], false), NOW)).toMatchObject({ deliveredAt: NOW, keep: true });
  });
});

describe('what waits for a person', () => {
  test('S74: from the third session in which it failed on', () => {
    const twice = failedOnce(failedOnce(entry(), 'a'), 'b');
    expect([isStuck(twice), isStuck(failedOnce(twice, 'c'))]).toEqual([false, true]);
    expect(isSetAside(failedOnce(twice, 'c'))).toBe(false);
  });

  test('G03: after the second session that broke on it, until an operator wants it', () => {
    const once = brokeOnce(entry(), 'cut');
    const twice = brokeOnce(once, 'cut');
    expect([isSetAside(once), isSetAside(twice), isStuck(twice)]).toEqual([false, true, true]);
    expect(isSetAside({ ...twice, wanted: true })).toBe(false);
    expect(isSetAside(brokeOnce({ ...twice, wanted: true }, 'cut again'))).toBe(true);
  });

  test('not what is settled', () => {
    expect(isStuck(settle(entry({ failures: 5 }), { results: [sent(ANNA)], spam: [], keep: false }, NOW))).toBe(false);
  });
});

describe('why a settled message is deleted (I03)', () => {
  const settled = (more: Partial<LedgerEntry> = {}) => entry({ deliveredAt: 1, firstSeenAt: NOW - days(5), ...more });
  const mode = (more: Partial<Retention> = {}): Retention => ({
    keepOnServer: false,
    deleteAfter: 0,
    now: NOW,
    ...more,
  });
  const keeping = mode({ keepOnServer: true });
  const fiveDays = { deleteAfter: days(5) };
  const sixDays = { deleteAfter: days(6) };

  test.each<[string, LedgerEntry, Retention, Removal | null]>([
    ['delivered', settled(), mode(), 'delivered'],
    ['refused as spam', settled({ outcome: 'spam' }), mode(), 'spam'],
    ['stopped by a rule', intercepted(entry(), 'x', NOW), mode(), 'rule'],
    ['not settled', entry(), mode(fiveDays), null],
    ['S54: the account keeps its mail', settled(), keeping, null],
    ['S54: and what lies in quarantine, too', settled({ outcome: 'spam' }), keeping, null],
    ['S55, S56: one that is kept for its recipient', settled({ keep: true }), mode(), null],
    ['S76: kept for a recipient who did not get it', settled({ keep: true, outcome: 'spam' }), mode(), 'spam'],
    ['G08: called fetched by an operator', settled({ outcome: 'marked' }), mode(), null],
    ['S57: five of five days', settled(), mode({ keepOnServer: true, ...fiveDays }), 'age'],
    ['S57: five of six days', settled(), mode({ keepOnServer: true, ...sixDays }), null],
    ['S57: works without Keep on server', settled({ keep: true }), mode(fiveDays), 'age'],
    ['S57: what was called fetched, too', settled({ outcome: 'marked' }), mode(fiveDays), 'age'],
    ['S57: what is deleted anyway is not deleted for its age', settled(), mode(fiveDays), 'delivered'],
  ])('%s', (_what, one, retention, expected) => {
    expect(removalOf(one, retention)).toBe(expected);
  });
});
