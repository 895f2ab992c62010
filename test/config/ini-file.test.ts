import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type IniDocument,
  parseIni,
  removeEntry,
  removeSection,
  renderIni,
  sectionsOf,
  setEntry,
  valueOf,
} from '../../src/daemon/config/ini-file.ts';
import { describeProblem } from '../../src/daemon/config/problem.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const parse = (text: string) => parseIni(bytes(text), 'PMailGat.ini');
const documentOf = (...lines: string[]): IniDocument => parse(lines.join('\n')).document;
const textOf = (document: IniDocument): string => new TextDecoder().decode(renderIni(document));
const linesOf = (document: IniDocument): string[] => textOf(document).split('\n');
const problems = (text: string): string[] => parse(text).problems.map(describeProblem);
const warnings = (text: string): string[] => parse(text).warnings.map(describeProblem);

describe('reading', () => {
  test('each entry knows its line, and a value is the text after the first "="', () => {
    const [section] = sectionsOf(documentOf('; mine', '[Options]', '', 'Gateway name = a=b '));
    expect(section).toEqual({
      name: 'Options',
      line: 2,
      entries: [{ key: 'Gateway name', value: 'a=b', line: 4 }],
    });
  });

  test('"; " and "#" begin a comment at the start of a line only: *.doc; *.zip is one value', () => {
    const document = documentOf(
      '[Rule: x]',
      '  ; a comment',
      '# another',
      'Attachments=*.doc; *.zip #1',
      'Path=C:\\a;b',
    );
    expect(valueOf(document, { section: 'Rule: x', key: 'Attachments' })).toBe('*.doc; *.zip #1');
    expect(valueOf(document, { section: 'Rule: x', key: 'Path' })).toBe('C:\\a;b');
    expect(sectionsOf(document)[0]?.entries).toHaveLength(2);
  });

  test.each([
    ['" x "', ' x '],
    ['"a\\tb"', 'a\tb'],
    ['"C:\\Mail"', '"C:\\Mail"'],
    ['"a"; "b"', '"a"; "b"'],
    ['"', '"'],
    ["'12'", "'12'"],
    ['true', 'true'],
    ['\\', '\\'],
    ['a\\;b', 'a\\;b'],
  ])('the value %s means %s', (written, meant) => {
    expect(valueOf(documentOf('[S]', `K=${written}`), { section: 's', key: 'k' })).toBe(meant);
  });

  test('names are compared without case, and blanks in them are alike', () => {
    const document = documentOf('[POP3  account:Sales]', 'USER=anna');
    expect(valueOf(document, { section: 'pop3 account : sales', key: 'user' })).toBe('anna');
  });

  test('CFG02: a BOM, CRLF and tabs are read', () => {
    const { document, problems: found } = parse('\ufeff[Options]\r\n\tPOP3\tTrace\t=\t1\t\r\n');
    expect(found).toEqual([]);
    expect(valueOf(document, { section: 'Options', key: 'POP3 Trace' })).toBe('1');
  });

  test('CFG02: what is not UTF-8 is read as Windows-1252, with a warning', () => {
    const { document, warnings: found } = parseIni(Uint8Array.from([...bytes('[S]\nK='), 0x80, 0xe9]), 'PMailGat.ini');
    expect(valueOf(document, { section: 'S', key: 'K' })).toBe('€é');
    expect(found.map(describeProblem)).toEqual(['PMailGat.ini: is not UTF-8; it was read as Windows-1252.']);
  });

  test('CFG02: UTF-16 is named as such, and not taken apart letter by letter', () => {
    const utf16 = Buffer.from('\ufeff[Options]\r\nPaused=1\r\n', 'utf16le');
    expect(parseIni(utf16, 'PMailGat.ini').problems.map(describeProblem)).toEqual([
      'PMailGat.ini: is UTF-16 ("Unicode" in Notepad). Save it as UTF-8.',
    ]);
  });

  test.each([
    ['[Options', 'PMailGat.ini:1:9: expected "]" after the name of the section.'],
    ['[Options] ; mine', 'PMailGat.ini:1:10: expected nothing after "]"; a comment stands on a line of its own.'],
    ['[ ]', 'PMailGat.ini:1:3: expected the name of a section between "[" and "]".'],
    ['[S]\nPaused', 'PMailGat.ini:2:7: expected Key=value or [Section].'],
    ['[S]\n  =1', 'PMailGat.ini:2:3: expected the name of a key before "=".'],
    ['Paused=1\n[S]', 'PMailGat.ini:1:1: Paused: stands before the first [Section]; expected it inside one.'],
    ['[S]\nA=b\rC=d', 'PMailGat.ini:2:4: a control character (0x0D) cannot stand here.'],
    ['[S]\nA=\0', 'PMailGat.ini:2:3: a control character (0x00) cannot stand here.'],
  ])('CFG02: %j is told with its line and column', (text, problem) => {
    expect(problems(text)).toEqual([problem]);
  });

  test('CFG02: a line that no key can have is told, and not read', () => {
    expect(problems(`[S]\nA=${'x'.repeat(70_000)}`)).toEqual([
      'PMailGat.ini:2:65537: a line of more than 65536 characters.',
    ]);
  });

  test('CFG02: a heading with a fault still begins its section', () => {
    expect(sectionsOf(documentOf('[A]', 'K=1', '[B', 'K=2')).map((section) => section.entries.length)).toEqual([1, 1]);
    expect(problems('[A]\nK=1\n[B\nK=2')).toHaveLength(1);
  });

  test('CFG02: duplicate keys and sections are refused with both lines', () => {
    expect(problems('[S]\nPort=1\nHost=a\nPORT=2\n[s]\nPort=3')).toEqual([
      'PMailGat.ini:4: [S] PORT: stands here twice, on lines 2 and 4. Keep one.',
      'PMailGat.ini:5: [s]: stands here twice, on lines 1 and 5. Keep one.',
    ]);
  });

  test('CFG11: __proto__ and constructor are names like others, and touch no prototype', () => {
    const document = documentOf('[__proto__]', 'polluted=1', '[constructor]', '__proto__=2', 'constructor=3');
    expect(sectionsOf(document).map((section) => section.name)).toEqual(['__proto__', 'constructor']);
    expect(valueOf(document, { section: 'constructor', key: '__proto__' })).toBe('2');
    expect(valueOf(document, { section: 'toString', key: 'length' })).toBeNull();
    expect(({} as { polluted?: string }).polluted).toBeUndefined();
  });

  test('S96: odd blanks in a name or around a value count as blanks, and are reported where they stand', () => {
    expect(
      valueOf(documentOf('[Options]', 'POP3\u00a0Trace\u2009=\u00a01'), { section: 'options', key: 'pop3 trace' }),
    ).toBe('1');
    expect(warnings('[Options]\nPOP3\u00a0Trace=1')).toEqual([
      'PMailGat.ini:2:5: POP3 Trace: an odd blank (U+00A0) is taken for an ordinary one.',
    ]);
    expect(warnings('[Options]\nPaused= 1\u202f')).toEqual([
      'PMailGat.ini:2:10: Paused: an odd blank (U+202F) is taken for an ordinary one.',
    ]);
    expect(warnings('[POP3\u3000account: a]\nComment=a\u00a0b')).toEqual([
      'PMailGat.ini:1:6: [POP3 account: a]: an odd blank (U+3000) is taken for an ordinary one.',
    ]);
  });
});

describe('changing', () => {
  const original = [
    '; our gateway',
    '[Options]',
    'Paused = 0',
    '',
    '; the relay of the provider',
    '[Relay]',
    'Host=a.example ',
    'Port=587',
  ];

  test('a changed value changes its line only, and keeps the layout before it', () => {
    const changed = setEntry(documentOf(...original), { section: 'options', key: 'paused' }, '1');
    expect(linesOf(changed)).toEqual(original.with(2, 'Paused = 1'));
  });

  test('setting what is there already changes nothing, not even a blank', () => {
    const changed = setEntry(documentOf(...original), { section: 'Relay', key: 'Host' }, 'a.example');
    expect(linesOf(changed)).toEqual(original);
  });

  test('a new key goes to the end of its section, above the comment of the next one', () => {
    const changed = setEntry(documentOf(...original), { section: 'Options', key: 'POP3 Trace' }, '2');
    expect(linesOf(changed)).toEqual(original.toSpliced(3, 0, 'POP3 Trace=2'));
  });

  test('a new section goes to the end, after a blank line, and a last line without an end gets one', () => {
    const changed = setEntry(documentOf(...original), { section: 'Store', key: 'Url' }, '');
    expect(linesOf(changed)).toEqual([...original, '', '[Store]', 'Url=', '']);
  });

  test('line ends stay what they are: a new line has those of the file', () => {
    const changed = setEntry(parse('[S]\r\nA=1\r\nB=2').document, { section: 'S', key: 'C' }, '3');
    expect(textOf(changed)).toBe('[S]\r\nA=1\r\nB=2\r\nC=3\r\n');
  });

  test('a key is removed with its line, a section with all up to the next', () => {
    expect(linesOf(removeEntry(documentOf(...original), { section: 'Relay', key: 'host' }))).toEqual(
      original.toSpliced(6, 1),
    );
    expect(linesOf(removeSection(documentOf(...original), 'Relay'))).toEqual([...original.slice(0, 5), '']);
    expect(linesOf(removeSection(documentOf(...original), 'Options'))).toEqual([original[0], ...original.slice(5)]);
    expect(linesOf(removeEntry(documentOf(...original), { section: 'Relay', key: 'none' }))).toEqual(original);
  });

  test('a Windows-1252 file stays one, byte for byte, unless it is given what it has no byte for', () => {
    const old = Uint8Array.from([...bytes('[S]\nA='), 0xe9, 0x0a]);
    const { document } = parseIni(old, 'x');
    const euro = setEntry(document, { section: 'S', key: 'B' }, '€');
    expect(Buffer.from(renderIni(euro))).toEqual(Buffer.concat([old, Buffer.from('B='), Buffer.of(0x80, 0x0a)]));

    const omega = setEntry(document, { section: 'S', key: 'B' }, 'Ω');
    expect(textOf(omega)).toBe('[S]\nA=é\nB=Ω\n');
  });

  test('a name that cannot stand in a file is a fault of the caller', () => {
    expect(() => setEntry(documentOf('[S]'), { section: 'S', key: 'a=b' }, '1')).toThrow('a=b');
    expect(() => setEntry(documentOf('[S]'), { section: 'a]b', key: 'k' }, '1')).toThrow('a]b');
    expect(() => setEntry(documentOf('[S]'), { section: 'S', key: 'a\nb' }, '1')).toThrow('a\nb');
  });
});

describe('for any file', () => {
  const anyText = fc.array(
    fc.oneof(
      fc.constantFrom('[', ']', '=', ';', '#', '\n', '\r\n', '\r', ' ', '\t', '\u00a0', '\ufeff', '"', '\\'),
      fc.constantFrom('Options', 'Relay: x', 'Port', '25', '__proto__'),
      fc.string({ unit: 'grapheme' }),
    ),
  );

  test('CFG02: what is read and written again is the same bytes, whatever they are', () => {
    const anyBytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      anyText.map((parts) => bytes(parts.join(''))),
    );
    fc.assert(
      fc.property(anyBytes, (file) => {
        expect(Buffer.from(renderIni(parseIni(file, 'x').document)).equals(Buffer.from(file))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test('a value that is set reads back, after writing and reading the file, and every other line is untouched', () => {
    const name = fc.constantFrom('Options', 'Port', 'Relay: x', 'Été', '__proto__');
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(' x ', '"x"', "'1'", 'a\r\nb', '\u00a0', ';', '[x]', '\ud800', '\u007f', 'a\u0085b'),
    );
    fc.assert(
      fc.property(anyText, name, name, value, (parts, section, key, wanted) => {
        const before = parse(parts.join('')).document;
        const changed = parseIni(renderIni(setEntry(before, { section, key }, wanted)), 'x').document;
        expect(valueOf(changed, { section, key })).toBe(wanted);

        const kept = changed.lines.map((line) => line.text);
        const lost = before.lines.filter((line) => !take(kept, line.text));
        expect(lost.length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 2000 },
    );
  });
});

/** Takes one such item out of the list; false when there is none. */
function take(list: string[], item: string): boolean {
  const index = list.indexOf(item);
  if (index >= 0) list.splice(index, 1);
  return index >= 0;
}
