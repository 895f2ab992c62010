import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { days, systemClock } from '../../src/daemon/base/clock.ts';

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => vi.useRealTimers());

test('a wait that is longer than a timer of the system can be is waited for to its end', () => {
  let runs = 0;
  systemClock.after(days(30), () => (runs += 1));
  vi.advanceTimersByTime(days(30) - 1);
  expect(runs).toBe(0);
  vi.advanceTimersByTime(1);
  expect(runs).toBe(1);
  vi.advanceTimersByTime(days(60));
  expect(runs).toBe(1);
});

test('it can be taken back at any of its steps', () => {
  let runs = 0;
  const timer = systemClock.after(days(60), () => (runs += 1));
  vi.advanceTimersByTime(days(30));
  timer.cancel();
  vi.advanceTimersByTime(days(60));
  expect(runs).toBe(0);
});
