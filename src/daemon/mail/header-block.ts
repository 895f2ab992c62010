/** A message's header block, read for routing, for the log and for the screen: bounded, linear in its size, and never changed. */
import { Headers } from '@zone-eu/mailsplit';
import libmime from 'libmime';

export interface Header {
  /** The unfolded values of every field of that name (compared without case), as they came. */
  values(name: string): string[];
  /** The first one, encoded words (RFC 2047) decoded, on one line; empty when there is none. */
  text(name: string): string;
  /** Every field in order: name as written, value unfolded and decoded. */
  fields(): [string, string][];
}

/** Fields that are looked at; more are left alone (MSG05). */
const MOST_FIELDS = 2_000;

/** Characters of one value that are decoded for people. */
const LONGEST_TEXT = 4_000;

/** Reads the octets before the empty line (LONGEST_HEADER_BLOCK of them at most). Never throws: odd lines are no fields. */
export function readHeader(octets: Uint8Array): Header {
  const lines = new Headers(Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength))
    .getList()
    .slice(0, MOST_FIELDS);
  const fields = lines.filter(({ line }) => line.includes(':'));
  // Of thirty fields some five are ever asked for.
  const asked = new Map<string, string[]>();
  const named = (name: string): string[] => {
    const key = name.toLowerCase();
    const values = asked.get(key) ?? fields.filter((field) => field.key === key).map(({ line }) => split(line).value);
    asked.set(key, values);
    return values;
  };

  return {
    values: (name) => named(name).map(utf8),
    text: (name) => decoded(named(name)[0] ?? ''),
    fields: () =>
      fields.map(({ line }) => {
        const { name, value } = split(line);
        return [name, decoded(value)];
      }),
  };
}

/** `Subject: a\r\n b` → name and unfolded value. Lines come as Latin-1, an octet a character. */
function split(line: string): { name: string; value: string } {
  const colon = line.indexOf(':');
  const value = line
    .slice(colon + 1)
    .replace(/\r?\n/g, '')
    .trim();
  return { name: line.slice(0, colon).trim(), value };
}

/** Raw 8-bit values are UTF-8 (RFC 6532) where they can be, else Latin-1. */
function utf8(value: string): string {
  if (!/[\u0080-\u00ff]/.test(value)) return value;
  const text = Buffer.from(value, 'latin1').toString('utf8');
  return text.includes('\ufffd') ? value : text;
}

function decoded(value: string): string {
  const text = utf8(value.slice(0, LONGEST_TEXT));
  try {
    return text.includes('=?') ? libmime.decodeWords(text) : text;
  } catch {
    return text; // an encoded word in a charset that nobody knows is shown as it came
  }
}
