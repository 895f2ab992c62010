/**
 * A command line as words: blanks separate, quotes of either kind hold together, and nothing else is special. No shell ever sees
 * it, so that `;`, `|`, `$` and `>` are characters like any other. Pure.
 */

/** A backslash makes a quote or a backslash inside double quotes ordinary; elsewhere it is itself. An open quote ends with the line. */
export function commandWords(line: string): string[] {
  const words: string[] = [];
  let word = '';
  let begun = false;
  let quote = '';
  for (let at = 0; at < line.length; at++) {
    const character = line.charAt(at);
    if (quote === '' && /\s/.test(character)) {
      if (begun) words.push(word);
      word = '';
      begun = false;
    } else if (quote === '' && (character === '"' || character === "'")) {
      quote = character;
      begun = true; // "" is a word too
    } else if (character === quote) {
      quote = '';
    } else if (quote === '"' && character === '\\' && /["\\]/.test(line.charAt(at + 1))) {
      word += line.charAt(++at);
    } else {
      word += character;
      begun = true;
    }
  }
  if (begun) words.push(word);
  return words;
}
