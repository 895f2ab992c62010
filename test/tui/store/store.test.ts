import { describe, expect, test } from 'vitest';
import { createStore, type Store } from '../../../src/tui/store/store.ts';
import { type ManualClock, manualClock } from '../../kit/clock.ts';
import { NOON } from '../kit/facts.ts';
import { plainLook, shownOf } from '../kit/shown.ts';

function started(): { store: Store; clock: ManualClock; frames: number[] } {
  const clock = manualClock(NOON);
  const store = createStore({
    clock,
    look: plainLook,
    size: { columns: 80, rows: 24 },
    target: 'sock',
    readOnly: false,
  });
  const frames: number[] = [];
  store.subscribe(() => frames.push(clock.now() - NOON));
  return { store, clock, frames };
}

describe('the store', () => {
  test('T06 however often the gateway tells something, ten frames a second are drawn', async () => {
    const { store, clock, frames } = started();
    for (let tick = 0; tick < 1_000; tick += 1) {
      for (let told = 0; told < 10; told += 1) store.tell(() => ({ heardAt: NOON + tick }));
      await clock.advance(1);
    }
    expect(frames.length).toBeGreaterThanOrEqual(10);
    expect(frames.length).toBeLessThanOrEqual(11);
    expect(store.drawn().world.heardAt).toBeGreaterThan(NOON + 880);
  });

  test('T06 a key is drawn at once, however much is told', async () => {
    const { store, clock, frames } = started();
    store.tell(() => ({ heardAt: 1 }));
    await clock.advance(0);
    frames.length = 0;
    store.tell(() => ({ heardAt: 2 }));
    store.go((ui) => ({ ...ui, page: 'queue' }));
    expect(frames).toEqual([0]);
    expect(store.drawn().ui.page).toBe('queue');
    expect(store.drawn().world.heardAt).toBe(2);
  });

  test('a change is not seen before it is drawn: one frame is of one moment', async () => {
    const { store, clock } = started();
    store.tell(() => ({ heardAt: 1 }));
    await clock.advance(0);
    const { drawn } = store;
    store.tell(() => ({ heardAt: 2 }));
    expect(drawn().world.heardAt).toBe(1);
    expect(store.present().world.heardAt).toBe(2);
  });

  test('T04 an idle gateway leaves the screen without a timer', async () => {
    const { store, clock, frames } = started();
    const { world } = shownOf({ told: [] });
    store.tell(() => ({ ...world, gateway: world.gateway, queue: { ...world.queue, rows: [] } }));
    await clock.advance(100);
    frames.length = 0;
    await clock.advance(3_600_000);
    expect(frames).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  test('T04 a running session moves its clock once a second, on the pages that show it', async () => {
    const { store, clock, frames } = started();
    const { world } = shownOf();
    store.tell(() => world);
    await clock.advance(100);
    frames.length = 0;
    await clock.advance(10_000);
    expect(frames).toHaveLength(10);
    store.go((ui) => ({ ...ui, page: 'outbound' }));
    frames.length = 0;
    await clock.advance(10_000);
    expect(frames).toEqual([]);
  });

  test('T33 while the link is lost the countdown moves once a second, and nothing else does', async () => {
    const { store, clock, frames } = started();
    const { world } = shownOf();
    store.tell(() => ({ ...world, link: { is: 'lost', why: '', retryAt: NOON + 3_000, trying: false } }));
    await clock.advance(60_000);
    expect(frames).toEqual([0, 1_000, 2_000, 3_000]);
  });

  test('a notice goes by itself', async () => {
    const { store, clock } = started();
    store.go((ui) => ({ ...ui, notice: { kind: 'done', text: 'done', until: clock.now() + 10_000 } }));
    await clock.advance(9_999);
    expect(store.drawn().ui.notice).not.toBeNull();
    await clock.advance(1);
    expect(store.drawn().ui.notice).toBeNull();
  });

  test('TTY01 a size that is none, and one that no screen has', () => {
    const { store } = started();
    store.resize({ columns: 0, rows: 0 });
    expect(store.drawn().size).toEqual({ columns: 80, rows: 24 });
    store.resize({ columns: 9_999, rows: 9_999 });
    expect(store.drawn().size).toEqual({ columns: 500, rows: 200 });
    store.resize({ columns: 1, rows: 1 });
    expect(store.drawn().size).toEqual({ columns: 1, rows: 1 });
  });

  test('T06 a wall clock that jumps back stops nothing', async () => {
    const clock = manualClock(NOON);
    let shift = 0;
    const jumping = { now: () => clock.now() + shift, after: clock.after };
    const store = createStore({
      clock: jumping,
      look: plainLook,
      size: { columns: 80, rows: 24 },
      target: 's',
      readOnly: false,
    });
    store.tell(() => ({ heardAt: 1 }));
    await clock.advance(0);
    shift = -3_600_000;
    store.tell(() => ({ heardAt: 2 }));
    await clock.advance(100);
    expect(store.drawn().world.heardAt).toBe(2);
  });
});
