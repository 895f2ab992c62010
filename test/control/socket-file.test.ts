/** The control socket's place in the file system (WS17). */
import { once } from 'node:events';
import { lstat, readlink, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { createBus } from '../../src/daemon/base/bus.ts';
import { systemClock } from '../../src/daemon/base/clock.ts';
import { silentLog } from '../../src/daemon/base/log.ts';
import { openControl } from '../../src/daemon/control/server.ts';
import { run } from '../kit/process.ts';
import { scratchFolder } from '../kit/scratch.ts';
import { memoryRing, startControl, watch } from './world.ts';

async function openAt(socket: string) {
  await using world = await startControl(); // lends its gateway
  const bus = createBus(systemClock, 0, () => {});
  const audit = { record: async () => {} };
  const parts = { socket, version: '0.1.0', clock: systemClock, log: silentLog, bus, ring: memoryRing(), audit };
  return await openControl(world.gateway, { ...parts, scratch: world.home });
}

test('WS17: the socket is for its user alone, and gone after the close', async () => {
  await using world = await startControl();
  const { mode } = await lstat(world.socket);
  expect((mode & 0o777).toString(8)).toBe('600');

  await world.stop();
  await expect(lstat(world.socket)).rejects.toThrow('ENOENT');
});

test('WS17: the umask of the process is as it was', async () => {
  const before = process.umask();
  await using _world = await startControl();
  expect(process.umask()).toBe(before);
});

test('WS17: a symbolic link in its place is refused and left as it is', async () => {
  await using folder = await scratchFolder('ws17');
  await symlink('/etc/passwd', folder.file('control.sock'));

  expect(await openAt(folder.file('control.sock'))).toMatchObject({
    kind: 'refused',
    busy: false,
    why: expect.stringMatching(/symbolic link/),
  });
  expect(await readlink(folder.file('control.sock'))).toBe('/etc/passwd');
});

test('WS17: a file that is no socket is refused and left as it is', async () => {
  await using folder = await scratchFolder('ws17');
  await writeFile(folder.file('control.sock'), 'mine');

  expect(await openAt(folder.file('control.sock'))).toMatchObject({
    kind: 'refused',
    busy: false,
    why: expect.stringMatching(/no socket/),
  });
});

test('WS17: a socket on which another daemon listens is busy, and goes on', async () => {
  await using world = await startControl();
  expect(await openAt(world.socket)).toMatchObject({ kind: 'refused', busy: true });

  using screen = watch(world.socket);
  await screen.live();
});

test('WS17: the socket of a daemon that was killed is taken over', async () => {
  await using folder = await scratchFolder('ws17');
  const socket = folder.file('control.sock');
  const leave = `require('node:net').createServer().listen(${JSON.stringify(socket)}, () => process.kill(process.pid, 'SIGKILL'))`;
  await run([process.execPath, '-e', leave]);
  expect((await lstat(socket)).isSocket()).toBe(true);

  const opened = await openAt(socket);
  if (opened.kind !== 'open') throw new Error(opened.why);
  await using _control = opened.control;
  using screen = watch(socket);
  await screen.live();
});

test('WS17: a listener of another program is not pushed aside either', async () => {
  await using folder = await scratchFolder('ws17');
  const other = createServer().listen(folder.file('control.sock'));
  await once(other, 'listening');

  expect(await openAt(folder.file('control.sock'))).toMatchObject({ kind: 'refused', busy: true });
  other.close();
});

test('a path longer than 107 bytes is refused with that reason', async () => {
  await using folder = await scratchFolder('long');
  const opened = await openAt(folder.file('é'.repeat(60)));

  expect(opened).toMatchObject({
    kind: 'refused',
    busy: false,
    why: expect.stringMatching(/has 1\d\d bytes, and the system takes 107/),
  });
});
