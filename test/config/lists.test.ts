import { expect, test } from 'vitest';
import { readList } from '../../src/daemon/config/lists.ts';
import { describeProblem, type Findings } from '../../src/daemon/config/problem.ts';
import { accountTable, recipientTable } from '../../src/daemon/config/sections/inbound.ts';

function read(text: string | Uint8Array, table: typeof accountTable | typeof recipientTable = recipientTable) {
  const findings: Findings = { problems: [], warnings: [] };
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  const sections = readList('list.txt', bytes, table, findings);
  return {
    sections,
    problems: findings.problems.map(describeProblem),
    warnings: findings.warnings.map(describeProblem),
  };
}

test('S30: a row is the section that it stands for, and an empty cell an absent key', () => {
  expect(read('Name\tSMTP address\tKeywords\nsales\ts@c.example\t\n').sections).toEqual([
    {
      file: 'list.txt',
      heading: 'Recipient: sales',
      name: 'sales',
      line: 2,
      entries: [{ key: 'SMTP address', value: 's@c.example', line: 2 }],
    },
  ]);
});

test('S30: columns stand in any order, and what a spreadsheet puts around a cell is taken off', () => {
  const [row] = read(
    'Other SMTP addresses\trecipient\tSMTP address\n"a@c.example, ""b""@c.example"\tx\ts@c.example',
  ).sections;
  expect(row?.name).toBe('x');
  expect(row?.entries[0]?.value).toBe('a@c.example, "b"@c.example');
});

test('S30: a list may be Windows-1252, with CRLF and a BOM; UTF-16 is named as such', () => {
  expect(read(Buffer.from('Name\tSMTP address\r\nÉté\te@c.example\r\n', 'latin1')).sections[0]?.name).toBe('Été');
  expect(read('\ufeffName\r\nx').sections[0]?.name).toBe('x');
  expect(read(Buffer.from('\ufeffName\nx', 'utf16le')).problems).toHaveLength(1);
});

test('CFG02, CFG03: unknown, repeated and missing columns are told', () => {
  expect(read('Name\tSMTP adress\tKeywords\tkeywords').problems).toEqual([
    'list.txt:1: SMTP adress: is not a column of this list, found "SMTP adress". The nearest one is "SMTP address".',
    'list.txt:1: keywords: is the name of two columns. Keep one.',
  ]);
  expect(read('Host\tUser', accountTable).problems).toEqual([
    'list.txt:1: Name: is missing; expected a column of that name.',
  ]);
});

test('CFG02: a name must be there, once, and be one that a section can have', () => {
  expect(read('Name\tSMTP address\nA\t1\n\t2\na\t3\nb]c\t4').problems).toEqual([
    'list.txt:3: Name: is missing in this row.',
    'list.txt:4: [Recipient: a]: stands here twice, on lines 2 and 4. Keep one.',
    'list.txt:5: Name: cannot hold "]".',
  ]);
});

test('CFG11: __proto__ in a list is a name like others, and no column', () => {
  expect(read('Name\n__proto__\nconstructor').sections.map((section) => section.name)).toEqual([
    '__proto__',
    'constructor',
  ]);
  expect(read('Name\t__proto__').problems).toHaveLength(1);
});
