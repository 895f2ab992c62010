/** One line of an INI file: what it says, or why it says nothing that we understand. Pure. */
import { foldName, plainBlanks, trimBlanks } from '../base/blanks.ts';
import { decodeValue } from './ini-value.ts';

export type IniLine = {
  /** As it stands in the file, without its end. */
  readonly text: string;
  /** `\n`, `\r\n`, or nothing for a last line without one. */
  readonly end: string;
} & Saying;

type Saying =
  /** `folded`: the name in the form in which names are compared. A faulty heading still begins its section. */
  | { readonly is: 'section'; readonly name: string; readonly folded: string; readonly fault: Fault | null }
  | { readonly is: 'entry'; readonly key: string; readonly folded: string; readonly value: string }
  /** A blank line or a comment. */
  | { readonly is: 'silent' }
  | { readonly is: 'broken'; readonly fault: Fault };

interface Fault {
  /** From 1, in characters. */
  readonly column: number;
  readonly why: string;
}

/** No key has a value that long: what is longer is another kind of file. In characters. */
const LONGEST_LINE = 65_536;

export function readLine(text: string, end: string): IniLine {
  return { text, end, ...sayingOf(text) };
}

function sayingOf(text: string): Saying {
  if (text.length > LONGEST_LINE) return broken(LONGEST_LINE, `a line of more than ${LONGEST_LINE} characters`);
  const trimmed = trimBlanks(text);
  if (trimmed === '' || trimmed.startsWith(';') || trimmed.startsWith('#')) return { is: 'silent' };

  // A stray CR in a name or a password would become a line of its own in a protocol.
  const control = text.search(/[^\t\P{Cc}]/u);
  if (control >= 0) return broken(control, `a control character (${codeOf(text, control)}) cannot stand here`);

  return trimmed.startsWith('[') ? sectionOf(text) : entryOf(text);
}

function sectionOf(text: string): Saying {
  const open = text.indexOf('[');
  const close = text.indexOf(']', open);
  const name = plainBlanks(text.slice(open + 1, close < 0 ? text.length : close));
  return { is: 'section', name, folded: foldSection(name), fault: headingFault(text, name, close) };
}

function headingFault(text: string, name: string, close: number): Fault | null {
  if (close < 0) return fault(text.length, 'expected "]" after the name of the section');
  if (name === '') return fault(close, 'expected the name of a section between "[" and "]"');
  if (trimBlanks(text.slice(close + 1)) === '') return null;

  return fault(close + 1, 'expected nothing after "]"; a comment stands on a line of its own');
}

function entryOf(text: string): Saying {
  const equals = text.indexOf('=');
  if (equals < 0) return broken(text.length, 'expected Key=value or [Section]');

  const key = plainBlanks(text.slice(0, equals));
  if (key === '') return broken(equals, 'expected the name of a key before "="');

  return { is: 'entry', key, folded: foldName(key), value: decodeValue(trimBlanks(text.slice(equals + 1))) };
}

/** The compared form of a section's name: `Relay:partner` and `relay : Partner` are one section. */
export const foldSection = (name: string): string => foldName(name.replace(':', ' : '));

const broken = (index: number, why: string): Saying => ({ is: 'broken', fault: fault(index, why) });

const fault = (index: number, why: string): Fault => ({ column: index + 1, why });

const codeOf = (text: string, index: number): string =>
  `0x${text.charCodeAt(index).toString(16).toUpperCase().padStart(2, '0')}`;
