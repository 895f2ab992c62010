/** Remote text on a terminal and in a file: shown, never obeyed (MSG01-MSG04, T44). */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { safe } from '../../src/protocol/safe.ts';

test.each([
  ['plain ASCII', 'Offer 2026-114 <a@b.c> \\ "x" ~', 'Offer 2026-114 <a@b.c> \\ "x" ~'],
  ['letters of every script', 'Été à Zürich, 東京, שלום, ไทย, 😀', 'Été à Zürich, 東京, שלום, ไทย, 😀'],
  ['letters with marks of their own', 'e\u0301 ก็ हिन्दी', 'e\u0301 ก็ हिन्दी'],
  ['MSG01 a clipboard write', '\u001b]52;c;ZXZpbA==\u0007', '\\x1b]52;c;ZXZpbA==\\x07'],
  ['MSG01 a cleared screen', '\u001b[2J\u001bc', '\\x1b[2J\\x1bc'],
  ['MSG01 C1 controls', '\u009b2J\u009d52\u0090\u009f\u009e\u0098', '\\x9b2J\\x9d52\\x90\\x9f\\x9e\\x98'],
  ['NUL, backspace and DEL', 'a\u0000\b\u007f', 'a\\x00\\x08\\x7f'],
  [
    'MSG03 line breaks of every kind',
    'a\r\nb\u0085c\u2028d\u2029e\u000bf\tg',
    'a\\x0d\\x0ab\\x85c\\u2028d\\u2029e\\x0bf\\x09g',
  ],
  [
    'MSG04 bidirectional controls',
    '\u202egpj.exe\u202c \u2066x\u2069 \u200e\u200f\u061c',
    '\\u202egpj.exe\\u202c \\u2066x\\u2069 \\u200e\\u200f\\u061c',
  ],
  ['MSG04 zero width', 'a\u200bb\u200cc\u200dd\u2060e\ufefff\u00ad', 'a\\u200bb\\u200cc\\u200dd\\u2060e\\ufefff\\xad'],
  ['MSG04 tag characters', 'a\u{e0041}\u{e007f}', 'a\\u{e0041}\\u{e007f}'],
  ['MSG04 lone surrogates', 'a\ud83d b\ude00', 'a\\ud83d b\\ude00'],
  ['MSG04 a pile of marks', `a${'\u0301'.repeat(10)}`, `a${'\u0301'.repeat(8)}\\u0301\\u0301`],
])('%s', (_what, text, shown) => {
  expect(safe(text)).toBe(shown);
});

test('whatever comes in, nothing that steers, hides or breaks comes out; and doing it twice changes nothing more', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('', '\u001b', '\u0301'.repeat(40)), (text, seed) => {
      const shown = safe(text + seed);

      expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      expect(shown).not.toMatch(/\p{M}{9}/u);
      expect(safe(shown)).toBe(shown);
    }),
  );
});
