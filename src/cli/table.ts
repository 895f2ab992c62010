/** A table for a terminal: columns as wide as the page needs, the widest cut; the last one as it is. */
import { safe } from '../protocol/safe.ts';

const WIDEST = 40;
const BETWEEN = '  ';

/** One line a row, under a line of titles where `head` is wanted. Cells are made safe before their widths are measured. */
export function tableOf(
  titles: readonly string[],
  rows: readonly (readonly string[])[],
  { head = true }: { head?: boolean } = {},
): string[] {
  const shown = rows.map((row) => row.map((cell) => safe(cell)));
  const widths = titles.map((title, n) =>
    Math.max(title.length, ...shown.map((row) => Math.min(WIDEST, row[n]?.length ?? 0))),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, n) => (n === row.length - 1 ? cell : cut(cell).padEnd(widths[n] ?? 0)))
      .join(BETWEEN)
      .trimEnd();
  return (head ? [titles, ...shown] : shown).map(line);
}

const cut = (text: string): string => (text.length > WIDEST ? `${text.slice(0, WIDEST - 1)}…` : text);
