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
