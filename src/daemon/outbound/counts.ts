/** Tells how many messages the queue holds (`queue.counted`): at once after a quiet time, and at most ten times a second. */
import type { EventType } from '../../protocol/events.ts';
import type { Bus } from '../base/bus.ts';
import { type Clock, type Duration, seconds, type Timer } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Queue } from '../store/store.ts';

/** A screen draws ten times a second; what changes faster is not seen, and a thousand messages a second may arrive. */
const BETWEEN: Duration = seconds(0.1);

/** Facts after which the numbers are others. */
const CHANGES: ReadonlySet<EventType> = new Set([
  'queue.accepted',
  'queue.changed',
  'queue.returned',
  'queue.removed',
  'transfer.started',
  'transfer.sent',
  'transfer.deferred',
  'transfer.failed',
] satisfies EventType[]);

export interface Counts {
  /** The numbers changed, and no fact says so. */
  touch(): void;
  /** Resolves once no count is being made; nothing is told afterwards. */
  close(): Promise<void>;
}

/** Tells the first count at once. */
export function startCounts({ queue, bus, clock, log }: { queue: Queue; bus: Bus; clock: Clock; log: Log }): Counts {
  let timer: Timer | null = null;
  let running: Promise<void> | null = null;
  let again = false;
  let last = Number.NEGATIVE_INFINITY;
  let closed = false;

  function touch(): void {
    if (closed || timer) return;
    if (running) {
      again = true;
      return;
    }
    const pause = Math.max(0, last + BETWEEN - clock.monotonic());
    if (pause === 0) count();
    else timer = clock.after(pause, () => ((timer = null), count()));
  }

  function count(): void {
    last = clock.monotonic();
    running = queue
      .counts()
      .then((counts) => {
        if (!closed) bus.tell({ type: 'queue.counted', ...counts });
      })
      .catch((error: unknown) => log.error('the queue could not be counted', error))
      .finally(() => {
        running = null;
        if (again) touch();
        again = false;
      });
  }

  const unlisten = bus.listen(({ type }) => {
    if (CHANGES.has(type)) touch();
  });
  touch();
  return {
    touch,
    async close() {
      closed = true;
      unlisten();
      timer?.cancel();
      await running;
    },
  };
}
