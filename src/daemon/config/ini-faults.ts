/** What is wrong with an INI file as such, whatever its keys mean (CFG02, S96). Pure. */
import { blankName, oddBlankAt, trimBlanks } from '../base/blanks.ts';
import type { IniDocument } from './ini-file.ts';
import type { ConfigProblem } from './problem.ts';

/** Lines that say nothing that we understand, and keys outside every section. */
export function brokenLines(document: IniDocument): ConfigProblem[] {
  const { file, lines } = document;
  const first = lines.findIndex((line) => line.is === 'section');
  return lines.flatMap((line, index): ConfigProblem[] => {
    const place = { file, line: index + 1, key: null };
    const fault = line.is === 'broken' || line.is === 'section' ? line.fault : null;
    if (fault) return [{ ...place, column: fault.column, message: `${fault.why}.` }];
    if (line.is !== 'entry' || (first >= 0 && index > first)) return [];

    const message = 'stands before the first [Section]; expected it inside one.';
    return [{ ...place, column: 1, key: line.key, message }];
  });
}

/** A second one would be ignored by some and win with others: it is refused, with both lines. */
export function duplicates(document: IniDocument): ConfigProblem[] {
  const { file, lines } = document;
  const sections = new Map<string, number>();
  let keys = new Map<string, number>();
  let section = '';

  return lines.flatMap((line, index) => {
    if (line.is !== 'section' && line.is !== 'entry') return [];
    if (line.is === 'section') [section, keys] = [`[${line.name}]`, new Map()];

    const seen = line.is === 'section' ? sections : keys;
    const first = seen.get(line.folded);
    if (first === undefined) seen.set(line.folded, index + 1);
    if (first === undefined) return [];

    const key = line.is === 'section' ? section : `${section} ${line.key}`.trim();
    const message = `stands here twice, on lines ${first} and ${index + 1}. Keep one.`;
    return [{ file, line: index + 1, column: null, key, message }];
  });
}

/** Odd blanks in names and at the ends of values (S96); inside a value its key decides what they are. */
export function oddBlanks(document: IniDocument): ConfigProblem[] {
  return document.lines.flatMap((line, index) => {
    if (line.is !== 'section' && line.is !== 'entry') return [];

    const equals = line.is === 'entry' ? line.text.indexOf('=') : line.text.length;
    const value = line.text.slice(equals + 1);
    const inner = trimBlanks(value);
    const start = value.indexOf(inner);
    // The value's own blanks are masked, so that the column found is one of the whole line.
    const around = `${line.text.slice(0, equals + 1 + start)}${'x'.repeat(inner.length)}${value.slice(start + inner.length)}`;
    const odd = oddBlankAt(around);
    if (odd < 0) return [];

    const message = `an odd blank (${blankName(around, odd)}) is taken for an ordinary one.`;
    const key = line.is === 'entry' ? line.key : `[${line.name}]`;
    return [{ file: document.file, line: index + 1, column: odd + 1, key, message }];
  });
}
