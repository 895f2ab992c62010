import { expect, test } from 'vitest';
import { IN_MEMORY, LARGEST_MESSAGE } from '../../src/daemon/base/limits.ts';
import {
  DISK_RESERVE,
  effectiveLimit,
  exceeds,
  limitOn,
  roomFor,
  tooLargeFor,
} from '../../src/daemon/inbound/limit.ts';

test.each([
  // account, configuration, mail server, disk → the limit, and whose it is
  [0, 0, 0, 0, 0, 'nobody'],
  [1_000, 0, 0, 0, 1_000, 'account'],
  [0, 2_000, 0, 0, 2_000, 'configuration'],
  [0, 0, 3_000, 0, 3_000, 'mail server'],
  [5_000, 0, 3_000, 0, 3_000, 'mail server'],
  [5_000, 2_000, 3_000, 0, 2_000, 'configuration'],
  [1_000, 1_000, 1_000, 0, 1_000, 'account'],
  [0, 1_000, 1_000, 0, 1_000, 'configuration'],
  [0, 0, 0, 4_000, 4_000, 'disk'],
  [5_000, 6_000, 7_000, 4_000, 4_000, 'disk'],
  [4_000, 0, 0, 4_000, 4_000, 'account'],
])(
  'G13: account %i, configuration %i, mail server %i, disk %i: the limit is %i, set by %s',
  (account, configuration, mailServer, disk, bytes, setBy) => {
    expect(effectiveLimit({ account, configuration, mailServer, disk })).toEqual({ bytes, setBy });
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

test('G13: why a message waits for room names the disk, and no octets, which are others at every session', () => {
  const [now, later] = [5_000, 6_000].map((bytes) => tooLargeFor({ bytes, setBy: 'disk' }));
  expect(now).toBe('The disk of the gateway has no room for it now: it is fetched when there is.');
  expect(later).toBe(now);
});

test('G08: what an operator wants has no limit but the room on the disk', () => {
  const limits = { account: 1_000, configuration: 2_000, mailServer: 3_000, disk: 4_000 };
  expect(limitOn(false, limits)).toEqual({ bytes: 1_000, setBy: 'account' });
  expect(limitOn(true, limits)).toEqual({ bytes: 4_000, setBy: 'disk' });
  expect(limitOn(true, { ...limits, disk: 0 })).toEqual({ bytes: 0, setBy: 'nobody' });
});

const MB = 1_048_576;
test.each([
  ['nobody can say', null, 1, 0],
  ['there is plenty', LARGEST_MESSAGE + DISK_RESERVE, 1, 0],
  ['it is a little less', LARGEST_MESSAGE + DISK_RESERVE - 1, 1, LARGEST_MESSAGE - 1],
  ['eight are fetched side by side', DISK_RESERVE + 80 * MB, 8, 10 * MB],
  ['no account is there', DISK_RESERVE + 80 * MB, 0, 80 * MB],
  ['only the reserve is left: what stays in memory needs no disk', DISK_RESERVE, 1, IN_MEMORY],
  ['it is full', 0, 8, IN_MEMORY],
])('G13: the room of one message when %s', (_when, free, sideBySide, room) => {
  expect(roomFor(free, sideBySide)).toBe(room);
});
