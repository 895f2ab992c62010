/**
 * Sends what is due: claims it (which is on disk before anything is connected, I15), gives each message to its way out, and
 * sleeps until the next is due or somebody rings. A relay in trouble is left in peace, and the others go on.
 */
import type { EventType } from '../../protocol/events.ts';
import type { Bus } from '../base/bus.ts';
import { type Duration, type Instant, minutes, seconds, wait } from '../base/clock.ts';
import type { Dialogue } from '../base/dialogue.ts';
import type { SmtpPeer } from '../smtp/conversation.ts';
import { createPool, type Pool, type PoolHooks } from '../smtp/pool.ts';
import { createRecorder, type OpenConversation, type Recorder } from '../smtp/recorded.ts';
import { type QueueEntry, StoreFailure } from '../store/store.ts';
import type { Converse } from './attempt.ts';
import { createBell } from './bell.ts';
import { postpone, pullIn } from './claims.ts';
import { persist } from './persist.ts';
import { NO_INTERNAL_SERVER, NO_RELAY } from './problems.ts';
import { type Destination, type Way, wayOf } from './relay.ts';
import { pauseAfter } from './schedule.ts';
import type { SendingSettings } from './settings.ts';
import { transfer, type TransferParts } from './transfer.ts';
import { createTroubles } from './trouble.ts';

export interface SenderParts extends Pick<TransferParts, 'queue' | 'bus' | 'clock' | 'log' | 'reporter' | 'chance'> {
  settings: SendingSettings;
  open: OpenConversation;
  /** The trace of one conversation: of those with a relay S94's, of those with the internal server S93's. */
  trace(peer: SmtpPeer, to: Destination): Dialogue;
  /** The numbers of the queue changed without a fact that says so. */
  recount(): void;
}

export interface Sender {
  /** A loop for `Tasks.run`. When it is stopped, what is on its way has a little time to arrive. */
  run(stop: AbortSignal): Promise<void>;
  /** Resolves once nothing is on its way and nothing more is due: one pass of the queue. */
  idle(): Promise<void>;
  /** Looks for due messages now, also at relays that rest: the operator says that they work. */
  wake(): void;
}

/** The wall clock may jump: no sleep is longer, and each look compares it with the monotonic one (I17). */
const LONGEST_SLEEP = minutes(1);
const SHORTEST_SLEEP = seconds(0.1);
const JUMP = minutes(1);

/** Claimed at once while some relay rests: messages for it are only handed back. */
const BATCH = 200;

/** An unused conversation is kept: long enough for the next claim, short enough to hold no connection in vain. */
const KEPT_OPEN = seconds(2);

/** What is on its way at the stop has this long to arrive (I27: 30 s in all). */
const LAST_MESSAGES = seconds(10);

const AFTER_STORE_FAILURE = seconds(5);

/** Facts after which something may be due. */
const DUE: ReadonlySet<EventType> = new Set([
  'queue.accepted',
  'queue.returned',
  'queue.changed',
] satisfies EventType[]);

const NO_RELAY_TEXT = 'No relay is configured: outgoing mail waits in the queue. Set Host in [Relay].';
const NO_SERVER_TEXT = 'No internal mail server is configured: reports wait in the queue. Set Host in [Mail server].';

export function createSender(parts: SenderParts): Sender {
  const { queue, bus, clock, log, settings } = parts;
  const { retry } = settings;
  const bell = createBell(clock);
  const troubles = createTroubles({ bus, clock }, retry);
  const lanes = new Map<string, { pool: Pool; recorder: Recorder }>();
  const running = new Set<Promise<void>>();
  const problems = new Set<string>();
  let cut = new AbortController();
  let whenIdle: (() => void)[] = [];

  const connections =
    settings.relays.reduce((sum, relay) => sum + relay.connections, 0) + (settings.internalServer?.connections ?? 0);

  async function loop(stop: AbortSignal): Promise<void> {
    let wall = clock.now();
    let steady = clock.monotonic();
    await pullIn(queue, wall, retry);
    while (!stop.aborted) {
      const drift = clock.now() - wall - (clock.monotonic() - steady);
      wall = clock.now();
      steady = clock.monotonic();
      if (Math.abs(drift) > JUMP) await pullIn(queue, wall, retry);
      if (!(await claimed())) await sleep(stop);
    }
  }

  /** Claims what is due and sets it going; false: there is nothing, or no connection is free for it. */
  async function claimed(): Promise<boolean> {
    const free = connections - running.size;
    if (free <= 0) return false;

    const entries = await queue.claim(clock.now(), troubles.any ? Math.max(free, BATCH) : free, retry);
    const { going, resting, lost } = sorted(entries);
    for (const { entry, way } of going) start(entry, way);
    for (const { peer, entries: group } of resting.values()) await rest(peer, group);
    if (lost.length > 0) await noWay(lost);
    return entries.length > 0;
  }

  function sorted(entries: QueueEntry[]) {
    const going: { entry: QueueEntry; way: Way }[] = [];
    const resting = new Map<string, { peer: SmtpPeer; entries: QueueEntry[] }>();
    const lost: QueueEntry[] = [];
    for (const entry of entries) {
      const way = wayOf(entry, settings);
      if (!way) {
        lost.push(entry);
      } else if (troubles.pauseOf(way.peer) === 0) {
        going.push({ entry, way });
      } else {
        const key = `${way.lane} ${way.peer.login?.user ?? ''}`;
        resting.set(key, { peer: way.peer, entries: [...(resting.get(key)?.entries ?? []), entry] });
      }
    }
    return { going, resting, lost };
  }

  async function rest(peer: SmtpPeer, entries: QueueEntry[]): Promise<void> {
    const at = clock.now() + Math.ceil(troubles.pauseOf(peer));
    await handBack(entries, at, `Waits for ${peer.name}: ${troubles.reasonOf(peer)}`);
  }

  /** What is claimed and not handed back would wait for the next start. */
  async function handBack(entries: QueueEntry[], at: Instant, why: string | null): Promise<void> {
    await persist('hand back', () => postpone(queue, entries, at, why), parts, cut.signal);
    parts.recount();
  }

  async function noWay(entries: QueueEntry[]): Promise<void> {
    const reports = entries.filter(({ reportOn }) => reportOn !== null);
    if (reports.length > 0) raise(NO_INTERNAL_SERVER, NO_SERVER_TEXT);
    if (reports.length < entries.length) raise(NO_RELAY, NO_RELAY_TEXT);
    await handBack(entries, clock.now() + pauseAfter(1, retry), null);
  }

  function raise(key: string, message: string): void {
    if (problems.has(key)) return;
    problems.add(key);
    bus.tell({ type: 'problem.raised', key, message });
  }

  function start(entry: QueueEntry, way: Way): void {
    const sending: Promise<void> = sendOne(entry, way).finally(() => {
      running.delete(sending);
      bell.ring();
    });
    running.add(sending);
  }

  async function sendOne(entry: QueueEntry, way: Way): Promise<void> {
    const { peer } = way;
    const { pool, recorder } = laneOf(way);
    const converse: Converse = (to, work, until) => pool.use(to, work, until);
    try {
      const outcome = await transfer(entry, peer, { ...parts, troubles, recorder, converse }, cut.signal);
      if (outcome === 'done') return;
      if (troubles.pauseOf(peer) > 0) await rest(peer, [entry]);
      else await handBack([entry], clock.now(), null);
    } catch (error) {
      log.error(`${entry.id} could not be transferred`, error);
      await letGo(entry);
    }
  }

  /** Its next attempt was recorded by the claim, and stands. */
  async function letGo({ id }: QueueEntry): Promise<void> {
    try {
      await persist('let go', () => queue.change([id], ['sending'], { state: 'deferred' }), parts, cut.signal);
    } catch (error) {
      log.error(`${id} stays claimed until the next start`, error);
    }
  }

  function laneOf({ lane: name, to, connections: most }: Way): { pool: Pool; recorder: Recorder } {
    const known = lanes.get(name);
    if (known) return known;
    const recorder = createRecorder(parts.open, { clock, trace: (peer) => parts.trace(peer, to) });
    const open = unlessResting(recorder);
    const lane = { recorder, pool: createPool(open, { connections: most, idle: KEPT_OPEN }, clock, poolFacts(bus)) };
    lanes.set(name, lane);
    return lane;
  }

  /** Messages that were claimed together find out together: after the first failure the others do not knock again (REL19). */
  function unlessResting(recorder: Recorder): Recorder['open'] {
    return async (peer, stop) => {
      if (troubles.pauseOf(peer) === 0) return await recorder.open(peer, stop);
      return { ok: false, failure: { kind: 'stopped', message: troubles.reasonOf(peer), reply: null } };
    };
  }

  async function sleep(stop: AbortSignal): Promise<void> {
    const due = await queue.nextDue();
    if (due === null) settled();
    else if (connections === 0) raise(NO_RELAY, NO_RELAY_TEXT);

    const nothingMore = due === null || due > clock.now() || connections === 0;
    if (nothingMore && running.size === 0) answerIdle();
    await bell.sleep(sleepFor(due), stop);
  }

  /** Nothing waits: what was wrong with the way out is nobody's trouble any more. */
  function settled(): void {
    for (const key of problems) bus.tell({ type: 'problem.cleared', key });
    problems.clear();
  }

  function answerIdle(): void {
    for (const resolve of whenIdle) resolve();
    whenIdle = [];
  }

  function sleepFor(due: Instant | null): Duration {
    // With every connection busy only a free one changes anything, and that rings.
    if (due === null || running.size >= connections) return LONGEST_SLEEP;
    return Math.min(Math.max(due - clock.now(), SHORTEST_SLEEP), LONGEST_SLEEP);
  }

  async function run(stop: AbortSignal): Promise<void> {
    cut = new AbortController();
    const unlisten = bus.listen((event) => {
      if (event.type === 'queue.changed' && event.change === 'retried') troubles.forgive();
      if (DUE.has(event.type)) bell.ring();
    });
    try {
      while (!stop.aborted) await loop(stop).catch((error: unknown) => afterFailure(error, stop));
    } finally {
      unlisten();
      await shut();
    }
  }

  /** A disk that fails is no bug of the loop: it says so, and tries again. */
  async function afterFailure(error: unknown, stop: AbortSignal): Promise<void> {
    if (!(error instanceof StoreFailure)) throw error;
    log.error('the queue cannot be read', error);
    await wait(clock, AFTER_STORE_FAILURE, stop).catch(() => {});
  }

  async function shut(): Promise<void> {
    const enough = clock.after(LAST_MESSAGES, () => cut.abort());
    await Promise.all(running);
    enough.cancel();
    await Promise.all([...lanes.values()].map(({ pool }) => pool.close()));
    lanes.clear();
    answerIdle();
  }

  return {
    run,
    idle: () => {
      const done = new Promise<void>((resolve) => whenIdle.push(resolve));
      bell.ring();
      return done;
    },
    wake() {
      troubles.forgive();
      bell.ring();
    },
  };
}

/** S110: a conversation is told when it opens, when it does not, and when it ends. */
function poolFacts(bus: Bus): PoolHooks {
  return {
    onOpened: ({ name: relay }, { login, esmtp, maxSize, dsn }) =>
      void bus.tell({ type: 'transfer.connected', relay, login, esmtp, maxSize, dsn }),
    onClosed: ({ name: relay }) => void bus.tell({ type: 'transfer.closed', relay }),
    onFailed: ({ name: relay }, { kind, message: reason }) => {
      if (kind !== 'stopped') bus.tell({ type: 'transfer.unconnected', relay, login: kind === 'login', reason });
    },
  };
}
