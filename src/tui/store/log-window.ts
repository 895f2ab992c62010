/** Which lines of a log are on the screen, and where scrolling leads. Pure. */
import { matcherOf } from './filter.ts';
import { indexAt, type Log, type LogLine } from './log.ts';
import type { LogScroll, LogView } from './model.ts';

/** Rows that a line takes: 1, or more where long lines are wrapped. */
export type RowsOf = (line: LogLine) => number;

export type Window = { from: number; to: number };

/** The lines that filter and `errors only` let through; all of them when the filter is no filter. */
export function matching(log: Log, { filter, errorsOnly }: LogView): LogLine[] {
  if (filter === '' && !errorsOnly) return log.lines;
  const matches = matcherOf(filter) ?? (() => true);
  return log.lines.filter((line) => (!errorsOnly || line.wrong) && matches(line.text));
}

/** The lines on a screen of `height` rows. */
export function windowOf(lines: readonly LogLine[], scroll: LogScroll, height: number, rowsOf: RowsOf): Window {
  const last = lastPage(lines, height, rowsOf);
  if (scroll.following) return { from: last, to: lines.length };
  const from = Math.min(indexAt(lines, scroll.top), last);
  let to = from;
  let rows = 0;
  while (to < lines.length && rows < height) {
    rows += rowsOf(lines[to] as LogLine);
    to += 1;
  }
  return { from, to };
}

/** Scrolls by `by` lines from where the window is. Following ends with the first step up; only `follow` brings it back (T37). */
export function scrolled(lines: readonly LogLine[], scroll: LogScroll, window: Window, by: number): LogScroll {
  if (scroll.following && by > 0) return scroll;
  return heldAt(lines, scroll, window.from + by);
}

/** Holds the line with that index at the top. */
export function heldAt(lines: readonly LogLine[], scroll: LogScroll, index: number): LogScroll {
  const line = lines[Math.max(0, Math.min(index, lines.length - 1))];
  if (line === undefined) return scroll;
  return { following: false, top: line.place, heldAt: scroll.following ? (lines.at(-1)?.place ?? 0) : scroll.heldAt };
}

export const follow: LogScroll = { following: true };

/** Lines that came since the reader stopped following. */
export function newSince(lines: readonly LogLine[], scroll: LogScroll): number {
  return scroll.following ? 0 : lines.length - indexAt(lines, scroll.heldAt + 1);
}

/** Index of the first line of the last page. */
function lastPage(lines: readonly LogLine[], height: number, rowsOf: RowsOf): number {
  let from = lines.length;
  let rows = 0;
  while (from > 0) {
    rows += rowsOf(lines[from - 1] as LogLine);
    if (rows > height && from < lines.length) break;
    from -= 1;
    if (rows >= height) break;
  }
  return from;
}
