/**
 * What one client gets, and how much of it may wait. A client is a position in the journal of events, never a list of its own: one
 * that does not read costs a bounded buffer, then events (it gets a snapshot and how many), then its connection (WS12). Nothing here
 * is waited for by anybody: the mail does not notice its watchers.
 */
import { closeCodes } from '../../protocol/errors.ts';
import { type Topic, topicOf } from '../../protocol/events.ts';
import { encodeDropped, encodeEvents, encodeSnapshot } from '../../protocol/frames.ts';
import type { GatewayState } from '../../protocol/state.ts';
import type { Clock, Timer } from '../base/clock.ts';
import type { EventRing } from '../store/store.ts';
import type { Journal } from './journal.ts';
import type { ControlLimits } from './limits.ts';

/** The part of a WebSocket that an outbox needs. */
export interface Wire {
  readonly bufferedAmount: number;
  send(text: string, sent: () => void): void;
  close(code: number, reason: string): void;
  terminate(): void;
  /** Stops reading requests. */
  pause(): void;
  resume(): void;
}

export interface OutboxParts {
  journal: Journal;
  ring: Pick<EventRing, 'read' | 'flush'>;
  snapshot(): { state: GatewayState; seq: number };
  clock: Clock;
  limits: ControlLimits;
  /** The ring could not be read; the client gets a snapshot instead. */
  failed(error: unknown): void;
}

export interface Outbox {
  /** Greeting and replies: sent at once, in order. A client that asks without reading is not read from any more. */
  send(text: string): void;
  /** Sends events after `seq` from the next flush on: what the journal no longer has comes from the ring. */
  follow(seq: number, topics: Topic[] | null): void;
  /** Sends what there is, as far as the client takes it. */
  flush(): void;
  /** Forgets its timers; the connection has ended. */
  close(): void;
}

/** Events that are read from the ring at a time. */
const PAGE = 500;

export function createOutbox(wire: Wire, parts: OutboxParts): Outbox {
  const { journal, limits } = parts;
  let position: { seq: number; topics: ReadonlySet<Topic> | null; replay: boolean } | null = null;
  let reading = false;
  let ended = false;
  let stalled: Timer | null = null;

  function send(text: string): void {
    if (ended) return;
    wire.send(text, drained);
    if (wire.bufferedAmount > limits.bufferedAtMost) end();
    else if (full()) stall();
  }

  const full = () => wire.bufferedAmount > limits.buffered;

  function stall(): void {
    if (stalled !== null) return;
    wire.pause();
    stalled = parts.clock.after(limits.stall, end);
  }

  /** Called whenever something has left for the kernel. */
  function drained(): void {
    if (ended || full()) return;
    if (stalled !== null) {
      stalled.cancel();
      stalled = null;
      wire.resume();
    }
    flush();
  }

  function end(): void {
    if (ended) return;
    close();
    wire.close(closeCodes.slow, 'too slow');
    // The close frame waits behind what the client does not read.
    parts.clock.after(limits.closing, () => wire.terminate());
  }

  function flush(): void {
    while (position !== null && !reading && !ended && !full() && position.seq < journal.last) {
      if (!journal.reaches(position.seq)) {
        if (position.replay) void replay(position);
        else resync(position);
        continue;
      }
      const { text, last } = journal.frame(position.seq, position.topics);
      position.seq = last;
      position.replay = false;
      if (text !== null) send(text);
    }
  }

  /** It is further behind than anybody remembers: the present state, and how much is missing. */
  function resync(at: NonNullable<typeof position>): void {
    const { state, seq } = parts.snapshot();
    const missed = seq - at.seq;
    at.seq = seq;
    at.replay = false;
    send(encodeDropped(missed));
    send(encodeSnapshot(state, seq));
  }

  /** One page of the ring; the flush after it goes on, with the journal as soon as that reaches so far back. */
  async function replay(at: NonNullable<typeof position>): Promise<void> {
    reading = true;
    try {
      const known = journal.last;
      await parts.ring.flush();
      const { events, complete } = await parts.ring.read({ seq: at.seq }, PAGE);
      if (position !== at) return;
      if (!complete) return resync(at);

      const wanted = events.filter(({ type }) => at.topics?.has(topicOf(type)) ?? true);
      // A short page: the ring has no more, and numbers up to `known` that it lacks were never used (a crash skips some).
      at.seq = Math.max(at.seq, events.at(-1)?.seq ?? 0, events.length < PAGE ? known : 0);
      if (wanted.length > 0)
        send(
          encodeEvents(
            wanted.map((event) => JSON.stringify(event)),
            at.seq,
          ),
        );
    } catch (error) {
      parts.failed(error);
      if (position === at) resync(at);
    } finally {
      reading = false;
      flush();
    }
  }

  function close(): void {
    ended = true;
    position = null;
    stalled?.cancel();
  }

  return {
    send,
    follow(seq, topics) {
      position = { seq, topics: topics && new Set(topics), replay: true };
    },
    flush,
    close,
  };
}
