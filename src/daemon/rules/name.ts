/**
 * The names of an attachment in the forms in which masks are held against them (S78, MSG11). A name is never used as a path.
 * What a name looks like, and what a system makes of it when it is saved, both count: `evil.exe. `, `doc\u202Eexe.txt`, `C:\a\b.exe`.
 * Pure.
 */
import { matchesMask } from '../mail/mask.ts';

/** Does any mask fit the name in any of its forms? */
export function anyFormFits(masks: readonly string[], name: string): boolean {
  const { whole, bases } = formsOf(name);
  return [...whole, ...bases].some((form) => masks.some((mask) => matchesMask(mask, form)));
}

/** Does each form that a system could save the name under fit some mask? */
export function allFormsFit(masks: readonly string[], name: string): boolean {
  return formsOf(name).bases.every((form) => masks.some((mask) => matchesMask(mask, form)));
}

/** The name for a person: one line, without controls, not long; empty for none. */
export function shownName(name: string): string {
  const clean = plain(name).replace(/\p{Cc}/gu, '');
  return clean.length <= LONGEST_SHOWN ? clean : `${clean.slice(0, LONGEST_SHOWN - 13)}…${clean.slice(-12)}`;
}

/** Characters: enough to recognise a file, and its ending stands too. */
const LONGEST_SHOWN = 80;

interface Forms {
  whole: string[];
  /** Without its folders; with a colon in it (`a.exe:b.txt` is a stream of a.exe to Windows) each side of it. Never empty. */
  bases: string[];
}

function formsOf(name: string): Forms {
  const text = plain(name);
  // Some programs stop at a NUL, others leave it out.
  const spellings = new Set([text, text.split('\0', 1)[0] ?? ''].map((form) => trimmed(form.replace(/\p{Cc}/gu, ''))));
  const whole = [...spellings];
  const bases = whole.flatMap((form) => sides(form.slice(Math.max(form.lastIndexOf('/'), form.lastIndexOf('\\')) + 1)));
  return { whole, bases };
}

/** Composed letters, and none of those that cannot be seen: bidi controls, zero-width ones, soft hyphens. */
function plain(name: string): string {
  return name.normalize('NFC').replace(/\p{Cf}|\p{Variation_Selector}/gu, '');
}

/** Windows drops dots and blanks at the end of a name; a slash there is no part of it. */
function trimmed(name: string): string {
  return name.trimStart().replace(/[\s.\\/]+$/u, '');
}

function sides(base: string): string[] {
  const parts = base
    .split(':')
    .map(trimmed)
    .filter((part) => part.length > 1); // one letter is a drive
  return parts.length > 0 ? parts : [base];
}
