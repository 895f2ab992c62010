/**
 * One value of an INI file. `ini` reads it: a value in double quotes is a JSON string, so that blanks at its
 * ends and characters that a line cannot hold survive. What our files mean otherwise than `ini` does is
 * escaped before it sees it: `;` and `#` end no value here (`*.doc; *.zip`), and a backslash is one.
 */
import { unsafe } from 'ini';
import { trimBlanks } from '../base/blanks.ts';

/** What `text`, without blanks at its ends, means. */
export function decodeValue(text: string): string {
  if (text.startsWith('"')) return decodeQuoted(text);
  // ini would take single quotes off, and 'true' or '12' for another type: to us they are ordinary characters.
  if (text.startsWith("'")) return text;

  return unsafe(text.replace(/[\\;#]/g, '\\$&'));
}

/** A text that reads back as `value`: as it is where it can be, else in double quotes. */
export function encodeValue(value: string): string {
  const plain = value.isWellFormed() && !/\p{Cc}/u.test(value.replaceAll('\t', '')) && trimBlanks(value) === value;
  return plain && decodeValue(value) === value ? value : quoted(value);
}

/** JSON leaves DEL and the controls above it as they are, and no line may hold them. */
function quoted(value: string): string {
  return JSON.stringify(value).replace(/[\u007f-\u009f]/g, (control) => `\\u00${control.charCodeAt(0).toString(16)}`);
}

function decodeQuoted(text: string): string {
  // `"C:\Mail"` and `"a"; "b"` are no JSON: they stand for themselves, quotes included, as in ini.
  const inner: unknown = text.length > 1 && text.endsWith('"') ? unsafe(text) : text;
  return typeof inner === 'string' ? inner : text;
}
