/** Killed at each system call on the queue's files in turn, by strace (I01, I13): what was acknowledged is there, and nothing half stays. */
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/daemon/base/clock.ts';
import { silentLog } from '../../src/daemon/base/log.ts';
import { openStore } from '../../src/daemon/store/sqlite.ts';
import { run } from '../kit/process.ts';
import { peersInstalled } from '../kit/require.ts';
import { scratchFolder } from '../kit/scratch.ts';
import { bodyOf, put, sha256 } from './mail.ts';

const COMMITTER = new URL('committer.ts', import.meta.url).pathname;
const LOAD = ['--writers', '4', '--rounds', '3', '--octets', '3000', '--unfinished', '1'];

type Syscall = 'pwrite64' | 'fsync' | 'ftruncate' | 'unlink' | 'openat';

const tools = { clock: systemClock, log: silentLog };

/** False when there are not as many such calls: the process came to its end. */
async function killedAt(call: Syscall, nth: number): Promise<boolean> {
  await using home = await scratchFolder('sweep');
  const before = await openStore(home.path, tools);
  const first = await put(before.queue);
  await before[Symbol.asyncDispose]();

  const database = home.file('Outgoing', 'queue.db');
  const only = ['-P', database, '-P', `${database}-wal`, '-P', `${database}-shm`, '-e', `trace=${call}`];
  const inject = ['-e', `inject=${call}:signal=SIGKILL:when=${nth}`];
  const strace = ['strace', '-f', '-qq', '-o', '/dev/null', ...only, ...inject] as const;
  const { output } = await run([...strace, process.execPath, COMMITTER, '--home', home.path, ...LOAD], {
    within: 120_000,
  });

  const acknowledged = [...output.matchAll(/^ack (\w+) (\w{64})$/gm)].map(([, id = '', digest = '']) => ({
    id,
    digest,
  }));
  await using store = await openStore(home.path, tools);
  const damaged: unknown[] = [];
  store.onDamaged((one) => damaged.push(one));
  await store.queue.recover(Date.now());
  expect(await store.queue.recover(Date.now())).toEqual({ requeued: 0, discarded: 0 });
  for (const { id, digest } of [first, ...acknowledged])
    expect(sha256(await bodyOf(store.queue, id)), `${id}, ${call} ${nth}`).toBe(digest);
  expect(damaged, `${call} ${nth}`).toEqual([]);
  expect(strays(database), `${call} ${nth}`).toBe(0);
  return !/^done$/m.test(output);
}

/** Rows of bodies that belong to no entry. */
function strays(file: string): number {
  using db = new DatabaseSync(file, { readOnly: true });
  return Number(
    db.prepare('SELECT count(*) AS n FROM chunk WHERE place / 65536 NOT IN (SELECT n FROM entry)').get()?.['n'],
  );
}

describe.runIf(peersInstalled(['strace']))('a process that is killed at one of its system calls', () => {
  test.each<[Syscall, { step: number; least: number }]>([
    ['pwrite64', { step: 11, least: 4 }],
    ['fsync', { step: 1, least: 4 }],
    ['ftruncate', { step: 1, least: 1 }],
    ['unlink', { step: 1, least: 1 }],
    ['openat', { step: 1, least: 2 }],
  ])(
    '%s: it has lost nothing that it had acknowledged (I01, I13)',
    async (call, { step, least }) => {
      let hits = 0;
      for (let nth = 1; await killedAt(call, nth); nth += step) hits += 1;
      expect(hits).toBeGreaterThanOrEqual(least); // a sweep that has hit nothing shows nothing
    },
    600_000,
  );
});
