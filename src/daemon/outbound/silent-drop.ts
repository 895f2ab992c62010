/** S118, S119: messages whose subject begins so go into the trash without a word to anybody but the session log. Pure. */

/** In characters: a shorter one would hit mail by chance. */
const SHORTEST_PREFIX = 4;

/** The prefix that fits, as it was configured; null: none. `subject` is decoded. */
export function silencedBy(subject: string, prefixes: readonly string[]): string | null {
  if (prefixes.length === 0) return null;
  // A subject comes without the blanks at its ends, a prefix may have some.
  const text = `${folded(subject).trim()} `;
  return prefixes.find((prefix) => counts(prefix) && text.startsWith(folded(prefix).trimStart())) ?? null;
}

const counts = (prefix: string): boolean => Array.from(prefix).length >= SHORTEST_PREFIX && prefix.trim() !== '';

/** Case does not count, nor which blank it is: French puts a narrow one before its colon. */
function folded(text: string): string {
  return text.normalize('NFC').toLowerCase().replace(/\s/g, ' ');
}
