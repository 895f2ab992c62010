/**
 * What a person or a command does to the outgoing queue and its trash (G09): look, and change one message, several, or all that fit.
 * Each step is durable before it is told, and what is being sent right now is left alone: a message on its way can be neither held
 * nor taken back.
 */
import type { QueueDetail } from '../../protocol/commands.ts';
import type { Priority, QueuedMessage, TrashedMessage } from '../../protocol/model.ts';
import type { Bus } from '../base/bus.ts';
import type { Clock, Instant } from '../base/clock.ts';
import { LONGEST_HEADER_BLOCK } from '../base/limits.ts';
import { readHeader } from '../mail/header-block.ts';
import { shownText } from '../mail/shown-text.ts';
import type { Mark, PageFrom, QueueWork, Sum } from '../store/queue-work.ts';
import type { Queue, QueueEntry, QueueFilter } from '../store/store.ts';
import { createDeeds, type Deed } from './deeds.ts';
import { heldProblem } from './problems.ts';
import { messageOf, trashedOf, written } from './shown.ts';
import { type Changed, concerned, doTo, plainName, type Selection } from './walk-queue.ts';

export type { Changed, Selection, Skipped } from './walk-queue.ts';

export interface Change {
  by: string;
  reason: string;
  /** How many were shown to whoever asked: nothing is changed when there are more by now. */
  expect?: number;
}

/** Nothing was changed: so many would be by now. */
export interface TooMany {
  tooMany: number;
}

type Done = Promise<Changed | TooMany>;

export interface OutgoingQueue {
  /** `until`: released by itself at that instant; null: held until somebody releases it. */
  hold(which: Selection, change: Change & { until: Instant | null }): Done;
  release(which: Selection, change: Change): Done;
  /** Those that wait are due now. */
  retry(which: Selection, change: Change): Done;
  /** To the trash; senders are not told. */
  drop(which: Selection, change: Change): Done;
  /** Back to their senders, with a report. */
  giveBack(which: Selection, change: Change): Done;
  /** `relay` is one of `relays()`; null: the sender decides again. */
  reroute(which: Selection, change: Change & { relay: string | null }): Done;
  readdress(which: Selection, change: Change & { from: string; to: string }): Done;
  prioritise(which: Selection, change: Change & { priority: Priority }): Done;
  /** Out of the trash, held. */
  restore(which: Selection, change: Change): Done;
  /** Out of the trash, for good. */
  empty(which: Selection, change: Change): Done;
  /** Names of the relays of the configuration; the default one has none. */
  relays(): string[];
  list(where: QueueFilter, offset: number, limit: number): Promise<{ total: number; messages: QueuedMessage[] }>;
  page(where: QueueFilter, from: PageFrom, limit: number): Promise<{ messages: QueuedMessage[]; next: Mark | null }>;
  trash(
    where: QueueFilter,
    after: Mark | null,
    limit: number,
  ): Promise<{ messages: TrashedMessage[]; next: Mark | null }>;
  /** How many messages a filter matches, in its states. */
  total(where: QueueFilter): Promise<number>;
  sum(where: QueueFilter): Promise<Sum>;
  /** Null: there is no such message (in the trash it is none of the queue). */
  show(id: string): Promise<QueueDetail | null>;
  /** The message as it came in, compared with its digest first; null: there is none, in queue or trash. Throws StoreFailure for a damaged one. */
  verified(id: string): Promise<{ id: string; bytes: number; digest: string } | null>;
  octets(id: string, offset: number, limit: number): Promise<Uint8Array | null>;
}

export interface OutgoingQueueParts {
  queue: Queue & QueueWork;
  bus: Bus;
  clock: Clock;
  relays?: () => string[];
  knownSender?: (address: string) => boolean;
  keepTrashDays?: number;
}

/** Names that one event carries; its total says how many there were. */
const NAMED_IN_EVENT = 100;

/** Characters of text that `show` gives; as many octets of the body are read for them. */
const SHOWN_TEXT = 4_096;

export function createOutgoingQueue(parts: OutgoingQueueParts): OutgoingQueue {
  const { queue, bus, clock, knownSender = () => true, relays = () => [''], keepTrashDays = 7 } = parts;
  const deeds = createDeeds({ queue, knownSender, now: () => clock.now() });
  const problems = openProblems(bus);

  async function apply(which: Selection, deed: Deed, { by, reason, expect }: Change): Done {
    if (expect !== undefined && !('ids' in which)) {
      const { messages, sending } = await queue.sum(concerned(which, deed));
      if (messages - sending > expect) return { tooMany: messages - sending };
    }
    const named: string[] = [];
    let total = 0;
    try {
      return await doTo(queue, which, deed, (ids) => {
        total += ids.length;
        named.push(...ids.slice(0, NAMED_IN_EVENT - named.length));
        for (const id of ids) tellOf(id, deed.told);
      });
    } finally {
      // Once for all of it, and also for what was done before the disk failed.
      if (total > 0) tell(deed, { ids: named, total, by, reason });
    }
  }

  function tellOf(id: string, told: Deed['told']): void {
    if (told === 'dropped') bus.tell({ type: 'queue.removed', id, result: 'dropped' });
    // Whoever changes what the gateway held has seen why; a new hold leaves it as it is.
    if (told !== 'held' && problems.has(heldProblem(id))) bus.tell({ type: 'problem.cleared', key: heldProblem(id) });
  }

  function tell({ told, to }: Deed, about: { ids: string[]; total: number; by: string; reason: string }): void {
    const { total, by, reason } = about;
    if (told === 'purged') bus.tell({ type: 'queue.purged', total, why: 'operator', by, reason });
    else bus.tell({ type: 'queue.changed', ...about, change: told, ...(to === undefined ? {} : { to }) });
  }

  return {
    hold: (which, { until, ...change }) => apply(which, deeds.hold(change, until), change),
    release: (which, change) => apply(which, deeds.release(), change),
    retry: (which, change) => apply(which, deeds.retry(), change),
    drop: (which, change) => apply(which, deeds.drop(change), change),
    giveBack: (which, change) => apply(which, deeds.giveBack(change), change),
    reroute: (which, { relay, ...change }) => apply(which, deeds.reroute(relay), change),
    readdress: (which, { from, to, ...change }) => apply(which, deeds.readdress(from, to), change),
    prioritise: (which, { priority, ...change }) => apply(which, deeds.prioritise(priority), change),
    restore: (which, change) => apply(which, deeds.restore(change), change),
    empty: (which, change) => apply(which, deeds.empty(), change),
    relays,

    async list(where, offset, limit) {
      const { total, entries } = await queue.list(inQueue(where), offset, limit);
      return { total, messages: shown(entries) };
    },
    async page(where, from, limit) {
      const { entries, next } = await queue.page(inQueue(where), from, limit);
      return { messages: shown(entries), next };
    },
    async trash(where, after, limit) {
      const { entries, next } = await queue.trashPage(where, after, limit);
      return { messages: entries.map((entry) => trashedOf(entry, keepTrashDays)), next };
    },
    total: async (where) => (await queue.list(inQueue(where), 0, 0)).total,
    sum: (where) => queue.sum(inQueue(where)),

    async show(name) {
      const entry = await queue.get(plainName(name));
      const message = entry && messageOf(entry);
      if (!entry || !message) return null;

      const octets = await queue.head(message.id, LONGEST_HEADER_BLOCK + SHOWN_TEXT);
      const text = await shownText(octets, SHOWN_TEXT);
      const triedSeconds = Math.max(0, Math.floor((queue.runningTime() - entry.born) / 1_000));
      const attempts = await queue.attempts(message.id);
      return { ...message, ...envelopeOf(entry), triedSeconds, headers: fieldsOf(octets), text, attempts };
    },
    async verified(name) {
      const entry = await queue.get(plainName(name));
      if (entry === null) return null;

      for await (const chunk of queue.read(entry.id)) void chunk; // it throws where the digest does not fit
      const { id, bytes, digest } = entry;
      return { id, bytes, digest };
    },
    octets: (id, offset, limit) => queue.octets(id, offset, limit),
  };
}

/** The keys of what is wrong now. */
function openProblems(bus: Bus): ReadonlySet<string> {
  const problems = new Set<string>();
  bus.listen((event) => {
    if (event.type === 'problem.raised') problems.add(event.key);
    if (event.type === 'problem.cleared') problems.delete(event.key);
  });
  return problems;
}

const QUEUED: QueueEntry['state'][] = ['waiting', 'sending', 'deferred', 'held'];

const inQueue = (where: QueueFilter): QueueFilter => ({ ...where, states: where.states ?? QUEUED });

const shown = (entries: QueueEntry[]): QueuedMessage[] => entries.map(messageOf).filter((message) => message !== null);

function envelopeOf(entry: QueueEntry) {
  const { messageId, peer, dsn, smtpUtf8, eightBit, digest, reportOn, relayChoice, warnedAt } = entry;
  return {
    ...{ messageId, peer, dsn, smtpUtf8, eightBit, digest, reportOn, relayChoice },
    warnedAt: warnedAt === null ? null : written(warnedAt),
    recipients: entry.recipients.map((recipient) => ({ ...recipient })),
  };
}

function fieldsOf(octets: Uint8Array): QueueDetail['headers'] {
  const whole = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
  const end = whole.indexOf('\r\n\r\n');
  return readHeader(end < 0 ? whole : whole.subarray(0, end)).fields();
}
