/**
 * An INI file as its author left it. It is read line by line, a change touches only the lines that change,
 * and what is written is byte for byte what was read everywhere else: comments, blank lines, order, line
 * ends and encoding stay. A document is a value: a change gives another document.
 */
import { foldName, trimBlanks } from '../base/blanks.ts';
import { decodeText, type Encoding, encodeText, looksLikeUtf16 } from './encoding.ts';
import { brokenLines, duplicates, oddBlanks } from './ini-faults.ts';
import { foldSection, type IniLine, readLine } from './ini-line.ts';
import { encodeValue } from './ini-value.ts';
import type { ConfigProblem, Findings } from './problem.ts';

export interface IniDocument {
  /** Its name, for what is said of it. */
  readonly file: string;
  readonly encoding: Encoding;
  readonly bom: boolean;
  readonly lines: readonly IniLine[];
}

export interface IniEntry {
  readonly key: string;
  readonly value: string;
  /** From 1. */
  readonly line: number;
}

export interface IniSection {
  readonly name: string;
  /** From 1. */
  readonly line: number;
  readonly entries: readonly IniEntry[];
}

export interface IniReading extends Readonly<Findings> {
  readonly document: IniDocument;
}

/** Whose value it is; names are compared without case, and odd blanks count as blanks. */
export interface IniKey {
  readonly section: string;
  readonly key: string;
}

/** Reads a whole file. Never throws: what cannot be understood is a problem with its line and column (CFG02). */
export function parseIni(bytes: Uint8Array, file: string): IniReading {
  const { text, encoding, bom } = decodeText(bytes);
  const document: IniDocument = { file, encoding, bom, lines: linesOf(text) };
  const whole = { file, line: null, column: null, key: null };
  if (looksLikeUtf16(bytes)) {
    const message = 'is UTF-16 ("Unicode" in Notepad). Save it as UTF-8.';
    return { document, problems: [{ ...whole, message }], warnings: [] };
  }

  const warnings: ConfigProblem[] = oddBlanks(document);
  if (encoding === 'windows-1252') {
    warnings.unshift({ ...whole, message: 'is not UTF-8; it was read as Windows-1252.' });
  }
  return { document, problems: [...brokenLines(document), ...duplicates(document)], warnings };
}

/** The sections in the order of the file, a repeated one as often as it stands there. */
export function sectionsOf(document: IniDocument): IniSection[] {
  const sections: { name: string; line: number; entries: IniEntry[] }[] = [];
  for (const [index, line] of document.lines.entries()) {
    if (line.is === 'section') sections.push({ name: line.name, line: index + 1, entries: [] });
    if (line.is === 'entry') sections.at(-1)?.entries.push({ key: line.key, value: line.value, line: index + 1 });
  }
  return sections;
}

/** The value of a key, or null when it is not there. */
export function valueOf(document: IniDocument, at: IniKey): string | null {
  const line = document.lines[findEntry(document, at)];
  return line?.is === 'entry' ? line.value : null;
}

/**
 * With `value` for that key: in the line that has it, else in a new line at the end of its section, else in a
 * new section at the end. Throws when a name cannot stand in a file at all: that is a fault of the caller.
 */
export function setEntry(document: IniDocument, at: IniKey, value: string): IniDocument {
  const index = findEntry(document, at);
  const there = document.lines[index];
  if (there?.is === 'entry' && there.value === value) return document;

  const equals = there?.text.indexOf('=') ?? -1;
  // The blanks after "=" are the author's layout (Key = value) and stay.
  const before = there?.text.slice(0, equals + 1 + leadingBlanks(there.text.slice(equals + 1))) ?? `${at.key}=`;
  const line = readLine(`${before}${encodeValue(value)}`, there?.end ?? endOf(document));
  if (line.is !== 'entry' || line.folded !== foldName(at.key)) throw new Error(`no name of a key: ${at.key}`);

  if (there) return { ...document, lines: document.lines.with(index, line) };
  return insert(document, at.section, line);
}

/** Without that key; its line goes, every other stays. */
export function removeEntry(document: IniDocument, at: IniKey): IniDocument {
  const index = findEntry(document, at);
  return index < 0 ? document : { ...document, lines: document.lines.toSpliced(index, 1) };
}

/** Without that section: its name, and all up to the next section. */
export function removeSection(document: IniDocument, section: string): IniDocument {
  const start = findSection(document, section);
  return start < 0
    ? document
    : { ...document, lines: document.lines.toSpliced(start, nextSection(document, start) - start) };
}

/**
 * The file's bytes. A Windows-1252 file that was given a character without a place in Windows-1252 becomes
 * UTF-8 as a whole: half a file in each would be read by nobody.
 */
export function renderIni(document: IniDocument): Uint8Array {
  const text = document.lines.map((line) => line.text + line.end).join('');
  const { encoding, bom } = document;
  return encodeText({ text, encoding, bom }) ?? (encodeText({ text, encoding: 'utf-8', bom }) as Uint8Array);
}

/** A text cut into lines, each with its own end. */
function linesOf(text: string): IniLine[] {
  const lines: IniLine[] = [];
  for (let start = 0; start < text.length; ) {
    const feed = text.indexOf('\n', start);
    const stop = feed < 0 ? text.length : feed + 1;
    const end = feed < 0 ? '' : text[feed - 1] === '\r' && feed > start ? '\r\n' : '\n';
    lines.push(readLine(text.slice(start, stop - end.length), end));
    start = stop;
  }
  return lines;
}

function insert(document: IniDocument, section: string, line: IniLine): IniDocument {
  const start = findSection(document, section);
  if (start >= 0) return insertAt(document, lastEntry(document, start) + 1, [line]);

  const head = readLine(`[${section}]`, line.end);
  if (head.is !== 'section' || head.folded !== foldSection(section)) {
    throw new Error(`no name of a section: ${section}`);
  }
  const last = document.lines.at(-1);
  const gap = last && trimBlanks(last.text) !== '' ? [readLine('', line.end)] : [];
  return insertAt(document, document.lines.length, [...gap, head, line]);
}

/** A last line without an end gets one when a line comes after it. */
function insertAt(document: IniDocument, index: number, added: readonly IniLine[]): IniDocument {
  const before = document.lines[index - 1];
  const lines =
    before && before.end === '' ? document.lines.with(index - 1, { ...before, end: endOf(document) }) : document.lines;
  return { ...document, lines: lines.toSpliced(index, 0, ...added) };
}

const endOf = (document: IniDocument): string => document.lines[0]?.end || '\n';

const leadingBlanks = (text: string): number => text.length - trimBlanks(`${text}.`).length + 1;

function findEntry(document: IniDocument, at: IniKey): number {
  const start = findSection(document, at.section);
  if (start < 0) return -1;

  const key = foldName(at.key);
  const stop = nextSection(document, start);
  return document.lines.findIndex(
    (line, index) => index > start && index < stop && line.is === 'entry' && line.folded === key,
  );
}

function findSection(document: IniDocument, section: string): number {
  const name = foldSection(section);
  return document.lines.findIndex((line) => line.is === 'section' && line.folded === name);
}

function nextSection(document: IniDocument, start: number): number {
  const next = document.lines.findIndex((line, index) => index > start && line.is === 'section');
  return next < 0 ? document.lines.length : next;
}

/** The last line of a section that says something: what stands below it may belong to the next one. */
function lastEntry(document: IniDocument, start: number): number {
  const stop = nextSection(document, start);
  const last = document.lines.findLastIndex((line, index) => index > start && index < stop && line.is === 'entry');
  return Math.max(start, last);
}
