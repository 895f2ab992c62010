/** Durable means synced: read from the system calls of a process that commits. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { run } from '../kit/process.ts';
import { peersInstalled } from '../kit/require.ts';
import { scratchFolder } from '../kit/scratch.ts';

const COMMITTER = new URL('committer.ts', import.meta.url).pathname;

/** Commits under strace, and gives what the system calls show: for each message, was its text synced before it was acknowledged? */
async function traced(writers: number, rounds: number) {
  await using home = await scratchFolder('sync');
  const log = home.file('strace.log');
  // Strings long enough for a page of the write-ahead log, so that each message's mark is seen on its way to the disk.
  const strace = ['-f', '-qq', '-y', '-s', '8300', '-e', 'trace=pwrite64,fsync,fdatasync,write', '-o', log];
  const args = ['--home', home.path, '--writers', `${writers}`, '--rounds', `${rounds}`, '--marks', home.file('marks')];
  const ended = await run(['strace', ...strace, process.execPath, COMMITTER, ...args], { within: 120_000 });
  expect(ended.output).toMatch(/^done$/m);
  return seen(readFileSync(log, 'latin1'));
}

function seen(log: string): { syncs: number; acknowledged: number; early: string[] } {
  let written: string[] = [];
  const durable = new Set<string>();
  const syncing = new Set<string>();
  const early: string[] = [];
  let syncs = 0;
  let acknowledged = 0;
  const synced = () => {
    syncs += 1;
    for (const mark of written) durable.add(mark);
    written = [];
  };

  for (const line of log.split('\n')) {
    const [, thread = '', call = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (/^pwrite64\(\d+<[^>]*queue\.db-wal>/.test(call)) {
      written.push(...(call.match(/mark-\d+-\d+-end/g) ?? []));
    } else if (/^f(data)?sync\(\d+<[^>]*queue\.db-wal>.*unfinished/.test(call)) {
      syncing.add(thread);
    } else if (/^f(data)?sync\(\d+<[^>]*queue\.db-wal>.* = 0$/.test(call)) {
      synced();
    } else if (/^<\.\.\. f(data)?sync resumed>.* = 0$/.test(call) && syncing.delete(thread)) {
      synced();
    } else if (/^write\(\d+<[^>]*marks>/.test(call)) {
      acknowledged += 1;
      const [mark = ''] = /mark-\d+-\d+-end/.exec(call) ?? [];
      if (!durable.has(mark)) early.push(mark);
    }
  }
  return { syncs, acknowledged, early };
}

describe.runIf(peersInstalled(['strace']))('system calls', () => {
  test('a commit resolves only after the sync of the log that holds its message (I07)', async () => {
    const { syncs, acknowledged, early } = await traced(1, 10);
    expect(acknowledged).toBe(10);
    expect(early).toEqual([]);
    expect(syncs).toBeGreaterThanOrEqual(10);
  }, 180_000);

  test('fifty writers share syncs, and none of them is told too early (I07)', async () => {
    const { syncs, acknowledged, early } = await traced(50, 6);
    expect(acknowledged).toBe(300);
    expect(early).toEqual([]);
    expect(syncs).toBeLessThan(acknowledged / 5);
  }, 180_000);
});
