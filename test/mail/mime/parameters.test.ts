import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readings } from '../../../src/daemon/mail/mime/parameters.ts';
import { anything } from '../../rules/mail.ts';

const latin1 = (text: string) => Buffer.from(text).toString('latin1');

const spellings: [string, string][] = [
  ['in quotes', 'attachment; filename="evil.exe"'],
  ['without quotes', 'attachment; filename=evil.exe'],
  ['in single quotes', "attachment; filename='evil.exe'"],
  ['in capitals and with blanks', 'attachment ;  FILENAME = "evil.exe"'],
  ['with escapes', 'attachment; filename="evi\\l.\\exe"'],
  ['with a quote that is never closed', 'attachment; filename="evil.exe'],
  ['behind an open quote', 'attachment; x="; filename=evil.exe'],
  ['behind a comment', 'attachment; (a;b) filename=evil.exe'],
  ['before a comment', 'attachment; filename=evil.exe (a comment)'],
  ['given twice', 'attachment; filename=a.txt; filename=evil.exe'],
  ['by RFC 2231', "attachment; filename*=utf-8''evil%2Eexe"],
  ['by RFC 2231 without a charset', 'attachment; filename*=evil%2Eexe'],
  ['in pieces', 'attachment; filename*0="ev"; filename*1="il.exe"'],
  ['in pieces out of order', 'attachment; filename*1="il.exe"; filename*0="ev"'],
  ['in pieces and encoded', "attachment; filename*0*=utf-8''ev%69; filename*1*=l%2E; filename*2=exe"],
  ['in pieces after a harmless one', 'attachment; filename=a.txt; filename*0=evil; filename*1=.exe'],
  ['as an encoded word (Q)', 'attachment; filename="=?utf-8?q?evil=2Eexe?="'],
  ['as an encoded word (B)', 'attachment; filename==?utf-8?b?ZXZpbC5leGU=?='],
];

for (const [how, value] of spellings) {
  test(`S78: a name is found ${how}`, () => {
    expect(readings(value, 'filename')).toContain('evil.exe');
  });
}

test('S78: a path of Windows is found with its backslashes, escaped or not', () => {
  expect(readings('attachment; filename="C:\\temp\\evil.exe"', 'filename')).toContain('C:\\temp\\evil.exe');
  expect(readings('attachment; filename="C:\\\\temp\\\\evil.exe"', 'filename')).toContain('C:\\temp\\evil.exe');
});

test('S78: a name in 8 bits is UTF-8 where it can be, else Latin-1; an RFC 2231 charset is heeded', () => {
  expect(readings(latin1('attachment; filename="Élan.pdf"'), 'filename')).toEqual(['Élan.pdf']);
  expect(readings('attachment; filename="\u00c9lan.pdf"', 'filename')).toEqual(['Élan.pdf']);
  expect(readings("attachment; filename*=iso-8859-15''%A4.pdf", 'filename')).toEqual(['€.pdf']);
  expect(readings("attachment; filename*=nobody-knows''%A4.pdf", 'filename')).toEqual(['¤.pdf']);
});

test('S78: a parameter of another name is none', () => {
  expect(readings('attachment; xfilename=evil.exe; file=a; filename2=b', 'filename')).toEqual([]);
});

test('MSG06: of thousands of parameters a few are read, and of a long name both ends', () => {
  expect(readings(`attachment${'; filename=a.b'.repeat(20_000)}`, 'filename')).toEqual(['a.b']);
  const many = Array.from({ length: 5_000 }, (_, n) => `; filename=${n}.txt`).join('');
  expect(readings(`attachment${many}`, 'filename').length).toBeLessThanOrEqual(16);
  const [long = ''] = readings(`attachment; filename="${'x'.repeat(100_000)}.exe"`, 'filename');
  expect(long).toHaveLength(1_024);
  expect(long.endsWith('.exe')).toBe(true);
});

test('S78: whatever name RFC 2231 or quotes carry is read back', () => {
  const percent = (name: string) =>
    [...Buffer.from(name)].map((octet) => `%${octet.toString(16).padStart(2, '0')}`).join('');
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }), (name) => {
      fc.pre(!name.includes('=?'));
      expect(readings(`attachment; filename*=utf-8''${percent(name)}`, 'filename')).toContain(name);
      const quoted = name.replace(/[\\"]/g, '\\$&');
      expect(readings(latin1(`attachment; filename="${quoted}"`), 'filename')).toContain(name);
    }),
  );
});

test('I20: reading never throws, whatever stands there', () => {
  fc.assert(
    fc.property(anything(200), (value) => {
      for (const reading of readings(`a;filename=${value}`, 'filename'))
        expect(reading.length).toBeLessThanOrEqual(1_024);
    }),
  );
});
