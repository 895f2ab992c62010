/** The filter of a log page and of the help: a word, `/a regular expression/`, and `!` before either turns it round (T22). */

export type Matcher = (text: string) => boolean;

/** Null: the regular expression is none; the filter before it stays. */
export function matcherOf(filter: string): Matcher | null {
  const inverted = filter.startsWith('!');
  const plain = (inverted ? filter.slice(1) : filter).trim();
  if (plain === '') return () => true;
  const matches = plain.startsWith('/') ? regex(plain) : word(plain);
  if (matches === null) return null;
  return inverted ? (text) => !matches(text) : matches;
}

function word(plain: string): Matcher {
  const wanted = plain.toLowerCase();
  return (text) => text.toLowerCase().includes(wanted);
}

function regex(plain: string): Matcher | null {
  const source = plain.length > 1 && plain.endsWith('/') ? plain.slice(1, -1) : plain.slice(1);
  try {
    const expression = new RegExp(source, 'i');
    return (text) => expression.test(text);
  } catch {
    return null;
  }
}
