import { describe, expect, test } from 'vitest';
import { hours, minutes } from '../../src/daemon/base/clock.ts';
import { manyTimes } from '../../src/daemon/config/kinds/times.ts';
import { nextTime } from '../../src/daemon/config/week-times.ts';
import { afterSetBack, firstSlot, nextSlot } from '../../src/daemon/inbound/timetable.ts';

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

test('POP03: only a login that is accepted ends the lock-out: a server that is away has not accepted anything', () => {
  const now = local('2026-11-24T07:00');
  const account = { name: 'a', enabled: true, interval: minutes(10), times: [] };
  const once = nextSlot(account, firstSlot(account, now), { login: 'refused' }, now);
  expect(once).toEqual({ refusedLogins: 1, nextAt: now + minutes(30) });

  const away = nextSlot(account, once, { login: 'untried' }, now);
  expect(away).toEqual({ refusedLogins: 1, nextAt: now + minutes(10) });
  expect(nextSlot(account, away, { login: 'refused' }, now)).toEqual({ refusedLogins: 2, nextAt: now + hours(1) });
  expect(nextSlot(account, away, { login: 'accepted' }, now)).toEqual({ refusedLogins: 0, nextAt: now + minutes(10) });
});

test('POP02: a server that wants to be left alone longer than the interval is, also when its times of the week come sooner', () => {
  const now = local('2026-11-24T07:00');
  const account = { name: 'a', enabled: true, interval: minutes(10), times: [] };
  const next = (more: Partial<Parameters<typeof nextSlot>[0]>, visited: Parameters<typeof nextSlot>[2]) =>
    nextSlot({ ...account, ...more }, firstSlot(account, now), visited, now).nextAt;
  const tooSoon = { login: 'untried', restFor: minutes(15) } as const;
  expect(next({}, tooSoon)).toBe(now + minutes(15));
  expect(next({ interval: minutes(30) }, tooSoon)).toBe(now + minutes(30));
  expect(next({ times: times('every 5') }, tooSoon)).toBe(now + minutes(20)); // the first of them that is later
  expect(next({ interval: 0 }, tooSoon)).toBeNull();
  expect(next({}, { login: 'accepted', cutShort: true, restFor: minutes(15) })).toBe(now + minutes(15));
});

test('I17: a clock that is set back moves an interval with it; times of the week are those of the new time', () => {
  const now = local('2026-11-24T07:00');
  const slot = { nextAt: now + hours(240) + minutes(3), refusedLogins: 0 };
  const account = { name: 'a', enabled: true, interval: minutes(10), times: [] };
  expect(afterSetBack(account, slot, hours(240), now).nextAt).toBe(now + minutes(3));
  expect(afterSetBack({ ...account, times: times('08:00') }, slot, hours(240), now).nextAt).toBe(
    local('2026-11-24T08:00'),
  );
  expect(afterSetBack(account, { nextAt: null, refusedLogins: 0 }, hours(240), now).nextAt).toBeNull();
});

test('I19: a visit that was cut short has its next turn at once, also one that somebody had asked for; a disabled account has none', () => {
  const now = local('2026-11-24T07:00');
  const account = { name: 'a', enabled: true, interval: minutes(10), times: [] };
  const cut = { login: 'accepted', cutShort: true } as const;
  const turn = (more: Partial<typeof account>) =>
    nextSlot({ ...account, ...more }, firstSlot(account, now), cut, now).nextAt;
  expect([turn({}), turn({ interval: 0 }), turn({ enabled: false })]).toEqual([now, now, null]);
});
