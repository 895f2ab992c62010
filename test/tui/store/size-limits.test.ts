import { expect, test } from 'vitest';
import { deciders, keepersOf, type LimitName, raise } from '../../../src/tui/store/size-limits.ts';

const limits = (account: number, mailServer: number, configuration: number, disk = 0) => ({
  ...{ account, mailServer, configuration, disk },
});
const mail = (...sizes: number[]) => sizes.map((bytes) => ({ uidl: `u${bytes}`, bytes, from: 'a@b.com', subject: '' }));

test.for<[ReturnType<typeof limits>, LimitName[]]>([
  [limits(0, 0, 0), []],
  [limits(10, 0, 0), ['account']],
  [limits(10, 20, 25), ['account']],
  [limits(30, 20, 25), ['mailServer']],
  [limits(0, 20, 20), ['mailServer', 'configuration']],
  [limits(10, 20, 25, 5), ['disk']],
])('G13 of the limits %o the smallest is set by %o', ([given, expected]) => {
  expect(deciders(given)).toEqual(expected);
});

test.for<[number, LimitName[]]>([
  [12, ['account']],
  [20, ['account']],
  [22, ['account', 'mailServer']],
  [26, ['account', 'mailServer', 'configuration']],
  // LIST had said less than the body came to: its size in the list says nothing.
  [9, ['account']],
])('G13 a message of %i is too large for %o', ([bytes, expected]) => {
  const [message] = mail(bytes);
  expect(message && keepersOf(message, limits(10, 20, 25))).toEqual(expected);
});

test('G13 a raise of the limit that decides releases mail up to the next one', () => {
  expect(raise({ limits: limits(10, 20, 25), tooLarge: mail(12, 20, 21, 30) })).toEqual({
    by: ['account'],
    upTo: 20,
    next: ['mailServer'],
    released: 2,
    of: 4,
  });
});

test('G13 without a next one it releases everything', () => {
  expect(raise({ limits: limits(10, 0, 0), tooLarge: mail(12, 30) })).toEqual({
    by: ['account'],
    upTo: null,
    next: [],
    released: 2,
    of: 2,
  });
});

test('G13 where two set the same limit, both have to raise it', () => {
  expect(raise({ limits: limits(10, 10, 15), tooLarge: mail(12) })).toMatchObject({
    by: ['account', 'mailServer'],
    upTo: 15,
    released: 1,
  });
});

test('G13 nothing is said of a raise where nothing is kept, or nobody limits', () => {
  expect(raise({ limits: limits(10, 20, 25), tooLarge: [] })).toBeNull();
  expect(raise({ limits: limits(0, 0, 0), tooLarge: mail(12) })).toBeNull();
});
