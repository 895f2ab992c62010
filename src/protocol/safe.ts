/**
 * Makes text of remote origin (subjects, addresses, banners, replies) safe for a terminal and for one line of a file (MSG01-MSG04):
 * whatever could steer the terminal, hide, reorder or break the line is shown as a visible escape, never executed or dropped.
 */

/** Printable ASCII: nearly all text, and one test for it. */
const PLAIN = /^[\x20-\x7e]*$/;

/**
 * Controls (C0, DEL, C1), format characters (bidirectional controls, zero width, tags, soft hyphen), the separators of line and
 * paragraph, and surrogates that stand alone.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** No script in use stacks more marks on one letter; a pile of them paints over the lines above. */
const PILE_OF_MARKS = /(?<=\p{M}{8})\p{M}+/gu;

/** The text with every unsafe character as `\x1b`, `\u202e` or `\u{e0041}`. */
export function safe(text: string): string {
  if (PLAIN.test(text)) return text;

  return text.replace(UNSAFE, escaped).replace(PILE_OF_MARKS, (marks) => Array.from(marks, escaped).join(''));
}

function escaped(character: string): string {
  const code = character.codePointAt(0) as number;
  const hex = code.toString(16);
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  if (code <= 0xffff) return `\\u${hex.padStart(4, '0')}`;

  return `\\u{${hex}}`;
}
