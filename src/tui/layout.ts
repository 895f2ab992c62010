/** Where things stand on the screen, in rows: header, tabs and rule above the page, the notice line and the footer below it. */
import type { LogPage, Size } from './store/model.ts';

/** Below this one line says what is needed (T09). */
const SMALLEST: Size = { columns: 40, rows: 10 };
/** Beyond this nothing is drawn: no screen is larger, and a terminal that says so is wrong (TTY01). */
export const LARGEST: Size = { columns: 500, rows: 200 };

const ABOVE = 3;
const BELOW = 2;
/** From here on a list has room for headings between its parts. */
const ROOMY = 10;

export function isTooSmall({ columns, rows }: Size): boolean {
  return columns < SMALLEST.columns || rows < SMALLEST.rows;
}

export function pageRows({ rows }: Size): number {
  return rows - ABOVE - BELOW;
}

/** A page of messages: title and column heads stand above. */
export function queueRows(size: Size): number {
  return pageRows(size) - 2;
}

/** Of the page's rows, those that the list of the accounts may take; the rest is for the selected one. */
const LIST_SHARE = 0.35;
const LEAST_LISTED = 3;

/** The page Accounts: a title, on a roomy screen heads, the list, a blank and the selected account; on a short one the list alone. */
export function accountsRows(size: Size, total: number): { heads: boolean; list: number; detail: number } {
  const height = pageRows(size);
  if (height < ROOMY) return { heads: false, list: Math.max(0, height - 1), detail: 0 };
  const list = Math.min(Math.max(1, total), Math.max(LEAST_LISTED, Math.floor(height * LIST_SHARE)));
  return { heads: true, list, detail: total === 0 ? 0 : height - list - 3 };
}

/** Where a list of `rows` rows starts: the cursor is always on the screen, and there are no blank rows while there are lines for them. */
export function topIn({ top, cursor, total }: { top: number; cursor: number; total: number }, rows: number): number {
  const height = Math.max(1, rows);
  const full = Math.min(top, Math.max(0, total - height));
  return Math.max(0, Math.min(cursor, Math.max(full, cursor - height + 1)));
}

/** The rows above the lines of the page Traces: title, heads, one row a trace, a blank and the title of the lines. */
export function traceHead(size: Size): { heads: boolean; linesTitle: boolean; rows: number } {
  const roomy = pageRows(size) >= ROOMY;
  return { heads: roomy, linesTitle: roomy, rows: roomy ? 7 : 4 };
}

export function logRows(page: LogPage, size: Size): number {
  return page === 'traces' ? pageRows(size) - traceHead(size).rows : pageRows(size) - 1;
}

/** Help and message: the title stands above. */
export function textRows(size: Size): number {
  return pageRows(size) - 1;
}
