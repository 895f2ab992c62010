import { describe, expect, test } from 'vitest';
import { days, hours, minutes } from '../../src/daemon/base/clock.ts';
import { ageOf, clamped, expired, farthest, nextAttempt, noJitter } from '../../src/daemon/outbound/schedule.ts';

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

  test('a message that was tried on schedule is given up after 120 hours, and not before', () => {
    const attempts: number[] = [];
    let now = at('12:00');
    while (!expired(ageOf(at('12:00'), attempts, now, retry), hours(120))) {
      attempts.push(now);
      now = nextAttempt({ attempts: attempts.length }, now, retry, noJitter);
    }
    // 0, 5, 15, 35, 75, 135, 255 minutes, then every four hours.
    expect(now).toBe(at('12:00') + minutes(255) + hours(4) * 29);
    expect(now - at('12:00')).toBeGreaterThanOrEqual(hours(120));
  });
});

describe('I17: a clock that jumps', () => {
  const queuedAt = at('12:00');
  const tried = [at('12:00'), at('12:05')];

  test('ten days forward age a message by no more than a step of the schedule', () => {
    const age = ageOf(queuedAt, tried, at('12:15') + days(10), retry);
    expect(age).toBeLessThan(hours(7));
    expect(expired(age, hours(120))).toBe(false);
  });

  test.each([-days(10), -at('12:00')])('backward by %i ms ages it not at all', (jump) => {
    expect(ageOf(queuedAt, tried, at('12:15') + jump, retry)).toBe(minutes(5));
  });

  test('a gateway that was off for a week gives nothing up untried', () => {
    expect(expired(ageOf(queuedAt, [], queuedAt + days(7), retry), hours(120))).toBe(false);
  });

  test('a plan farther away than the schedule can reach is pulled in; the others stand', () => {
    expect(clamped(at('12:10') + days(10), at('12:10'), retry)).toBe(at('12:10') + farthest(retry));
    expect(clamped(at('12:10') + hours(4), at('12:10'), retry)).toBe(at('12:10') + hours(4));
  });
});
