import { expect, test } from 'vitest';
import { createBus } from '../../src/daemon/base/bus.ts';
import { boundRing } from '../../src/daemon/ring.ts';
import type { EventRing } from '../../src/daemon/store/store.ts';
import { manualClock } from '../kit/clock.ts';

test('the ring is trimmed every hour, and as soon as an eighth of its bound was told: a trace of whole bodies fills no disk', async () => {
  const clock = manualClock();
  const bus = createBus(clock, 0, () => {});
  const trims: { hours: number; megabytes: number }[] = [];
  const start = clock.now();
  const ring: EventRing = {
    lastSeq: 0,
    append() {},
    read: async () => ({ events: [], complete: true }),
    flush: async () => {},
    async trim(before, megabytes) {
      trims.push({ hours: (before - start) / 3_600_000, megabytes });
    },
  };
  const stopping = new AbortController();
  const running = boundRing({ ring, bus, clock }, { age: 1, megabytes: 8 }, stopping.signal);
  await clock.advance(3_600_000);
  expect(trims).toEqual([
    { hours: -24, megabytes: 8 },
    { hours: -23, megabytes: 8 },
  ]);

  const line = 'x'.repeat(8_000);
  for (let n = 0; n < 120; n += 1) bus.tell({ type: 'trace.line', trace: 'pop3', scope: 's', direction: '<', line });
  await clock.advance(0);
  expect(trims).toHaveLength(2);
  for (let n = 0; n < 20; n += 1) bus.tell({ type: 'trace.line', trace: 'pop3', scope: 's', direction: '<', line });
  await clock.advance(0);
  expect(trims).toHaveLength(3);

  stopping.abort();
  await running;
  expect(clock.pending).toBe(0);
});
