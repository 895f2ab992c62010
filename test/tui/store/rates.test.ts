import { expect, test } from 'vitest';
import type { GatewayEvent } from '../../../src/protocol/events.ts';
import { countEvent, hourIsWhole, lastHour, noRates, type Rates } from '../../../src/tui/store/rates.ts';
import { ago, NOON } from '../kit/facts.ts';

function moved(rates: Rates, minutes: number, times: number): Rates {
  const inBox = { session: 1, account: 'a', number: 1, uidl: 'u', bytes: 1, recipients: [], final: true };
  for (let count = 0; count < times; count += 1) {
    countEvent(rates, { ...inBox, seq: 1, at: ago(minutes), type: 'message.delivered' });
  }
  return rates;
}

test('the last hour is counted by the minute, in columns of equal length', () => {
  const rates = moved(moved(moved(noRates(NOON - 7_200_000), 59, 2), 30, 5), 0, 3);
  expect(lastHour(rates, 'delivered', NOON, 4)).toEqual({ total: 10, columns: [2, 5, 0, 3] });
  expect(lastHour(rates, 'sent', NOON, 4)).toEqual({ total: 0, columns: [0, 0, 0, 0] });
  expect(hourIsWhole(rates, NOON)).toBe(true);
});

test('T40 what nobody watched is unknown, not 0', () => {
  const rates = moved(noRates(NOON - 20 * 60_000), 1, 1);
  expect(lastHour(rates, 'delivered', NOON, 6)).toEqual({ total: 1, columns: [null, null, null, 0, 0, 1] });
  expect(hourIsWhole(rates, NOON)).toBe(false);
  expect(lastHour(noRates(null), 'delivered', NOON, 2)).toEqual({ total: null, columns: [null, null] });
});

test('T07 a year of minutes is not kept', () => {
  const rates = noRates(0);
  for (let minutes = 50_000; minutes >= 0; minutes -= 1) moved(rates, minutes, 1);
  expect(rates.minutes.size).toBeLessThanOrEqual(121);
  expect(lastHour(rates, 'delivered', NOON, 1).total).toBe(60);
});

test('a message that left the queue by being dropped was not sent', () => {
  const rates = noRates(NOON - 3_600_000);
  const removed = (result: 'sent' | 'dropped'): GatewayEvent => ({
    seq: 1,
    at: ago(1),
    type: 'queue.removed',
    id: 'x',
    result,
  });
  countEvent(rates, removed('sent'));
  countEvent(rates, removed('dropped'));
  expect(lastHour(rates, 'sent', NOON, 1).total).toBe(1);
});
