import { describe, expect, test } from 'vitest';
import { minutes } from '../../src/daemon/base/clock.ts';
import { farthest, nextAttempt, noJitter } from '../../src/daemon/outbound/schedule.ts';

const retry = [5, 10, 20, 40, 60, 120, 240].map(minutes);
const at = (time: string) => Date.parse(`2026-11-24T${time}:00.000Z`);

describe('I16: the schedule', () => {
  test.each([
    [1, '12:35'],
    [2, '12:40'],
    [3, '12:50'],
    [4, '13:10'],
    [5, '13:30'],
    [6, '14:30'],
    [7, '16:30'],
    [8, '16:30'],
    [1_000, '16:30'],
  ])('after attempt %i at 12:30 comes one at %s', (attempts, next) => {
    expect(nextAttempt({ attempts }, at('12:30'), retry, noJitter)).toBe(at(next));
  });

  test('jitter makes it later by a tenth at most, and never by more than a minute', () => {
    const most = () => 0.999_999_9;
    expect(nextAttempt({ attempts: 1 }, 0, retry, most)).toBe(minutes(5.5));
    expect(nextAttempt({ attempts: 7 }, 0, retry, most)).toBe(minutes(241));
  });

  test('I17: no plan can rightly lie farther away than the longest pause and its jitter', () => {
    const most = () => 0.999_999_9;
    expect(nextAttempt({ attempts: 1_000 }, 0, retry, most)).toBeLessThanOrEqual(farthest(retry));
  });
});
