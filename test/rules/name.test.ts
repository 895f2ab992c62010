import fc from 'fast-check';
import { expect, test } from 'vitest';
import { allFormsFit, anyFormFits, shownName } from '../../src/daemon/rules/name.ts';
import { anything } from './mail.ts';

const disguises: [string, string][] = [
  ['in capitals', 'EVIL.EXE'],
  ['with dots and blanks behind it', 'evil.exe. . '],
  ['with a no-break space behind it', 'evil.exe\u00a0'],
  ['in a Unix path', '../../evil.exe'],
  ['in a Windows path', 'C:\\temp\\evil.exe'],
  ['in a path that ends in a slash', 'evil.exe/'],
  ['before a NUL', 'evil.exe\0.txt'],
  ['with a NUL in it', 'evil.e\0xe'],
  ['with a line end in it', 'evil\r\n.exe'],
  ['behind bidi controls', '\u202Etxt.evil\u202C.exe'],
  ['with zero-width letters in it', 'evil.e\u200bx\u200de'],
  ['with a stream behind it, as Windows has them', 'evil.exe:notes.txt'],
  ['as a stream itself', 'notes.txt:evil.exe'],
  ['with its drive', 'C:evil.exe'],
];

for (const [how, name] of disguises) {
  test(`S78, MSG11: *.exe fits a name ${how}`, () => {
    expect(anyFormFits(['*.exe'], name)).toBe(true);
  });
}

test('S78: a mask fits the whole name as well as the name without its folders', () => {
  expect(anyFormFits(['C:\\temp\\*'], 'C:\\temp\\a.doc')).toBe(true);
  expect(anyFormFits(['a.doc'], 'C:\\temp\\a.doc')).toBe(true);
  expect(anyFormFits(['temp'], 'C:\\temp\\a.doc')).toBe(false);
});

test('S78: to pass, every form under which a system may save the name has to fit', () => {
  expect(allFormsFit(['*.doc'], 'C:\\temp\\a.doc')).toBe(true);
  expect(allFormsFit(['*.doc'], 'a.doc. ')).toBe(true);
  expect(allFormsFit(['*.txt'], 'evil.exe:notes.txt')).toBe(false);
  expect(allFormsFit(['*.txt'], 'evil.exe\0.txt')).toBe(false);
});

test('S79: what has no name fits * alone', () => {
  for (const name of ['', ' . ', '\u202E']) {
    expect(anyFormFits(['*'], name)).toBe(true);
    expect(anyFormFits(['?*', '*.*', '*.exe'], name)).toBe(false);
  }
});

test('S78: no disguise of blanks, dots, controls, case and folders hides an ending', () => {
  const unseen = fc.constantFrom('\u202E', '\u200B', '\u2066', '\u00AD', '\r\n', '\u0007');
  const tail = fc.stringMatching(/^[. /\\]{0,20}$/);
  const folder = fc.constantFrom('', '../', 'C:\\', 'a/b\\');
  fc.assert(
    fc.property(
      fc.stringMatching(/^[a-zé]{1,12}$/),
      unseen,
      fc.nat(12),
      tail,
      folder,
      fc.boolean(),
      (stem, odd, at, end, path, high) => {
        const name = `${stem}.exe`;
        const spread = name.slice(0, at) + odd + name.slice(at);
        const shown = path + (high ? spread.toUpperCase() : spread) + end;
        expect(anyFormFits(['*.exe'], shown)).toBe(true);
        expect(allFormsFit(['*.exe'], shown)).toBe(true);
        expect(anyFormFits([`${stem}.exe`], shown)).toBe(true);
      },
    ),
  );
});

test('S78: whatever passes every mask would be stopped by the same ones', () => {
  fc.assert(
    fc.property(anything(30), fc.stringMatching(/^[a-z*.]{1,6}$/), (name, mask) => {
      if (allFormsFit([mask], name)) expect(anyFormFits([mask], name)).toBe(true);
    }),
  );
});

test('MSG11: a name is shown on one line, without controls, and with its ending', () => {
  expect(shownName('a\r\nb\u202Ec.exe')).toBe('abc.exe');
  expect(shownName(`${'x'.repeat(500)}.exe`)).toMatch(/^x{67}…x{8}\.exe$/);
});
