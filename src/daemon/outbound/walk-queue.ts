/** A deed done to many messages: step by step along the queue or the trash, with the memory of one step and of the names that are shown. */
import type { QueueWork } from '../store/queue-work.ts';
import type { QueueEntry, QueueFilter } from '../store/store.ts';
import { type Deed, whyNot } from './deeds.ts';

type State = QueueEntry['state'];

/** Which messages: by name (`Pmg1F7B`, with or without `.tmp`), those that a filter matches, or all. */
export type Selection = { ids: string[] } | { filter: QueueFilter } | { all: true };

export interface Skipped {
  id: string;
  /** The end of a sentence: "it is being sent right now". */
  why: string;
  /** As it is now; null: there is none. */
  state: State | null;
}

/** `changed` and `skipped` name the first NAMED; the totals count all. */
export interface Changed {
  changed: string[];
  skipped: Skipped[];
  changedTotal: number;
  skippedTotal: number;
}

/** Names in an answer: a person reads no more, and a link carries no more at once. */
const NAMED = 1_000;

/** Messages that are looked at and changed in one step. */
const STEP = 500;

const QUEUED: State[] = ['waiting', 'sending', 'deferred', 'held'];
const ALL: State[] = [...QUEUED, 'dropped'];

/** `S19`: Pmg1F7B.tmp is Pmg1F7B. */
export const plainName = (name: string): string => name.trim().replace(/\.tmp$/i, '');

/** The filter of what a deed may concern: of all messages, those that it can be done to, and those that stand in its way. */
export function concerned(which: Exclude<Selection, { ids: string[] }>, { from }: Pick<Deed, 'from'>): QueueFilter {
  const { states = from.includes('dropped') ? ALL : QUEUED, ...filter } = 'filter' in which ? which.filter : {};
  const may = from.includes('dropped') ? from : [...from, 'sending'];
  return { ...filter, states: from.includes('dropped') ? ['dropped'] : states.filter((state) => may.includes(state)) };
}

/** Does it. `done` hears of every step that changed something, after it is durable. */
export async function doTo(
  queue: QueueWork,
  which: Selection,
  deed: Deed,
  done: (ids: string[]) => void,
): Promise<Changed> {
  const sum: Changed = { changed: [], skipped: [], changedTotal: 0, skippedTotal: 0 };
  const skip = (skipped: Skipped) => {
    sum.skippedTotal += 1;
    if (sum.skipped.length < NAMED) sum.skipped.push(skipped);
  };

  for await (const { entries, gone } of steps(queue, which, deed)) {
    const able: QueueEntry[] = [];
    for (const id of gone) skip({ id, why: whyNot(undefined, deed), state: null });
    for (const entry of entries) {
      const { id, state } = entry;
      const why = deed.from.includes(state) ? (deed.spares?.(entry) ?? null) : whyNot(state, deed);
      if (why === null) able.push(entry);
      else skip({ id, why, state });
    }
    const changed = await deed.run(able.map(({ id }) => id));
    sum.changedTotal += changed.length;
    sum.changed.push(...changed.slice(0, NAMED - sum.changed.length));
    if (changed.length > 0) done(changed);

    const did = new Set(changed);
    for (const { id, state } of able) if (!did.has(id)) skip({ id, why: 'it changed meanwhile', state });
  }
  return sum;
}

interface Step {
  entries: QueueEntry[];
  /** Names of nothing. */
  gone: string[];
}

async function* steps(queue: QueueWork, which: Selection, deed: Deed): AsyncGenerator<Step> {
  if ('ids' in which) yield* named(queue, which.ids);
  else if (deed.from.includes('dropped')) yield* inTrash(queue, concerned(which, deed));
  else yield* inQueue(queue, concerned(which, deed));
}

async function* named(queue: QueueWork, names: string[]): AsyncGenerator<Step> {
  const ids = [...new Set(names.map(plainName))];
  for (let at = 0; at < ids.length; at += STEP) {
    const some = ids.slice(at, at + STEP);
    const { entries } = await queue.page({ ids: some, states: ALL }, { after: null }, STEP);
    const known = new Set(entries.map(({ id }) => id));
    yield { entries, gone: some.filter((id) => !known.has(id)) };
  }
}

/** What comes in meanwhile is left alone: else a walk along a busy queue would never end. */
async function* inQueue(queue: QueueWork, where: QueueFilter): AsyncGenerator<Step> {
  const { entries: newest } = await queue.page({ states: where.states ?? QUEUED }, { before: null }, 1);
  const end = newest[0]?.queuedAt ?? Number.NEGATIVE_INFINITY;
  for (let next: Next = null; ; ) {
    const page = await queue.page(where, { after: next }, STEP);
    yield { entries: page.entries.filter(({ queuedAt }) => queuedAt <= end), gone: [] };
    next = page.next;
    if (next === null || next.at > end) return;
  }
}

async function* inTrash(queue: QueueWork, where: QueueFilter): AsyncGenerator<Step> {
  for (let next: Next = null; ; ) {
    const page = await queue.trashPage(where, next, STEP);
    yield { entries: page.entries, gone: [] };
    next = page.next;
    if (next === null) return;
  }
}

type Next = Awaited<ReturnType<QueueWork['page']>>['next'];
