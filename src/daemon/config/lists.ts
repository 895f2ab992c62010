/**
 * Accounts and recipients in a list of their own (S26-S30): a text with TABs between the columns, whose
 * first row names the keys, so that a spreadsheet can edit it. A row is read as the section that it stands for.
 */
import { foldName, plainBlanks, trimBlanks } from '../base/blanks.ts';
import { decodeText, looksLikeUtf16 } from './encoding.ts';
import type { IniEntry } from './ini-file.ts';
import type { Key, SectionTable } from './key.ts';
import { nearestName } from './nearest.ts';
import { type Findings, quoted } from './problem.ts';
import type { RawSection } from './read-section.ts';

/** The column that holds what stands after the colon of a section. */
const NAME = 'Name';

/** The sections that a list stands for. An empty cell is an absent key. */
export function readList(file: string, bytes: Uint8Array, table: SectionTable, findings: Findings): RawSection[] {
  const whole = { file, line: null, column: null, key: null };
  if (looksLikeUtf16(bytes)) {
    findings.problems.push({ ...whole, message: 'is UTF-16 ("Unicode text" of a spreadsheet). Save it as UTF-8.' });
    return [];
  }

  const { text, encoding } = decodeText(bytes);
  if (encoding === 'windows-1252') {
    findings.warnings.push({ ...whole, message: 'is not UTF-8; it was read as Windows-1252.' });
  }
  const [head, ...rows] = rowsOf(text);
  if (head === undefined) {
    findings.problems.push({
      ...whole,
      message: `is empty; expected a first row that names the columns, ${NAME} first.`,
    });
    return [];
  }

  const columns = columnsOf(file, head, table, findings);
  return columns === null
    ? []
    : namedOnce(
        rows.map((row) => sectionOf(file, row, columns, table)),
        findings,
      );
}

interface Row {
  /** From 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

function rowsOf(text: string): Row[] {
  return text
    .split(/\r?\n/)
    .map((line, index) => ({ line: index + 1, cells: line.split('\t').map(cellOf) }))
    .filter((row) => row.cells.some((cell) => cell !== ''));
}

/** A spreadsheet puts quotes around a cell with a comma or a quote in it, and doubles the quotes inside. */
function cellOf(text: string): string {
  const cell = trimBlanks(text);
  const quotes = cell.length > 1 && cell.startsWith('"') && cell.endsWith('"');
  return quotes ? cell.slice(1, -1).replaceAll('""', '"') : cell;
}

/** The keys in the order of the columns, or null when they cannot be told. */
function columnsOf(file: string, head: Row, table: SectionTable, findings: Findings): string[] | null {
  const keys: Key<unknown>[] = Object.values(table.keys);
  const known = new Map([...names(keys), [foldName(table.name), NAME] as const, [foldName(NAME), NAME] as const]);
  const columns = head.cells.map((cell) => known.get(foldName(cell)) ?? null);
  const before = findings.problems.length;
  const tell = (cell: string, message: string) =>
    findings.problems.push({ file, line: head.line, column: null, key: plainBlanks(cell), message });

  for (const [index, cell] of head.cells.entries()) {
    const column = columns[index] ?? null;
    const nearest = nearestName(cell, [NAME, ...keys.map((key) => key.name)]);
    if (column === null)
      tell(cell, `is not a column of this list, found ${quoted(cell)}. The nearest one is "${nearest}".`);
    else if (columns.indexOf(column) < index) tell(cell, 'is the name of two columns. Keep one.');
  }
  if (!columns.includes(NAME)) tell(NAME, 'is missing; expected a column of that name.');
  return findings.problems.length > before ? null : columns.map((column) => column ?? '');
}

const names = (keys: readonly Key<unknown>[]) =>
  keys.flatMap((key) => [key.name, ...(key.also ?? [])].map((name) => [foldName(name), key.name] as const));

function sectionOf(file: string, row: Row, columns: readonly string[], table: SectionTable): RawSection {
  const name = plainBlanks(row.cells[columns.indexOf(NAME)] ?? '');
  const entries = row.cells.flatMap((value, index): IniEntry[] => {
    const key = columns[index] ?? `column ${index + 1}`;
    return value === '' || key === NAME ? [] : [{ key, value, line: row.line }];
  });
  return { file, heading: `${table.name}: ${name}`, name, line: row.line, entries };
}

/** The rows whose name is there, and is there once. */
function namedOnce(sections: readonly RawSection[], findings: Findings): RawSection[] {
  const firsts = new Map<string, RawSection>();
  for (const section of sections) {
    const first = firsts.get(foldName(section.name));
    const place = { file: section.file, line: section.line, column: null, key: `[${section.heading}]` };
    const forbidden = /[\]\p{Cc}]/u.exec(section.name)?.[0];
    if (forbidden !== undefined) {
      findings.problems.push({ ...place, key: NAME, message: `cannot hold ${quoted(forbidden)}.` });
    } else if (section.name === '') findings.problems.push({ ...place, key: NAME, message: 'is missing in this row.' });
    else if (first === undefined) firsts.set(foldName(section.name), section);
    else {
      const message = `stands here twice, on lines ${first.line} and ${section.line}. Keep one.`;
      findings.problems.push({ ...place, message });
    }
  }
  return [...firsts.values()];
}
