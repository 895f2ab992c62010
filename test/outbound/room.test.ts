import { expect, test } from 'vitest';
import { createBus } from '../../src/daemon/base/bus.ts';
import { createCrowd } from '../../src/daemon/outbound/crowd.ts';
import { createLockout, LOCK_TIME, MOST_FAILURES } from '../../src/daemon/outbound/lockout.ts';
import { createRate } from '../../src/daemon/outbound/rate.ts';
import { createRoom, FEWEST_INODES, type Free, LOOK_EVERY } from '../../src/daemon/outbound/room.ts';
import type { GatewayEvent } from '../../src/protocol/events.ts';
import { manualClock } from '../kit/clock.ts';

async function roomWith(free: { now: Free | null | Error }, more: { queued?: number; maxQueuedBytes?: number } = {}) {
  const clock = manualClock();
  const bus = createBus(clock, 0, (error) => {
    throw error;
  });
  const events: GatewayEvent[] = [];
  bus.listen((event) => events.push(event));
  const room = createRoom({
    look: async () => {
      if (free.now instanceof Error) throw free.now;
      return free.now;
    },
    need: 1_500,
    queued: () => more.queued ?? 0,
    maxQueuedBytes: more.maxQueuedBytes ?? 0,
    clock,
    bus,
  });
  await clock.advance(0);
  return { room, clock, events };
}

const FULL = { code: 452, text: '4.3.1 Insufficient system storage, try again later' };

test('I10: too few free octets refuse mail within a second, are told as a problem once, and cleared without a restart', async () => {
  const free = { now: { octets: 1_500, inodes: 1_000 } };
  const { room, clock, events } = await roomWith(free);
  expect(room.refusal(null)).toBeNull();
  free.now = { octets: 1_499, inodes: 1_000 };
  await clock.advance(LOOK_EVERY * 3);
  expect(room.refusal(null)).toEqual(FULL);
  expect(events).toMatchObject([{ type: 'problem.raised', key: 'disk' }]);
  free.now = { octets: 1_500, inodes: 1_000 };
  await clock.advance(LOOK_EVERY);
  expect(room.refusal(null)).toBeNull();
  expect(events.slice(1)).toMatchObject([{ type: 'problem.cleared', key: 'disk' }]);
});

test('I11: a disk that takes no more files is as full as one without octets', async () => {
  const { room, events } = await roomWith({ now: { octets: 1e12, inodes: FEWEST_INODES - 1 } });
  expect(room.refusal(null)).toEqual(FULL);
  expect(events).toMatchObject([{ type: 'problem.raised', message: expect.stringContaining('files') }]);
});

test('a disk of which nobody can say anything refuses nothing by itself', async () => {
  const free: { now: Free | null | Error } = { now: null };
  const { room, clock } = await roomWith(free);
  expect(room.refusal(null)).toBeNull();
  free.now = new Error('no such folder');
  await clock.advance(LOOK_EVERY);
  expect(room.refusal(null)).toBeNull();
});

test('CLI29: a queue that would grow beyond its limit with this message', async () => {
  const { room } = await roomWith({ now: { octets: 1e12, inodes: 1e6 } }, { queued: 900, maxQueuedBytes: 1_000 });
  expect(room.refusal(null)).toBeNull();
  expect(room.refusal(99)).toBeNull();
  expect(room.refusal(100)).toEqual({ code: 452, text: '4.3.1 The queue is full, try again later' });
});

test('nothing is looked at any more once it is closed', async () => {
  const { room, clock } = await roomWith({ now: null });
  room.close();
  expect(clock.pending).toBe(0);
});

test('CLI21: who left makes room, for its address and for all', () => {
  const crowd = createCrowd({ all: 3, perAddress: 2 });
  expect(['a', 'a', 'a'].map((address) => crowd.enter(address)?.text ?? null)).toEqual([
    null,
    null,
    '4.7.0 Too many connections from your address, try again later',
  ]);
  expect(crowd.enter('b')).toBeNull();
  expect(crowd.enter('c')?.text).toBe('4.7.0 Too many connections, try again later');
  crowd.leave('a');
  expect(crowd.enter('c')).toBeNull();
});

test('a minute of messages may come at once, and then as fast as the minute goes by; addresses do not disturb each other', async () => {
  const clock = manualClock();
  const rate = createRate(60, clock);
  const come = (address: string, count: number) =>
    Array.from({ length: count }, () => rate.refusal(address)).filter((refusal) => refusal === null).length;
  expect(come('a', 100)).toBe(60);
  expect(come('b', 100)).toBe(60);
  await clock.advance(1_500);
  expect(come('a', 10)).toBe(1);
  await clock.advance(500);
  expect(come('a', 10)).toBe(1);
  expect(createRate(0, clock).refusal('a')).toBeNull();
});

test('CLI11: the right password forgives, and so does time', async () => {
  const clock = manualClock();
  const lockout = createLockout(clock);
  for (let i = 1; i < MOST_FAILURES; i++) lockout.failed('a');
  expect(lockout.locked('a')).toBe(false);
  lockout.passed('a');
  for (let i = 0; i < MOST_FAILURES; i++) lockout.failed('a');
  expect([lockout.locked('a'), lockout.locked('b')]).toEqual([true, false]);
  await clock.advance(LOCK_TIME);
  expect(lockout.locked('a')).toBe(false);
});
