/** A control link on a real socket in a scratch folder, with a gateway that only remembers what it was asked. */
import { WebSocket } from 'ws';
import { type Bus, createBus } from '../../src/daemon/base/bus.ts';
import { type Clock, systemClock } from '../../src/daemon/base/clock.ts';
import { type Log, silentLog } from '../../src/daemon/base/log.ts';
import type { Gateway, Triggered } from '../../src/daemon/control/gateway.ts';
import type { ControlLimits } from '../../src/daemon/control/limits.ts';
import { type Control, openControl } from '../../src/daemon/control/server.ts';
import type { AuditTrail, EventRing } from '../../src/daemon/store/store.ts';
import { type ClientOptions, createClient, type LinkState } from '../../src/protocol/client.ts';
import type { SessionReport } from '../../src/protocol/commands.ts';
import type { CallError } from '../../src/protocol/errors.ts';
import type { GatewayEvent } from '../../src/protocol/events.ts';
import type { QueuedMessage, TraceStatus } from '../../src/protocol/model.ts';
import { apply, emptyState, type GatewayState } from '../../src/protocol/state.ts';
import { scratchFolder } from '../kit/scratch.ts';
import { until } from '../kit/until.ts';
import { fakeQueue } from './fake-queue.ts';
import { fakeAnswers, type Replies, sampleReplies } from './answers.ts';

/** A ring that keeps the last `kept` events, or all. */
export function memoryRing(kept = Number.POSITIVE_INFINITY): Pick<EventRing, 'append' | 'read' | 'flush'> {
  const events: GatewayEvent[] = [];
  let forgotten = 0;
  return {
    append(event) {
      events.push(event);
      while (events.length > kept) forgotten = events.shift()?.seq ?? forgotten;
    },
    async read(since, limit) {
      const later = events.filter((event) =>
        'seq' in since ? event.seq > since.seq : Date.parse(event.at) >= since.at,
      );
      return { events: later.slice(0, limit), complete: !('seq' in since) || since.seq >= forgotten };
    },
    async flush() {},
  };
}

export function queued(change: Partial<QueuedMessage> = {}): QueuedMessage {
  return {
    id: 'Pmg1F7B',
    state: 'waiting',
    sender: 'sales@pytheas.com',
    recipients: [{ address: 'somebody@somedomain.com', state: 'waiting', reply: null }],
    subject: 'A sample message',
    bytes: 7_578,
    priority: 'normal',
    queuedAt: '2026-11-24T09:00:00.000Z',
    attempts: 0,
    nextAttemptAt: null,
    lastReply: null,
    relay: 'smtprelay.isp.com',
    hold: null,
    ...change,
  };
}

interface FakeGateway extends Gateway {
  messages: QueuedMessage[];
  readonly asked: { method: string; with: unknown }[];
  /** What the next trigger answers. */
  triggered: Triggered;
  /** What the parts of the daemon answer: the samples, unless a test puts something else there. */
  readonly replies: Replies;
}

export const report: SessionReport = {
  session: 12,
  messages: 3,
  bytes: 42_189,
  errors: [{ account: 'info', message: 'Login refused: -ERR [AUTH] invalid password' }],
  accounts: [
    { name: 'sales', messages: 3, errors: 0 },
    { name: 'info', messages: 0, errors: 1 },
  ],
};

function fakeGateway(bus: Bus): FakeGateway {
  let state: GatewayState = emptyState;
  bus.listen((event) => {
    state = apply(state, event);
  });
  const asked: FakeGateway['asked'] = [];
  const replies = sampleReplies();

  const gateway: FakeGateway = {
    messages: [],
    asked,
    replies,
    answers: fakeAnswers(replies, (method, params) => asked.push({ method, with: params })),
    triggered: { kind: 'running', session: 12, joined: false, finished: Promise.resolve(report) },
    snapshot: () => ({ state, seq: bus.last }),
    async trigger(wish) {
      asked.push({ method: 'trigger', with: wish });
      return gateway.triggered;
    },
    setTrace(change, by) {
      asked.push({ method: 'setTrace', with: { change, by } });
      const { trace, on, account, peer, sessions, whole } = change;
      const status: TraceStatus = { on, account, peer, until: null, sessions, whole, file: `${trace}.txt` };
      bus.tell({ type: 'trace.switched', trace, by, ...status });
      return status;
    },
    queue: fakeQueue(bus, asked, {
      get: () => gateway.messages,
      set: (messages) => {
        gateway.messages = messages;
      },
    }),
  };
  return gateway;
}

type AuditEntry = Parameters<AuditTrail['record']>[0];

export interface ControlWorld extends AsyncDisposable {
  readonly socket: string;
  readonly home: string;
  readonly bus: Bus;
  readonly gateway: FakeGateway;
  readonly audited: AuditEntry[];
  readonly control: Control;
  /** Ends the server and starts another on the same socket and bus, as a restart of the link looks to a client. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface WorldOptions {
  limits?: Partial<ControlLimits>;
  ring?: ReturnType<typeof memoryRing>;
  clock?: Clock;
  log?: Log;
}

export async function startControl(options: WorldOptions = {}): Promise<ControlWorld> {
  const folder = await scratchFolder('control');
  const socket = folder.file('control.sock');
  const clock = options.clock ?? systemClock;
  const ring = options.ring ?? memoryRing();
  const bus = createBus(clock, 0, (error) => {
    throw error;
  });
  const gateway = fakeGateway(bus);
  bus.listen((event) => ring.append(event));
  const audited: AuditEntry[] = [];
  const audit: AuditTrail = {
    async record(entry) {
      audited.push(entry);
    },
  };

  async function open(): Promise<Control> {
    const parts = {
      socket,
      version: '0.1.0',
      clock,
      log: options.log ?? silentLog,
      bus,
      ring,
      audit,
      scratch: folder.path,
      limits: options.limits ?? {},
    };
    const opened = await openControl(gateway, parts);
    if (opened.kind === 'refused') throw new Error(opened.why);
    return opened.control;
  }

  let control = await open();
  return {
    socket,
    home: folder.path,
    bus,
    gateway,
    audited,
    get control() {
      return control;
    },
    stop: () => control.close(),
    async restart() {
      await control.close();
      control = await open();
    },
    async [Symbol.asyncDispose]() {
      await control.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** The gateway's first facts, as every daemon tells them. */
export function tellStart(bus: Bus, accounts = ['sales', 'info']): void {
  bus.tell({
    type: 'gateway.started',
    name: 'gw1',
    version: '0.1.0',
    pid: 4711,
    home: '/var/lib/mailgate',
    language: 'en',
  });
  bus.tell({ type: 'accounts.configured', accounts: accounts.map((name) => ({ name, enabled: true })) });
  bus.tell({ type: 'gateway.ready' });
}

/** A remote control that folds what it hears, as the screen does. */
export interface Watcher extends Disposable {
  readonly states: LinkState[];
  readonly heard: GatewayEvent[];
  readonly snapshots: number;
  readonly dropped: number;
  readonly state: GatewayState | null;
  readonly seq: number;
  readonly client: ReturnType<typeof createClient>;
  /** Resolves once it is live (again) after `count` greetings in all. */
  live(count?: number): Promise<void>;
  /** Resolves once it has followed up to this event. */
  upTo(seq: number): Promise<void>;
}

export function watch(socket: string, options: ClientOptions = {}): Watcher {
  const states: LinkState[] = [];
  const heard: GatewayEvent[] = [];
  let snapshots = 0;
  let dropped = 0;
  let state: GatewayState | null = null;
  let seq = 0;
  const client = createClient(
    { socket },
    {
      state: (link) => states.push(link),
      snapshot(whole, at) {
        snapshots += 1;
        state = whole;
        seq = at;
      },
      events(events) {
        for (const event of events) {
          heard.push(event);
          seq = event.seq;
          if (state) state = apply(state, event);
        }
      },
      dropped(count) {
        dropped += count;
      },
    },
    { backoff: { first: 10, longest: 50 }, ...options },
  );
  return {
    states,
    heard,
    client,
    get snapshots() {
      return snapshots;
    },
    get dropped() {
      return dropped;
    },
    get state() {
      return state;
    },
    get seq() {
      return seq;
    },
    async live(count = 1) {
      const greeted = () => states.filter(({ kind }) => kind === 'live').length;
      await until('the link to be live', () => (greeted() >= count ? true : undefined), {
        otherwise: () => JSON.stringify(states),
      });
    },
    async upTo(wanted) {
      await until(`event ${wanted}`, () => (seq >= wanted ? true : undefined), {
        otherwise: () => `at ${seq}: ${JSON.stringify(states)}`,
      });
    },
    [Symbol.dispose]: () => client.close(),
  };
}

/** A link that only calls. */
export async function caller(socket: string, options: ClientOptions = {}): Promise<Watcher> {
  const watcher = watch(socket, { subscribe: false, user: 'anna', ...options });
  await watcher.live();
  return watcher;
}

/** The error of a call that must fail. */
export const failure = (call: Promise<unknown>): Promise<CallError> =>
  call.then(
    () => {
      throw new Error('It was to fail.');
    },
    (error: CallError) => error,
  );

/** A client without manners: a bare WebSocket, whose frames and end are kept. */
export interface RawClient extends Disposable {
  readonly socket: WebSocket;
  readonly frames: Record<string, unknown>[];
  /** Resolves with the code of the close. */
  ended(): Promise<number>;
  /** Sends text as it is, and resolves with the next reply. */
  ask(text: string): Promise<Record<string, unknown>>;
  next(count: number): Promise<void>;
}

export async function rawClient(
  path: string,
  options: { protocols?: string[]; headers?: Record<string, string> } = {},
): Promise<RawClient> {
  const socket = new WebSocket(`ws+unix:${path}:/`, options.protocols ?? [], {
    perMessageDeflate: false,
    headers: options.headers ?? {},
  });
  const frames: Record<string, unknown>[] = [];
  let code: number | undefined;
  let failure: Error | undefined;
  socket.on('message', (data) => frames.push(JSON.parse((data as Buffer).toString()) as Record<string, unknown>));
  socket.on('close', (how) => {
    code = how;
  });
  socket.on('error', (error) => {
    failure = error;
  });
  const next = async (count: number) => {
    await until(`${count} frames`, () => (frames.length >= count ? true : undefined), {
      otherwise: () => JSON.stringify(frames.at(-1)),
    });
  };
  await until('the handshake', () => {
    if (failure) throw failure;
    return frames.length > 0 ? true : undefined;
  });
  return {
    socket,
    frames,
    next,
    ended: () => until('the close', () => code),
    async ask(text) {
      const before = frames.length;
      socket.send(text);
      await next(before + 1);
      return frames[before] as Record<string, unknown>;
    },
    [Symbol.dispose]: () => socket.terminate(),
  };
}
