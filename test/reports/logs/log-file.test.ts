import { readFile } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { shortened } from '../../../src/daemon/reports/logs/excerpt.ts';
import { openLogFile } from '../../../src/daemon/reports/logs/log-file.ts';
import {
  interruptedName,
  partName,
  readLogName,
  readPartName,
  restName,
  sessionName,
} from '../../../src/daemon/reports/logs/log-name.ts';
import { manualClock } from '../../kit/clock.ts';
import { scratchFolder } from '../../kit/scratch.ts';
import '../world.ts'; // the time zone

test('lines that come while others are being written are written, too, in order and once', async () => {
  await using folder = await scratchFolder('log');
  const clock = manualClock();
  const troubles: (Error | null)[] = [];
  const file = openLogFile({
    ...{ folder: folder.path, name: 'x.part', heading: 'heading', title: 'begun', size: 0, clock },
    leftOut: (lines) => `${lines} left out`,
    trouble: (error) => troubles.push(error),
  });
  for (let n = 0; n < 3_000; n += 1) {
    file.add(`line ${n}`);
    if (n % 7 === 0) void file.flush();
    if (n % 11 === 0) await turn();
  }
  file.entitle('over');
  expect(await file.finish()).toBe(true);
  expect(await file.keep('x.txt')).toBe(true);

  const lines = (await readFile(folder.file('x.txt'), 'utf8')).split('\n').map((line) => line.trimEnd());
  expect(lines).toEqual(['heading', 'over', ...Array.from({ length: 3_000 }, (_, n) => `line ${n}`), '']);
  expect(troubles.filter((error) => error !== null)).toEqual([]);
  expect(clock.pending).toBe(0);
});

test("S44: names say their time and sort by it; a person's own files are none of them", () => {
  const at = Date.UTC(2026, 10, 24, 10, 0, 0);
  const part = partName(at, 77);
  expect(part).toBe('2026-11-24 100000 77.part');
  expect(readPartName(part)).toEqual({ begunAt: at, firstSeq: 77, by: 'crash' });
  expect(readPartName(restName(part))).toEqual({ begunAt: at, firstSeq: 77, by: 'stop' });
  expect(readLogName(sessionName(at, 12))).toEqual({ at, session: 12 });
  expect(readLogName(interruptedName({ begunAt: at, firstSeq: 77, by: 'crash' }))).toEqual({ at, session: null });
  for (const name of ['notes.txt', '2026-11-24 Session 1.txt', '../2026-11-24 100000 Session 1.txt', part])
    expect(readLogName(name)).toBeNull();
});

test('an excerpt has whole lines of the beginning and of the end, and the number of those between', () => {
  const lines = Array.from({ length: 100 }, (_, n) => `line ${n}`);
  const { lines: head, end, leftOut } = shortened(lines, 100);
  expect(head).toEqual(lines.slice(0, head.length));
  expect(end).toEqual(lines.slice(-end.length));
  expect(head.length + end.length + leftOut).toBe(100);
  expect([...head, ...end].join('\n').length).toBeLessThanOrEqual(100);
  expect(shortened(lines, 10_000)).toEqual({ lines, end: [], leftOut: 0 });
});
