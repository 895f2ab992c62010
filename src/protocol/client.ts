/**
 * The client of the link, for the screen and for commands: connects, compares versions, subscribes, resumes after the last event
 * that it had, and calls methods. It folds nothing itself: snapshots and events go to its listener in order, each event once.
 */
import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { type RawData, WebSocket } from 'ws';
import type { MethodName, ParamsOf, ResultOf } from './commands.ts';
import { CallError, closeCodes, errorName } from './errors.ts';
import type { GatewayEvent, Topic } from './events.ts';
import {
  decodeServerFrame,
  encodeRequest,
  type Hello,
  LONGEST_REPLY,
  PROTOCOL_VERSION,
  SUBPROTOCOL,
} from './frames.ts';
import type { ServerFrame } from './frames.ts';
import { type Loss, type LostCause, lossOf, versionsDiffer } from './lost.ts';
import type { Role } from './model.ts';
import type { GatewayState } from './state.ts';

export type LinkState =
  | { kind: 'connecting' }
  | { kind: 'live'; hello: Hello }
  /** `retryAt`: milliseconds since 1970; null when it does not try again by itself. */
  | { kind: 'lost'; reason: string; retryAt: number | null; cause?: LostCause };

export interface LinkListener {
  state(state: LinkState): void;
  /** The whole state at event `seq`: at first, and whenever events were missed that nobody has any more. */
  snapshot(state: GatewayState, seq: number): void;
  /** Events in order, without a gap since the last snapshot or events (those of other topics apart). */
  events(events: GatewayEvent[]): void;
  /** The gateway left out about so many events, because this client did not keep up; a snapshot follows. */
  dropped?(count: number): void;
}

/** The part of the daemon's `Clock` that the client needs. */
export interface Timers {
  now(): number;
  after(delay: number, run: () => void): { cancel(): void };
}

export interface ClientOptions {
  /** For ever, with backoff (the screen); false: one attempt (commands). */
  readonly reconnect?: boolean;
  /** False: no events, only calls. `since`: the last event that is known already. */
  readonly subscribe?: false | { readonly since?: number; readonly topics?: Topic[] };
  /** Who it is, for the audit trail. */
  readonly user?: string;
  /** Asks for less than it may: the gateway then refuses the rest (T28). */
  readonly role?: Role;
  /** Milliseconds. */
  readonly backoff?: { readonly first: number; readonly longest: number };
  /** From 0 to 1. */
  readonly random?: () => number;
  readonly timers?: Timers;
}

interface CallOptions {
  /** Milliseconds; null: as long as it takes. */
  readonly timeout?: number | null;
  /** To ask the same thing again after a lost answer: the gateway does it once (WS10). Sixteen characters or more. */
  readonly id?: string;
}

export interface Client {
  /** Rejects with a CallError: the gateway's, or `unreachable` and `timeout` of this side. */
  call<M extends MethodName>(method: M, params: ParamsOf<M>, options?: CallOptions): Promise<ResultOf<M>>;
  /** Does not wait for the backoff's end. */
  retryNow(): void;
  /** Stops reading, so that the gateway feels a slow consumer; `resume` goes on. */
  pause(): void;
  resume(): void;
  close(): void;
}

const BACKOFF = { first: 500, longest: 30_000 };
/** A local daemon answers in milliseconds; over SSH a slow link takes a second or two. */
const ANSWER_WITHIN = 15_000;
/** The gateway pings each 20 s: three looks without a sign of life are enough. */
const LOOK_EVERY = 20_000;
const SILENT_LOOKS = 3;
/** A link that lived shorter than this is the same trouble as before: the backoff goes on growing. */
const LONG_LIVED = 30_000;
const CLOSE_WITHIN = 500;

const systemTimers: Timers = {
  now: () => Date.now(),
  after(delay, run) {
    const timer = setTimeout(run, delay);
    return { cancel: () => clearTimeout(timer) };
  },
};

/** Called in the same tick as the frame came: the events behind a snapshot must not overtake it. */
interface Pending {
  resolve(result: unknown): void;
  reject(error: CallError): void;
  timer: { cancel(): void } | null;
}

/** A client of the gateway whose control socket is `target.socket`. It connects at once; the listener hears of it from then on. */
export function createClient(target: { socket: string }, listener: LinkListener, options: ClientOptions = {}): Client {
  const { reconnect = true, subscribe = {}, backoff = BACKOFF, random = Math.random, timers = systemTimers } = options;
  const name = randomUUID();
  const pending = new Map<string, Pending>();
  let calls = 0;
  let socket: WebSocket | null = null;
  let live = false;
  let closed = false;
  let lastSeq = subscribe === false ? undefined : subscribe.since;
  let failures = 0;
  let liveSince = 0;
  let retry: { cancel(): void } | null = null;

  function open(): void {
    retry = null;
    listener.state({ kind: 'connecting' });
    const current = dial(target.socket, options);
    socket = current;
    watch(current, timers, {
      greeting: welcome,
      frame: hear,
      mine: () => socket === current,
      nonsense: () => giveUp({ reason: 'The other side is no MailGate gateway.', cause: 'version' }),
      lost,
    });
  }

  function welcome(hello: Hello): void {
    if (hello.protocol !== PROTOCOL_VERSION) return giveUp(versionsDiffer(hello));
    if (subscribe === false) return goLive(hello);

    ask('subscribe', { since: lastSeq, topics: subscribe.topics }, { timeout: ANSWER_WITHIN }, (answer) => {
      if (!answer.ok) return giveUp({ reason: answer.error.message, cause: 'closed' });
      goLive(hello);
      if (answer.result.snapshot !== null) takeSnapshot(answer.result.snapshot, answer.result.seq);
    });
  }

  function goLive(hello: Hello): void {
    live = true;
    liveSince = timers.now();
    listener.state({ kind: 'live', hello });
  }

  function hear(frame: ServerFrame): void {
    switch (frame.kind) {
      case 'result':
        return settle(frame.id, (call) => call.resolve(frame.result));
      case 'error':
        return settle(frame.id, (call) =>
          call.reject(new CallError(errorName(frame.code), frame.message, frame.details)),
        );
      case 'events':
        return takeEvents(frame.events, frame.seq);
      case 'snapshot':
        return takeSnapshot(frame.state, frame.seq);
      case 'dropped':
        return listener.dropped?.(frame.count);
      case 'hello':
        return;
      case 'bad':
        return giveUp({ reason: `The gateway sent nonsense: ${frame.why}`, cause: 'closed' });
    }
  }

  function takeSnapshot(state: GatewayState, seq: number): void {
    lastSeq = seq;
    listener.snapshot(state, seq);
  }

  function takeEvents(events: GatewayEvent[], seq: number): void {
    const known = lastSeq ?? -1;
    const fresh = events.filter((event) => event.seq > known);
    lastSeq = Math.max(known, seq);
    if (fresh.length > 0) listener.events(fresh);
  }

  function ask<M extends MethodName>(
    method: M,
    params: ParamsOf<M>,
    { timeout = ANSWER_WITHIN, id }: CallOptions,
    answered: (answer: { ok: true; result: ResultOf<M> } | { ok: false; error: CallError }) => void,
  ): void {
    calls += 1;
    const key = id ?? `${name}-${calls}`;
    const late = new CallError('timeout', `The gateway did not answer "${method}" in time.`);
    pending.set(key, {
      resolve: (result) => answered({ ok: true, result: result as ResultOf<M> }),
      reject: (error) => answered({ ok: false, error }),
      timer: timeout === null ? null : timers.after(timeout, () => settle(key, (call) => call.reject(late))),
    });
    socket?.send(encodeRequest(key, method, params), () => {}); // a failure closes the link, and that rejects the call
  }

  function settle(id: string | number | null, how: (call: Pending) => void): void {
    const call = pending.get(String(id));
    if (call === undefined) return; // it came after its deadline

    pending.delete(String(id));
    call.timer?.cancel();
    how(call);
  }

  /** Ends this connection for a reason of our own. */
  function giveUp(loss: Loss): void {
    const current = socket;
    lost(loss);
    if (current) hangUp(current, loss.cause === 'version' ? closeCodes.version : 1000, timers);
  }

  function lost({ reason, cause }: Loss): void {
    socket = null;
    if (live && timers.now() - liveSince > LONG_LIVED) failures = 0;
    live = false;
    for (const id of pending.keys()) settle(id, (call) => call.reject(new CallError('unreachable', reason)));
    if (closed) return;

    if (!reconnect || cause === 'version') return listener.state({ kind: 'lost', reason, retryAt: null, cause }); // T34
    const pause = Math.min(backoff.first * 2 ** failures, backoff.longest) * (1 - random() / 4);
    failures += 1;
    retry = timers.after(pause, open);
    listener.state({ kind: 'lost', reason, retryAt: timers.now() + pause, cause });
  }

  open();
  return {
    call(method, params, how = {}) {
      if (!live) return Promise.reject(new CallError('unreachable', 'There is no link to the gateway.'));
      return new Promise((resolve, reject) => {
        ask(method, params, how, (answer) => (answer.ok ? resolve(answer.result) : reject(answer.error)));
      });
    },
    retryNow() {
      if (closed || socket !== null) return;
      retry?.cancel();
      open();
    },
    pause: () => socket?.pause(),
    resume: () => socket?.resume(),
    close() {
      closed = true;
      retry?.cancel();
      giveUp({ reason: 'The link was closed on this side.', cause: 'closed' });
    },
  };
}

function dial(path: string, { user, role }: ClientOptions): WebSocket {
  const headers: Record<string, string> = {};
  if (user !== undefined) headers['X-MailGate-User'] = encodeURIComponent(user);
  if (role !== undefined) headers['X-MailGate-Role'] = role;

  // Not `ws+unix:`: there the path is part of a URL, and a folder's name may hold `:`, `?` or `#`.
  return new WebSocket('ws://localhost/control', [`${SUBPROTOCOL}${PROTOCOL_VERSION}`], {
    createConnection: () => connect(path),
    headers,
    handshakeTimeout: ANSWER_WITHIN,
    maxPayload: LONGEST_REPLY,
    perMessageDeflate: false,
  });
}

interface Watcher {
  greeting(hello: Hello): void;
  frame(frame: ServerFrame): void;
  nonsense(): void;
  lost(loss: Loss): void;
  /** False once the client has turned away from this connection: nothing more of it is heard. */
  mine(): boolean;
}

/** Hears one connection from its greeting to its end, and ends it when it is silent for too long. */
function watch(socket: WebSocket, timers: Timers, watcher: Watcher): void {
  let failure: Error | null = null;
  let greeted = false;
  let alive = true;
  const greeting = timers.after(ANSWER_WITHIN, () => fail('The gateway does not answer.'));
  let look = timers.after(LOOK_EVERY, () => watchSilence(0));

  function fail(why: string): void {
    failure ??= new Error(why);
    socket.terminate();
  }

  function watchSilence(before: number): void {
    const silent = alive ? 0 : before + 1;
    if (silent === SILENT_LOOKS) return fail('Nothing has been heard of the gateway for a minute.');
    alive = false;
    look = timers.after(LOOK_EVERY, () => watchSilence(silent));
  }

  function hear(data: RawData): void {
    alive = true;
    if (!watcher.mine()) return;

    const frame = decodeServerFrame((data as Buffer).toString());
    if (greeted) return watcher.frame(frame);
    greeting.cancel();
    greeted = true;
    if (frame.kind === 'hello') watcher.greeting(frame.hello);
    else watcher.nonsense();
  }

  socket.on('message', hear);
  socket.on('ping', () => {
    alive = true;
  });
  socket.on('error', (error) => {
    failure ??= error;
  });
  socket.on('close', (code, reason) => {
    greeting.cancel();
    look.cancel();
    if (watcher.mine()) watcher.lost(lossOf(failure, code, String(reason)));
  });
}

function hangUp(socket: WebSocket, code: number, timers: Timers): void {
  socket.close(code);
  const hard = timers.after(CLOSE_WITHIN, () => socket.terminate());
  socket.once('close', () => hard.cancel());
}
