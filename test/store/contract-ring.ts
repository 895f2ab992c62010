/** The ring of events (G10). */
import { describe, expect, test } from 'vitest';
import type { GatewayEvent } from '../../src/protocol/events.ts';
import type { EventRing } from '../../src/daemon/store/store.ts';
import { manualClock } from '../kit/clock.ts';
import { scratchFolder } from '../kit/scratch.ts';
import type { Open } from './contract.ts';
import { NOON, reopened } from './mail.ts';

const event = (seq: number, at = NOON + seq): GatewayEvent => ({
  type: 'gateway.stopping',
  reason: `number ${seq}`,
  seq,
  at: new Date(at).toISOString(),
});

/** Tells events as the bus numbers them. */
function tell(ring: EventRing, from: number, count: number): void {
  for (let seq = from; seq < from + count; seq += 1) ring.append(event(seq));
}

const numbers = ({ events }: { events: GatewayEvent[] }): number[] => events.map(({ seq }) => seq);

export function describeRing(open: Open): void {
  describe('the ring of events', () => {
    test('events are there at once for who asks, after a number or from an instant on, oldest first (G10)', async () => {
      await using home = await scratchFolder('ring');
      await using store = await open(home.path);
      const { ring } = store;
      expect(ring.lastSeq).toBe(0);
      tell(ring, 1, 5);

      expect(await ring.read({ seq: 0 }, 10)).toEqual({
        events: [1, 2, 3, 4, 5].map((seq) => event(seq)),
        complete: true,
      });
      expect(numbers(await ring.read({ seq: 3 }, 10))).toEqual([4, 5]);
      expect(numbers(await ring.read({ seq: 1 }, 2))).toEqual([2, 3]);
      expect(numbers(await ring.read({ seq: 5 }, 10))).toEqual([]);
      expect(numbers(await ring.read({ at: NOON + 4 }, 10))).toEqual([4, 5]);
      expect(numbers(await ring.read({ at: NOON - 9 }, 10))).toEqual([1, 2, 3, 4, 5]);
      expect(numbers(await ring.read({ at: NOON + 6 }, 10))).toEqual([]);
    });

    test('after a good end, numbers go on where they stopped and nothing is missing', async () => {
      await using home = await scratchFolder('ring');
      let store = await open(home.path);
      tell(store.ring, 1, 1_200);

      store = await reopened(store, () => open(home.path));
      expect(store.ring.lastSeq).toBe(1_200);
      tell(store.ring, 1_201, 1);
      const { events, complete } = await store.ring.read({ seq: 1_198 }, 10);
      expect([events.map(({ seq }) => seq), complete]).toEqual([[1_199, 1_200, 1_201], true]);
      await store[Symbol.asyncDispose]();
    });

    test('what is older than asked for goes, and who wants it hears that the answer is not complete', async () => {
      await using home = await scratchFolder('ring');
      await using store = await open(home.path);
      const { ring } = store;
      tell(ring, 1, 5_000);
      await ring.trim(NOON + 4_001, 100);

      expect(await ring.read({ seq: 0 }, 1)).toEqual({ events: [event(4_001)], complete: false });
      expect((await ring.read({ seq: 3_999 }, 1)).complete).toBe(false);
      expect(await ring.read({ seq: 4_000 }, 1)).toEqual({ events: [event(4_001)], complete: true });
      expect((await ring.read({ at: NOON + 4_000 }, 1)).complete).toBe(false);
      expect((await ring.read({ at: NOON + 4_002 }, 1)).complete).toBe(true);

      await ring.trim(NOON + 9_000, 100);
      expect(await ring.read({ seq: 0 }, 1)).toEqual({ events: [], complete: false });
      expect(await ring.read({ seq: 5_000 }, 1)).toEqual({ events: [], complete: true });
    });

    test('what is beyond the size goes, the oldest first', async () => {
      await using home = await scratchFolder('ring');
      await using store = await open(home.path);
      tell(store.ring, 1, 30_000);
      await store.ring.trim(NOON, 1);

      const { events, complete } = await store.ring.read({ seq: 0 }, 30_000);
      const octets = events.reduce((sum, one) => sum + JSON.stringify(one).length, 0);
      expect(complete).toBe(false);
      expect(events.at(-1)).toEqual(event(30_000));
      expect(octets).toBeLessThanOrEqual(1_048_576);
      expect(octets).toBeGreaterThan(600_000); // rows cost something beside the event
    });

    test('an event is on disk within a second, or with 500 others', async () => {
      await using home = await scratchFolder('ring');
      const clock = manualClock();
      const store = await open(home.path, clock);
      const calm = clock.pending;
      tell(store.ring, 1, 1);
      expect(clock.pending).toBe(calm + 1);
      await clock.advance(1_000);
      expect(clock.pending).toBe(calm);

      tell(store.ring, 2, 500);
      expect(clock.pending).toBe(calm);
      await store[Symbol.asyncDispose]();
      expect(clock.pending).toBe(0);
    });
  });
}
