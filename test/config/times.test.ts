import { expect, test } from 'vitest';
import { manyTimes, sendAt } from '../../src/daemon/config/kinds/times.ts';

const read = (text: string) => {
  const reading = manyTimes.read(text, '/');
  return reading.ok ? reading.value : null;
};

test('days, spans and single times are read as the contract writes them', () => {
  expect(read('mon-fri 08:00-18:00 every 5, sat 09:00')).toEqual([
    { days: [1, 2, 3, 4, 5], fromMinute: 480, toMinute: 1080, everyMinutes: 5 },
    { days: [6], fromMinute: 540, toMinute: 540, everyMinutes: null },
  ]);
});

test('no day is each day, several stand side by side, and a span of days may go over Sunday', () => {
  expect(read('7:30')).toEqual([{ days: [0, 1, 2, 3, 4, 5, 6], fromMinute: 450, toMinute: 450, everyMinutes: null }]);
  expect(read('Monday thu 12:00')?.[0]?.days).toEqual([1, 4]);
  expect(read('fri-mon every 60')).toEqual([{ days: [0, 1, 5, 6], fromMinute: 0, toMinute: 1440, everyMinutes: 60 }]);
});

test.each([
  'mon',
  'mon-xyz 09:00',
  '25:00',
  '24:00',
  '09:60',
  '18:00-08:00 every 5',
  '08:00-18:00',
  'every 0',
  'monkey 9:00',
  '9',
])('"%s" is no time', (text) => {
  expect(read(text)).toBeNull();
});

test('queued mail leaves at once, with a session, or at times', () => {
  expect(sendAt.read('', '/')).toEqual({ ok: true, value: { is: 'at once' } });
  expect(sendAt.read('With  session', '/')).toEqual({ ok: true, value: { is: 'with session' } });
  expect(sendAt.read('06:00', '/')).toMatchObject({ value: { is: 'at times', times: [{ fromMinute: 360 }] } });
});
