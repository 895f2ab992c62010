/** The text of a log file as far as a mail can carry it: all of it, or its beginning and its end. */
import { readFile } from 'node:fs/promises';

export interface Excerpt {
  lines: string[];
  /** What comes behind the lines that were left out; empty when none were. */
  end: string[];
  /** Lines between the two. */
  leftOut: number;
}

/** Characters of a log that one mail carries: it is sent twice over (plain and HTML), and phones are to open it. */
const LONGEST_MAILED = 200_000;

/** Null when there is no such file. */
export async function excerptOf(path: string): Promise<Excerpt | null> {
  const text = await readFile(path, 'utf8').catch(() => null);
  return text === null ? null : shortened(linesOfText(text));
}

export function linesOfText(text: string): string[] {
  const lines = text.split('\n').map((line) => line.trimEnd());
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

/** Pure. */
export function shortened(lines: string[], longest = LONGEST_MAILED): Excerpt {
  const total = lines.reduce((sum, line) => sum + line.length + 1, 0);
  if (total <= longest) return { lines, end: [], leftOut: 0 };

  const head = fitting(lines, longest / 2);
  const tail = fitting(lines.slice(head.length).toReversed(), longest / 2).toReversed();
  return { lines: head, end: tail, leftOut: lines.length - head.length - tail.length };
}

function fitting(lines: string[], longest: number): string[] {
  let left = longest;
  const past = lines.findIndex((line) => (left -= line.length + 1) < 0);
  return past < 0 ? lines : lines.slice(0, past);
}
