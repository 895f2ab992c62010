/** Clients that do not keep up, and clients that do not answer: they cost a bounded buffer, then their connection (WS12, WS14). */
import { expect, test } from 'vitest';
import type { Clock, Timer } from '../../src/daemon/base/clock.ts';
import type { Fact } from '../../src/protocol/events.ts';
import { createOutbox, type Wire } from '../../src/daemon/control/outbox.ts';
import { createJournal } from '../../src/daemon/control/journal.ts';
import { controlLimits } from '../../src/daemon/control/limits.ts';
import { emptyState } from '../../src/protocol/state.ts';
import { until } from '../kit/until.ts';
import { memoryRing, rawClient, startControl, tellStart, watch } from './world.ts';

const longLine = (n: number): Fact => ({
  type: 'trace.line',
  trace: 'pop3',
  scope: 'sales',
  direction: '<',
  line: `${n} ${'x'.repeat(2_000)}`,
});

/** Time that passes only when the test says so. */
function handClock(): Clock & { pass(delay: number): void } {
  let now = 0;
  let timers: { at: number; run: () => void }[] = [];
  return {
    now: () => now,
    monotonic: () => now,
    after(delay, run): Timer {
      const timer = { at: now + delay, run };
      timers.push(timer);
      return { cancel: () => (timers = timers.filter((one) => one !== timer)) };
    },
    pass(delay) {
      const end = now + delay;
      for (;;) {
        const [next] = timers.filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at);
        if (!next) break;
        timers = timers.filter((one) => one !== next);
        now = next.at;
        next.run();
      }
      now = end;
    },
  };
}

/** A connection whose reader takes what the test lets it take. */
function slowWire() {
  const frames: string[] = [];
  const waiting: { size: number; sent: () => void }[] = [];
  const wire = {
    closed: null as number | null,
    terminated: false,
    paused: false,
    get bufferedAmount() {
      return waiting.reduce((sum, { size }) => sum + size, 0);
    },
    send(text: string, sent: () => void) {
      frames.push(text);
      waiting.push({ size: text.length, sent });
    },
    close(code: number) {
      wire.closed = code;
    },
    terminate() {
      wire.terminated = true;
    },
    pause() {
      wire.paused = true;
    },
    resume() {
      wire.paused = false;
    },
  } satisfies Wire & Record<string, unknown>;
  return {
    wire,
    frames,
    /** The reader takes everything that waits now. */
    read: () => {
      for (const { sent } of waiting.splice(0)) sent();
    },
  };
}

function outboxWorld() {
  const clock = handClock();
  const journal = createJournal(0);
  const { wire, frames, read } = slowWire();
  const parts = {
    journal,
    ring: memoryRing(),
    snapshot: () => ({ state: emptyState, seq: journal.last }),
    clock,
    limits: { ...controlLimits, buffered: 10_000 },
    failed: () => {},
  };
  const outbox = createOutbox(wire, parts);
  outbox.follow(0, null);
  const tell = (count: number) => {
    for (let n = 0; n < count; n++)
      journal.add({ ...longLine(n), seq: journal.last + 1, at: '2026-11-24T10:00:00.000Z' });
    outbox.flush();
  };
  const kinds = () => frames.map((text) => (JSON.parse(text) as { method: string }).method);
  return { clock, wire, frames, read, outbox, tell, kinds };
}

test('WS12: to a client that stopped reading nothing more is sent than its buffer takes', () => {
  const { wire, tell } = outboxWorld();
  tell(1);
  for (let n = 0; n < 50; n++) tell(100);

  expect(wire.bufferedAmount).toBeLessThan(300_000); // one frame of at most 256 KB went past the mark
  expect(wire.paused).toBe(true);
});

test('WS12: a client that reads again in time has missed nothing that the journal still has', () => {
  const { wire, frames, tell, read } = outboxWorld();
  tell(200);
  tell(200);
  while (wire.bufferedAmount > 0) read();

  const seqs = frames.flatMap((text) => {
    const { params } = JSON.parse(text) as { params: { events: { seq: number }[] } };
    return params.events.map(({ seq }) => seq);
  });
  expect(seqs).toEqual(Array.from({ length: 400 }, (_, n) => n + 1));
  expect(wire.paused).toBe(false);
});

test('WS12: one that is further behind hears how many events it missed, and gets the present state', () => {
  const { wire, kinds, frames, tell, read } = outboxWorld();
  tell(10);
  read();
  tell(10);
  tell(9_000); // 18 MB, of which the journal keeps eight
  while (wire.bufferedAmount > 0) read();
  tell(1);

  expect(kinds()).toEqual(['events', 'events', 'dropped', 'snapshot', 'events']);
  expect(JSON.parse(frames[2] ?? '')).toMatchObject({ params: { count: 9_000 } });
  expect(JSON.parse(frames[3] ?? '')).toMatchObject({ params: { seq: 9_020 } });
});

test('WS12: one that stands still past the limit of time is closed with 4408, and cut when that does not get through', () => {
  const { clock, wire, tell } = outboxWorld();
  tell(100);
  clock.pass(controlLimits.stall - 1);
  expect(wire.closed).toBeNull();
  clock.pass(1);
  expect(wire.closed).toBe(4408);
  expect(wire.terminated).toBe(false);
  clock.pass(controlLimits.closing);
  expect(wire.terminated).toBe(true);
});

test('WS12: a slow client that goes on reading is not closed', () => {
  const { clock, wire, tell, read } = outboxWorld();
  for (let n = 0; n < 10; n++) {
    tell(100);
    clock.pass(controlLimits.stall - 1);
    read();
  }
  expect(wire.closed).toBeNull();
});

test('WS12: a real client that never reads is closed with 4408; the bus does not wait, and others hear everything', async () => {
  await using world = await startControl({ limits: { buffered: 100_000, stall: 300, closing: 100 } });
  tellStart(world.bus);
  using deaf = await rawClient(world.socket);
  using screen = watch(world.socket);
  await screen.live();
  await deaf.ask('{"jsonrpc":"2.0","id":1,"method":"subscribe","params":{}}');
  deaf.socket.pause();

  for (let n = 0; n < 2_000; n++) world.bus.tell(longLine(n));
  await screen.upTo(2_003);
  await until('the deaf client to be gone', () => (world.control.clients === 1 ? true : undefined));
  deaf.socket.resume();

  expect(screen.heard).toHaveLength(2_000);
  expect([4408, 1006]).toContain(await deaf.ended()); // 1006 when the cut came before the close frame was read
  world.bus.tell(longLine(2_001));
  await screen.upTo(2_004);
});

test('WS12: a client that asks and asks without reading is not read from any more', async () => {
  await using world = await startControl({ limits: { buffered: 50_000 } });
  tellStart(
    world.bus,
    Array.from({ length: 100 }, (_, n) => `account ${n}`),
  );
  using greedy = await rawClient(world.socket);
  greedy.socket.pause();
  for (let n = 0; n < 2_000; n++) greedy.socket.send(JSON.stringify({ jsonrpc: '2.0', id: n, method: 'status' }));
  greedy.socket.resume();
  await greedy.next(2_001); // all are answered in the end, as fast as they are read

  expect(greedy.frames).toHaveLength(2_001);
});

test('WS14: a client that answers two pings in a row with silence is cut; one that answers stays', async () => {
  const clock = handClock();
  await using world = await startControl({ clock });
  using silent = await rawClient(world.socket);
  using good = await rawClient(world.socket);
  silent.socket.pause();
  let pinged = 0;
  good.socket.on('ping', () => {
    pinged += 1;
  });

  for (let n = 1; n <= 3; n++) {
    clock.pass(controlLimits.ping);
    if (n < 3) await until('the ping', () => (pinged === n ? true : undefined));
    await good.ask(`{"jsonrpc":"2.0","id":${n},"method":"status"}`); // its pong came before this
  }
  await until('the silent one to be gone', () => (world.control.clients === 1 ? true : undefined));
  expect(good.socket.readyState).toBe(good.socket.OPEN);
});
