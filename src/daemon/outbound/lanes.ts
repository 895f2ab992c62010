/**
 * The connections of one way out, at work: each carries message after message, and says the next one's envelope while the peer has the
 * last one's answer still to give. A lane takes a bounded number of messages into memory, so that a slow one holds up no other (I19).
 */
import type { Bus } from '../base/bus.ts';
import type { Clock } from '../base/clock.ts';
import type { SmtpConversation } from '../smtp/conversation.ts';
import type { Pool } from '../smtp/pool.ts';
import type { Recorder } from '../smtp/recorded.ts';
import type { Queue } from '../store/store.ts';
import { type Answered, makeReady, type Ready, say, unsaid } from './attempt.ts';
import type { Leaving } from './leaving.ts';
import type { PeerWay, Way } from './relay.ts';
import type { Underway } from './transfer.ts';
import type { Troubles } from './trouble.ts';
import { isFinal } from './verdict.ts';

export interface Lane {
  /** How many more messages it takes; 0 while it has enough. */
  readonly room: number;
  /** Not one more. */
  readonly full: boolean;
  /** Messages in memory: waiting, being said, being recorded. */
  readonly busy: number;
  /** What was claimed for it. */
  take(underway: Underway): void;
  /** Hands back what has not begun. */
  withdraw(): void;
  /** Ends its conversations once their work is done. */
  close(): Promise<void>;
}

/** What a lane is given; what it does not do itself it hands over. */
export interface LaneParts {
  queue: Queue;
  leaving: Leaving;
  bus: Bus;
  clock: Clock;
  troubles: Troubles;
  pool: Pool;
  recorder: Recorder;
  connections: number;
  /** Cuts short what is under way. */
  stop: AbortSignal;
  /** Records it; resolves when that is done, and never rejects. */
  settle(underway: Underway, tried: Answered, how: { more: boolean }): Promise<void>;
  /** Takes back a claim of which nothing was said; `later`: not at once. Never rejects. */
  handBack(underways: Underway[], later?: 'later'): Promise<void>;
  /** A throw that nobody foresaw: logged, and the message waits for its planned attempt. Never rejects. */
  letGo(underway: Underway, error: unknown): Promise<void>;
  /** There is room again, or nothing left. */
  freed(): void;
}

/** Messages in memory for each connection: one being said, one ready, the rest are on their way from or to the disk. */
const FOR_EACH = 6;
const FEWEST = 16;
const MOST = 500;

export const capacityOf = (connections: number): number => Math.min(Math.max(connections * FOR_EACH, FEWEST), MOST);

/** Counts what a lane has in memory: it claims again when a good part of it is free, and so in batches. */
export function createLoad(capacity: number, freed: () => void) {
  let busy = 0;
  const room = () => (capacity - busy >= capacity / 3 ? capacity - busy : 0);
  return {
    get busy() {
      return busy;
    },
    get room() {
      return room();
    },
    get full() {
      return busy >= capacity;
    },
    add() {
      busy += 1;
    },
    done() {
      const had = room();
      busy -= 1;
      if (busy === 0 || (had === 0 && room() > 0)) freed();
    },
  };
}

/** A message in the lane, made ready while others are said. */
interface Job {
  underway: Underway;
  way: PeerWay;
  ready: Ready | null;
  readying: Promise<void>;
}

export function createPeerLane(parts: LaneParts): Lane {
  const { troubles, pool, recorder, bus, connections, stop } = parts;
  const load = createLoad(capacityOf(connections), parts.freed);
  const waiting: Job[] = [];
  let couriers = 0;

  function take(underway: Underway): void {
    load.add();
    const { way } = underway;
    if (!isPeerWay(way)) throw new Error(`${way.name} is no way to one peer`);
    waiting.push({ underway, way, ready: null, readying: Promise.resolve() });
    dispatch();
  }

  function dispatch(): void {
    while (couriers < connections && waiting.length > 0) {
      couriers += 1;
      void courier().finally(() => {
        couriers -= 1;
        dispatch();
      });
    }
  }

  /** One connection at work, until it has nothing to do or is of no further use. */
  async function courier(): Promise<void> {
    const first = next();
    if (first === undefined) return;
    try {
      const { peer } = first.way;
      if (stop.aborted || troubles.pauseOf(peer) > 0) return await back([first, ...takeAll(first.way)]);

      const used = await pool.use(peer, (conversation) => carry(first, conversation), stop);
      if (used.ok) return;
      const { failure } = used;
      if (failure.kind === 'stopped') return await back([first]);

      const pause = troubles.failed(peer, failure);
      const open = first.underway.entry.recipients.filter((recipient) => !isFinal(recipient));
      const answered = unsaid(open, peer, failure, recorder.linesOf(failure));
      await record(first, { ...answered, pause });
    } catch (error) {
      await drop(first, error);
    }
  }

  /** Never rejects, so that the conversation is given back in order. */
  async function carry(first: Job, conversation: SmtpConversation): Promise<void> {
    let answered: Promise<void> = Promise.resolve();
    for (let job: Job | undefined = first; job !== undefined; ) {
      const passed = Promise.withResolvers<void>();
      answered = Promise.all([answered, deliver(job, conversation, passed.resolve)]).then(() => {});
      soon(job.way);
      await Promise.race([passed.promise, answered]);
      job = follower(first.way, conversation);
      if (job !== undefined) continue;
      // Nothing to say meanwhile: by the time of the answer there may be.
      await answered;
      job = follower(first.way, conversation);
    }
  }

  function follower(way: PeerWay, conversation: SmtpConversation): Job | undefined {
    return conversation.usable && !stop.aborted && troubles.pauseOf(way.peer) === 0 ? next(way) : undefined;
  }

  /** The next one's octets are at hand when the peer is ready for them. What goes wrong with that shows when it is its turn. */
  function soon(way: PeerWay): void {
    const job = waiting.find((one) => one.way.name === way.name);
    if (job !== undefined && job.ready === null)
      job.readying = makeJobReady(job).then(
        () => {},
        () => {},
      );
  }

  async function makeJobReady(job: Job): Promise<Ready> {
    await job.readying;
    job.ready ??= await makeReady(job.underway.entry, job.way, parts, { archive: true });
    return job.ready;
  }

  /** Never rejects. Where it is ready its envelope is said in this very turn. */
  async function deliver(job: Job, conversation: SmtpConversation, passed: () => void): Promise<void> {
    const ready = job.ready ?? (await makeJobReady(job).catch((error: unknown) => drop(job, error)));
    if (ready === null) return;
    const { peer } = job.way;
    try {
      const { answered, turnedAway } = await say(ready, peer, conversation, { bus, recorder, stop, passed });
      const away = turnedAway !== null && !stop.aborted;
      const pause = away ? troubles.failed(peer, turnedAway) : 0;
      // While it rests, what had been begun before says nothing of whether it takes more (REL19).
      if (turnedAway === null && !answered.unreadable && troubles.pauseOf(peer) === 0) troubles.worked(peer);
      void record(job, { ...answered, pause });
    } catch (error) {
      conversation.destroy(); // nobody knows how far it got in it
      await drop(job, error);
    }
  }

  async function drop({ underway }: Job, error: unknown): Promise<null> {
    await parts.letGo(underway, error);
    load.done();
    return null;
  }

  /** Not waited for by the conversation: the disk is at work while the next message is said. */
  async function record({ underway }: Job, answered: Answered): Promise<void> {
    await parts.settle(underway, answered, { more: false });
    load.done();
  }

  async function back(jobs: Job[]): Promise<void> {
    for (const { ready } of jobs) void ready?.archiving?.discard();
    await parts.handBack(jobs.map(({ underway }) => underway));
    for (const _ of jobs) load.done();
  }

  function next(way?: PeerWay): Job | undefined {
    const at = way === undefined ? 0 : waiting.findIndex((job) => job.way.name === way.name);
    return at === -1 ? undefined : waiting.splice(at, 1)[0];
  }

  /** What waits for the same peer: it would only meet the same. */
  function takeAll(way: PeerWay): Job[] {
    const same = waiting.filter((job) => job.way.name === way.name);
    const others = waiting.filter((job) => job.way.name !== way.name);
    waiting.splice(0, waiting.length, ...others);
    return same;
  }

  return {
    get room() {
      return load.room;
    },
    get full() {
      return load.full;
    },
    get busy() {
      return load.busy;
    },
    take,
    withdraw() {
      const jobs = waiting.splice(0);
      if (jobs.length > 0) void back(jobs);
    },
    close: () => pool.close(),
  };
}

function isPeerWay(way: Way): way is PeerWay {
  return way.to !== 'mail exchangers';
}
