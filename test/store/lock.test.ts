/** One daemon a home (I14). */
import { stat, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { lockHome } from '../../src/daemon/store/lock.ts';
import { startProcess } from '../kit/process.ts';
import { scratchFolder } from '../kit/scratch.ts';
import { until } from '../kit/until.ts';

const HOLDER = new URL('holder.ts', import.meta.url).pathname;

test('a home that is held is refused, naming the process that holds it, until that one gives it back (I14)', async () => {
  await using home = await scratchFolder('lock');
  const lock = await lockHome(home.path);
  if (!lock.ok) throw new Error('nobody else has this home');
  expect((await stat(home.file('mailgate.lock'))).mode & 0o777).toBe(0o600);

  await using child = await startProcess([process.execPath, HOLDER, home.path]);
  await until('its answer', () => child.code());
  expect(child.output()).toBe(`refused ${process.pid}\n`);
  expect(await lockHome(home.path)).toEqual({ ok: false, pid: process.pid }); // nor twice in one process

  await lock.release();
  await using next = await startProcess([process.execPath, HOLDER, home.path]);
  await until('the lock', () => next.output().includes('held') || undefined);
  expect(await lockHome(home.path)).toEqual({ ok: false, pid: next.pid });
});

test('the lock of a process that was killed is free, whatever its pid file says (I14)', async () => {
  await using home = await scratchFolder('lock');
  const child = await startProcess([process.execPath, HOLDER, home.path]);
  await until('the lock', () => child.output().includes('held') || undefined);
  process.kill(child.pid, 'SIGKILL');
  await until('its end', () => child.code());
  await child.stop();
  await writeFile(home.file('mailgate.pid'), `${process.pid}\n`); // somebody alive has that number now

  const lock = await lockHome(home.path);
  expect(lock.ok).toBe(true);
  if (lock.ok) await lock.release();
});

test('a holder that has not named itself yet is refused without a name', async () => {
  await using home = await scratchFolder('lock');
  const lock = await lockHome(home.path);
  for (const text of ['', 'nonsense', '999999999']) {
    await writeFile(home.file('mailgate.pid'), text);
    expect(await lockHome(home.path)).toEqual({ ok: false, pid: null });
  }
  if (lock.ok) await lock.release();
});

test('a home that is not there is no lock of somebody else: it is an error', async () => {
  await using home = await scratchFolder('lock');
  await expect(lockHome(home.file('missing'))).rejects.toThrow('ENOENT');
});
