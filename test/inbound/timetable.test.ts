import { describe, expect, test } from 'vitest';
import { minutes } from '../../src/daemon/base/clock.ts';
import { manyTimes } from '../../src/daemon/config/kinds/times.ts';
import { firstSlot, nextTime } from '../../src/daemon/inbound/timetable.ts';

/** Local time, as the configuration means it; 2026-11-24 is a Tuesday. */
const local = (text: string) => new Date(text).getTime();

function times(text: string) {
  const read = manyTimes.read(text, '');
  if (!read.ok) throw new Error(`not times: ${text}`);
  return read.value;
}

describe('the times of the week at which an account is fetched', () => {
  test.each([
    ['mon-fri 08:00-18:00 every 5', '2026-11-24T07:00', '2026-11-24T08:00'],
    ['mon-fri 08:00-18:00 every 5', '2026-11-24T08:00', '2026-11-24T08:05'],
    ['mon-fri 08:00-18:00 every 5', '2026-11-24T12:03', '2026-11-24T12:05'],
    ['mon-fri 08:00-18:00 every 5', '2026-11-24T18:00', '2026-11-25T08:00'],
    ['mon-fri 08:00-18:00 every 5', '2026-11-27T18:01', '2026-11-30T08:00'],
    ['mon-fri 08:00-18:00 every 5, sat 09:00', '2026-11-27T18:01', '2026-11-28T09:00'],
    ['sat 09:00', '2026-11-28T09:00', '2026-12-05T09:00'],
    ['tue 00:00', '2026-11-24T00:00', '2026-12-01T00:00'],
    ['every 30', '2026-11-24T23:45', '2026-11-25T00:00'],
    ['08:00-09:00 every 0.5', '2026-11-24T08:10:10', '2026-11-24T08:10:30'],
  ])('%s: after %s comes %s', (text, after, expected) => {
    expect(new Date(nextTime(times(text), local(after)) ?? 0)).toEqual(new Date(local(expected)));
  });
});

test('at start an interval is due at once, times are not, and a disabled account never is', () => {
  const now = local('2026-11-24T07:00');
  const account = { name: 'a', enabled: true, interval: minutes(10), times: [] };
  expect(firstSlot(account, now).nextAt).toBe(now);
  expect(firstSlot({ ...account, interval: 0 }, now).nextAt).toBeNull();
  expect(firstSlot({ ...account, times: times('sat 09:00') }, now).nextAt).toBe(local('2026-11-28T09:00'));
  expect(firstSlot({ ...account, enabled: false }, now).nextAt).toBeNull();
});
