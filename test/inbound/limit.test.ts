import { expect, test } from 'vitest';
import { effectiveLimit, exceeds, tooLargeFor } from '../../src/daemon/inbound/limit.ts';

test.each([
  // account, configuration, mail server → the limit, and whose it is
  [0, 0, 0, 0, 'nobody'],
  [1_000, 0, 0, 1_000, 'account'],
  [0, 2_000, 0, 2_000, 'configuration'],
  [0, 0, 3_000, 3_000, 'mail server'],
  [5_000, 0, 3_000, 3_000, 'mail server'],
  [5_000, 2_000, 3_000, 2_000, 'configuration'],
  [1_000, 1_000, 1_000, 1_000, 'account'],
  [0, 1_000, 1_000, 1_000, 'configuration'],
])(
  'G13: account %i, configuration %i, mail server %i: the limit is %i, set by %s',
  (account, configuration, mailServer, bytes, setBy) => {
    expect(effectiveLimit({ account, configuration, mailServer })).toEqual({ bytes, setBy });
  },
);

test('S63: a message of exactly the limit is not too large, and without a limit none is', () => {
  expect([exceeds(1_000, 1_000), exceeds(1_001, 1_000), exceeds(1e12, 0)]).toEqual([false, true, false]);
});

test('G13: why a message is not downloaded says how much is allowed, and by whom', () => {
  expect(tooLargeFor({ bytes: 1_000, setBy: 'account' })).toBe(
    'It is larger than 1000 octets, the limit of the account.',
  );
});
