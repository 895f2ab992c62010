/** What the sentences that explain a route are made of. */
import type { Listed } from './directory.ts';

/** Characters of a header's value that a sentence repeats; an address has 254 at most. */
const LONGEST_SHOWN = 300;

/** Recipients that a sentence names. */
const MOST_NAMED = 3;

/** Remote text for a sentence: bounded, and made safe where it is drawn. */
export function cut(text: string): string {
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}

/** `sales, anna and 7 others`. */
export function namesOf(owners: readonly Listed[]): string {
  const names = owners.slice(0, MOST_NAMED).map(({ recipient }) => recipient.name);
  const others = owners.length - names.length;
  if (others === 0) return names.join(', ');
  return `${names.join(', ')} and ${others} ${others === 1 ? 'other' : 'others'}`;
}
