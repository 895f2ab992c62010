/**
 * What a person or a command does to the outgoing queue: hold, release, retry, drop, look. Each change is durable before it is
 * told, and what is being sent right now is left alone: a message on its way can be neither held nor taken back.
 */
import type { QueueDetail } from '../../protocol/commands.ts';
import type { QueuedMessage } from '../../protocol/model.ts';
import type { Bus } from '../base/bus.ts';
import type { Clock, Instant } from '../base/clock.ts';
import { LONGEST_HEADER_BLOCK } from '../base/limits.ts';
import { readHeader } from '../mail/header-block.ts';
import { shownText } from '../mail/shown-text.ts';
import type { EntryChange, Queue, QueueEntry, QueueFilter } from '../store/store.ts';
import { heldProblem } from './problems.ts';

/** Which messages: by name (`Pmg1F7B`, with or without `.tmp`), those that a filter matches, or all. */
type Selection = { ids: string[] } | { filter: QueueFilter } | { all: true };

interface Change {
  by: string;
  reason: string;
}

/** `changed` and `skipped` name messages; `why` is a sentence's end: "it is being sent right now". */
export interface Changed {
  changed: string[];
  skipped: { id: string; why: string }[];
}

export interface OutgoingQueue {
  /** `until`: released by itself at that instant; null: held until somebody releases it. */
  hold(which: Selection, change: Change & { until: Instant | null }): Promise<Changed>;
  release(which: Selection, change: Change): Promise<Changed>;
  /** Deferred ones are due now. */
  retry(which: Selection, change: Change): Promise<Changed>;
  /** To the trash; senders are not told. */
  drop(which: Selection, change: Change): Promise<Changed>;
  list(where: QueueFilter, offset: number, limit: number): Promise<{ total: number; messages: QueuedMessage[] }>;
  /** Null: there is no such message (in the trash it is none of the queue). */
  show(id: string): Promise<QueueDetail | null>;
}

type State = QueueEntry['state'];
const QUEUED: State[] = ['waiting', 'sending', 'deferred', 'held'];

/** Messages changed in one durable step. */
const BATCH = 500;

/** Names that one event carries; its total says how many there were. */
const NAMED = 100;

/** Characters of text that `show` gives; as many octets of the body are read for them. */
const SHOWN_TEXT = 4_096;

interface Step {
  from: State[];
  change: EntryChange;
  told: 'held' | 'released' | 'retried' | 'dropped';
}

export function createOutgoingQueue({ queue, bus, clock }: { queue: Queue; bus: Bus; clock: Clock }): OutgoingQueue {
  const problems = new Set<string>();
  bus.listen((event) => {
    if (event.type === 'problem.raised') problems.add(event.key);
    if (event.type === 'problem.cleared') problems.delete(event.key);
  });

  async function apply(which: Selection, step: Step, { by, reason }: Change): Promise<Changed> {
    const ids = await namesOf(queue, which);
    const changed: QueueEntry[] = [];
    for (let at = 0; at < ids.length; at += BATCH) {
      changed.push(...(await queue.change(ids.slice(at, at + BATCH), step.from, step.change)));
    }
    const names = changed.map(({ id }) => id);
    if (names.length > 0) tell(changed, step.told, by, reason);
    // "All" means all that it can apply to; who named a message wants to know why nothing happened to it.
    const skipped = 'ids' in which ? await reasons(ids, new Set(names), step.from) : [];
    return { changed: names, skipped };
  }

  function tell(changed: QueueEntry[], change: Step['told'], by: string, reason: string): void {
    const ids = changed.slice(0, NAMED).map(({ id }) => id);
    bus.tell({ type: 'queue.changed', ids, total: changed.length, change, by, reason });
    for (const { id } of changed) {
      if (change === 'dropped') bus.tell({ type: 'queue.removed', id, result: 'dropped' });
      // Whoever releases or drops what the gateway held has seen why.
      if (change !== 'held' && problems.has(heldProblem(id)))
        bus.tell({ type: 'problem.cleared', key: heldProblem(id) });
    }
  }

  async function reasons(ids: string[], changed: Set<string>, from: State[]): Promise<Changed['skipped']> {
    const skipped: Changed['skipped'] = [];
    for (const id of ids) {
      if (changed.has(id)) continue;
      skipped.push({ id, why: whyNot((await queue.get(id))?.state, from) });
    }
    return skipped;
  }

  return {
    hold: (which, { until, ...change }) =>
      apply(
        which,
        { from: ['waiting', 'deferred'], change: { state: 'held', hold: { ...change, until } }, told: 'held' },
        change,
      ),
    release: (which, change) =>
      apply(
        which,
        { from: ['held'], change: { state: 'waiting', hold: null, nextAttemptAt: clock.now() }, told: 'released' },
        change,
      ),
    retry: (which, change) =>
      apply(which, { from: ['waiting', 'deferred'], change: { nextAttemptAt: clock.now() }, told: 'retried' }, change),
    drop: (which, change) =>
      apply(
        which,
        { from: ['waiting', 'deferred', 'held'], change: { state: 'dropped', hold: null }, told: 'dropped' },
        change,
      ),

    async list(where, offset, limit) {
      const { total, entries } = await queue.list({ ...where, states: where.states ?? QUEUED }, offset, limit);
      return { total, messages: entries.map(messageOf).filter((message) => message !== null) };
    },

    async show(name) {
      const entry = await queue.get(plainName(name));
      const message = entry && messageOf(entry);
      if (!message) return null;

      const octets = await queue.head(message.id, LONGEST_HEADER_BLOCK + SHOWN_TEXT);
      const text = await shownText(octets, SHOWN_TEXT);
      return { ...message, headers: fieldsOf(octets), text, attempts: await queue.attempts(message.id) };
    },
  };
}

/** A message as the screen has it; null for one in the trash. */
function messageOf(entry: QueueEntry): QueuedMessage | null {
  const { id, state, sender, subject, bytes, priority, attempts, lastReply, relay } = entry;
  if (state === 'dropped') return null;
  const recipients = entry.recipients.map(({ address, state: at, reply }) => ({ address, state: at, reply }));
  const due = state === 'waiting' || state === 'deferred';
  return {
    ...{ id, state, sender, recipients, subject, bytes, priority, attempts, lastReply, relay },
    queuedAt: new Date(entry.queuedAt).toISOString(),
    nextAttemptAt: due ? new Date(entry.nextAttemptAt).toISOString() : null,
  };
}

/** `Pmg1F7B.tmp` is Pmg1F7B (S19). */
function plainName(name: string): string {
  return name.trim().replace(/\.tmp$/i, '');
}

async function namesOf(queue: Queue, which: Selection): Promise<string[]> {
  if ('ids' in which) return [...new Set(which.ids.map(plainName))];
  const where = { states: QUEUED, ...('filter' in which ? which.filter : {}) };
  const ids: string[] = [];
  for (;;) {
    const { entries } = await queue.list(where, ids.length, BATCH);
    ids.push(...entries.map(({ id }) => id));
    if (entries.length < BATCH) return ids;
  }
}

function whyNot(state: State | undefined, from: State[]): string {
  switch (state) {
    case undefined:
    case 'dropped':
      return 'there is no such message in the queue';
    case 'sending':
      return 'it is being sent right now';
    case 'held':
      return from.includes('held') ? 'it changed meanwhile' : 'it is held; release it first';
    case 'waiting':
    case 'deferred':
      return from.includes(state) ? 'it changed meanwhile' : 'it is not held';
  }
}

function fieldsOf(octets: Uint8Array): QueueDetail['headers'] {
  const whole = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
  const end = whole.indexOf('\r\n\r\n');
  return readHeader(end < 0 ? whole : whole.subarray(0, end)).fields();
}
