/** The part of a POP3 dialogue that is about one message, to be kept with it (G02). Pure. */

/**
 * `lines`: all that was said since the message before it was whole. RETRs are in flight for many messages at once: those of
 * others are left out, and its own, said long before, stands first.
 */
export function dialogueAbout(number: number, lines: readonly string[]): string[] {
  return [`> RETR ${number}`, ...lines.filter((line) => !/^> RETR \d+$/.test(line))];
}
