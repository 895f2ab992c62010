/**
 * The daemon's end of the thread that takes messages apart. One message at a time; its octets go over in slices, and no more of them
 * than WINDOW are on the way, so that a large message costs no more memory than a small one (I20). A thread that dies takes one message
 * along, which waits; the next one gets a new thread.
 */
import { Worker } from 'node:worker_threads';
import { type Clock, type Duration, minutes } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Body } from '../mail/body.ts';
import type { Scan } from '../mail/mime/scan.ts';
import type { Asked, Told } from './thread-calls.ts';

export type Scanned = { ok: true; scan: Scan } | { ok: false; why: string };

export interface Parser extends AsyncDisposable {
  /** Never rejects for what is in a message; rejects when the body cannot be read. */
  scan(body: Body, stop: AbortSignal): Promise<Scanned>;
}

export interface ParserPlan {
  clock: Clock;
  log: Log;
  /** The module that the thread runs; another one only in tests. */
  entry?: URL;
}

/** Octets that are handed over at once, and those that may be on the way. */
const SLICE = 262_144;
const WINDOW = 1_048_576;

/** A message that takes longer was built to: the largest ones take seconds. Past it, it is unreadable, as past any other bound. */
const LONGEST_PARSE: Duration = minutes(1);

/** Megabytes of the thread's heap: what a message can make it remember is far below. */
const HEAP = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 32 };

const OWN_ENTRY = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './rules-worker.js', import.meta.url);

export function createParser({ clock, log, entry = OWN_ENTRY }: ParserPlan): Parser {
  let worker: Worker | null = null;
  let closed = false;
  let message = 0;
  let turn: Promise<unknown> = Promise.resolve();
  let active: Exchange | null = null;

  function thread(): Worker {
    if (worker !== null) return worker;
    const started = new Worker(entry, { name: 'rules', execArgv: [], resourceLimits: HEAP });
    started.unref();
    started.on('error', (error) => log.error('the thread that takes messages apart threw', error));
    started.once('exit', () => {
      if (worker === started) worker = null;
    });
    worker = started;
    return started;
  }

  async function end(): Promise<void> {
    const ended = worker;
    worker = null;
    await ended?.terminate();
  }

  async function scanned(body: Body, stop: AbortSignal): Promise<Scanned> {
    if (closed || stop.aborted) return { ok: false, why: STOPPING };
    message += 1;
    const exchange = openExchange(thread(), message);
    active = exchange;
    const timer = clock.after(LONGEST_PARSE, () => exchange.settle({ ok: true, scan: tooSlow() }));
    const stopped = () => exchange.settle({ ok: false, why: STOPPING });
    stop.addEventListener('abort', stopped, { once: true });
    try {
      const answer = await Promise.race([exchange.answer, exchange.send(body).then(() => exchange.answer)]);
      if (exchange.late()) await end(); // it is still at work on this one
      return answer;
    } finally {
      timer.cancel();
      stop.removeEventListener('abort', stopped);
      exchange.close();
      active = null;
    }
  }

  return {
    scan(body, stop) {
      const mine = turn.then(() => scanned(body, stop));
      turn = mine.catch(() => {});
      return mine;
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      active?.settle({ ok: false, why: STOPPING });
      await turn;
      await end();
    },
  };
}

const STOPPING = 'The gateway is stopping.';

const tooSlow = (): Scan => ({
  attachments: [],
  places: [],
  unreadable: 'it takes too long to be taken apart',
  ambiguous: null,
});

interface Exchange {
  answer: Promise<Scanned>;
  /** Sends the body, slice by slice; ends early once there is an answer. */
  send(body: Body): Promise<void>;
  settle(answer: Scanned): void;
  /** The thread did not answer for itself. */
  late(): boolean;
  close(): void;
}

function openExchange(worker: Worker, message: number): Exchange {
  const answer = Promise.withResolvers<Scanned>();
  let settled = false;
  let answered = false;
  let onTheWay = 0;
  let room: (() => void) | null = null;

  function settle(said: Scanned): void {
    settled = true;
    answer.resolve(said);
    room?.();
  }

  const heard = (told: Told) => {
    if (told.message !== message) return;
    if ('scan' in told) {
      answered = true;
      settle({ ok: true, scan: told.scan });
      return;
    }
    onTheWay -= told.taken;
    room?.();
  };
  const died = () => {
    answered = true;
    settle({
      ok: false,
      why: 'The part of the gateway that looks into messages has failed; its operational log says how.',
    });
  };
  worker.on('message', heard);
  worker.once('exit', died);
  worker.ref();

  async function post(octets: Uint8Array, last: boolean): Promise<void> {
    while (!settled && onTheWay + octets.length > WINDOW) {
      await new Promise<void>((resolve) => {
        room = resolve;
      });
    }
    if (settled) return;
    const copy = new Uint8Array(octets); // its own buffer, to hand over: the chunk's may hold other things, and is its reader's
    onTheWay += copy.length;
    worker.postMessage({ message, octets: copy, last } satisfies Asked, [copy.buffer]);
  }

  return {
    answer: answer.promise,
    settle,
    late: () => !answered,
    async send(body) {
      let sent = 0;
      for await (const chunk of body.chunks()) {
        for (let at = 0; at < chunk.length && !settled; at += SLICE) {
          const slice = chunk.subarray(at, at + SLICE);
          sent += slice.length;
          await post(slice, sent === body.bytes);
        }
        if (settled) return;
      }
      // What a body says of its size is not what the end is known by.
      if (sent !== body.bytes || sent === 0) await post(new Uint8Array(0), true);
    },
    close() {
      worker.off('message', heard);
      worker.off('exit', died);
      worker.unref();
    },
  };
}
