import { describe, expect, test } from 'vitest';
import { createBus } from '../../src/daemon/base/bus.ts';
import { systemClock, wait } from '../../src/daemon/base/clock.ts';
import { Secret } from '../../src/daemon/base/secret.ts';
import { createTasks } from '../../src/daemon/base/tasks.ts';
import { manualClock } from '../kit/clock.ts';

describe('supervised loops', () => {
  test('a crash is told, and that loop alone starts again, later each time', async () => {
    const clock = manualClock();
    const told: [string, number][] = [];
    const tasks = createTasks(clock, (name, _error, again) => told.push([name, again]));
    let starts = 0;
    tasks.run('bad', async () => {
      starts += 1;
      throw new Error('broken');
    });
    let steady = 0;
    tasks.run('good', async (stop) => {
      steady += 1;
      await wait(clock, 1e9, stop).catch(() => {});
    });

    await clock.advance(0);
    expect([starts, steady]).toEqual([1, 1]);
    await clock.advance(999);
    expect(starts).toBe(1);
    await clock.advance(1);
    expect(starts).toBe(2);
    await clock.advance(2_000);
    expect(starts).toBe(3);
    expect(told).toEqual([
      ['bad', 1_000],
      ['bad', 2_000],
      ['bad', 4_000],
    ]);
    await tasks.close();
    expect([starts, steady]).toEqual([3, 1]);
  });

  test('a loop that returns has ended, and close waits for those that run', async () => {
    const tasks = createTasks(systemClock, () => {});
    let ended = false;
    tasks.run('short', async () => {});
    tasks.run('long', async (stop) => {
      await wait(systemClock, 1e9, stop).catch(() => {});
      ended = true;
    });
    await tasks.close();
    expect(ended).toBe(true);
  });
});

describe('the bus', () => {
  test('numbers facts without a gap from where it continues, and dates them by the clock', () => {
    const clock = manualClock(Date.UTC(2026, 10, 24, 10));
    const bus = createBus(clock, 41, () => {});
    const heard: number[] = [];
    const stop = bus.listen(({ seq }) => heard.push(seq));
    const event = bus.tell({ type: 'gateway.ready' });
    bus.tell({ type: 'gateway.ready' });
    stop();
    bus.tell({ type: 'gateway.ready' });
    expect(event).toEqual({ type: 'gateway.ready', seq: 42, at: '2026-11-24T10:00:00.000Z' });
    expect(heard).toEqual([42, 43]);
    expect(bus.last).toBe(44);
  });

  test('a fact that a listener tells comes after the one that it heard, for everybody', () => {
    const bus = createBus(manualClock(), 0, () => {});
    const heard: number[] = [];
    bus.listen(({ type }) => {
      if (type === 'gateway.ready') bus.tell({ type: 'gateway.stopping', reason: 'test' });
    });
    bus.listen(({ seq }) => heard.push(seq));
    bus.tell({ type: 'gateway.ready' });
    expect(heard).toEqual([1, 2]);
  });

  test('a listener that throws is told, and stops neither the fact nor the other listeners', () => {
    const failures: unknown[] = [];
    const bus = createBus(manualClock(), 0, (error) => failures.push(error));
    const heard: string[] = [];
    bus.listen(() => {
      throw new Error('bug');
    });
    bus.listen(({ type }) => heard.push(type));
    bus.tell({ type: 'gateway.ready' });
    expect(heard).toEqual(['gateway.ready']);
    expect(failures).toHaveLength(1);
  });
});

test('I24: a secret has no rendering but its mask', async () => {
  const secret = new Secret('canary-7431');
  const { inspect } = await import('node:util');
  const rendered = [
    String(secret),
    ['secret', secret].join(' '),
    JSON.stringify({ secret }),
    inspect({ secret }, { showHidden: true, depth: 9 }),
    Object.keys(secret).join(),
  ];
  expect(rendered.join('\n')).not.toContain('canary');
  expect(secret.reveal()).toBe('canary-7431');
});
