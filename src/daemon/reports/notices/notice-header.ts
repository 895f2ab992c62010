/** The header of a kept message as a notice carries it: its first fields, each on its line. Pure. */
import { safe } from '../../../protocol/safe.ts';
import type { Header } from '../../mail/header-block.ts';

/** More is of no use to a person, and a hostile header has thousands. */
const MOST_FIELDS = 60;
/** Characters of one field. */
const LONGEST_FIELD = 1_000;

/** For a part of type `text/rfc822-headers`: the values as they came, unfolded. */
export function headerLines(header: Header): string {
  const seen = new Map<string, number>();
  const lines = firstFields(header).map(([name]) => {
    const key = name.toLowerCase();
    const nth = seen.get(key) ?? 0;
    seen.set(key, nth + 1);
    return `${name}: ${header.values(name)[nth] ?? ''}`;
  });
  return lines.map((line) => `${plain(line)}\r\n`).join('');
}

/** For people: decoded, and nothing in it steers a screen. */
export function shownHeader(header: Header): string {
  return firstFields(header)
    .map(([name, value]) => safe(`${name}: ${value.replace(/\s+/g, ' ')}`.slice(0, LONGEST_FIELD)))
    .join('\n');
}

function firstFields(header: Header): [string, string][] {
  return header
    .fields()
    .filter(([name]) => /^[!-9;-~]{1,100}$/.test(name)) // RFC 5322 §2.2
    .slice(0, MOST_FIELDS);
}

/** On one line, whatever it holds: it is a header of nobody, but somebody may read it as one. */
function plain(line: string): string {
  return line
    .slice(0, LONGEST_FIELD)
    .replace(/\p{Cc}+/gu, ' ')
    .toWellFormed();
}
