import { describe, expect, test } from 'vitest';
import { age, clockTime, count, dateTime, duration, exactTime, size } from '../../../src/tui/view/format.ts';
import { ago, NOON } from '../kit/facts.ts';
import { plainLook } from '../kit/shown.ts';

const french = { ...plainLook, language: 'fr' as const };

describe('T40 numbers and sizes have units, and unknown is -', () => {
  test.for([
    [0, '0 B', '0 o'],
    [812, '812 B', '812 o'],
    [1_000, '1.0 kB', '1,0 ko'],
    [7_600, '7.4 kB', '7,4 ko'],
    [86_000, '84 kB', '84 ko'],
    [1_023_000, '999 kB', '999 ko'],
    [1_258_291, '1.2 MB', '1,2 Mo'],
    [5_000_000_000_000, '4.5 TB', '4,5 To'],
    [Number.NaN, '-', '-'],
    [-1, '-', '-'],
  ] as const)('%d octets are %s', ([octets, english, frenchText]) => {
    expect(size(octets, 'en')).toBe(english);
    expect(size(octets, 'fr')).toBe(frenchText);
  });

  test('no size takes more than seven columns', () => {
    for (let octets = 1; octets < 1e15; octets *= 1.37) expect(size(octets, 'en').length).toBeLessThanOrEqual(7);
  });

  test('counts are grouped as the language does', () => {
    expect(count(4_031, 'en')).toBe('4,031');
    expect(count(1_234_567, 'fr')).toBe('1 234 567');
    expect(count(Number.NaN, 'en')).toBe('-');
    expect(count(-3, 'en')).toBe('-');
  });
});

describe('ages and times', () => {
  test.for([
    [0.5, '< 1 min'],
    [4, '4 min'],
    [185, '3 h'],
    [60 * 47, '47 h'],
    [60 * 24 * 5, '5 d'],
  ] as const)('T04 %d minutes are %s: coarse, so that an idle screen stands still', ([minutes, text]) => {
    expect(age(ago(minutes), NOON, 'en')).toBe(text);
  });

  test('TTY14 what is no time, and the years 1970 and 9999, have an age too', () => {
    expect(age('soon', NOON, 'en')).toBe('-');
    expect(age(null, NOON, 'en')).toBe('-');
    expect(age('1970-01-01T00:00:00.000Z', NOON, 'en')).toBe('-');
    expect(age('9999-12-31T00:00:00.000Z', NOON, 'en')).toBe('< 1 min');
  });

  test('a running time has seconds', () => {
    expect(duration(ago(0.25), NOON)).toBe('0:15');
    expect(duration(ago(62.5), NOON)).toBe('1:02:30');
    expect(duration('soon', NOON)).toBe('-');
  });

  test('another day than today is named', () => {
    expect(clockTime(ago(5), NOON, plainLook)).toBe('11:55');
    expect(clockTime(ago(24 * 60), NOON, plainLook)).toBe('11-23 12:00');
    expect(clockTime(ago(24 * 60), NOON, french)).toBe('23/11 12:00');
    expect(exactTime(NOON, plainLook)).toBe('12:00:00');
    expect(dateTime(ago(1), french)).toBe('24/11/2026 11:59:00');
  });
});
