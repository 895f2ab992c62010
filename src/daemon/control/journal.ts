/**
 * The last events, in memory, for the clients that follow: each event becomes JSON once, whatever the number of clients, and a frame
 * that several clients want is built once. Bounded in number and in size; what is older is in the ring on disk.
 */
import { type GatewayEvent, type Topic, topicOf } from '../../protocol/events.ts';
import { encodeEvents } from '../../protocol/frames.ts';

/** Some seconds of a busy gateway: a client that is further behind gets a snapshot instead. */
const KEPT_EVENTS = 4_096;
/** Characters, roughly; a trace of whole bodies tells long lines. */
const KEPT_CHARACTERS = 8_388_608;

/** What one frame holds at most, so that a slow client gets on in steps. */
const EVENTS_A_FRAME = 500;
const CHARACTERS_A_FRAME = 262_144;

interface Frame {
  /** Null when no event in it is of the wanted topics. */
  text: string | null;
  /** The number of the last event that it covers. */
  last: number;
}

export interface Journal {
  add(event: GatewayEvent): void;
  /** The number of the last event. */
  readonly last: number;
  /** Whether every event after `seq` is still here. */
  reaches(seq: number): boolean;
  /** The next events after `seq`, which it must reach. `topics` null: of all. */
  frame(seq: number, topics: ReadonlySet<Topic> | null): Frame;
}

interface Entry {
  event: GatewayEvent;
  json: string | null;
  weight: number;
}

/** A journal whose first event will have the number `after + 1`. */
export function createJournal(after: number): Journal {
  const entries = new Map<number, Entry>();
  let oldest = after + 1;
  let last = after;
  let characters = 0;
  let built: { from: number; frame: Frame } | null = null;

  function forgetOldest(): void {
    characters -= entries.get(oldest)?.weight ?? 0;
    entries.delete(oldest);
    oldest += 1;
  }

  function build(seq: number, topics: ReadonlySet<Topic> | null): Frame {
    const events: string[] = [];
    let size = 0;
    let at = seq;
    while (at < last && events.length < EVENTS_A_FRAME && size < CHARACTERS_A_FRAME) {
      at += 1;
      const entry = entries.get(at);
      if (!entry || (topics && !topics.has(topicOf(entry.event.type)))) continue;
      entry.json ??= JSON.stringify(entry.event);
      events.push(entry.json);
      size += entry.json.length;
    }
    return { text: events.length === 0 ? null : encodeEvents(events, at), last: at };
  }

  return {
    add(event) {
      const weight = weightOf(event);
      entries.set(event.seq, { event, json: null, weight });
      last = event.seq;
      characters += weight;
      while (entries.size > KEPT_EVENTS || (characters > KEPT_CHARACTERS && entries.size > 1)) forgetOldest();
    },
    get last() {
      return last;
    },
    reaches: (seq) => seq >= oldest - 1 && seq <= last,
    frame(seq, topics) {
      if (topics !== null) return build(seq, topics);
      if (built?.from !== seq) built = { from: seq, frame: build(seq, null) };
      return built.frame;
    },
  };
}

/** Its length as JSON, near enough, without making it. */
export function weightOf(event: GatewayEvent): number {
  let weight = 100;
  for (const value of Object.values(event) as unknown[]) {
    if (typeof value === 'string') weight += value.length;
    else if (Array.isArray(value)) weight += value.length * 80;
  }
  return weight;
}
