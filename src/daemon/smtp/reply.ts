/**
 * The replies of an SMTP peer, read from its octets as they come (RFC 5321 §4.2). Pure. What is not a reply is never
 * taken for one (REL13), and what is kept of a line and of a reply is bounded, whatever the peer sends (I20).
 */
import { LONGEST_REPLY_TEXT } from '../base/limits.ts';

export interface Reply {
  /** 200 to 599. */
  readonly code: number;
  /** The enhanced status code (RFC 3463) of the last line that has one of the reply's own class: `2.6.0`. */
  readonly enhanced: string | null;
  /** As they came, without their line ends; each cut at what is kept of a line. */
  readonly lines: readonly string[];
}

export type Found =
  | { readonly kind: 'reply'; readonly reply: Reply }
  /** It speaks no SMTP: nothing after this can be believed, and the reader reads no further. */
  | { readonly kind: 'nonsense'; readonly why: string; readonly lines: readonly string[] };

export interface ReplyReader {
  /** What these octets completed, in order. */
  feed(octets: Buffer): Found[];
  /** Has the peer begun something that is not complete yet? */
  readonly midway: boolean;
}

/** Octets of a line that are kept: RFC 5321 §4.5.3.1.5 allows 512, and many peers write more. */
const LINE_KEPT = 2_048;

/** Octets of a whole reply; one of 100 KB is odd but a reply (REL14), one of 1 MB is an attack (REL02). */
const LONGEST_REPLY = 262_144;

/** Lines of a reply; the longest EHLO replies have some thirty. */
const MOST_LINES = 256;

const LF = 10;
const NUL = 0;

export function createReplyReader(): ReplyReader {
  let kept: Buffer[] = []; // of the line that is being read
  let keptOctets = 0;
  let octets = 0; // of the reply that is being read
  let lines: string[] = [];
  let broken = false;

  function keep(part: Buffer): void {
    octets += part.length;
    const room = LINE_KEPT - keptOctets;
    if (part.length === 0 || room <= 0) return;

    kept.push(Buffer.from(part.subarray(0, room))); // a copy: the socket's buffer is not held for it
    keptOctets += Math.min(part.length, room);
  }

  function lineEnded(): string {
    const line = decode(Buffer.concat(kept));
    kept = [];
    keptOctets = 0;
    return line.endsWith('\r') ? line.slice(0, -1) : line;
  }

  function nonsense(why: string): Found {
    broken = true;
    return { kind: 'nonsense', why, lines: keptOctets > 0 ? [...lines, lineEnded()] : lines };
  }

  function takeLine(part: Buffer): Found | null {
    if (part.includes(NUL)) return nonsense('a reply with a NUL in it');
    keep(part);
    if (octets > LONGEST_REPLY) return nonsense(`a reply of more than ${LONGEST_REPLY} octets`);

    const line = lineEnded();
    lines.push(line);
    const form = /^([2-5][0-9][0-9])(?:([ -])(.*))?$/s.exec(line);
    if (form === null) return nonsense('something that is no reply');
    if (!line.startsWith(lines[0]?.slice(0, 3) ?? '')) return nonsense('a reply whose code changes on the way');
    if (lines.length > MOST_LINES) return nonsense(`a reply of more than ${MOST_LINES} lines`);
    if (form[2] === '-') return null;

    const reply: Reply = { code: Number(form[1]), enhanced: enhancedIn(lines), lines };
    lines = [];
    octets = 0;
    return { kind: 'reply', reply };
  }

  return {
    feed(chunk) {
      const found: Found[] = [];
      let from = 0;
      while (!broken) {
        const end = chunk.indexOf(LF, from);
        if (end === -1) break;
        const complete = takeLine(chunk.subarray(from, end));
        if (complete !== null) found.push(complete);
        from = end + 1;
      }
      if (broken) return found;

      const rest = chunk.subarray(from);
      if (rest.includes(NUL)) return [...found, nonsense('a reply with a NUL in it')];
      keep(rest);
      if (octets > LONGEST_REPLY) found.push(nonsense(`a reply of more than ${LONGEST_REPLY} octets`));
      return found;
    },
    get midway() {
      return keptOctets > 0 || lines.length > 0;
    },
  };
}

/** The reply on one line, `250 2.6.0 Queued`: cut, and nothing in it that could steer a terminal or start a new line (REL14). */
export function onOneLine(reply: Reply): string {
  const texts = reply.lines.map((line) => line.slice(4).trim());
  const [first = '', ...others] = texts;
  // Each line of a reply repeats its enhanced code (RFC 2034 §4): once is enough.
  const rest = others.map((text) => text.replace(ENHANCED, '').trimStart());
  return safeLine([reply.code, first, ...rest].filter((part) => part !== '').join(' '));
}

/** Remote text made safe to keep: control and format characters as visible escapes (`\x1b`), at most LONGEST_REPLY_TEXT characters. */
export function safeLine(text: string): string {
  const escaped = text.slice(0, LONGEST_REPLY_TEXT + 1).replace(UNSAFE, visible);
  return escaped.length <= LONGEST_REPLY_TEXT ? escaped : `${escaped.slice(0, LONGEST_REPLY_TEXT - 1).toWellFormed()}…`;
}

const ENHANCED = /^([245])\.\d{1,3}\.\d{1,3}(?= |$)/;
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

function enhancedIn(lines: readonly string[]): string | null {
  const codes = lines.map((line) => ENHANCED.exec(line.slice(4))).filter((match) => match !== null);
  // RFC 3463 §2: its class is that of the reply; one that contradicts the reply says nothing.
  return codes.findLast((match) => match[1] === lines[0]?.[0])?.[0] ?? null;
}

function visible(character: string): string {
  const point = character.codePointAt(0) ?? 0;
  return point <= 0xff ? `\\x${point.toString(16).padStart(2, '0')}` : `\\u{${point.toString(16)}}`;
}

/** UTF-8 where it is that (RFC 6531), else Latin-1, which many older peers write. A character cut at the end is left out. */
export function decode(octets: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets, { stream: true });
  } catch {
    return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('latin1');
  }
}
