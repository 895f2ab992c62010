import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cells, cut, fit, remote, remoteLine, steady, wrap } from '../../../src/tui/view/width.ts';
import { FAMILY, HOSTILE } from '../kit/facts.ts';
import { plainLook } from '../kit/shown.ts';

const ascii = { ...plainLook, ascii: true };
const anyText = fc.string({
  unit: fc.oneof(
    fc.constantFrom('\x1b[2J', '\u202e', '👨‍👩‍👧', 'e\u0301', '你', '\u0e01\u0e33', '🇫🇷'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
  maxLength: 60,
});

describe('a text from elsewhere', () => {
  test('T44 MSG01 steers no terminal: every control is shown as an escape', () => {
    expect(remote(HOSTILE, plainLook)).toBe(
      'Re: \\x1b]52;c;ZXZpbA==\\x07\\x1b[2J\\x9d0;x\\x9c\\u202egnp.exe\\x0d\\x0aBcc: x',
    );
  });

  test('T12 keeps one picture of a family, a skin tone, a flag: on their widths terminals differ', () => {
    expect(remote(FAMILY, plainLook)).toBe('Urlaub 👨 mit der Familie');
    expect(remote('👍🏽 1️⃣ ❤️', plainLook)).toBe('👍 1 ❤');
    expect(remote('🇫🇷🇩🇪', plainLook)).toBe('FRDE');
  });

  test('MSG04 keeps two marks of five hundred on one letter', () => {
    expect(steady(`a${'\u0301'.repeat(500)}b`)).toBe('\u00e1\u0301\u0301b');
  });

  test('T12 a letter that is one cell here and two there is shown as its two halves', () => {
    expect(cells(steady('กำ'))).toBe(2);
  });

  test('MSG04 lone surrogates are shown, not sent', () => {
    expect(remote('a\ud800b', plainLook)).toBe('a\\ud800b');
  });

  test('T17 is escaped where there is ASCII only, and a line of the log keeps its letters', () => {
    expect(remote('März 你', ascii)).toBe('M\\u{e4}rz \\u{4f60}');
    expect(remoteLine('Remis à : 你', ascii)).toBe('Remis a : \\u{4f60}');
  });

  test('T44 property: nothing of any text is a control, and its width is that of its characters', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const shown = remote(text, plainLook);
        expect(shown).not.toMatch(/[\p{Cc}\p{Cs}\p{Bidi_Control}]/u);
        expect(remote(text, ascii)).toMatch(/^[\x20-\x7e]*$/);
      }),
    );
  });
});

describe('cutting and filling', () => {
  test('a text that is longer ends in …, and no character is halved', () => {
    expect(cut('Offer 2026-114', 8)).toBe('Offer 2…');
    expect(cut('你好世界', 6)).toBe('你好…');
    expect(cut('你好世界', 1)).toBe('…');
    expect(cut('anything', 0)).toBe('');
  });

  test('T12 property: a filled text is exactly as wide as asked for', () => {
    fc.assert(
      fc.property(
        anyText,
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom('left' as const, 'right' as const),
        (text, width, align) => {
          expect(cells(fit(remote(text, plainLook), width, align))).toBe(width);
        },
      ),
    );
  });

  test('long lines break at a blank near their end, else in the middle of the word', () => {
    expect(wrap('please find our offer attached', 18)).toEqual(['please find our', 'offer attached']);
    expect(wrap('x'.repeat(25), 10)).toEqual(['x'.repeat(10), 'x'.repeat(10), 'x'.repeat(5)]);
  });

  test('T12 property: no piece of a wrapped text is wider than asked for, and no character is lost', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 2, max: 40 }), (text, width) => {
        const shown = remote(text, plainLook);
        const pieces = wrap(shown, width);
        expect(pieces.every((piece) => cells(piece) <= width)).toBe(true);
        expect(pieces.join('').replaceAll(' ', '')).toBe(shown.replaceAll(' ', ''));
      }),
    );
  });
});
