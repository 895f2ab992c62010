/** I10, I11 on real disks that are small: what the listener says while nothing fits, and that it recovers by itself. */
import { spawnSync } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createBus } from '../../src/daemon/base/bus.ts';
import { systemClock } from '../../src/daemon/base/clock.ts';
import { freeRoom } from '../../src/daemon/base/disk.ts';
import { silentLog } from '../../src/daemon/base/log.ts';
import { openListener } from '../../src/daemon/outbound/listener.ts';
import { createRoom, LOOK_EVERY } from '../../src/daemon/outbound/room.ts';
import { openStore } from '../../src/daemon/store/sqlite.ts';
import type { GatewayEvent } from '../../src/protocol/events.ts';
import { manualClock } from '../kit/clock.ts';
import { peersInstalled } from '../kit/require.ts';
import { scratchFolder } from '../kit/scratch.ts';
import { until } from '../kit/until.ts';
import { client, message, startMessage } from './listening.ts';
import { listenerSettings } from './world.ts';

const MB = 1_048_576;
const LARGEST = 2 * MB;

async function onDisk(options: string) {
  await using parts = new AsyncDisposableStack();
  const folder = parts.use(await scratchFolder('disk'));
  const disk = folder.file('disk');
  await mkdir(disk);
  mount('-t', 'tmpfs', '-o', options, 'mailgate-test', disk);
  parts.defer(() => void spawnSync('umount', ['-l', disk]));

  const store = parts.use(await openStore(disk, { clock: systemClock, log: silentLog }));
  const clock = manualClock();
  const events: GatewayEvent[] = [];
  const bus = createBus(clock, 0, (error) => {
    throw error;
  });
  bus.listen((event) => events.push(event));
  const looks = { done: 0 };
  const look = async () => {
    const free = await freeRoom(disk);
    looks.done += 1;
    return free;
  };
  const room = createRoom({ look, need: 1.5 * LARGEST, queued: () => 0, maxQueuedBytes: 0, clock, bus });
  parts.defer(() => room.close());
  const settings = { ...listenerSettings, maxMessageBytes: LARGEST };
  const { queue } = store;
  const listener = parts.use(await openListener(settings, { queue, bus, clock, log: silentLog, room }));
  const owned = parts.move();
  return {
    disk,
    queue,
    events,
    port: listener.port ?? 0,
    problems: () => events.map(({ type }) => type).filter((type) => type.startsWith('problem.')),
    /** Resolves when the room has looked once more. */
    async looked() {
      const before = looks.done;
      await until('a look at the disk', async () => {
        await clock.advance(LOOK_EVERY);
        return looks.done > before + 1 || undefined; // one may have been under way before
      });
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function mount(...args: string[]): void {
  const { status, stderr } = spawnSync('mount', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`mount ${args.join(' ')}: ${stderr}`);
}

const MAIL = 'MAIL FROM:<a@pytheas.com>';
const LARGE = `Subject: large\r\n\r\n${`${'x'.repeat(998)}\r\n`.repeat(1_900)}`;

describe.runIf(peersInstalled(['a disk of its own']))('a disk that is full', () => {
  test('I10: no room for one and a half of the largest is 452 at MAIL; mail that is queued goes out; room makes it 250 again', async () => {
    await using world = await onDisk('size=32m');
    await using smtp = await client(world.port);
    expect(await message(smtp, 'Subject: before\r\n\r\n')).toMatch(/^250 /);

    const free = (await freeRoom(world.disk))?.octets ?? 0;
    await writeFile(join(world.disk, 'filler'), Buffer.alloc(free - 2 * MB));
    await world.looked();
    expect(await smtp.ask(MAIL)).toMatch(/^452 4\.3\.1 /);
    expect(world.problems()).toEqual(['problem.raised']);

    const [claimed] = await world.queue.claim(Date.now(), 1, [60_000]);
    expect(claimed).toMatchObject({ subject: 'before', attempts: 1 }); // what is queued can still be settled
    await world.queue.remove([claimed?.id ?? '']);
    expect((await world.queue.counts()).waiting).toBe(0);

    await rm(join(world.disk, 'filler'));
    await world.looked();
    expect(await message(smtp, 'Subject: after\r\n\r\n')).toMatch(/^250 /);
    expect(world.problems()).toEqual(['problem.raised', 'problem.cleared']);
  });

  test('I10: a disk that fills while a message comes is 452 behind it, nothing of it stays, and the next one is taken', async () => {
    await using world = await onDisk('size=32m');
    await using smtp = await client(world.port);
    await startMessage(smtp);
    const free = (await freeRoom(world.disk))?.octets ?? 0;
    await writeFile(join(world.disk, 'filler'), Buffer.alloc(free - 65_536));
    await smtp.send(Buffer.from(LARGE));
    expect(await smtp.ask('.')).toMatch(/^452 4\.3\.1 /);
    await rm(join(world.disk, 'filler'));
    expect(await message(smtp, LARGE)).toMatch(/^250 /);
    expect((await world.queue.list({}, 0, 10)).entries).toMatchObject([{ subject: 'large' }]);
  });

  test('I11: a disk without inodes is full too, until some are free again', async () => {
    await using world = await onDisk('size=32m,nr_inodes=50');
    await using smtp = await client(world.port);
    const fillers: string[] = [];
    for (let left = (await freeRoom(world.disk))?.inodes ?? 0; left > 4; left--) {
      fillers.push(join(world.disk, `filler-${left}`));
      await writeFile(fillers.at(-1) ?? '', '');
    }
    await world.looked();
    expect(await smtp.ask(MAIL)).toMatch(/^452 4\.3\.1 /);
    for (const filler of fillers) await rm(filler);
    await world.looked();
    expect(await message(smtp, 'Subject: 1\r\n\r\n')).toMatch(/^250 /);

    expect(world.problems()).toEqual(['problem.raised', 'problem.cleared']);
  });

  test('I11: a disk that was made read-only has room for nothing, until it can be written again', async () => {
    await using folder = await scratchFolder('disk');
    const disk = folder.file('disk');
    await mkdir(disk);
    mount('-t', 'tmpfs', '-o', 'size=4m', 'mailgate-test', disk);
    try {
      mount('-o', 'remount,ro', disk);
      expect(await freeRoom(disk)).toEqual({ octets: 0, inodes: 0 });
      mount('-o', 'remount,rw', disk);
      expect(await freeRoom(disk)).toMatchObject({ octets: 4 * MB });
    } finally {
      spawnSync('umount', ['-l', disk]);
    }
  });
});

test('a folder that is there has room, of one that is gone nobody can say', async () => {
  await using folder = await scratchFolder('disk');
  expect((await freeRoom(folder.path))?.octets).toBeGreaterThan(0);
  expect(await freeRoom(folder.file('nowhere'))).toBeNull();
});
