/** The ways out that messages are seen to go, each with the lane that carries it: which of them a claim leaves aside, and how much the others take. */
import type { Bus } from '../base/bus.ts';
import { type Duration, seconds } from '../base/clock.ts';
import type { Dialogue } from '../base/dialogue.ts';
import type { SmtpPeer } from '../smtp/conversation.ts';
import { createPool, type PoolHooks } from '../smtp/pool.ts';
import { createRecorder, type OpenConversation, type Recorder } from '../smtp/recorded.ts';
import { connectionsToOne, createDirectLane, type DirectLane } from './directly.ts';
import { createPeerLane, type Lane, type LaneParts } from './lanes.ts';
import type { Names } from './names.ts';
import { configuredWays, type Destination, NO_WAY, type Way } from './relay.ts';
import type { Chance } from './schedule.ts';
import type { SendingSettings } from './settings.ts';

export interface WaysParts extends Omit<LaneParts, 'pool' | 'recorder' | 'connections'> {
  settings: Pick<SendingSettings, 'relays' | 'exchangers' | 'internalServer' | 'retry'>;
  open: OpenConversation;
  trace(peer: SmtpPeer, to: Destination): Dialogue;
  names: Names;
  chance: Chance;
  unforeseen(what: string, error: unknown): void;
  /** May mail leave now that is no report? */
  mayLeave(): boolean;
}

/** A way that messages were seen to go. */
export interface KnownWay {
  /** Null: there is none. */
  lane: Lane | null;
  /** Null: whether it rests is not known of the way as a whole. */
  peer: SmtpPeer | null;
  /** Open whatever `Send at` says. */
  always: boolean;
}

export interface Ways {
  /** As many as whichever lane they go to takes; 0: all have enough; null: there is no lane. Also while every way rests: what came
   *  before its way was known learns it by its claim. */
  readonly room: number | null;
  /** Names of ways that a claim is to leave aside. */
  readonly closed: string[];
  /** Something is on its way, or being recorded. */
  readonly busy: boolean;
  note(way: Way): KnownWay;
  /** May one that was claimed go there? Its claim may not have known its way, or that has changed since. */
  takes(way: KnownWay): boolean;
  /** There are messages without any way: a claim leaves them aside from now on. */
  noteNone(): void;
  /** Hands back what has not begun. */
  withdraw(): void;
  /** Domains that rest are tried again. */
  forgive(): void;
  close(): Promise<void>;
}

/** An unused conversation is kept: long enough for the next claim, short enough to hold no connection in vain. */
const KEPT_OPEN: Duration = seconds(2);

/** Those of the configuration are known before the first claim, those of single logins once a message goes there. */
export function openWays(parts: WaysParts): Ways {
  const { troubles, clock, bus } = parts;
  const { retry } = parts.settings;
  const lanes = new Map<string, Lane>();
  const direct: DirectLane[] = [];
  const ways = new Map<string, KnownWay>();

  function note(way: Way): KnownWay {
    const known = ways.get(way.name);
    if (known !== undefined) return known;
    const peer = way.to === 'mail exchangers' ? null : way.peer;
    const made = { lane: laneOf(way), peer, always: way.to === 'internal server' };
    ways.set(way.name, made);
    return made;
  }

  function laneOf(way: Way): Lane {
    const known = lanes.get(way.lane);
    if (known !== undefined) return known;
    const lane = openLane(way);
    lanes.set(way.lane, lane);
    return lane;
  }

  function openLane(way: Way): Lane {
    const { connections, to } = way;
    const recorder = createRecorder(parts.open, { clock, trace: (peer) => parts.trace(peer, to) });
    const toOne = to === 'mail exchangers' ? connectionsToOne(connections) : connections;
    const open = to === 'mail exchangers' ? recorder.open : unlessResting(recorder);
    const pool = createPool(open, { connections: toOne, idle: KEPT_OPEN }, clock, poolFacts(bus));
    if (way.to !== 'mail exchangers') return createPeerLane({ ...parts, pool, recorder, connections });
    const lane = createDirectLane({ ...parts, pool, recorder, connections, exchangers: way.exchangers, retry });
    direct.push(lane);
    return lane;
  }

  /** Messages that were claimed together find out together: after the first failure the others do not knock again (REL19). */
  function unlessResting(recorder: Recorder): Recorder['open'] {
    return async (peer, stop) => {
      if (troubles.pauseOf(peer) === 0) return await recorder.open(peer, stop);
      return { ok: false, failure: { kind: 'stopped', message: troubles.reasonOf(peer), reply: null } };
    };
  }

  const isAwake = ({ peer, always }: KnownWay): boolean =>
    (peer === null || troubles.pauseOf(peer) === 0) && (always || parts.mayLeave());

  const isClosed = (way: KnownWay): boolean => way.lane === null || way.lane.room === 0 || !isAwake(way);

  for (const way of configuredWays(parts.settings)) note(way);

  return {
    get room() {
      if (lanes.size === 0) return null;
      const rooms = [...lanes.values()].map((lane) => lane.room).filter((room) => room > 0);
      return rooms.length === 0 ? 0 : Math.min(...rooms);
    },
    get closed() {
      return [...ways].filter(([, way]) => isClosed(way)).map(([name]) => name);
    },
    get busy() {
      return [...lanes.values()].some(({ busy }) => busy > 0);
    },
    note,
    takes: (way) => way.lane !== null && !way.lane.full && isAwake(way),
    noteNone: () => void ways.set(NO_WAY, { lane: null, peer: null, always: false }),
    withdraw() {
      for (const lane of lanes.values()) lane.withdraw();
    },
    forgive() {
      for (const lane of direct) lane.forgive();
    },
    close: async () => void (await Promise.all([...lanes.values()].map((lane) => lane.close()))),
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
