/** What holds for every mask and every header, however odd. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressesIn, normalAddress } from '../../src/daemon/mail/address.ts';
import { readHeader } from '../../src/daemon/mail/header-block.ts';
import { foldWord, matchesMask, placeMask } from '../../src/daemon/mail/mask.ts';
import { createRouter, type Routed } from '../../src/daemon/routing/router.ts';
import type { RoutingRecipient, RoutingSettings } from '../../src/daemon/routing/settings.ts';
import { tryRoute } from '../../src/daemon/routing/try.ts';

/** What a mask means, in the fewest words: too slow for use, too simple to be wrong. */
function means(mask: string[], text: string[]): boolean {
  const [sign, ...rest] = mask;
  if (sign === undefined) return text.length === 0;
  if (sign === '*') return text.some((_, at) => means(rest, text.slice(at))) || means(rest, []);
  return text.length > 0 && (sign === '?' || sign === text[0]) && means(rest, text.slice(1));
}
const characters = (text: string) => Array.from(foldWord(text));

/** Few letters, so that masks and texts often fit. */
const letters = (...more: string[]) =>
  fc.string({ unit: fc.constantFrom('a', 'B', 'b', '-', '@', '😀', ...more), maxLength: 9 });

describe('masks', () => {
  test('S78, CFG12: a mask fits what its meaning says', () => {
    fc.assert(
      fc.property(letters('*', '*', '?'), letters('é', 'É'), (mask, text) => {
        expect(matchesMask(mask, text)).toBe(means(characters(mask), characters(text)));
      }),
      { numRuns: 3_000 },
    );
  });

  test('S88: a word may stand in the place exactly if the mask with the word in it fits', () => {
    const word = letters().filter((text) => text !== '');
    fc.assert(
      fc.property(letters('*', '*'), letters('*', '*'), fc.array(word), letters(), (before, after, words, text) => {
        const found = placeMask(`${before}{KW}${after}`, words).wordsIn(text);
        const fitting = words.filter((one) => matchesMask(before + one + after, text)).map(foldWord);
        expect(new Set(found)).toEqual(new Set(fitting));
        expect(found).toEqual(found.toSorted((a, b) => Array.from(b).length - Array.from(a).length));
      }),
      { numRuns: 3_000 },
    );
  });

  test('S88: what stands in the place at the widest is there exactly if the mask fits with a run in its place', () => {
    fc.assert(
      fc.property(letters('*', '?'), letters('*', '?'), letters(), (before, after, text) => {
        const widest = placeMask(`${before}{Addr}${after}`, []).widest(text);
        expect(widest !== null).toBe(matchesMask(`${before}*${after}`, text));
        if (widest !== null) expect(matchesMask(before + widest + after, text)).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });
});

const NAMES = ['anna', 'sales', 'jean-pierre', 'pierre'];
const ACCOUNTS = ['one', 'two'];
const FIELDS = ['To', 'Cc', 'Bcc', 'Delivered-To', 'X-Envelope-To'];
const address = fc
  .tuple(fc.constantFrom(...NAMES, 'x'), fc.constantFrom('@a.example', '@b.example'))
  .map((parts) => parts.join(''));

const recipient: fc.Arbitrary<RoutingRecipient> = fc.record({
  name: fc.constantFrom(...NAMES),
  address,
  otherAddresses: fc.array(address, { maxLength: 2 }),
  keywords: fc.array(fc.constantFrom(...NAMES), { maxLength: 2 }),
  accounts: fc.subarray(ACCOUNTS),
  forwardAll: fc.integer({ max: 9, min: 0 }).map((n) => n === 0),
  takesUnroutable: fc.boolean(),
  keepOnServer: fc.boolean(),
});

const settings: fc.Arbitrary<RoutingSettings> = fc.record({
  recipients: fc.array(recipient, { maxLength: 6 }),
  accounts: fc.tuple(
    ...ACCOUNTS.map((name) =>
      fc.record({
        name: fc.constant(name),
        searchHeader: fc.constantFrom(null, 'Delivered-To', 'x-envelope-to'),
        addressValidation: fc.constantFrom('', '@a.example', 'b.'),
      }),
    ),
  ),
  masks: fc.array(
    fc.constantFrom(
      { header: 'Delivered-To', compares: 'keyword' as const, mask: '*-{KW}@*' },
      { header: 'X-Envelope-To', compares: 'address' as const, mask: '{Addr}' },
      { header: 'Delivered-To', compares: 'keyword' as const, mask: '*{KW}*' },
    ),
    { maxLength: 2 },
  ),
});

const value = fc.oneof(
  address,
  address.map((one) => `com-${one}`),
  address.map((one) => `"N, N" <com-${one}>`),
  fc.array(address, { maxLength: 3 }).map((list) => `T: ${list.join(', ')};`),
  fc.string({ unit: 'binary' }),
);
const message = fc
  .array(fc.tuple(fc.constantFrom(...FIELDS), value), { maxLength: 6 })
  .map((fields) => Buffer.from(fields.map(([name, text]) => `${name}: ${text}\r\n`).join('')));

const keys = ({ recipients }: Routed) => recipients.map((one) => normalAddress(one.address));
const servesOne = ({ accounts }: RoutingRecipient) => accounts.length === 0 || accounts.includes('one');
const addressesOf = (list: RoutingRecipient[]) => new Set(list.map((one) => normalAddress(one.address)));

describe('routing', () => {
  test('S82-S90: nobody twice, and only those who take mail of the account, each with a reason', () => {
    fc.assert(
      fc.property(settings, message, (of, octets) => {
        const routed = createRouter(of)(readHeader(octets), 'one');
        const serving = addressesOf(of.recipients.filter(servesOne));
        expect(keys(routed).length).toBe(new Set(keys(routed)).size);
        expect(keys(routed).every((one) => serving.has(one))).toBe(true);
        expect(routed.recipients.every(({ why }) => why.endsWith('.'))).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  test('S90: whoever takes all has it, and nobody else', () => {
    fc.assert(
      fc.property(settings, recipient, message, (of, one, octets) => {
        const recipients = [...of.recipients, { ...one, accounts: [], forwardAll: true }];
        const routed = createRouter({ ...of, recipients })(readHeader(octets), 'one');
        const takers = recipients.filter((each) => each.forwardAll && servesOne(each));
        expect(new Set(keys(routed))).toEqual(addressesOf(takers));
        expect(routed.unroutable).toBe(false);
      }),
    );
  });

  test('S89: what is unroutable goes to exactly those who take such mail; what is not has a recipient', () => {
    fc.assert(
      fc.property(settings, message, (of, octets) => {
        const routed = createRouter(of)(readHeader(octets), 'one');
        const leftovers = of.recipients.filter((one) => one.takesUnroutable && servesOne(one));
        if (routed.unroutable) expect(new Set(keys(routed))).toEqual(addressesOf(leftovers));
        else expect(routed.recipients.length).toBeGreaterThan(0);
        const matched = routed.asked.some(({ outcome }) => outcome === 'matched');
        if (routed.asked.length > 0) expect(matched).toBe(!routed.unroutable);
      }),
      { numRuns: 1_000 },
    );
  });

  test('S82: without a search header exactly those are named whose address stands in To or Cc', () => {
    fc.assert(
      fc.property(settings, message, ({ recipients }, octets) => {
        const calm = recipients.map((one) => ({ ...one, forwardAll: false, takesUnroutable: false }));
        const header = readHeader(octets);
        const routed = createRouter({ recipients: calm, accounts: [], masks: [] })(header, 'one');
        const written = new Set(addressesIn([...header.values('To'), ...header.values('Cc')]).map(normalAddress));
        const named = calm.filter((one) => [one.address, ...one.otherAddresses].some((own) => written.has(own)));
        expect(new Set(keys(routed))).toEqual(addressesOf(named.filter(servesOne)));
      }),
      { numRuns: 1_000 },
    );
  });

  test('MSG16: fields that no account names change nothing', () => {
    fc.assert(
      fc.property(settings, message, value, (of, octets, text) => {
        const odd = Buffer.concat([Buffer.from(`X-Original-To: ${text.replaceAll(/[\r\n]/g, '')}\r\n`), octets]);
        const route = createRouter(of);
        expect(route(readHeader(odd), 'one')).toEqual(route(readHeader(octets), 'one'));
      }),
    );
  });

  test('MSG08: octets that are no header are routed, and tried, without harm', () => {
    fc.assert(
      fc.property(settings, fc.uint8Array({ maxLength: 400 }), (of, octets) => {
        const route = createRouter(of);
        expect(typeof route(readHeader(octets), 'one').unroutable).toBe('boolean');
        expect(typeof tryRoute(route, octets, null, ACCOUNTS).unroutable).toBe('boolean');
      }),
    );
  });
});
