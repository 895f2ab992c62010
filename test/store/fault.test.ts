/** A disk that fails: each system call on the queue's files in turn, by strace. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/daemon/base/clock.ts';
import { silentLog } from '../../src/daemon/base/log.ts';
import { openStore } from '../../src/daemon/store/sqlite.ts';
import { run } from '../kit/process.ts';
import { peersInstalled } from '../kit/require.ts';
import { scratchFolder } from '../kit/scratch.ts';
import { bodyOf, put, sha256 } from './mail.ts';

const COMMITTER = new URL('committer.ts', import.meta.url).pathname;

interface Fault {
  call: string;
  error: 'EIO' | 'ENOSPC';
  /** Which of the calls fail, in strace's words: `3`, `3+`, `3..5`. */
  when: string;
}

interface Shown {
  /** The fault came to pass. */
  hit: boolean;
  acknowledged: number;
  refused: number;
  /** Messages that were refused and are in the queue all the same. */
  undead: number;
  output: string;
}

const tools = { clock: systemClock, log: silentLog };

/** Commits with a disk that fails so, then looks with a sound one: everything that was acknowledged must be there. */
async function faulty(
  { call, error, when }: Fault,
  load: { writers: number; rounds: number; octets: number },
): Promise<Shown> {
  await using home = await scratchFolder('fault');
  const before = await openStore(home.path, tools);
  const first = await put(before.queue);
  await before[Symbol.asyncDispose]();

  const database = home.file('Outgoing', 'queue.db');
  const log = home.file('strace.log');
  const args = Object.entries({ home: home.path, ...load }).flatMap(([name, value]) => [`--${name}`, `${value}`]);
  const only = ['-P', database, '-P', `${database}-wal`, '-e', `trace=${call}`];
  const inject = ['-e', `inject=${call}:error=${error}:when=${when}`];
  const strace = ['strace', '-f', '-qq', '-s', '8', ...only, ...inject, '-o', log] as const;
  const { code, output } = await run([...strace, process.execPath, COMMITTER, ...args], { within: 120_000 });
  expect(code, output).toBe(0);
  expect(output).toMatch(/^done$/m);

  const acknowledged = [...output.matchAll(/^ack (\w+) (\w+)$/gm)].map(([, id = '', digest = '']) => ({ id, digest }));
  await using store = await openStore(home.path, tools);
  await store.queue.recover(Date.now());
  for (const { id, digest } of [...acknowledged, first])
    expect(sha256(await bodyOf(store.queue, id)), `${id} ${when}`).toBe(digest);

  const refused = [...output.matchAll(/^fail /gm)].length;
  const { total } = await store.queue.list({}, 0, 0);
  return {
    hit: readFileSync(log, 'latin1').includes('(INJECTED)'),
    acknowledged: acknowledged.length,
    refused,
    undead: total - acknowledged.length - 1,
    output,
  };
}

/** One run for each N, until nothing is hit any more (or after `most`). */
async function sweep(
  fault: Omit<Fault, 'when'>,
  { most, step, ...load }: { most: number; step: number; writers: number; rounds: number; octets: number },
) {
  const shown: Shown[] = [];
  for (let n = 1; n <= most; n += step) {
    const one = await faulty({ ...fault, when: `${n}` }, load);
    if (!one.hit) break;
    // What was refused is not there: the client comes again with it, and nobody gets it twice.
    expect(one.undead, `${fault.call} ${n}`).toBe(0);
    shown.push(one);
  }
  return shown;
}

describe.runIf(peersInstalled(['strace']))('a disk that fails', () => {
  test('a sync that fails costs the whole group, and no message that was acknowledged before or after (I08, I09)', async () => {
    const shown = await sweep(
      { call: 'fsync', error: 'EIO' },
      { most: 40, step: 1, writers: 5, rounds: 4, octets: 3_000 },
    );
    expect(shown.length).toBeGreaterThan(5);

    const refusing = shown.filter(({ refused, acknowledged }) => refused > 0 && acknowledged > 0);
    expect(refusing.length).toBeGreaterThan(2);
    for (const { output } of refusing) {
      expect(output).toMatch(/^fail io$/m);
      expect(output).not.toMatch(/^fail full$/m);
    }
    // Said at once, and taken back once something was written again.
    expect(refusing.some(({ output }) => /^trouble$[^]*^well$/m.test(output))).toBe(true);
  }, 600_000);

  test('a sync that fails while the log moves into the database is told, and nothing is lost (I08)', async () => {
    const load = { writers: 15, rounds: 8, octets: 200_000 }; // more than the log holds before it is moved
    const shown = await sweep({ call: 'fsync', error: 'EIO' }, { most: 30, step: 3, ...load });
    expect(shown.length).toBeGreaterThan(3);
    expect(shown.filter(({ output }) => /^trouble$/m.test(output)).length).toBeGreaterThan(1);
  }, 600_000);

  test('a write that fails costs the whole group, and no message that was acknowledged (I08)', async () => {
    const shown = await sweep(
      { call: 'pwrite64', error: 'EIO' },
      { most: 200, step: 11, writers: 5, rounds: 3, octets: 3_000 },
    );
    expect(shown.length).toBeGreaterThan(4);
    expect(shown.filter(({ refused, acknowledged }) => refused > 0 && acknowledged > 0).length).toBeGreaterThan(1);
  }, 600_000);

  test('a full disk is told as full, and mail goes in again once there is room (I08, I10)', async () => {
    const shown = await sweep(
      { call: 'pwrite64', error: 'ENOSPC' },
      { most: 200, step: 17, writers: 5, rounds: 3, octets: 3_000 },
    );
    const refusing = shown.filter(({ refused, acknowledged }) => refused > 0 && acknowledged > 0);
    expect(refusing.length).toBeGreaterThan(1);
    for (const { output } of refusing) expect(output).toMatch(/^fail full$/m);
  }, 600_000);

  test('a disk that stays broken refuses everything, and ends nothing (I08)', async () => {
    const { hit, acknowledged, refused, undead } = await faulty(
      { call: 'fsync', error: 'EIO', when: '6+' },
      { writers: 5, rounds: 6, octets: 500 },
    );
    expect(hit).toBe(true);
    expect(refused).toBeGreaterThan(5);
    expect(acknowledged + refused).toBe(30);
    // The group at hand when it broke was complete in the log, which could not be cleared any more: it may come twice.
    expect(undead).toBeLessThanOrEqual(5);
  }, 180_000);
});
