/**
 * Conversations that are kept for the next message: at most so many with a peer at once, and who finds none free waits
 * in line. One that went stale while it was idle costs no message its turn: a fresh one takes its place.
 */
import type { Clock, Duration } from '../base/clock.ts';
import type { Abilities, SmtpConversation, SmtpFailure, SmtpOpened, SmtpPeer } from './conversation.ts';
import { type Kept, keyOf, Line, type Place } from './line.ts';
import { isUntouched } from './untouched.ts';

export interface PoolLimits {
  /** With one peer at the same time. */
  readonly connections: number;
  /** How long an unused conversation is kept. */
  readonly idle: Duration;
}

/** Facts for whoever tells them: each conversation that was opened is closed once. */
export interface PoolHooks {
  onOpened?(peer: SmtpPeer, abilities: Abilities): void;
  onClosed?(peer: SmtpPeer): void;
  /** Once for a conversation that did not come about, however many were waiting for it. Not for a stop. */
  onFailed?(peer: SmtpPeer, failure: SmtpFailure): void;
}

export type Used<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: SmtpFailure };

type Work<T> = (conversation: SmtpConversation, fresh: boolean) => Promise<T>;

export interface Pool {
  /**
   * Does `work` in a conversation with the peer; `fresh`: it was opened for this. The stop ends the waiting and the
   * opening; the work heeds its own. Rejects only with what `work` throws.
   */
  use<T>(peer: SmtpPeer, work: Work<T>, stop?: AbortSignal): Promise<Used<T>>;
  /** Ends the idle conversations now, and those in use when their work is done; resolves when all have ended. */
  close(): Promise<void>;
}

/** Messages in one conversation: many peers end it with a 421 after a hundred. */
const MOST_MESSAGES = 100;

const NEVER = new AbortController().signal;
const STOPPED: SmtpFailure = { kind: 'stopped', message: 'Stopped.', reply: null };

export function createPool(
  open: (peer: SmtpPeer, stop: AbortSignal) => Promise<SmtpOpened>,
  limits: PoolLimits,
  clock: Clock,
  hooks: PoolHooks = {},
): Pool {
  const lines = new Map<string, { peer: SmtpPeer; line: Line }>();
  const running = new Set<Promise<unknown>>();
  const closing = new AbortController();

  function lineTo(peer: SmtpPeer): Line {
    const key = keyOf(peer);
    const { line } = lines.get(key) ?? { line: new Line(limits.connections) };
    lines.set(key, { peer, line });
    return line;
  }

  async function work<T>(peer: SmtpPeer, task: Work<T>, stop: AbortSignal): Promise<Used<T>> {
    const line = lineTo(peer);
    try {
      const got = await takeConversation(peer, line, stop);
      if ('message' in got) return { ok: false, failure: got };
      return { ok: true, value: await workIn(peer, line, got.kept, stop, (c) => task(c, got.fresh)) };
    } finally {
      forgetIfEmpty(peer, line);
    }
  }

  async function takeConversation(
    peer: SmtpPeer,
    line: Line,
    stop: AbortSignal,
  ): Promise<{ kept: Kept; fresh: boolean } | SmtpFailure> {
    for (let turn: 'first' | 'last' = 'last'; ; turn = 'first') {
      const place = line.claim() ?? (await inLine(line, turn, stop));
      if (place !== 'open one') {
        if ('message' in place) return place;
        place.idle?.cancel();
        if (place.conversation.usable) return { kept: place, fresh: false };
        drop(peer, line, place);
        continue;
      }

      const opened = await openFor(peer, line, stop);
      if (opened !== 'no room') return 'message' in opened ? opened : { kept: opened, fresh: true };
    }
  }

  function inLine(line: Line, turn: 'first' | 'last', stop: AbortSignal): Promise<Place | SmtpFailure> {
    return new Promise((resolve) => {
      const stopped = () => {
        leave();
        resolve(STOPPED);
      };
      const leave = line.wait((place) => {
        stop.removeEventListener('abort', stopped);
        resolve(place);
      }, turn);
      stop.addEventListener('abort', stopped, { once: true });
    });
  }

  async function openFor(peer: SmtpPeer, line: Line, stop: AbortSignal): Promise<Kept | SmtpFailure | 'no room'> {
    const opened = await opening(peer, stop).catch((error: unknown) => {
      line.givenUp();
      throw error;
    });
    if (opened.ok) {
      line.opened();
      return newlyKept(opened.conversation);
    }

    const { failure } = opened;
    if (failure.kind === 'stopped') {
      line.givenUp();
      return failure;
    }
    if (line.refused(failure)) return 'no room';
    hooks.onFailed?.(peer, failure);
    return failure;
  }

  async function opening(peer: SmtpPeer, stop: AbortSignal): Promise<SmtpOpened> {
    const either = new AbortController();
    const abort = () => either.abort();
    const signals = [stop, closing.signal];
    for (const signal of signals) {
      if (signal.aborted) abort();
      signal.addEventListener('abort', abort);
    }
    try {
      const opened = await open(peer, either.signal);
      if (opened.ok) hooks.onOpened?.(peer, opened.conversation.abilities);
      return opened;
    } finally {
      for (const signal of signals) signal.removeEventListener('abort', abort);
    }
  }

  async function workIn<T>(
    peer: SmtpPeer,
    line: Line,
    kept: Kept,
    stop: AbortSignal,
    task: (conversation: SmtpConversation) => Promise<T>,
  ): Promise<T> {
    try {
      return await task(guarded(peer, kept, stop));
    } catch (error) {
      kept.conversation.destroy(); // nobody knows how far it got in it
      throw error;
    } finally {
      giveBack(peer, line, kept);
    }
  }

  /** The conversation, which is replaced when it turns out to have gone stale. */
  function guarded(peer: SmtpPeer, kept: Kept, stop: AbortSignal): SmtpConversation {
    return {
      get abilities() {
        return kept.conversation.abilities;
      },
      get usable() {
        return kept.conversation.usable && kept.messages < MOST_MESSAGES;
      },
      async send(envelope, body, stopSending, sending) {
        kept.messages += 1;
        const first = kept.messages === 1;
        const result = await kept.conversation.send(envelope, body, stopSending, sending);
        // The peer ended it between two messages and has seen nothing of this one. A fresh one that does so has no
        // excuse, and is not tried again at once.
        if (first || !isUntouched(result)) return result;

        tellEnd(peer, kept);
        const opened = await opening(peer, stop);
        if (!opened.ok) {
          if (opened.failure.kind !== 'stopped') hooks.onFailed?.(peer, opened.failure);
          return result;
        }
        Object.assign(kept, newlyKept(opened.conversation), { messages: 1 });
        return await kept.conversation.send(envelope, body, stopSending, sending);
      },
      quit: async () => await kept.conversation.quit(),
      destroy: () => kept.conversation.destroy(),
    };
  }

  function giveBack(peer: SmtpPeer, line: Line, kept: Kept): void {
    if (!kept.conversation.usable) return drop(peer, line, kept);
    if (closing.signal.aborted || kept.messages >= MOST_MESSAGES) return retire(peer, line, kept);
    if (line.free(kept)) return;

    kept.idle = clock.after(limits.idle, () => {
      if (line.withdraw(kept)) retire(peer, line, kept);
    });
  }

  /** It is no more. */
  function drop(peer: SmtpPeer, line: Line, kept: Kept): void {
    kept.conversation.destroy();
    tellEnd(peer, kept);
    line.ended();
  }

  /** It has done enough: QUIT, and only then is there room for another. */
  function retire(peer: SmtpPeer, line: Line, kept: Kept): void {
    kept.idle?.cancel();
    const ended = () => {
      drop(peer, line, kept);
      forgetIfEmpty(peer, line);
    };
    void track(kept.conversation.quit().finally(ended));
  }

  function tellEnd(peer: SmtpPeer, kept: Kept): void {
    if (!kept.endTold) hooks.onClosed?.(peer);
    kept.endTold = true;
  }

  function forgetIfEmpty(peer: SmtpPeer, line: Line): void {
    if (line.empty) lines.delete(keyOf(peer));
  }

  function track<T>(promise: Promise<T>): Promise<T> {
    const tracked = promise.finally(() => running.delete(tracked));
    running.add(tracked);
    return tracked;
  }

  return {
    async use(peer, task, stop = NEVER) {
      if (closing.signal.aborted || stop.aborted) return { ok: false, failure: STOPPED };
      return await track(work(peer, task, stop));
    },
    async close() {
      closing.abort();
      for (const { peer, line } of lines.values()) {
        line.failAll(STOPPED);
        for (const kept of line.withdrawAll()) retire(peer, line, kept);
      }
      while (running.size > 0) await Promise.allSettled(running);
    },
  };
}

function newlyKept(conversation: SmtpConversation): Kept {
  return { conversation, messages: 0, idle: null, endTold: false };
}
