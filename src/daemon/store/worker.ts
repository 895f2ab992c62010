/**
 * The store's thread: it owns the three databases. All calls that wait are taken together, and each database answers its own
 * in one group (shelf.ts). Started by link.ts; bundled as `dist/store-worker.js`.
 */
import { join } from 'node:path';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { openAudit } from './audit.ts';
import { type Asked, type Failure, shelfOf, type ShelfName, type Told } from './calls.ts';
import { openCounters } from './counters.ts';
import type { DatabasePlan } from './database.ts';
import { failureOf } from './failure.ts';
import { openLedger } from './ledger.ts';
import { openMemos } from './memos.ts';
import { openQueue } from './queue.ts';
import { queueRescue } from './rescue.ts';
import { openRing } from './ring.ts';
import { eventsSchema, mailgateSchema, queueSchema } from './schema.ts';
import { openSessions } from './sessions.ts';
import { type Call, openShelf, type Shelf } from './shelf.ts';

/** Octets of bodies and calls in one group: more would only make the first of them wait for the last. */
const MOST_OCTETS = 8 * 1_048_576;
const MOST_CALLS = 1_000;

type Shelves = Record<ShelfName, Shelf>;

function openShelves(home: string): Shelves {
  const queuePlan: DatabasePlan = {
    file: join(home, 'Outgoing', 'queue.db'),
    schema: queueSchema,
    synchronous: 'FULL',
  };
  return {
    mailgate: openShelf<'ledger' | 'session' | 'memo' | 'audit' | 'counter'>({
      name: 'mailgate.db',
      file: join(home, 'mailgate.db'),
      schema: mailgateSchema,
      synchronous: 'FULL',
      open(db) {
        const counters = openCounters(db);
        return {
          handlers: {
            ...openLedger(db),
            ...openSessions(db),
            ...openMemos(db),
            ...openAudit(db),
            'counter.next': (name) => counters.next(name),
            'counter.read': (name) => counters.read(name),
            'counter.set': ({ name, value }) => counters.set(name, value),
            'ledger.probe': () => counters.probe(),
          },
        };
      },
    }),
    queue: openShelf<'queue'>({
      name: 'Outgoing/queue.db',
      ...queuePlan,
      open: openQueue,
      rescue: queueRescue(queuePlan, (damaged) => tell({ damaged })),
    }),
    events: openShelf<'ring'>({
      name: 'events.db',
      file: join(home, 'events.db'),
      schema: eventsSchema,
      synchronous: 'NORMAL',
      open(db) {
        const counters = openCounters(db);
        return { handlers: { ...openRing(db, counters), 'ring.probe': () => counters.probe() } };
      },
    }),
  };
}

const port = parentPort;
if (port === null) throw new Error('worker.ts is the entry of a thread, not a program');

const tell = (told: Told) => port.postMessage(told);

function serve(shelves: Shelves): void {
  let told: Failure | null = null;

  const trouble = () => shelves.queue.trouble ?? shelves.mailgate.trouble ?? shelves.events.trouble;

  /** What to say of trouble, if it changed. */
  function news(): { trouble?: Failure | null } {
    if (trouble() === told) return {};
    told = trouble();
    return { trouble: told };
  }

  function answer(name: ShelfName, calls: Call[]): void {
    if (calls.length > 0) tell({ answers: shelves[name].run(calls), ...news() });
  }

  function close(): void {
    const failures = [shelves.queue, shelves.mailgate, shelves.events].map((shelf) => shelf.close());
    tell({ closed: failures.find((failure) => failure !== null) ?? null });
    port?.close();
  }

  port?.on('message', (first: Asked) => {
    const group: Record<ShelfName, Call[]> = { queue: [], mailgate: [], events: [] };
    const closing = gather(first, group);
    for (const name of ['queue', 'mailgate', 'events'] as const) answer(name, group[name]);
    for (const shelf of Object.values(shelves)) shelf.tidy();
    if (trouble() !== told) tell({ answers: [], ...news() });
    if (closing) close();
  });
}

/** Adds the calls of this message and of those that wait behind it to the group; true when the store is to close. */
function gather(first: Asked, group: Record<ShelfName, Call[]>): boolean {
  let octetsTaken = 0;
  let callsTaken = 0;
  let asked: Asked | undefined = first;
  while (asked !== undefined) {
    if ('close' in asked) return true;

    const { octets, calls } = asked;
    for (const [call, method, takes, start, length] of calls) {
      group[shelfOf(method)].push([call, method, takes, octets.subarray(start, start + length)]);
    }
    octetsTaken += octets.length;
    callsTaken += calls.length;
    if (octetsTaken > MOST_OCTETS || callsTaken > MOST_CALLS || port === null) return false;
    asked = receiveMessageOnPort(port)?.message as Asked | undefined;
  }
  return false;
}

const { home } = workerData as { home: string };
try {
  const shelves = openShelves(home);
  serve(shelves);
  tell({ opened: null });
} catch (error) {
  tell({ opened: failureOf(error, 'the store cannot be opened') });
  port.close();
}
