/** Regular expressions in linear time (CFG12): they mean what JavaScript's mean, and none of them blocks. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contains, readRegular } from '../../src/daemon/base/regular.ts';

function within(source: string, text: string): boolean {
  const read = readRegular(source);
  if (!read.ok) throw new Error(read.problem);
  return read.within(text);
}

describe('a regular expression', () => {
  test.each([
    ['offer', 'An OFFER for you', true],
    ['^offer', 'An offer', false],
    ['you$', 'An offer for you', true],
    ['off(er|ice)s?\\b', 'two offices', true],
    ['\\d{3}-\\d{2,}', 'no. 123-4', false],
    ['\\d{3}-\\d{2,}', 'no. 123-456', true],
    ['[a-c]+[^x]$', 'abcx', false],
    ['[]x]', 'a]', true],
    ['grö(ß|ss)e', 'GRÖSSE', true],
    ['a.c', 'a\u{1f4e8}c', true],
    ['a{2}{', 'aa{', true],
    ['(?:ab)*c', 'ababc', true],
    ['', '', true],
    ['a|', 'b', true],
    ['\\Bb', 'ab', true],
    ['\\.', 'a', false],
    ['[\\d.-]+', '-', true],
  ])('/%s/ in %j: %s', (source, text, expected) => {
    expect(within(source, text)).toBe(expected);
  });

  test.each([
    ['(a', 'A group is not closed.'],
    ['a)', 'A ")" closes nothing.'],
    ['*a', '"*" repeats nothing here.'],
    ['a**', 'One repetition after another means nothing.'],
    ['[a', 'The expression ends too early.'],
    ['[z-a]', 'z-a: the second character is the smaller one.'],
    ['a{3,2}', '{3,2}: the second number is the smaller one.'],
    ['(?=a)', 'Look-around and named groups are not known here.'],
    ['(a)\\1', 'Back-references are not known here.'],
    ['\\', 'The expression ends too early.'],
    ['^*', 'What stands for a place cannot be repeated.'],
    ['(((){9999}){9999}){9999}', 'The expression is too large.'],
    ['(a{100}){100}', 'The expression is too large.'],
    [`${'('.repeat(60)}a${')'.repeat(60)}`, 'Groups lie too deep in one another.'],
  ])('/%s/ is refused: %s', (source, problem) => {
    expect(readRegular(source)).toEqual({ ok: false, problem });
  });

  test('means what the same one means to JavaScript', () => {
    const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\d', '\\w', '1');
    const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
      pattern: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        atom,
        fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `${a}${b}`),
        fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `(${a}|${b})`),
        fc.tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{2}', '{1,3}', '{0,}')).map(([a, b]) => `(${a})${b}`),
        tie('pattern').map((a) => `(^${a}|${a}$)`),
      ),
    }));
    const text = fc.string({ unit: fc.constantFrom('a', 'A', 'b', '1', '-', '_'), maxLength: 8 });
    fc.assert(
      fc.property(pattern, fc.array(text, { minLength: 3 }), (source, texts) => {
        const read = readRegular(source);
        fc.pre(read.ok || read.problem !== 'The expression is too large.');
        for (const one of texts) expect(within(source, one)).toBe(new RegExp(source, 'iu').test(one));
      }),
      { numRuns: 300 },
    );
  });

  test('that would keep a backtracking matcher busy for ever is answered as any other (CFG12)', () => {
    for (const source of ['^(a+)+$', '^(a|a)*$', '^(a|aa)+$', '(.*)*x', `${'a?'.repeat(30)}${'a'.repeat(30)}x`])
      expect(within(source, `${'a'.repeat(900)}!`)).toBe(false);
  });

  test('whatever is written, it is an expression or a sentence, and never a throw', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...Array.from('ab()[]{}*+?|^$\\.,-0123')) }),
        fc.string(),
        (source, text) => {
          const read = readRegular(source);
          if (!read.ok) expect(read.problem).toMatch(/\.$/);
          expect(contains(source, text)).toBeOneOf([0, 1]);
        },
      ),
    );
  });
});
