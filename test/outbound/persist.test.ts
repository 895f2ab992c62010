import { describe, expect, test } from 'vitest';
import { seconds } from '../../src/daemon/base/clock.ts';
import { silentLog } from '../../src/daemon/base/log.ts';
import { persist } from '../../src/daemon/outbound/persist.ts';
import { StoreFailure } from '../../src/daemon/store/store.ts';
import { manualClock } from '../kit/clock.ts';

describe('I08: a step that the disk does not take', () => {
  test('is repeated until it does, later each time', async () => {
    const clock = manualClock();
    const tried: number[] = [];
    const done = persist(
      'settle',
      async () => {
        tried.push(clock.monotonic());
        if (tried.length < 4) throw new StoreFailure('EIO', false);
        return 'on disk';
      },
      { clock, log: silentLog },
      new AbortController().signal,
    );
    await clock.advance(seconds(10));
    expect(await done).toBe('on disk');
    expect(tried).toEqual([0, 1_000, 3_000, 7_000]);
  });

  test('is tried once even when the gateway stops, and then left to the next start', async () => {
    let tried = 0;
    const step = async () => {
      tried += 1;
      throw new StoreFailure('EIO', false);
    };
    const parts = { clock: manualClock(), log: silentLog };
    await expect(persist('settle', step, parts, AbortSignal.abort())).rejects.toThrow(StoreFailure);
    expect(tried).toBe(1);
  });
});
