/**
 * The daemon's end of the store's thread. Calls of one turn of the event loop leave in one message, with all their octets in
 * one buffer that is handed over, not copied. Should the thread die, every call that waits fails, and a new one is started.
 */
import { Worker } from 'node:worker_threads';
import { type Clock, type Duration, minutes, seconds, type Timer } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Asked, Calls, Failure, Method, Told, WiredAnswer, WiredCall } from './calls.ts';
import type { Damaged } from './queue-work.ts';
import { StoreFailure } from './store.ts';

export interface Link {
  /** Resolves when the answer is durable; rejects with `StoreFailure` when nothing of the call may be relied on. */
  call<M extends Method>(method: M, takes: Calls[M]['takes'], octets?: Uint8Array[]): Promise<Calls[M]['gives']>;
  /** Answers what was called before, closes the databases, and ends the thread. */
  close(): Promise<void>;
}

export interface LinkPlan {
  /** The module that the thread runs. */
  entry: URL;
  home: string;
  clock: Clock;
  log: Log;
  /** Hears that the store does not work, and (null) that it does again. */
  trouble: (trouble: StoreFailure | null) => void;
  /** Hears of what was damaged, from before the start has ended on (I12). */
  damaged?: (damaged: Damaged[]) => void;
}

interface Waiting {
  resolve: (gives: never) => void;
  reject: (failure: StoreFailure) => void;
}

/** Before a thread that died is started again; doubled each time that it dies before it has answered anything. */
const FIRST_PAUSE = seconds(1);
const LONGEST_PAUSE = minutes(1);

/** For the last calls and a checkpoint; after that it is ended, for what was answered is safe without. */
const CLOSES_WITHIN = seconds(10);

/** Octets of bodies that wait for company; more than that the thread can take in while it is at work. */
const WAITS = 65_536;

/** Rejects with `StoreFailure` when the databases cannot be opened. */
export async function startLink(plan: LinkPlan): Promise<Link> {
  const waiting = new Map<number, Waiting>();
  let calls: WiredCall[] = [];
  let pieces: Uint8Array[] = [];
  let octets = 0;
  let number = 0;
  let pause: Duration = FIRST_PAUSE;
  let thread: Thread | null = null;
  let down: StoreFailure | null = null;
  let closing = false;
  let again: Timer | null = null;
  let sending: NodeJS.Immediate | null = null;

  /**
   * While the thread syncs a group, the calls that come make up the next one: fewer messages between the threads, larger groups,
   * and no delay, for the thread does one after the other anyway.
   */
  function sendSoon(): void {
    const atWork = waiting.size > calls.length;
    if (!atWork || octets > WAITS) sending ??= setImmediate(send);
  }

  function send(): void {
    sending = null;
    if (calls.length === 0 || thread === null) return;
    const asked = { calls, octets: joined(pieces, octets) };
    forgetUnsent();
    try {
      thread.ask(asked);
    } catch (error) {
      // What cannot be handed to another thread (DataCloneError): a bug of a caller, which must not take the daemon along.
      const failure = { message: (error as Error).message, full: false };
      hear(asked.calls.map(([call]) => [call, failure, null]));
    }
  }

  function forgetUnsent(): void {
    calls = [];
    pieces = [];
    octets = 0;
  }

  function hear(answers: WiredAnswer[]): void {
    pause = FIRST_PAUSE;
    for (const [call, failure, gives] of answers) {
      const waits = waiting.get(call);
      waiting.delete(call);
      if (failure === null) waits?.resolve(gives as never);
      else waits?.reject(storeFailure(failure));
    }
    if (calls.length > 0) sending ??= setImmediate(send); // behind what the answers lead to
  }

  function died(failure: StoreFailure): void {
    thread = null;
    down = failure;
    forgetUnsent();
    const lost = [...waiting.values()];
    waiting.clear();
    for (const { reject } of lost) reject(failure);
    if (closing) return;

    plan.log.error('the thread of the store ended; it is started again', failure, { pause });
    plan.trouble(failure);
    again = plan.clock.after(pause, () => void start().catch(died));
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  }

  async function start(): Promise<void> {
    const started = await startThread(plan, hear, died);
    if (closing) {
      await started.close();
      return;
    }
    thread = started;
    if (down === null) return;

    down = null;
    plan.trouble(null);
  }

  await start();

  return {
    call(method, takes, body = []) {
      if (closing) return Promise.reject(storeFailure(CLOSED));
      if (down !== null) return Promise.reject(down);

      const start = octets;
      for (const piece of body) {
        pieces.push(piece);
        octets += piece.length;
      }
      number += 1;
      calls.push([number, method, takes, start, octets - start]);
      const call = number;
      return new Promise((resolve, reject) => {
        waiting.set(call, { resolve, reject });
        sendSoon();
      });
    },
    async close() {
      if (closing) return;
      send();
      closing = true;
      again?.cancel();
      const failure = await thread?.close();
      thread = null;
      if (failure) plan.log.warn('the store was not closed well; nothing is lost', { failure: failure.message });
    },
  };
}

const CLOSED: Failure = { message: 'the store is closed', full: false };

const storeFailure = ({ message, full }: Failure): StoreFailure => new StoreFailure(message, full);

/** One buffer of its own, so that it can be handed over: chunks of the network share theirs. */
function joined(pieces: Uint8Array[], octets: number): Uint8Array {
  const buffer = Buffer.allocUnsafeSlow(octets);
  let at = 0;
  for (const piece of pieces) {
    buffer.set(piece, at);
    at += piece.length;
  }
  return buffer;
}

interface Thread {
  ask(asked: Asked): void;
  /** Resolves when the thread has ended; with why it could not close well. */
  close(): Promise<Failure | null>;
}

/** Resolves when the thread has opened the databases; `ended` hears of an end that nobody asked for after that. */
function startThread(
  { entry, home, clock, log, trouble, damaged }: LinkPlan,
  hear: (answers: WiredAnswer[]) => void,
  ended: (failure: StoreFailure) => void,
): Promise<Thread> {
  const worker = new Worker(entry, { name: 'store', workerData: { home }, execArgv: [] });
  let failure: StoreFailure = storeFailure({ message: 'the thread of the store has ended', full: false });
  let opened = false;
  let closed: Failure | null = null;
  const exit = new Promise<void>((resolve) => worker.once('exit', () => resolve()));

  const thread: Thread = {
    ask(asked) {
      const transfer = 'octets' in asked ? [asked.octets.buffer as ArrayBuffer] : [];
      worker.postMessage(asked, transfer);
    },
    async close() {
      const timer = clock.after(CLOSES_WITHIN, () => void worker.terminate());
      worker.postMessage({ close: true } satisfies Asked);
      await exit;
      timer.cancel();
      return closed;
    },
  };

  return new Promise((resolve, reject) => {
    worker.on('message', (told: Told) => {
      if ('answers' in told) {
        hear(told.answers);
        if (told.trouble !== undefined) trouble(told.trouble && storeFailure(told.trouble));
      } else if ('damaged' in told) {
        damaged?.(told.damaged);
      } else if ('closed' in told) {
        closed = told.closed;
      } else if (told.opened === null) {
        opened = true;
        resolve(thread);
      } else {
        failure = storeFailure(told.opened);
      }
    });
    worker.once('error', (error) => {
      log.error('the thread of the store threw', error);
      failure = new StoreFailure(`the thread of the store ended: ${error.message}`, false, error);
    });
    void exit.then(() => {
      if (opened) ended(failure);
      else reject(failure);
    });
  });
}
