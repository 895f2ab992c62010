import { describe, expect, test } from 'vitest';
import { foldWord, matchesMask, placeMask } from '../../src/daemon/mail/mask.ts';

/** Longer than any header block that is read: whoever goes back over it again and again never comes to an end (CFG12). */
const LONG = 200_000;

describe('a mask', () => {
  test.each([
    ['*', '', true],
    ['*', 'anything', true],
    ['', '', true],
    ['', 'a', false],
    ['*.doc', 'letter.doc', true],
    ['*.doc', 'LETTER.DOC', true],
    ['*.doc', 'letter.docx', false],
    ['*.doc', 'letter.doc.exe', false],
    ['*.doc', '.doc', true],
    ['doc', 'letter.doc', false],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'acb', false],
    ['*a', 'aab', false],
    ['*ab', 'aaab', true],
    ['a**b', 'ab', true],
    ['(x|y)+.[a-z]$', '(x|y)+.[a-z]$', true],
    ['(x|y)+.[a-z]$', 'xyxy.q', false],
  ])('S78: %j against %j: %j', (mask, text, expected) => {
    expect(matchesMask(mask, text)).toBe(expected);
  });

  test.each([
    ['*.do?', 'a.dot', true],
    ['*.do?', 'a.do', false],
    ['*.do?', 'a.do?', true],
    ['?', '😀', true],
    ['??', '😀', false],
    ['Really?', 'really?', true],
  ])('S78: a question mark is one character, itself among them: %j against %j: %j', (mask, text, expected) => {
    expect(matchesMask(mask, text)).toBe(expected);
  });

  test.each([
    ['été*', 'ÉTÉ.doc', true],
    ['\u00e9t\u00e9', 'e\u0301te\u0301', true], // as macOS writes names
    ['ΟΔΟΣ', 'οδος', true],
    ['ΟΔΟΣ*', 'οδοσα', true],
    ['straße', 'STRASSE', true],
  ])('S78: letters of any alphabet are compared without case: %j against %j', (mask, text, expected) => {
    expect(matchesMask(mask, text)).toBe(expected);
  });

  test('CFG12: many asterisks against a long value that nearly fits come to an end', () => {
    const nearly = 'a'.repeat(LONG);
    expect(matchesMask(`${'*a'.repeat(30)}*b`, nearly)).toBe(false);
    expect(matchesMask(`*${'a'.repeat(50)}b`, nearly)).toBe(false);
    expect(matchesMask(`${'*a'.repeat(30)}*`, nearly)).toBe(true);
  });
});

describe('a mask with a place', () => {
  test.each([
    ['*-{KW}@*', 'com-sales@societe.fr', 'sales'],
    ['*-{KW}@*', 'com-Jean-Pierre@societe.fr', 'Jean-Pierre'],
    ['*-{KW}@*', 'sales@societe.fr', null],
    ['*-{kw}@*', 'com-sales@societe.fr', 'sales'],
    ['{Addr}', 'anna@societe.fr', 'anna@societe.fr'],
    ['rfc822;{Addr}', 'RFC822;anna@societe.fr', 'anna@societe.fr'],
    ['*<{Addr}>*', 'Anna <anna@societe.fr> (x)', 'anna@societe.fr'],
    ['ab{KW}b', 'ab', null],
    ['ab{KW}b', 'abb', ''],
    ['{KW}.?', 'straße.x', 'strasse'],
    ['*no place*', 'no place', null],
  ])('S88: %j finds in %j: %j', (mask, text, expected) => {
    expect(placeMask(mask, []).widest(text)).toBe(expected);
  });

  test.each([
    ['*-{KW}@*', 'com-sales@societe.fr', ['sales', 'SALES', 'ales'], ['sales']],
    ['*-{KW}@*', 'com-jean-pierre@societe.fr', ['pierre', 'Jean-Pierre', 'jean'], ['jean-pierre', 'pierre']],
    ['*-{KW}@*', 'com-sales@societe.fr', ['vente'], []],
    ['*{KW}*', 'anna and paul', ['paul', 'anna', 'an'], ['anna', 'paul', 'an']],
    ['{KW}', 'été', ['ÉTÉ'], ['été']],
    ['{KW}', 'x', [''], []],
    ['x{KW}', '😀', ['😀'], []],
    ['?{KW}', '😀é', ['É'], ['é']],
  ])('S88: %j on %j with the words %j finds %j, the longest first', (mask, text, words, expected) => {
    expect(placeMask(mask, words).wordsIn(text)).toEqual(expected.map(foldWord));
  });

  test('CFG12: a long value in which the place may begin and end everywhere comes to an end', () => {
    const words = Array.from({ length: 1_000 }, (_, n) => 'x'.repeat(n % 40).concat(`${n}`));
    const mask = placeMask('*-{KW}@*', words);
    const hostile = '-@'.repeat(LONG / 2);
    expect(mask.wordsIn(hostile)).toEqual([]);
    expect(mask.widest(hostile)).toHaveLength(LONG - 2);
    expect(mask.wordsIn(`${hostile}-7@`)).toEqual([]);
    expect(mask.wordsIn(`${hostile}-0@`)).toEqual(['0']);
  });
});
