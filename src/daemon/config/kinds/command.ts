/** A program and its arguments on one line. No shell reads it: nothing in it is expanded, and nothing begins a second command. */
import { bad, good, type Kind } from '../key.ts';
import { hasControl } from './plain.ts';

/** The program first; at least that. */
export const commandLine: Kind<readonly string[]> = {
  expects: 'a program and its arguments; one with blanks in it stands in quotes',
  verbatim: true,
  read(value) {
    if (hasControl(value)) return bad({ hint: 'It holds a control character.' });

    const words = splitWords(value);
    if (words === null) return bad({ hint: 'A quote is not closed.' });
    return words[0] ? good(words) : bad();
  },
};

/** `'…'` is taken as it stands; inside `"…"`, and outside of quotes, `\` takes what follows it as it stands. Null: a quote stays open. */
export function splitWords(text: string): string[] | null {
  const words: string[] = [];
  let rest = text.trimStart();
  while (rest !== '') {
    // One word: runs of quoted and bare characters that touch each other.
    const [word] = /^(?:'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[^\s'"\\])+/.exec(rest) ?? [''];
    const after = rest.slice(word.length);
    if (word === '' || (after !== '' && !/^\s/.test(after))) return null;

    words.push(unquoted(word));
    rest = after.trimStart();
  }
  return words;
}

const unquoted = (word: string): string =>
  word.replace(/'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)/g, (_, single?: string, double?: string, bare?: string) =>
    single !== undefined ? single : double !== undefined ? double.replace(/\\(.)/g, '$1') : (bare ?? ''),
  );
