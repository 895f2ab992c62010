import { describe, expect, test } from 'vitest';
import { CallError } from '../../../src/protocol/errors.ts';
import { createFollower } from '../../../src/tui/link/follow.ts';
import { createMessageReader } from '../../../src/tui/link/message-reader.ts';
import { createQueueReader, type Reader } from '../../../src/tui/link/queue-reader.ts';
import { createStore } from '../../../src/tui/store/store.ts';
import { manualClock } from '../../kit/clock.ts';
import { firstMinute, NOON, queueOf } from '../kit/facts.ts';
import { fakeGateway } from '../kit/gateway.ts';
import { plainLook } from '../kit/shown.ts';

async function started(length = 14) {
  const clock = manualClock(NOON);
  const store = createStore({ clock, look: plainLook, size: { columns: 80, rows: 24 }, target: 's', readOnly: false });
  const gateway = fakeGateway(firstMinute(), queueOf(length));
  const readers: Reader[] = [];
  const changed = (ids: readonly string[]): void => {
    for (const reader of readers) reader.changed(ids);
  };
  const follower = createFollower({ store, clock, linesOf: () => [], changed });
  const link = gateway.connect(follower);
  follower.use(link);
  readers.push(createQueueReader({ store, link, clock }), createMessageReader({ store, link, clock }));
  store.subscribe(() => {
    for (const reader of readers) reader.look();
  });
  gateway.goLive();
  await clock.advance(100);
  const asked = (method: string): Record<string, unknown>[] =>
    gateway.calls.filter((call) => call.method === method).map(({ params }) => params);
  return { clock, store, gateway, asked, world: () => store.present().world };
}

describe('the queue page', () => {
  test('asks nothing while it is not open', async () => {
    const { clock, gateway, asked } = await started();
    gateway.tell({ type: 'queue.removed', id: 'x', result: 'sent' });
    await clock.advance(1_000);
    expect(asked('queue.list')).toEqual([]);
  });

  test('asks for the screen and a screen more, and not again while nothing happens', async () => {
    const { clock, store, asked, world } = await started();
    store.go((ui) => ({ ...ui, page: 'queue' }));
    await clock.advance(5_000);
    expect(asked('queue.list')).toEqual([{ offset: 0, limit: 51 }]);
    expect(world().queue).toMatchObject({ total: 14, from: 0, wrong: null });
  });

  test('T06 asks four times a second at most, however much happens, and sees the last state', async () => {
    const { clock, store, gateway, asked, world } = await started();
    store.go((ui) => ({ ...ui, page: 'queue' }));
    for (let tick = 0; tick < 100; tick += 1) {
      gateway.tell({ type: 'queue.removed', id: 'x', result: 'sent' });
      await clock.advance(10);
    }
    gateway.queue.pop();
    gateway.tell({ type: 'queue.removed', id: 'x', result: 'sent' });
    await clock.advance(500);
    expect(asked('queue.list').length).toBeLessThanOrEqual(7);
    expect(world().queue.total).toBe(13);
  });

  test('asks for what is scrolled to', async () => {
    const { clock, store, asked, world } = await started(500);
    store.go((ui) => ({ ...ui, page: 'queue' }));
    await clock.advance(1_000);
    store.go((ui) => ({ ...ui, queue: { ...ui.queue, cursor: 400, top: 390 } }));
    await clock.advance(1_000);
    expect(asked('queue.list').at(-1)).toEqual({ offset: 373, limit: 51 });
    expect(world().queue).toMatchObject({ from: 373, total: 500 });
  });

  test('T22 a filter that the gateway refuses is told, asked once, and the rows before it stay', async () => {
    const { clock, store, gateway, asked, world } = await started();
    store.go((ui) => ({ ...ui, page: 'queue' }));
    await clock.advance(1_000);
    gateway.answer('queue.list', () => {
      throw new CallError('invalid_params', 'The filter ends in the middle.');
    });
    store.go((ui) => ({ ...ui, queue: { ...ui.queue, filter: 'age>' } }));
    await clock.advance(3_000);
    expect(asked('queue.list')).toHaveLength(2);
    expect(world().queue).toMatchObject({ filter: '', total: 14, wrong: 'The filter ends in the middle.' });
  });

  test('a question that failed is asked again, later', async () => {
    const { clock, store, gateway, asked, world } = await started();
    gateway.answer('queue.list', () => {
      throw new CallError('internal', 'The disk is slow.');
    });
    store.go((ui) => ({ ...ui, page: 'queue' }));
    await clock.advance(1_000);
    expect(asked('queue.list')).toHaveLength(1);
    gateway.answer('queue.list', () => ({ total: 0, messages: [] }));
    await clock.advance(2_000);
    expect(world().queue).toMatchObject({ total: 0, wrong: null });
  });
});

describe('an opened message', () => {
  test('is asked for once, and again when an event is about it', async () => {
    const { clock, store, gateway, asked, world } = await started();
    store.go((ui) => ({ ...ui, page: 'queue', message: { id: 'Pmg1F7B', top: 0 } }));
    await clock.advance(1_000);
    expect(asked('queue.show')).toEqual([{ id: 'Pmg1F7B' }]);
    expect(world().opened).toMatchObject({ is: 'shown', id: 'Pmg1F7B' });
    gateway.tell({ type: 'queue.removed', id: 'Pmg9999', result: 'sent' });
    await clock.advance(1_000);
    expect(asked('queue.show')).toHaveLength(1);
    gateway.queue.shift();
    gateway.tell({ type: 'queue.removed', id: 'Pmg1F7B', result: 'sent' });
    await clock.advance(1_000);
    expect(asked('queue.show')).toHaveLength(2);
    expect(world().opened).toEqual({ is: 'gone', id: 'Pmg1F7B', why: null });
  });

  test('that another one replaces is asked for too', async () => {
    const { clock, store, world } = await started();
    for (const id of ['Pmg1F7B', 'Pmg1F7C']) store.go((ui) => ({ ...ui, page: 'queue', message: { id, top: 0 } }));
    await clock.advance(1_000);
    expect(world().opened).toMatchObject({ is: 'shown', id: 'Pmg1F7C' });
  });
});
