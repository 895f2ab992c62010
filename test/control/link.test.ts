/** Following the gateway: greeting, snapshot, events, and going on after a cut. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Fact } from '../../src/protocol/events.ts';
import { apply, emptyState } from '../../src/protocol/state.ts';
import { facts } from '../protocol/facts.ts';
import { until } from '../kit/until.ts';
import { memoryRing, rawClient, startControl, tellStart, watch } from './world.ts';

const counted = (waiting: number): Fact => ({
  type: 'queue.counted',
  waiting,
  sending: 0,
  deferred: 0,
  held: 0,
  bytes: waiting * 1_000,
  oldestAt: null,
});

test('the first frame is the greeting: versions, name, role, number and time', async () => {
  await using world = await startControl();
  tellStart(world.bus);
  using client = await rawClient(world.socket);

  expect(client.frames[0]).toEqual({
    jsonrpc: '2.0',
    method: 'hello',
    params: {
      protocol: 1,
      version: '0.1.0',
      name: 'gw1',
      language: 'en',
      role: 'admin',
      seq: 3,
      now: expect.any(String),
    },
  });
});

test('a client gets the state as a snapshot, then every event, and both sides have the same state', async () => {
  await using world = await startControl();
  tellStart(world.bus);
  using screen = watch(world.socket);
  await screen.live();

  world.bus.tell(counted(4));
  world.bus.tell(counted(5));
  await screen.upTo(5);

  expect(screen.snapshots).toBe(1);
  expect(screen.heard.map(({ seq }) => seq)).toEqual([4, 5]);
  expect(screen.state).toEqual(world.gateway.snapshot().state);
  expect(screen.state?.queue.waiting).toBe(5);
});

test('events told in one moment travel in one frame', async () => {
  await using world = await startControl();
  using client = await rawClient(world.socket);
  await client.ask('{"jsonrpc":"2.0","id":1,"method":"subscribe","params":{}}');

  for (let n = 1; n <= 100; n++) world.bus.tell(counted(n));
  await client.next(3);

  expect(client.frames).toHaveLength(3);
  expect(client.frames[2]).toMatchObject({ method: 'events', params: { seq: 100 } });
});

test('T35: after a cut a client gets exactly the events that it missed, once each', async () => {
  await using world = await startControl();
  tellStart(world.bus);
  using screen = watch(world.socket);
  await screen.live();
  world.bus.tell(counted(1));
  await screen.upTo(4);

  await world.stop();
  for (let n = 2; n <= 30; n++) world.bus.tell(counted(n));
  await world.restart();
  await screen.live(2);
  world.bus.tell(counted(31));
  await screen.upTo(34);

  expect(screen.snapshots).toBe(1);
  expect(screen.heard.map(({ seq }) => seq)).toEqual(Array.from({ length: 31 }, (_, n) => n + 4));
  expect(screen.state).toEqual(world.gateway.snapshot().state);
});

test('a long absence is read back from the ring in pages, in order and without a gap', async () => {
  await using world = await startControl();
  using screen = watch(world.socket);
  await screen.live();
  await world.stop();
  for (let n = 1; n <= 1_700; n++) world.bus.tell(counted(n));
  await world.restart();
  await screen.upTo(1_700);

  expect(screen.heard.map(({ seq }) => seq)).toEqual(Array.from({ length: 1_700 }, (_, n) => n + 1));
});

test('beyond the ring a client gets a fresh snapshot, and the same state', async () => {
  await using world = await startControl({ ring: memoryRing(10) });
  tellStart(world.bus);
  using screen = watch(world.socket);
  await screen.live();
  await world.stop();
  for (let n = 1; n <= 50; n++) world.bus.tell(counted(n));
  await world.restart();
  await screen.live(2);

  expect(screen.snapshots).toBe(2);
  expect(screen.heard).toEqual([]);
  expect(screen.state).toEqual(world.gateway.snapshot().state);
});

test('a number of another home, greater than any told here, gets a snapshot', async () => {
  await using world = await startControl();
  tellStart(world.bus);
  using screen = watch(world.socket, { subscribe: { since: 99_999 } });
  await screen.live();

  expect(screen.snapshots).toBe(1);
  expect(screen.seq).toBe(3);
});

test('a client of some topics hears of those alone, and goes on from the right number after a cut', async () => {
  await using world = await startControl();
  using screen = watch(world.socket, { subscribe: { topics: ['alert'] } });
  await screen.live();
  world.bus.tell(counted(1));
  world.bus.tell({ type: 'alert.raised', key: 'a', message: 'first', about: '' });
  await screen.upTo(2);
  await world.stop();
  world.bus.tell(counted(2));
  world.bus.tell({ type: 'alert.raised', key: 'b', message: 'second', about: '' });
  await world.restart();
  await screen.upTo(4);

  expect(screen.heard.map(({ type }) => type)).toEqual(['alert.raised', 'alert.raised']);
});

test('whatever is told in whatever order, a client that joins anywhere has the state of the gateway', async () => {
  await using world = await startControl();
  tellStart(world.bus);
  const story = fc.tuple(fc.array(facts, { maxLength: 30 }), fc.array(facts, { maxLength: 30 }));

  await fc.assert(
    fc.asyncProperty(story, async ([before, after]) => {
      for (const fact of before) world.bus.tell(fact);
      using screen = watch(world.socket);
      await screen.live();
      for (const fact of after) world.bus.tell(fact);
      await screen.upTo(world.bus.last);

      expect(screen.state).toEqual(world.gateway.snapshot().state);
    }),
    { numRuns: 40 },
  );
});

test('the fold leaves the state that it is given as it is', () => {
  fc.assert(
    fc.property(fc.array(facts), (story) => {
      story.reduce(
        (state, fact, n) => frozen(apply(state, { ...fact, seq: n + 1, at: '2026-11-24T10:00:00.000Z' })),
        frozen(structuredClone(emptyState)),
      );
    }),
  );
});

/** Writing to any part of it throws from now on. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(frozen);
  }
  return value;
}

test('T34: another version of the protocol ends the link with 4400 and both versions, and nothing is tried again', async () => {
  await using world = await startControl();
  using future = await rawClient(world.socket, { protocols: ['mailgate.2'] });

  expect(await future.ended()).toBe(4400);
  expect(future.frames[0]).toMatchObject({ params: { protocol: 1, version: '0.1.0' } });
  await until('it to be forgotten', () => (world.control.clients === 0 ? true : undefined));
});
