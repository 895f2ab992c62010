/**
 * The lines of a log page: a bounded ring. Each line has a place that never changes, so that a reader who scrolled up stays on the
 * same line while new ones arrive and old ones are trimmed (T37), and across a reconnect.
 */

export type LogLine = {
  /** Grows from line to line; the event's number and the line's place among the event's lines. */
  place: number;
  text: string;
  /** An error line: it carries `***`. */
  wrong: boolean;
  /** The session that starts with this line. */
  starts: number | null;
};

export type Log = { lines: LogLine[] };

/** Lines that a page keeps: about 1 MB, and more than anyone scrolls; older ones are in the session logs on disk. */
export const LOG_LINES = 5_000;
/** Trimmed in steps, so that an array of 5,000 is not moved for every line. */
const TRIM_STEP = 500;
/** Lines of one event that get a place of their own; an event with more recipients ends there. */
const LINES_PER_EVENT = 1_024;

const ERROR_MARK = '***';

export function emptyLog(): Log {
  return { lines: [] };
}

/** The lines of one event, with their places. */
export function linesAt(seq: number, texts: readonly string[], starts: number | null): LogLine[] {
  return texts.slice(0, LINES_PER_EVENT).map((text, index) => ({
    place: seq * LINES_PER_EVENT + index,
    text,
    wrong: text.includes(ERROR_MARK),
    starts: index === 0 ? starts : null,
  }));
}

/** The place before every line of an event: what is later is `new` to who stopped reading there. */
export function placeOf(seq: number): number {
  return seq * LINES_PER_EVENT;
}

export function append(log: Log, lines: readonly LogLine[]): void {
  for (const line of lines) log.lines.push(line);
  if (log.lines.length > LOG_LINES + TRIM_STEP) log.lines.splice(0, log.lines.length - LOG_LINES);
}

/** Index of the first line at or after a place. */
export function indexAt(lines: readonly LogLine[], place: number): number {
  let low = 0;
  let high = lines.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((lines[middle]?.place ?? 0) < place) low = middle + 1;
    else high = middle;
  }
  return low;
}
