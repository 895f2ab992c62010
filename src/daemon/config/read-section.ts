/**
 * Reads one section by its table. Whatever is wrong in it is told, all of it, with the line, the key, what
 * was expected and what was found; nothing is silently replaced by a default (CFG03, CFG04).
 */
import { foldName, ordinaryBlanks } from '../base/blanks.ts';
import type { IniEntry, IniSection } from './ini-file.ts';
import type { Key, Keys, Kind, Lines, SectionTable, ValuesOf } from './key.ts';
import { nearestName } from './nearest.ts';
import { type Findings, onlyCounted, type Place, quoted } from './problem.ts';

/** A section as it stands in a file: of the INI, or made of a row of a list. */
export interface RawSection {
  readonly file: string;
  /** As it stands between the brackets. */
  readonly heading: string;
  /** What stands after the colon, or nothing. */
  readonly name: string;
  /** Null for a section that is not there. */
  readonly line: number | null;
  readonly entries: IniSection['entries'];
}

/** A section that was read. */
export interface Part<V> extends Omit<RawSection, 'entries'> {
  readonly values: V;
  readonly keys: Keys;
  /** The lines of the keys that are there, by the property of `values`. */
  readonly lines: ReadonlyMap<string, number>;
}

/** A line of a section whose keys are the person's own. */
export interface OwnLine<T> {
  readonly key: string;
  readonly value: T;
  readonly place: Place;
}

/** Where readings go, and what they need. */
export interface Desk extends Findings {
  readonly home: string;
}

/** Reads a section; null when a key without a default cannot be had. */
export function readSection<K extends Keys>(
  raw: RawSection,
  table: SectionTable & { readonly keys: K },
  desk: Desk,
): Part<ValuesOf<K>> | null {
  const given = givenKeys(raw, table, desk);
  const nameFits = table.nameIs === undefined || readsWell(table.nameIs, raw.name, placeIn(raw, null, raw.line), desk);

  const values: Record<string, unknown> = {};
  const lines = new Map<string, number>();
  let whole = nameFits;
  for (const [property, key] of Object.entries(table.keys)) {
    const entry = given.get(property);
    if (entry) lines.set(property, entry.line);
    const reading = entry ? readEntry(raw, key, entry, desk) : absent(raw, key, desk);
    if (reading) values[property] = reading.value;
    else whole = false;
  }

  // Each property of the table has its value by now, read by the kind that the type is inferred from.
  return whole ? { ...withoutEntries(raw), values: values as ValuesOf<K>, keys: table.keys, lines } : null;
}

/** Reads a section whose keys are the person's own. */
export function readOwnLines<T>(raw: RawSection, lines: Lines<T>, desk: Desk): OwnLine<T>[] {
  return raw.entries.flatMap((entry) => {
    const place = placeIn(raw, entry.key, entry.line);
    const key = readText(lines.key.is, entry.key, place, desk);
    const value = readText(lines.value.is, entry.value, place, desk);
    return key && value ? [{ key: key.value, value: value.value, place }] : [];
  });
}

/** Where a key of a section stands, or would. */
export function placeOf<P extends Part<object>>(part: P, property: keyof P['values'] & string): Place {
  return placeIn(part, part.keys[property]?.name ?? property, part.lines.get(property) ?? part.line);
}

/** The section itself. */
export const placeOfSection = (part: Omit<RawSection, 'entries'>): Place => placeIn(part, null, part.line);

function placeIn(raw: Omit<RawSection, 'entries'>, key: string | null, line: number | null): Place {
  const heading = `[${raw.heading}]`;
  return { file: raw.file, line, column: null, key: key === null ? heading : `${heading} ${key}` };
}

/** The entries by the property that they give; the others are told. */
function givenKeys(raw: RawSection, table: SectionTable, desk: Desk): Map<string, IniEntry> {
  const properties = new Map<string, string>();
  for (const [property, key] of Object.entries(table.keys)) {
    for (const name of [key.name, ...(key.also ?? [])]) properties.set(foldName(name), property);
  }

  const given = new Map<string, IniEntry>();
  for (const entry of raw.entries) {
    const property = properties.get(foldName(entry.key));
    const first = property === undefined ? undefined : given.get(property);
    if (property === undefined) unknownKey(raw, table, entry, desk);
    else if (first === undefined) given.set(property, entry);
    else secondSpelling(raw, first, entry, desk);
  }
  return given;
}

function unknownKey(raw: RawSection, table: SectionTable, entry: IniEntry, desk: Desk): void {
  const known = Object.values(table.keys).map((key) => key.name);
  const nearest = onlyCounted(desk.problems) ? '' : nearestName(entry.key, known);
  const place = placeIn(raw, entry.key, entry.line);
  desk.problems.push({ ...place, message: `is not a key of this section. The nearest one is "${nearest}".` });
}

/** The same spelling twice was told when the file was taken apart. */
function secondSpelling(raw: RawSection, first: IniEntry, entry: IniEntry, desk: Desk): void {
  if (foldName(first.key) === foldName(entry.key)) return;

  const message = `is the key of line ${first.line} in another spelling. Keep one.`;
  desk.problems.push({ ...placeIn(raw, entry.key, entry.line), message });
}

function readEntry(raw: RawSection, key: Key<unknown>, entry: IniEntry, desk: Desk): { value: unknown } | null {
  const reading = readText(key.is, entry.value, placeIn(raw, key.name, entry.line), desk, key.hint);
  // The problem is told; the default only lets the rest of the section be read.
  return reading ?? standIn(key, desk.home);
}

function absent(raw: RawSection, key: Key<unknown>, desk: Desk): { value: unknown } | null {
  const value = standIn(key, desk.home);
  if (value === null) {
    const place = placeIn(raw, key.name, raw.line);
    desk.problems.push({ ...place, message: `is missing; expected ${key.is.expects}.` });
  }
  return value;
}

function standIn(key: Key<unknown>, home: string): { value: unknown } | null {
  const reading = key.default === undefined ? null : key.is.read(key.default, home);
  return reading?.ok ? { value: reading.value } : null;
}

function readsWell(kind: Kind<unknown>, text: string, place: Place, desk: Desk): boolean {
  return readText(kind, text, place, desk) !== null;
}

/** Reads one text, and tells what is wrong with it. */
function readText<T>(kind: Kind<T>, text: string, place: Place, desk: Desk, hint?: string): { value: T } | null {
  const plain = kind.verbatim ? text : ordinaryBlanks(text);
  if (plain !== text) desk.warnings.push({ ...place, message: 'an odd blank in it is taken for an ordinary one.' });

  const reading = kind.read(plain, desk.home);
  if (reading.ok) {
    if (reading.warning !== undefined) desk.warnings.push({ ...place, message: reading.warning });
    return { value: reading.value };
  }

  const found = kind.secret ? '' : `, found ${foundText(reading.found ?? text)}`;
  const message = [`expected ${kind.expects}${found}.`, reading.hint, hint].filter((part) => part !== undefined);
  desk.problems.push({ ...place, message: message.join(' ') });
  return null;
}

const foundText = (text: string): string => (text === '' ? 'nothing' : quoted(text));

function withoutEntries({ file, heading, name, line }: RawSection): Omit<RawSection, 'entries'> {
  return { file, heading, name, line };
}
