/**
 * Masks: the one small language in which names, subjects, addresses and header values are compared (S78, S88).
 *
 * `*` is any run of characters, an empty one too; `?` is exactly one character (the description has only `*`, but whoever writes
 * masks for files writes `*.do?`, and a question mark stands for itself as well); everything else is itself. Compared without
 * case, composed and decomposed letters alike, the whole text against the whole mask.
 *
 * No regular expression is made of a mask: matching takes at most length of mask × length of text steps (CFG12).
 */

/**
 * Characters in the form in which they are compared, one an index. A string is its own list of characters as long as none of them is a
 * surrogate pair, which is nearly always, and costs a tenth of an array.
 */
type Folded = string | readonly string[];

/** Does the mask fit the whole text? Steps: at most mask × text. */
export function matchesMask(mask: string, text: string): boolean {
  return fits(fold(mask), fold(text));
}

/** A mask with one place in it, such as the `{KW}` of `*-{KW}@*`, and the words that may stand there. */
export interface PlaceMask {
  /** All that may stand in the place, as long as it can be, as the text writes it; null when the mask does not fit. */
  widest(text: string): string | null;
  /**
   * Which of the words may stand in the place: the longest first, each in the form of `foldWord`. `*-{KW}@*` fits
   * `a-jean-pierre@b` with `jean-pierre` and with `pierre`; which of them is meant only the words can say.
   * Steps: at most mask × text, and for each character of the text one look-up for each length that words have.
   */
  wordsIn(text: string): string[];
}

const PLACE = /\{(?:KW|Addr)\}/i;

/** Without a place in it, the mask never fits. */
export function placeMask(mask: string, words: Iterable<string>): PlaceMask {
  const place = PLACE.exec(mask);
  if (!place) return { widest: () => null, wordsIn: () => [] };

  const before = fold(mask.slice(0, place.index));
  const after = fold(mask.slice(place.index + place[0].length));
  const { known, lengths } = vocabulary(words);

  return {
    widest(text) {
      const folded = fold(text);
      const { starts, ends } = edges(before, after, folded);
      const start = starts.indexOf(1);
      const end = ends.lastIndexOf(1);
      return start < 0 || end < start ? null : asWritten(text, folded, start, end);
    },
    wordsIn(text) {
      const folded = fold(text);
      const { starts, ends } = edges(before, after, folded);
      const found = new Set<string>();
      for (const length of lengths) {
        for (let start = starts.indexOf(1); start >= 0; start = starts.indexOf(1, start + 1)) {
          if (ends[start + length] !== 1) continue;
          const word = cut(folded, start, start + length);
          if (known.has(word)) found.add(word);
        }
      }
      return [...found];
    },
  };
}

/** The form in which a word that stands in a place is compared. */
export function foldWord(word: string): string {
  return word.normalize('NFC').toUpperCase().toLowerCase().replaceAll('ς', 'σ'); // upper case first: ß and ss are one
}

function fold(text: string): Folded {
  const word = foldWord(text);
  return /[\ud800-\udfff]/.test(word) ? Array.from(word) : word;
}

function cut(folded: Folded, start: number, end: number): string {
  const part = folded.slice(start, end);
  return typeof part === 'string' ? part : part.join('');
}

/** In the text's own letters; folded, where a letter has become two and the places do not tell. */
function asWritten(text: string, folded: Folded, start: number, end: number): string {
  const characters = Array.from(text.normalize('NFC'));
  return characters.length === folded.length ? cut(characters, start, end) : cut(folded, start, end);
}

/** The words as they are looked up, and the lengths that they have, longest first. */
function vocabulary(words: Iterable<string>): { known: Set<string>; lengths: number[] } {
  const folded = [...words].map(fold).filter(({ length }) => length > 0);
  const lengths = new Set(folded.map(({ length }) => length));
  return {
    known: new Set(folded.map((word) => cut(word, 0, word.length))),
    lengths: [...lengths].toSorted((a, b) => b - a),
  };
}

/** By index, 1: there the place may begin (what is before it fits `before`), there it may end (what is behind it fits `after`). */
function edges(before: Folded, after: Folded, text: Folded): { starts: Uint8Array; ends: Uint8Array } {
  return { starts: reach(before, text, 'forwards'), ends: reach(after, text, 'backwards').toReversed() };
}

/** By number of characters read, from the beginning or from the end, 1: the mask fits them. */
function reach(mask: Folded, text: Folded, direction: 'forwards' | 'backwards'): Uint8Array {
  const last = (list: Folded, at: number) => (direction === 'forwards' ? list[at] : list[list.length - 1 - at]);
  const signs = Array.from({ length: mask.length }, (_, at) => last(mask, at));
  const fitting = new Uint8Array(text.length + 1);
  // reached[m]: the first m signs of the mask fit what was read so far.
  let reached = new Uint8Array(signs.length + 1);
  let next = new Uint8Array(signs.length + 1);
  reached[0] = 1;
  for (let read = 0; ; read++) {
    // A run may be empty.
    for (let at = 0; at < signs.length; at++) if (signs[at] === '*' && reached[at] === 1) reached[at + 1] = 1;
    fitting[read] = reached[signs.length] ?? 0;
    if (read === text.length) return fitting;

    const character = last(text, read);
    next.fill(0);
    for (let at = 0; at < signs.length; at++) {
      if (reached[at] === 0) continue;
      const sign = signs[at];
      if (sign === '*') next[at] = 1;
      else if (sign === '?' || sign === character) next[at + 1] = 1;
    }
    [reached, next] = [next, reached];
  }
}

/** The last `*` is the only one that is ever gone back to: what an earlier one took need not be taken back. */
function fits(mask: Folded, text: Folded): boolean {
  let at = 0;
  let run = -1; // where in the mask the last `*` stands
  let taken = 0; // up to where in the text it has taken
  for (let read = 0; read < text.length; ) {
    const sign = mask[at];
    if (sign === '*') {
      run = at++;
      taken = read;
    } else if (sign !== undefined && (sign === '?' || sign === text[read])) {
      at++;
      read++;
    } else if (run >= 0) {
      at = run + 1;
      read = ++taken;
    } else {
      return false;
    }
  }
  while (mask[at] === '*') at++;
  return at === mask.length;
}
