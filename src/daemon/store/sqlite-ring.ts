/** The ring as the daemon sees it: events wait here for at most a second, then go to disk together. */
import type { GatewayEvent } from '../../protocol/events.ts';
import { type Clock, seconds, type Timer } from '../base/clock.ts';
import type { RingRow } from './calls.ts';
import type { Link } from './link.ts';
import type { EventRing } from './store.ts';

/** Events that go to disk together: as soon as there are so many, or after this time. */
const MOST = 500;
const LONGEST_WAIT = seconds(1);

/** Events that wait while the disk takes none. The oldest beyond them are lost, and the ring says so to who asks for them. */
const MOST_KEPT = 20_000;

/** Event numbers that are reserved on disk at once. Numbers are plenty, and a disk may be full for a long time. */
const NUMBERS = 1_000_000;

/** Events dropped by one call of a trim. */
const TRIMMED = 2_000;

export interface SqliteRing extends EventRing {
  /** Writes what waits, and gives back the numbers that were reserved and not used. */
  close(): Promise<void>;
}

export async function openSqliteRing(link: Link, clock: Clock): Promise<SqliteRing> {
  const written = await link.call('ring.last', null);
  const lastSeq = Math.max(written, await link.call('counter.read', 'event'));
  // After a crash events may be missing between the last one on disk and the numbers that go on: nobody may take them for none.
  if (lastSeq > written) await link.call('ring.append', { rows: [], lost: lastSeq });
  await link.call('counter.set', { name: 'event', value: lastSeq + NUMBERS });

  let waiting: GatewayEvent[] = [];
  let told = lastSeq;
  let reserved = lastSeq + NUMBERS;
  let reserving = false;
  let lost = 0;
  let timer: Timer | null = null;
  let writing: Promise<void> = Promise.resolve();

  function reserve(): void {
    reserving = true;
    const value = told + NUMBERS;
    link
      .call('counter.set', { name: 'event', value })
      .then(() => {
        reserved = value;
      })
      .catch(() => {}) // the next event tries again
      .finally(() => {
        reserving = false;
      });
  }

  /** One write at a time, in order: an event is never on disk before an earlier one. */
  function flush(): Promise<void> {
    timer?.cancel();
    timer = null;
    const write = writing.then(writeWaiting);
    writing = write.catch(later);
    return write;
  }

  async function writeWaiting(): Promise<void> {
    if (waiting.length === 0) return;
    const events = waiting;
    waiting = [];
    const gone = lost;
    try {
      await link.call('ring.append', { rows: events.map(rowOf), lost: gone });
      if (lost === gone) lost = 0;
    } catch (failure) {
      waiting = events.concat(waiting);
      lose();
      throw failure;
    }
  }

  function lose(): void {
    const beyond = waiting.splice(0, Math.max(0, waiting.length - MOST_KEPT));
    lost = beyond.at(-1)?.seq ?? lost;
  }

  function later(): void {
    timer ??= clock.after(LONGEST_WAIT, flushSoon);
  }

  const flushSoon = () => void flush().catch(() => {}); // the store tells its trouble itself, and they stay here for another try

  return {
    lastSeq,
    append(event) {
      waiting.push(event);
      told = Math.max(told, event.seq);
      if (waiting.length > MOST_KEPT) lose();
      if (!reserving && told + NUMBERS / 2 > reserved) reserve();
      if (waiting.length === MOST) flushSoon();
      else later();
    },
    flush,
    async read(since, limit) {
      await flush();
      const { events, complete } = await link.call('ring.read', { ...since, limit });
      return { events: events.map((event) => JSON.parse(event) as GatewayEvent), complete };
    },
    async trim(before, megabytes) {
      await flush();
      const octets = megabytes * 1_048_576;
      while (await link.call('ring.trim', { before, octets, limit: TRIMMED }));
    },
    async close() {
      try {
        await flush();
      } finally {
        timer?.cancel();
      }
      await link.call('counter.set', { name: 'event', value: told });
    },
  };
}

const rowOf = (event: GatewayEvent): RingRow => [event.seq, Date.parse(event.at), JSON.stringify(event)];
