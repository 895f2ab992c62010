import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { Daemon, Started } from '../../src/daemon/daemon.ts';
import { until } from '../kit/until.ts';
import { letter, surroundings } from './world.ts';

function running(started: Started): Daemon {
  if (!started.ok) throw new Error(started.why);
  return started.daemon;
}

describe('a start that fails half-way', () => {
  test('closes what it had opened: the next one has the port, the store and the control socket', async () => {
    await using world = await surroundings();
    const nowhere = '[Remote control]\nSocket=/nowhere/at/all/control.sock\n';
    await expect(world.start({ more: nowhere })).rejects.toThrow('/nowhere/at/all');
    expect(world.told('listener.closed')).toHaveLength(1);

    const daemon = running(await world.start());
    expect(world.told('listener.failed')).toEqual([]);
    await daemon.close('over');
  });

  test('so does one whose control socket cannot be had, and it says why', async () => {
    await using world = await surroundings();
    await writeFile(world.home.file('control.sock'), 'no socket');
    expect(await world.start()).toMatchObject({ ok: false, why: expect.stringContaining('is no socket') as string });
    expect(world.told('gateway.stopping')).toHaveLength(1);
    expect(world.told('listener.closed')).toHaveLength(1);
    expect(world.told('gateway.ready')).toEqual([]);
  });
});

describe('the end', () => {
  test('I27: of `run --once` in the middle of its session is gentle too: what was handed over is deleted, nothing comes twice', async () => {
    await using world = await surroundings(Array.from({ length: 200 }, (_, n) => letter(`${n}`)));
    const daemon = running(await world.start({ once: true }));
    const work = daemon.once();
    await until('some mail to arrive', () => world.inside.received.length > 3 || undefined);
    await daemon.close('SIGTERM');
    await work;

    const delivered = world.inside.received.length;
    expect(delivered).toBeLessThan(200);
    expect(world.told('mailbox.failed')).toEqual([]);
    expect(world.told('session.finished')).toMatchObject([{ messages: delivered, errors: 0 }]);
    expect(world.pop3.messages('office')).toHaveLength(200 - delivered);
  });

  test('is the same one, however often it is asked for', async () => {
    await using world = await surroundings();
    const daemon = running(await world.start());
    await Promise.all([daemon.close('SIGTERM'), daemon.close('SIGTERM')]);
    expect(world.told('gateway.stopping')).toHaveLength(1);
  });

  test('S93: the trace has the last words of a conversation', async () => {
    await using world = await surroundings([letter('one')]);
    const daemon = running(await world.start({ once: true, more: '[Options]\nInbound SMTP Trace=1\n' }));
    expect(await daemon.once()).toBe(true);
    await daemon.close('once');
    expect(await readFile(world.home.file('PmgInboundSMTPTrace.txt'), 'utf8')).toMatch(/>>QUIT\n.*<<221 /);
  });
});

test('`run --once` follows no timetable', async () => {
  await using world = await surroundings([letter('one')]);
  const daemon = running(await world.start({ once: true, more: '[Options]\nPoll every minutes=10\n' }));
  expect(await daemon.once()).toBe(true);
  expect(world.told('session.started')).toMatchObject([{ trigger: 'once' }]);
  expect(world.told('session.scheduled')).toMatchObject([{ nextAt: null }]);
  await daemon.close('once');
});
