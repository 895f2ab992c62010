/**
 * Text that is encoded for its way (RFC 2045 §6), and how something is put into it without a change to the rest. Strict, unlike who only
 * looks for attachments: what is not written as the standard says is not opened. Pure.
 */
import type { Edit } from '../../mail/mime/edited-body.ts';

export interface Coded {
  /** What it says. */
  octets: Buffer;
  /** Puts these octets before the octet `at` of them. The edit's places are those of the encoded text. */
  put(at: number, octets: Buffer): Edit;
}

/** Null when it is encoded in a way that nobody knows, or not as it says. */
export function opened(encoding: string, text: Buffer): Coded | null {
  switch (encoding) {
    case '':
    case '7bit':
    case '8bit':
    case 'binary':
      return { octets: text, put: (at, octets) => ({ start: at, end: at, insert: octets }) };
    case 'quoted-printable':
      return quotedPrintable(text);
    case 'base64':
      return base64(text);
    default:
      return null;
  }
}

// Quoted-printable

/** RFC 2045 §6.7: characters of a line, without the `=` of a soft line end. */
const LONGEST_QP_LINE = 75;

const EQUALS = 0x3d;
const CR = 0x0d;
const LF = 0x0a;

function quotedPrintable(text: Buffer): Coded | null {
  const octets = Buffer.alloc(text.length);
  const places = new Uint32Array(text.length + 1);
  let length = 0;
  for (let at = 0; at < text.length; ) {
    const start = at;
    const octet = text[at] ?? 0;
    if (octet === EQUALS) {
      const escape = escapeAt(text, at);
      if (escape === null) return null;
      at += escape.length;
      if (escape.octet === null) continue;
      octets[length] = escape.octet;
    } else {
      octets[length] = octet;
      at += 1;
    }
    places[length] = start;
    length += 1;
  }
  places[length] = text.length;

  return {
    octets: octets.subarray(0, length),
    put(at, added) {
      const place = places[at] ?? text.length;
      const midLine = place > 0 && text[place - 1] !== LF && added[0] !== CR;
      return { start: place, end: place, insert: Buffer.from((midLine ? '=\r\n' : '') + asQuotedPrintable(added)) };
    },
  };
}

/** `octet` null: a soft line end. */
function escapeAt(text: Buffer, at: number): { octet: number | null; length: number } | null {
  const following = text.toString('latin1', at + 1, at + 3);
  if (/^[0-9A-Fa-f]{2}$/.test(following)) return { octet: Number.parseInt(following, 16), length: 3 };
  // Blanks before the line end are put there on the way (RFC 2045 §6.7, rule 3).
  const [soft = null] = /^[ \t]*\r?\n/.exec(text.toString('latin1', at + 1, at + 1_000)) ?? [];
  return soft === null ? null : { octet: null, length: 1 + soft.length };
}

/** Line ends stay line ends. */
export function asQuotedPrintable(octets: Buffer): string {
  return octets.toString('latin1').split('\r\n').map(encodedLine).join('\r\n');
}

function encodedLine(line: string): string {
  const letters = line
    .replace(/[^ -<>-~\t]/g, escaped)
    .replace(/[ \t]$/, escaped)
    .match(/=[0-9A-F]{2}|[^]/g);
  const lines: string[] = [];
  let open = '';
  for (const letter of letters ?? []) {
    if (open.length + letter.length > LONGEST_QP_LINE) {
      lines.push(`${open}=`);
      open = '';
    }
    open += letter;
  }
  return [...lines, open].join('\r\n');
}

function escaped(character: string): string {
  return `=${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

// Base64

const BASE64_LINE = /.{1,76}/g;

function base64(text: Buffer): Coded | null {
  const letters = Buffer.alloc(text.length);
  const places = new Uint32Array(text.length);
  let count = 0;
  let end = 0; // behind the last letter or padding
  for (let at = 0; at < text.length; at++) {
    const octet = text[at] ?? 0;
    if (octet === CR || octet === LF || octet === 0x20 || octet === 0x09) continue;
    letters[count] = octet;
    places[count] = at;
    count += 1;
    end = at + 1;
  }
  const all = letters.toString('latin1', 0, count);
  const placed = places.subarray(0, count);
  if (count % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(all)) return null;

  const octets = Buffer.from(all, 'base64');
  return {
    octets,
    put(at, added) {
      const whole = at - (at % 3);
      const first = placed[(whole / 3) * 4] ?? end;
      const rest = octets.subarray(at, Math.min(whole + 3, octets.length));
      const last = at === octets.length || rest.length === 0 ? end : (placed[(whole / 3) * 4 + 3] ?? end - 1) + 1;
      // What follows keeps its letters only if as many octets come before it as before, or threes more.
      const blanks = Buffer.alloc(at === octets.length ? 0 : (3 - (added.length % 3)) % 3, ' ');
      const lines = Buffer.concat([octets.subarray(whole, at), added, blanks, rest])
        .toString('base64')
        .match(BASE64_LINE);
      const before = first === 0 || text[first - 1] === LF ? '' : '\r\n';
      const after = last >= text.length || text[last] === CR || text[last] === LF ? '' : '\r\n';
      return { start: first, end: last, insert: Buffer.from(before + (lines ?? []).join('\r\n') + after) };
    },
  };
}
