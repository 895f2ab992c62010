/** The short way through a plain address field says what the parser says (S82). */
import fc from 'fast-check';
import addressparser from 'nodemailer/lib/addressparser';
import { expect, test } from 'vitest';
import { addressesIn, isAddress } from '../../src/daemon/mail/address.ts';

const letters = fc.string({ unit: fc.constantFrom(...Array.from('aZ09 ._-+@<>,;:()"\\é')), maxLength: 24 });
const local = fc.string({ unit: fc.constantFrom(...Array.from('aZ0._+-')), minLength: 1, maxLength: 8 });
const domain = fc.string({ unit: fc.constantFrom(...Array.from('aZ0.-')), minLength: 1, maxLength: 8 });
const name = fc.string({ unit: fc.constantFrom(...Array.from('aZ0 _-')), maxLength: 12 });
const plain = fc.oneof(
  fc.tuple(local, domain).map(([before, after]) => `${before}@${after}`),
  fc.tuple(name, local, domain).map(([words, before, after]) => `${words} <${before}@${after}>`),
);

const parsed = (value: string) =>
  addressparser(value, { flatten: true }).flatMap(({ address }) => (address && isAddress(address) ? [address] : []));

test('a field that is plain, or nearly so, has the addresses that the parser finds in it', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        plain,
        letters,
        fc.tuple(plain, letters).map(([one, other]) => one + other),
      ),
      (value) => {
        expect(addressesIn([value])).toEqual(parsed(value));
      },
    ),
    { numRuns: 2_000 },
  );
});
