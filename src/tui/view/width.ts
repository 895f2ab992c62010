/**
 * How many columns a text takes. Terminals do not agree on emoji sequences, flags and piled-up marks, so a text is first made
 * `steady`: each of its characters then takes the same number of columns on all of them, and no row can grow past the screen.
 */
import stringWidth from 'string-width';
import { safe } from '../../protocol/safe.ts';
import type { Look } from '../look.ts';
import { remembered } from './memo.ts';

const ASCII = /^[\x20-\x7e]*$/;
const graphemes = new Intl.Segmenter();

/** Control characters and the marks that turn the direction of writing: never printed, whoever sent them (T44). */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Bidi_Control}]/u;
const INVISIBLE = /^\p{Default_Ignorable_Code_Point}$/u;
const MARK = /^[\p{Mn}\p{Me}]$/u;
/** A family, a skin tone, a flag of a region: one picture of several, which becomes its first. */
const EMOJI_SEQUENCE =
  /(\p{Extended_Pictographic})(?:\ufe0f|\p{Emoji_Modifier}|\u200d\p{Extended_Pictographic}|[\u{e0020}-\u{e007f}])+/gu;
const EMOJI = /\p{Extended_Pictographic}|\p{Emoji_Modifier}/u;
const FLAG_LETTER = /^[\u{1f1e6}-\u{1f1ff}]$/u;

/** Marks that one letter keeps; a subject may pile up hundreds (MSG04). */
const MARKS_KEPT = 2;
const REPLACEMENT = '\ufffd';

/** What is remembered of single characters, and of whole texts. */
const CHARACTERS = { most: 4_096, longest: 16 };
const TEXTS = { most: 2_048, longest: 512 };
/** UTF-16 units of a text that are looked at: no row is longer, and a peer's reply may be of any length (TTY14). */
const LONGEST_TEXT = 4_096;

const widthOfText = remembered(stringWidth, TEXTS);

/** Columns that a steady text takes. */
export function cells(text: string): number {
  return ASCII.test(text) ? text.length : widthOfText(text);
}

/** The text with every character of one certain width; characters that no terminal should get are replaced. */
export function steady(text: string): string {
  if (ASCII.test(text)) return text;
  // Thai and Lao AM are one letter that takes two columns here and one there; its two halves are certain.
  const composed = text.normalize('NFC').replaceAll('\u0e33', '\u0e4d\u0e32').replaceAll('\u0eb3', '\u0ecd\u0eb2');
  let steadied = '';
  for (const { segment } of graphemes.segment(composed)) steadied += ASCII.test(segment) ? segment : certainOf(segment);
  return steadied;
}

/** A text from elsewhere (subject, address, reply, banner) for the screen: nothing in it can steer the terminal (T44), its width is certain. */
export function remote(text: string, look: Look): string {
  const head = text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
  if (ASCII.test(head)) return head;
  const shown = shownText(head);
  return look.ascii ? escaped(shown) : shown;
}

const shownText = remembered((text) => steady(safe(text.replaceAll(EMOJI_SEQUENCE, '$1'))), TEXTS);

/** A line of the log for the screen: as `remote`, but in ASCII its own words (and Latin names) keep their letters and lose their accents. */
export function remoteLine(text: string, look: Look): string {
  if (!look.ascii || ASCII.test(text)) return remote(text, look);
  return remote(text.normalize('NFD').replaceAll(/(?<=[A-Za-z])\p{Mn}+/gu, ''), look);
}

/** The text as ASCII: every other character of it as `\u{e9}` (T17). */
function escaped(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** The first `width` columns of a steady text; a text that is longer ends in `…`. */
export function cut(text: string, width: number): string {
  if (cells(text) <= width) return text;
  if (width <= 0) return '';
  if (ASCII.test(text)) return `${text.slice(0, width - 1)}…`;
  let kept = '';
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    const wide = cells(segment);
    if (used + wide > width - 1) break;
    kept += segment;
    used += wide;
  }
  return `${kept}…`;
}

/** The text cut or padded to exactly `width` columns. */
export function fit(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  if (width <= 0) return '';
  const shown = cut(text, width);
  const blank = ' '.repeat(width - cells(shown));
  return align === 'left' ? shown + blank : blank + shown;
}

/** The text in pieces of at most `width` columns, broken at a blank where there is one in the last third. */
export function wrap(text: string, width: number): string[] {
  if (width <= 0) return [];
  const pieces: string[] = [];
  let rest = text;
  while (cells(rest) > width) {
    const head = headOf(rest, width);
    const blank = head.lastIndexOf(' ');
    const at = blank >= (head.length * 2) / 3 ? blank + 1 : head.length;
    pieces.push(rest.slice(0, at).trimEnd());
    rest = rest.slice(at);
  }
  pieces.push(rest);
  return pieces;
}

function headOf(text: string, width: number): string {
  if (ASCII.test(text)) return text.slice(0, width);
  let head = '';
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    used += cells(segment);
    // A character wider than the whole row is taken all the same, so that the text ends.
    if (used > width && head !== '') break;
    head += segment;
  }
  return head;
}

const certainOf = remembered(certain, CHARACTERS);

/** One character of certain width for a cluster of code points. */
function certain(cluster: string): string {
  const visible = Array.from(cluster).filter((point) => !INVISIBLE.test(point) || UNPRINTABLE.test(point));
  if (visible.length === 0) return '';
  if (visible.some((point) => UNPRINTABLE.test(point))) return REPLACEMENT.repeat(visible.length);
  if (visible.every((point) => FLAG_LETTER.test(point))) return visible.map(letterOf).join('');
  const base = visible.find((point) => !MARK.test(point));
  if (base === undefined) return '';
  if (EMOJI.test(cluster)) return base;
  const marks = visible.filter((point) => MARK.test(point)).slice(0, MARKS_KEPT);
  const others = visible.filter((point) => !MARK.test(point));
  const joined = others.length === 1 ? base + marks.join('') : visible.join('');
  const columns = others.reduce((sum, point) => sum + stringWidth(point), 0);
  return stringWidth(joined) === columns ? joined : base;
}

function letterOf(flag: string): string {
  return String.fromCharCode(65 + (flag.codePointAt(0) ?? 0) - 0x1f1e6);
}
