/** What stands in a command's line. Pure. */

const LONGEST_VERB = 10;

/** Its first word. */
export function verbOf(line: Buffer): string {
  const blank = line.indexOf(0x20);
  const end = blank < 0 ? line.length : blank;
  return line.toString('latin1', 0, Math.min(end, LONGEST_VERB)).toUpperCase();
}

/** The value of SIZE. Wrong ones are smtp-server's to refuse. */
export function declaredSize(size: string | true | undefined): number | null {
  return typeof size === 'string' && /^\d{1,15}$/.test(size) ? Number(size) : null;
}

/** `BDAT 86 LAST`: 86. */
export function chunkSize(line: Buffer): number {
  return Number(/^BDAT +(\d{1,15})(?: |$)/i.exec(line.toString('latin1'))?.[1] ?? 0);
}
