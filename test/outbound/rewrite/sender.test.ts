import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { leavingSender, withoutSuffix } from '../../../src/daemon/outbound/rewrite/sender.ts';

describe('S112: the suffix of a shared sender', () => {
  test.each([
    ['sales__fk@pytheas.com', 'sales@pytheas.com'],
    ['sales__1234567890@pytheas.com', 'sales@pytheas.com'],
    ['sales___fk@pytheas.com', 'sales_@pytheas.com'],
    ['sales__a__b@pytheas.com', 'sales@pytheas.com'],
    ['"sales__fk"@pytheas.com', '"sales"@pytheas.com'],
    ['ventes__zo\u00e9@pytheas.com', 'ventes@pytheas.com'],
    ['sales__\u{1F600}\u{1F600}\u{1F600}\u{1F600}\u{1F600}\u{1F600}@pytheas.com', 'sales@pytheas.com'],
  ])('%s leaves as %s', (address, leaves) => {
    expect(withoutSuffix(address)).toBe(leaves);
  });

  test.each([
    ['sales@pytheas.com', 'none'],
    ['sales_fk@pytheas.com', 'one underscore'],
    ['sales__12345678901@pytheas.com', 'eleven characters'],
    ['sales__@pytheas.com', 'nothing behind it'],
    ['__fk@pytheas.com', 'nothing before it'],
    ['sales.__fk@pytheas.com', 'a dot would be left at the end'],
    ['sales@__fk.pytheas.com', 'it stands in the domain'],
    ['sales__fk', 'no address'],
    ['', 'the null sender'],
  ])('%s stays: %s', (address) => {
    expect(withoutSuffix(address)).toBe(address);
  });

  test('twice is once, and the domain stays', () => {
    const letters = fc.constantFrom('a', 'b', '_', '__', '.', '"', '+', '\u00e9', '1234567890');
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 12 }), (local) => {
        const once = withoutSuffix(`${local.join('')}@firma.example`);
        expect(withoutSuffix(once)).toBe(once);
        expect(once.endsWith('@firma.example')).toBe(true);
      }),
    );
  });
});

describe('the sender with whom a message leaves', () => {
  const entry = { sender: '', from: 'sales__fk@pytheas.com', reportOn: null };
  const on = { avoidEmpty: true, to: 'relay' } as const;

  test('S112: it has no suffix, whichever way it goes', () => {
    const written = { ...entry, sender: 'sales__fk@pytheas.com' };
    for (const to of ['relay', 'mail exchangers'] as const)
      expect(leavingSender(written, { avoidEmpty: false, to })).toBe('sales@pytheas.com');
  });

  test('S121: a null sender leaves as the address of From, without its suffix', () => {
    expect(leavingSender(entry, on)).toBe('sales@pytheas.com');
  });

  test('S120: a null sender stays null where nobody asked for S121', () => {
    expect(leavingSender(entry, { ...on, avoidEmpty: false })).toBe('');
  });

  test('S121: it is of no use when mail is sent directly', () => {
    expect(leavingSender(entry, { ...on, to: 'mail exchangers' })).toBe('');
  });

  test('S121, MSG13: a report of the gateway keeps the null sender', () => {
    expect(leavingSender({ ...entry, reportOn: 'Pmg1F7B' }, on)).toBe('');
  });

  test.each(['', 'nobody', 'a b@c.example', 'a@b.example>\r\nRCPT TO:<x', 'zo\u00e9@firma.example'])(
    'S121, MSG03: a From of %j is no sender, and it stays null',
    (from) => {
      expect(leavingSender({ ...entry, from }, on)).toBe('');
    },
  );
});
