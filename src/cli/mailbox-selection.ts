/** Which messages of a POP3 mailbox a command means: by number, as the list has them, or by UIDL. */
import { exits, Failure } from './exits.ts';
import type { Globals } from './world.ts';

export interface Numbered extends Globals {
  uidl?: string[];
}

interface Selection {
  numbers?: number[];
  uidls?: string[];
}

/** The messages that were named. Throws a Failure when there are none, or for what is no number. */
export function selected(words: string[], { uidl = [] }: Numbered): Selection & { count: number } {
  const numbers = [...new Set(words.map(numberOf))];
  const uidls = [...new Set(uidl)];
  if (numbers.length + uidls.length === 0)
    throw new Failure(exits.usage, 'Which messages? Name them by number, or by --uidl.');

  return {
    ...(numbers.length === 0 ? {} : { numbers }),
    ...(uidls.length === 0 ? {} : { uidls }),
    count: numbers.length + uidls.length,
  };
}

/** The same, one by one. */
export function singles(words: string[], options: Numbered): ({ number: number } | { uidl: string })[] {
  const { numbers = [], uidls = [] } = selected(words, options);
  return [...numbers.map((number) => ({ number })), ...uidls.map((uidl) => ({ uidl }))];
}

function numberOf(word: string): number {
  if (!/^[1-9]\d{0,8}$/.test(word))
    throw new Failure(exits.usage, `Expected the number of a message, found "${word}".`);
  return Number(word);
}
