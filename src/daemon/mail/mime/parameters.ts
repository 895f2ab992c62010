/**
 * The parameters of Content-Type and Content-Disposition, read as widely as any mail reader might: where readers differ, every
 * reading counts, so that no spelling of a name or boundary hides from a rule what a person would see (RFC 2045 §5.1, RFC 2231, RFC 2047).
 * Pure, linear in the length of the value.
 */
import libmime from 'libmime';

/** Characters of one reading: of a longer one the beginning and the end stand, for masks look at endings. */
const LONGEST_READING = 1_024;

/** Readings of one parameter; more of them are somebody's game. */
const MOST_READINGS = 16;

/** What precedes the first semicolon: `multipart/mixed`, `attachment`; lower case, without comments. */
export function mainValue(value: string): string {
  return withoutComments(value.split(';', 1)[0] ?? '')
    .replace(/["\s]/g, '')
    .toLowerCase();
}

/** Every reading of a parameter, most likely first. `value` is a field's unfolded value as Latin-1, an octet a character. */
export function readings(value: string, name: string): string[] {
  const found = new Set<string>();
  for (const segments of splittings(value)) {
    const pieces = segments.flatMap((segment) => pieceOf(segment, name));
    for (const reading of [...single(pieces), ...continued(pieces)]) found.add(shortened(reading));
    if (found.size >= MOST_READINGS) break;
  }
  found.delete('');
  return [...found].slice(0, MOST_READINGS);
}

interface Piece {
  /** RFC 2231 §3: its place among several; null for a parameter in one piece. */
  index: number | null;
  /** RFC 2231 §4: with percent signs, and the first piece with a charset. */
  extended: boolean;
  text: string;
}

/** The value cut at its semicolons, in each way in which it may be cut. */
function splittings(value: string): string[][] {
  const bare = withoutComments(value);
  const ways = [quoteAware(value)];
  if (bare !== value) ways.push(quoteAware(bare));
  if (quotesLeftOpen(value)) ways.push(value.split(';'));
  return ways.map((segments) => segments.slice(1));
}

function quoteAware(value: string): string[] {
  const segments: string[] = [];
  let quoted = false;
  let start = 0;
  for (let at = 0; at < value.length; at++) {
    const character = value.charCodeAt(at);
    if (character === BACKSLASH && quoted) at++;
    else if (character === QUOTE) quoted = !quoted;
    else if (character === SEMICOLON && !quoted) {
      segments.push(value.slice(start, at));
      start = at + 1;
    }
  }
  segments.push(value.slice(start));
  return segments;
}

const QUOTE = 34;
const BACKSLASH = 92;
const SEMICOLON = 59;

function quotesLeftOpen(value: string): boolean {
  return (value.replace(/\\./gs, '').split('"').length & 1) === 0;
}

/** RFC 5322 §3.2.2, nested ones too; one that is never closed is no comment. */
function withoutComments(value: string): string {
  if (!value.includes('(')) return value;
  let kept = '';
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < value.length; at++) {
    const character = value.charAt(at);
    if (character === '\\') {
      if (depth === 0) kept += value.slice(at, at + 2);
      at++;
    } else if (depth === 0 && character === '"') {
      quoted = !quoted;
      kept += character;
    } else if (!quoted && character === '(') {
      depth++;
    } else if (depth > 0) {
      if (character === ')') depth--;
    } else {
      kept += character;
    }
  }
  return depth === 0 ? kept : value;
}

function pieceOf(segment: string, name: string): Piece[] {
  const equals = segment.indexOf('=');
  if (equals < 0) return [];
  const [attribute = '', index, more] = segment.slice(0, equals).trim().toLowerCase().split('*');
  if (attribute.trim() !== name) return [];

  const numbered = index !== undefined && /^\d{1,4}$/.test(index);
  const extended = more === '' || index === '';
  const value = segment.slice(equals + 1).trim();
  // RFC 2231 §4 knows no quotes; some write them all the same.
  const texts = extended ? [value.replace(/^"|"$/g, '')] : plainReadings(value);
  return texts.map((text) => ({
    index: numbered ? Number(index) : null,
    extended,
    text,
  }));
}

/** The text of a value: in quotes, without, with quotes that are not closed, with something behind them. */
function plainReadings(text: string): string[] {
  if (!text.startsWith('"')) {
    const token = text.split(/\s/, 1)[0] ?? '';
    return [...new Set([text, token, text.replace(/["']/g, '')])];
  }
  const end = closingQuote(text);
  const inner = text.slice(1, end);
  const rest = text.slice(end + 1).trim();
  const unescaped = inner.replace(/\\(.)/gs, '$1');
  // Many programs write a Windows path without escaping its backslashes.
  return [...new Set([unescaped, inner, ...(rest === '' ? [] : [unescaped + rest.replaceAll('"', '')])])];
}

function closingQuote(text: string): number {
  for (let at = 1; at < text.length; at++) {
    if (text.charCodeAt(at) === BACKSLASH) at++;
    else if (text.charCodeAt(at) === QUOTE) return at;
  }
  return text.length;
}

function single(pieces: Piece[]): string[] {
  return pieces
    .filter(({ index }) => index === null)
    .flatMap(({ extended, text }) => (extended ? [fromExtended(text)] : decoded(text)));
}

/** Pieces put together in the order of their numbers; of two with one number the first in one reading, the last in another. */
function continued(pieces: Piece[]): string[] {
  const numbered = pieces.filter(({ index }) => index !== null);
  if (numbered.length === 0) return [];

  return [numbered, numbered.toReversed()].flatMap((order) => {
    const chosen = new Map<number, Piece>();
    for (const piece of order) if (!chosen.has(piece.index ?? 0)) chosen.set(piece.index ?? 0, piece);
    const inOrder = [...chosen.values()].toSorted((a, b) => (a.index ?? 0) - (b.index ?? 0));
    const [, charset = ''] = inOrder[0]?.extended ? (/^([^']*)'[^']*'/.exec(inOrder[0].text) ?? []) : [];
    const octets = inOrder.map(({ extended, text }, at) => {
      const value = at === 0 && extended ? text.replace(/^[^']*'[^']*'/, '') : text;
      return extended ? percentDecoded(value) : value;
    });
    const joined = octets.join('');
    return charset === '' ? decoded(joined) : [inCharset(joined, charset)];
  });
}

function fromExtended(text: string): string {
  const [prefix = '', charset = ''] = /^([^']*)'[^']*'/.exec(text) ?? [];
  return inCharset(percentDecoded(text.slice(prefix.length)), charset || 'utf-8');
}

function percentDecoded(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** As it came, and with its encoded words (RFC 2047) decoded, which do not belong there and are read there all the same. */
function decoded(text: string): string[] {
  const raw = inCharset(text, 'utf-8');
  return [...new Set([words(raw), raw])];
}

/** Encoded words (RFC 2047) decoded; one in a charset that nobody knows stays as it came. */
export function words(text: string): string {
  if (!text.includes('=?')) return text;
  try {
    return libmime.decodeWords(text);
  } catch {
    return text;
  }
}

/** Octets (a character each) as text of that charset; as Latin-1 where they are none of it, or nobody knows it. */
export function inCharset(octets: string, charset: string): string {
  if (!/[\u0080-\u00ff]/.test(octets) && !/^utf-?(7|16|32)|^iso-2022|^hz/i.test(charset)) return octets;
  try {
    return new TextDecoder(charset, { fatal: true, ignoreBOM: true }).decode(Buffer.from(octets, 'latin1'));
  } catch {
    return octets;
  }
}

function shortened(reading: string): string {
  const half = LONGEST_READING / 2;
  return reading.length <= LONGEST_READING ? reading : reading.slice(0, half) + reading.slice(-half);
}
