/**
 * Sends what is due: claims it in batches (which is on disk before anything is connected, I15), gives each message to its lane, and
 * sleeps until the next is due or somebody rings. A way that rests, is full or is not to be used now is left aside by the claim itself:
 * what waits there costs nothing.
 */
import type { EventType, GatewayEvent } from '../../protocol/events.ts';
import { type Duration, type Instant, minutes, seconds, wait } from '../base/clock.ts';
import type { Dialogue } from '../base/dialogue.ts';
import type { SmtpPeer } from '../smtp/conversation.ts';
import type { OpenConversation } from '../smtp/recorded.ts';
import type { QueueWork } from '../store/queue-work.ts';
import { type Queue, type QueueEntry, StoreFailure } from '../store/store.ts';
import { createBell } from './bell.ts';
import { handBack } from './claims.ts';
import { BUSY_DOMAIN } from './directly.ts';
import { createElders } from './elders.ts';
import { asItCame, type Leaving } from './leaving.ts';
import { createNames, type Names } from './names.ts';
import { persist } from './persist.ts';
import { NO_INTERNAL_SERVER, NO_RELAY } from './problems.ts';
import { type Destination, NO_WAY, wayOf } from './relay.ts';
import { owesConfirmation, wantsReport } from './reporter.ts';
import { farthest } from './schedule.ts';
import { createSendTimes } from './send-times.ts';
import type { SendingSettings } from './settings.ts';
import { finish, madeWhole, setOut, settle, type TransferParts, type Underway } from './transfer.ts';
import { createTroubles } from './trouble.ts';
import { isFinal } from './verdict.ts';
import { type KnownWay, openWays, type Ways } from './ways.ts';

export interface SenderParts extends Omit<TransferParts, 'queue' | 'settings'> {
  queue: Queue & Partial<Pick<QueueWork, 'runningTime' | 'overdue'>>;
  settings: SendingSettings;
  open: OpenConversation;
  /** The trace of one conversation: of those with a relay or a mail exchanger S94's, of those with the internal server S93's. */
  trace(peer: SmtpPeer, to: Destination): Dialogue;
  /** The numbers of the queue changed without a fact that says so. */
  recount(): void;
  /** As it came, if absent. */
  leaving?: Leaving;
  /** Name servers for direct delivery; those of the settings, if absent. */
  names?: Names;
}

export interface Sender {
  /** A loop for `Tasks.run`. When it is stopped, what is on its way has a little time to arrive. */
  run(stop: AbortSignal): Promise<void>;
  /** Resolves once nothing is on its way and nothing more is due: one pass of the queue. */
  idle(): Promise<void>;
  /** Looks for due messages now, also at relays that rest and outside `Send at`: somebody says that it is time. */
  wake(): void;
  /** Nothing leaves until `until`, or until `resume` (null). What is being said arrives. */
  pause(until: Instant | null): void;
  resume(): void;
  /** Null: it is not paused. */
  readonly paused: { until: Instant | null } | null;
}

/** The wall clock may jump: no sleep is longer, and each look compares it with the monotonic one (I17). */
const LONGEST_SLEEP = minutes(1);
const SHORTEST_SLEEP = seconds(0.1);
const JUMP = minutes(1);

/** Claimed at once where no lane sets a limit: there is no way for any of it. */
const BATCH = 200;

/** What is on its way at the stop has this long to arrive (I27: 30 s in all). */
const LAST_MESSAGES = seconds(10);

const AFTER_STORE_FAILURE = seconds(5);

/** Facts after which something may be due. */
const DUE: ReadonlySet<EventType> = new Set([
  ...(['queue.accepted', 'queue.returned', 'queue.warned', 'queue.confirmed', 'queue.changed'] satisfies EventType[]),
]);

const NO_RELAY_TEXT =
  'No relay is configured: outgoing mail waits in the queue. Set Host in [Relay]; an empty [Relay] sends to mail exchangers.';
const NO_SERVER_TEXT = 'No internal mail server is configured: reports wait in the queue. Set Host in [Mail server].';

export function createSender(parts: SenderParts): Sender {
  const { queue, bus, clock, log, settings, leaving = asItCame } = parts;
  const { retry } = settings;
  const names = parts.names ?? createNames(settings.dnsServers);
  const bell = createBell(clock);
  const troubles = createTroubles({ bus, clock }, retry);
  const times = createSendTimes(settings.sendAt, clock.now());
  const elders = createElders({ ...parts, whyRests });
  /** While it runs. */
  let ways: Ways | null = null;
  const working = new Set<Promise<void>>();
  const problems = new Set<string>();
  let cut = new AbortController();
  let paused: { until: Instant | null } | null = null;
  let whenIdle: (() => void)[] = [];
  let whenFreed: (() => void)[] = [];

  async function loop(stop: AbortSignal): Promise<void> {
    let wall = clock.now();
    let steady = clock.monotonic();
    await queue.pullIn(wall + farthest(retry), wall);
    while (!stop.aborted) {
      const drift = clock.now() - wall - (clock.monotonic() - steady);
      wall = clock.now();
      steady = clock.monotonic();
      if (Math.abs(drift) > JUMP) {
        await queue.pullIn(wall + farthest(retry), wall);
        times.clockSet(wall);
      }
      if (!(await claimed())) await sleep(stop);
    }
  }

  /** Claims what is due and sets it going; false: there is nothing more now. */
  async function claimed(): Promise<boolean> {
    const limit = room();
    if (limit === 0 || ways === null) return false;
    const entries = await queue.claim(clock.now(), limit, retry, { except: ways.closed });
    await place(entries, ways);
    return entries.length === limit || (entries.length > 0 && bell.rung);
  }

  function isPaused(): boolean {
    if (paused !== null && paused.until !== null && paused.until <= clock.now()) paused = null;
    return paused !== null;
  }

  const room = (): number => (isPaused() ? 0 : (ways?.room ?? BATCH));

  async function place(entries: QueueEntry[], known: Ways): Promise<void> {
    const lost: QueueEntry[] = [];
    const back: Underway[] = [];
    for (const entry of entries) {
      const way = wayOf(entry, settings, leaving);
      if (way === null) lost.push(entry);
      else {
        const underway = setOut(entry, way, clock);
        const noted = known.note(way);
        const { recipients } = entry;
        if (recipients.some(isFinal) && recipients.some(isUnfinished)) track(unfinished(underway, noted));
        else if (recipients.every(isFinal)) track(finish(entry, '', parts, cut.signal));
        else if (!isPaused() && known.takes(noted)) noted.lane?.take(underway);
        else back.push(underway);
      }
    }
    if (back.length > 0) await giveBack(back);
    if (lost.length > 0) await noWay(lost);
  }

  /** A crash came between an answer and its report: that first. */
  async function unfinished(underway: Underway, { lane }: KnownWay): Promise<void> {
    if (await madeWhole(underway, parts, cut.signal)) lane?.take(underway);
  }

  /** What is claimed and not handed back would wait for its planned attempt. */
  async function giveBack(underways: Underway[], later?: 'later'): Promise<void> {
    const given = underways.map(({ entry, way }) => ({ entry, way: way.name }));
    const at = clock.now() + (later === undefined ? 0 : BUSY_DOMAIN);
    await persist('hand back', () => handBack(queue, given, at), parts, cut.signal);
    parts.recount();
    bell.ring();
  }

  function forgotten(underways: Underway[], error: unknown): void {
    for (const { entry } of underways) log.error(`${entry.id} stays claimed until the next start`, error);
  }

  async function noWay(entries: QueueEntry[]): Promise<void> {
    const reports = entries.filter(({ reportOn }) => reportOn !== null);
    if (reports.length > 0) raise(NO_INTERNAL_SERVER, NO_SERVER_TEXT);
    if (reports.length < entries.length) raise(NO_RELAY, NO_RELAY_TEXT);
    ways?.noteNone();
    const given = entries.map((entry) => ({ entry, way: NO_WAY }));
    await persist('hand back', () => handBack(queue, given, clock.now()), parts, cut.signal);
    parts.recount();
  }

  function raise(key: string, message: string): void {
    if (problems.has(key)) return;
    problems.add(key);
    bus.tell({ type: 'problem.raised', key, message });
  }

  /** A throw that nobody foresaw. Its next attempt was recorded by the claim, and stands. */
  async function letGo({ entry: { id } }: Underway, error: unknown): Promise<void> {
    log.error(`${id} could not be transferred`, error);
    try {
      await persist('let go', () => queue.change([id], ['sending'], { state: 'deferred' }), parts, cut.signal);
    } catch (failure) {
      log.error(`${id} stays claimed until the next start`, failure);
    }
  }

  function whyRests(entry: QueueEntry): string {
    const way = wayOf(entry, settings, leaving);
    if (way === null) return entry.reportOn === null ? NO_RELAY_TEXT : NO_SERVER_TEXT;
    return way.to === 'mail exchangers' ? '' : troubles.reasonOf(way.peer);
  }

  function track(work: Promise<void>): void {
    const tracked = work
      .catch((error: unknown) => log.error('a queued message could not be finished', error))
      .finally(() => {
        working.delete(tracked);
        freed();
      });
    working.add(tracked);
  }

  function freed(): void {
    bell.ring();
    for (const resolve of whenFreed) resolve();
    whenFreed = [];
  }

  const isBusy = (): boolean => working.size > 0 || ways?.busy === true;

  async function sleep(stop: AbortSignal): Promise<void> {
    if (bell.rung) return await bell.sleep(0, stop);
    // With every lane full only a free one changes anything, and that rings.
    const full = !isPaused() && room() === 0 && isBusy();
    const due = full || isPaused() ? null : await queue.nextDue(ways?.closed);
    if (problems.size > 0 && due === null && (await queue.nextDue()) === null) settled();

    const nothingMore = !full && (due === null || due > clock.now());
    if (nothingMore && !isBusy() && !bell.rung) {
      times.passed();
      answerIdle();
    }
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
    const now = clock.now();
    const ends = [due, times.next, paused?.until ?? null].filter((at) => at !== null).map((at) => at - now);
    const next = Math.min(...ends, troubles.shortest ?? LONGEST_SLEEP, LONGEST_SLEEP);
    return Math.max(next, SHORTEST_SLEEP);
  }

  async function run(stop: AbortSignal): Promise<void> {
    cut = new AbortController();
    ways = openWays({
      ...{ queue, leaving, bus, clock, troubles, settings, names, stop: cut.signal, letGo, freed },
      ...{ open: parts.open, trace: parts.trace, chance: parts.chance },
      mayLeave: () => times.isOpen(clock.now()),
      unforeseen: (what, error) => log.error(what, error),
      settle: (underway, tried, how) =>
        settle(underway, tried, how, parts, cut.signal).catch((error: unknown) => letGo(underway, error)),
      handBack: (underways, later) => giveBack(underways, later).catch((error: unknown) => forgotten(underways, error)),
    });
    const unlisten = bus.listen((event) => hear(event, stop));
    const aged = elders.run(stop).catch((error: unknown) => log.error('nobody looks after what waits too long', error));
    try {
      while (!stop.aborted) await loop(stop).catch((error: unknown) => afterFailure(error, stop));
    } finally {
      unlisten();
      await shut();
      await aged;
    }
  }

  function hear(event: GatewayEvent, stop: AbortSignal): void {
    if (times.hear(event)) bell.ring();
    if (event.type === 'queue.changed') {
      if (event.change === 'retried') forgive();
      if (event.change === 'returned') track(elders.finishReturned(event, stop));
    }
    if (DUE.has(event.type)) bell.ring();
  }

  function forgive(): void {
    troubles.forgive();
    ways?.forgive();
  }

  /** A disk that fails is no bug of the loop: it says so, and tries again. */
  async function afterFailure(error: unknown, stop: AbortSignal): Promise<void> {
    if (!(error instanceof StoreFailure)) throw error;
    log.error('the queue cannot be read', error);
    await wait(clock, AFTER_STORE_FAILURE, stop).catch(() => {});
  }

  async function shut(): Promise<void> {
    const enough = clock.after(LAST_MESSAGES, () => cut.abort());
    ways?.withdraw();
    while (isBusy()) await new Promise<void>((resolve) => whenFreed.push(resolve));
    enough.cancel();
    await ways?.close();
    ways = null;
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
      forgive();
      times.open();
      bell.ring();
    },
    pause(until) {
      paused = { until };
      ways?.withdraw();
      bell.ring();
    },
    resume() {
      paused = null;
      bell.ring();
    },
    get paused() {
      return isPaused() ? paused : null;
    },
  };
}

const isUnfinished = (recipient: QueueEntry['recipients'][number]): boolean =>
  wantsReport(recipient) || owesConfirmation(recipient);
