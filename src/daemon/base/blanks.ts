/**
 * Blanks in a configuration file, and names that are the same in spite of them. Copy and paste brings others than the space and the tab into a key (S96):
 * they count as blanks, and are reported.
 */

/** No-break, typographic and zero-width blanks, and a BOM in the middle of a file. */
const ODD = '\\u00a0\\u1680\\u2000-\\u200b\\u202f\\u205f\\u2060\\u3000\\ufeff';
const ODD_BLANK = new RegExp(`[${ODD}]`);
const ODD_BLANKS = new RegExp(`[${ODD}]`, 'g');
const BLANKS = new RegExp(`[ \\t${ODD}]+`, 'g');
const BLANK = new RegExp(`[ \\t${ODD}]`);

/** Without blanks at either end. By hand: an expression that ends in `+$` takes n² steps over a line of blanks. */
export function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && BLANK.test(text[start] as string)) start++;
  while (end > start && BLANK.test(text[end - 1] as string)) end--;
  return text.slice(start, end);
}

/** Odd blanks as ordinary ones, each run of them as one, none at the ends. */
export const plainBlanks = (text: string): string => trimBlanks(text).replace(BLANKS, ' ');

/** Each odd blank as an ordinary one. */
export const ordinaryBlanks = (text: string): string => text.replace(ODD_BLANKS, ' ');

/** Where the first odd blank stands, from 0, or -1. */
export const oddBlankAt = (text: string): number => text.search(ODD_BLANK);

/** `U+00A0`, as a report names the blank at `index`. */
export const blankName = (text: string, index: number): string =>
  `U+${text.charCodeAt(index).toString(16).toUpperCase().padStart(4, '0')}`;

/** The form in which names of sections and keys are compared: without case, blanks alike, composed. */
export const foldName = (name: string): string => plainBlanks(name).normalize('NFC').toLowerCase();
