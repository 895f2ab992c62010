import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { charsetCases } from './charset-cases.ts';
import { decoded, encoded, extendsAscii } from '../../../src/daemon/outbound/rewrite/charset.ts';
import { asQuotedPrintable, opened } from '../../../src/daemon/outbound/rewrite/coding.ts';
import { octets } from '../../rules/mail.ts';

/** The encoded text with that put in. */
function put(encoding: string, text: string, at: number, added: Buffer): string {
  const bytes = octets(text);
  const coded = opened(encoding, bytes);
  if (coded === null) throw new Error(`not opened: ${JSON.stringify(text)}`);
  const { start, end, insert } = coded.put(at, added);
  return Buffer.concat([bytes.subarray(0, start), insert, bytes.subarray(end)]).toString('latin1');
}

function readQuotedPrintable(text: string): string {
  const joined = text.replace(/=\r\n/g, '');
  return joined.replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const place = fc.double({ min: 0, max: 1, noNaN: true });

describe('octets put into a text', () => {
  test('in base64: all of it reads as before, with blanks at most behind what was put in', () => {
    const cut = fc.integer({ min: 1, max: 30 }).map((lines) => lines * 4);
    fc.assert(
      fc.property(bytes, bytes, place, cut, (text, added, where, line) => {
        const lines = text.toString('base64').match(new RegExp(`.{1,${line}}`, 'g')) ?? [];
        const at = Math.floor(where * text.length);
        const after = put('base64', `${lines.join('\r\n')}\r\n`, at, added);
        for (const one of after.split('\r\n')) expect(one.length).toBeLessThanOrEqual(120);
        expect(after).toMatch(/^[A-Za-z0-9+/\r\n]*={0,2}(\r\n)?$/);
        const read = Buffer.from(after, 'base64').toString('latin1');
        const head = Buffer.concat([text.subarray(0, at), added]).toString('latin1');
        const tail = text.toString('latin1', at);
        expect(read.startsWith(head)).toBe(true);
        expect(read.endsWith(tail)).toBe(true);
        const between = read.slice(head.length, read.length - tail.length);
        expect(between.length).toBeLessThanOrEqual(tail === '' ? 0 : 2);
        expect(between.trim()).toBe('');
      }),
    );
  });

  test('in quoted-printable: all of it reads as before', () => {
    fc.assert(
      fc.property(bytes, bytes, place, (text, added, where) => {
        const at = Math.floor(where * text.length);
        const after = put('quoted-printable', asQuotedPrintable(text), at, added);
        const whole = Buffer.concat([text.subarray(0, at), added, text.subarray(at)]);
        // A line end of the text that the insertion parts, or makes, is one that is read as such all the same.
        expect(readQuotedPrintable(after)).toBe(whole.toString('latin1'));
        expect(opened('quoted-printable', octets(after))?.octets.equals(whole)).toBe(true);
      }),
    );
  });

  test('as they are: in their place', () => {
    for (const encoding of ['', '7bit', '8bit', 'binary'])
      expect(put(encoding, 'Hello', 2, Buffer.from('\u00e9', 'latin1'))).toBe('He\u00e9llo');
  });

  test('quoted-printable has short lines, and no blank at the end of one', () => {
    fc.assert(
      fc.property(bytes, (text) => {
        for (const line of asQuotedPrintable(text).split('\r\n')) {
          expect(line.length).toBeLessThanOrEqual(76);
          expect(line).not.toMatch(/[ \t]$/);
        }
      }),
    );
  });

  test.each([
    ['base64', 'abc'],
    ['base64', 'ab==ab=='],
    ['base64', 'ab*='],
    ['quoted-printable', 'a=4'],
    ['quoted-printable', 'a=zz'],
    ['quoted-printable', 'ends in ='],
    ['x-uuencode', 'begin 644 a'],
  ])('%s that says %j is not opened', (encoding, text) => {
    expect(opened(encoding, octets(text))).toBe(null);
  });

  test('blanks that were put behind a soft line end on the way are no text', () => {
    expect(opened('quoted-printable', octets('a= \t\r\nb'))?.octets.toString()).toBe('ab');
  });
});

describe('the charset of a text', () => {
  test.each(charsetCases)('%s writes %j as %j', (charset, text, hex) => {
    expect(encoded(text, charset)?.toString('hex') ?? null).toBe(hex);
    if (hex !== null) expect(decoded(Buffer.from(hex, 'hex'), charset)).toBe(text);
  });

  test('what is not ASCII is no us-ascii, and what nobody knows is no text', () => {
    expect(decoded(octets('caf\u00e9'), 'us-ascii')).toBe(null);
    expect(decoded(octets('caf\u00e9'), 'utf-8')).toBe(null);
    expect(decoded(octets('cafe'), 'x-nobody')).toBe(null);
  });

  test('in some, octets below 0x80 are no ASCII', () => {
    for (const charset of ['utf-16', 'utf-16le', 'utf-7', 'iso-2022-jp', 'hz-gb-2312', 'utf-32'])
      expect(extendsAscii(charset)).toBe(false);
    for (const charset of ['us-ascii', 'utf-8', 'gb18030', 'shift_jis', 'x-nobody'])
      expect(extendsAscii(charset)).toBe(true);
  });
});
