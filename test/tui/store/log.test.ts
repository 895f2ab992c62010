import { describe, expect, test } from 'vitest';
import { append, emptyLog, indexAt, linesAt, type Log, LOG_LINES, placeOf } from '../../../src/tui/store/log.ts';
import { follow, heldAt, matching, newSince, scrolled, windowOf } from '../../../src/tui/store/log-window.ts';
import type { LogScroll } from '../../../src/tui/store/model.ts';
import { firstUi } from '../../../src/tui/store/model.ts';

function logOf(from: number, to: number, log: Log = emptyLog()): Log {
  for (let seq = from; seq <= to; seq += 1) append(log, linesAt(seq, [`line ${seq}`], null));
  return log;
}
const one = (): number => 1;
const texts = (log: Log, scroll: LogScroll, height: number): string[] => {
  const { from, to } = windowOf(log.lines, scroll, height, one);
  return log.lines.slice(from, to).map(({ text }) => text);
};

describe('the ring of a log page', () => {
  test('T07 keeps a bounded number of lines, the newest', () => {
    const { lines } = logOf(1, LOG_LINES * 3);
    expect(lines.length).toBeLessThan(LOG_LINES * 1.2);
    expect(lines.at(-1)?.text).toBe(`line ${LOG_LINES * 3}`);
  });

  test('every line has a place that grows, whatever the events that it came with', () => {
    const many = Array.from({ length: 5_000 }, (_, index) => `Rcpt To: ${index}`);
    const log = emptyLog();
    append(log, linesAt(7, many, null));
    append(log, linesAt(8, ['next'], null));
    const places = log.lines.map(({ place }) => place);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(new Set(places).size).toBe(places.length);
    expect(indexAt(log.lines, placeOf(8))).toBe(log.lines.length - 1);
  });
});

describe('T37 reading a log', () => {
  test('follows at the end', () => {
    const log = logOf(1, 50);
    expect(texts(log, follow, 3)).toEqual(['line 48', 'line 49', 'line 50']);
    logOf(51, 52, log);
    expect(texts(log, follow, 3)).toEqual(['line 50', 'line 51', 'line 52']);
  });

  test('scrolling up stops following at once, and the line stays while others come', () => {
    const log = logOf(1, 50);
    const up = scrolled(log.lines, follow, windowOf(log.lines, follow, 3, one), -1);
    expect(texts(log, up, 3)).toEqual(['line 47', 'line 48', 'line 49']);
    logOf(51, 81, log);
    expect(texts(log, up, 3)).toEqual(['line 47', 'line 48', 'line 49']);
    expect(newSince(log.lines, up)).toBe(31);
  });

  test('and while old ones are trimmed; when it is trimmed itself, the oldest that is left takes its place', () => {
    const log = logOf(1, LOG_LINES);
    const held = heldAt(log.lines, follow, 4_000);
    const shown = texts(log, held, 2);
    logOf(LOG_LINES + 1, LOG_LINES + 3_000, log);
    expect(texts(log, held, 2)).toEqual(shown);
    logOf(LOG_LINES + 3_001, LOG_LINES * 3, log);
    expect(texts(log, held, 1)).toEqual([log.lines[0]?.text]);
  });

  test('scrolling down to the end does not follow by itself, the end key does', () => {
    const log = logOf(1, 10);
    const up = scrolled(log.lines, follow, windowOf(log.lines, follow, 3, one), -2);
    const down = scrolled(log.lines, up, windowOf(log.lines, up, 3, one), 5);
    expect(down.following).toBe(false);
    expect(texts(log, down, 3)).toEqual(['line 8', 'line 9', 'line 10']);
    logOf(11, 12, log);
    expect(texts(log, down, 3)).toEqual(['line 10', 'line 11', 'line 12']);
  });

  test('wrapped lines count as the rows that they take', () => {
    const log = logOf(1, 10);
    expect(windowOf(log.lines, follow, 5, () => 2)).toEqual({ from: 8, to: 10 });
    expect(windowOf(log.lines, follow, 1, () => 4)).toEqual({ from: 9, to: 10 });
  });

  test('an empty log has an empty window', () => {
    expect(windowOf([], follow, 5, one)).toEqual({ from: 0, to: 0 });
    expect(scrolled([], follow, { from: 0, to: 0 }, -1)).toEqual(follow);
  });

  test('T22 a filter lets through what it matches, turned round with !, and nothing is lost when it is no regular expression', () => {
    const log = logOf(1, 12);
    const view = firstUi.logs.session;
    expect(matching(log, { ...view, filter: 'LINE 1' })).toHaveLength(4);
    expect(matching(log, { ...view, filter: '!line 1' })).toHaveLength(8);
    expect(matching(log, { ...view, filter: '/^line .$/' })).toHaveLength(9);
    expect(matching(log, { ...view, filter: '/(/' })).toHaveLength(12);
  });
});
