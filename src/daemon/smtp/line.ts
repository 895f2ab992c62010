/** Who may open or use a conversation with one peer, and who waits for that, in order. It counts; it opens nothing. */
import { createHash } from 'node:crypto';
import type { Timer } from '../base/clock.ts';
import type { SmtpConversation, SmtpFailure, SmtpPeer } from './conversation.ts';

/** A conversation that is kept, and how many messages it has had. */
export interface Kept {
  conversation: SmtpConversation;
  messages: number;
  /** Ends it when nobody wants it for so long. */
  idle: Timer | null;
  /** The hooks have heard that it is no more. */
  endTold: boolean;
}

/** A conversation that is free, or the leave to open one. */
export type Place = Kept | 'open one';

type Waiting = (place: Place | SmtpFailure) => void;

export class Line {
  readonly #limit: number;
  readonly #idle: Kept[] = [];
  readonly #waiting: Waiting[] = [];
  #opening = 0;
  #open = 0;
  /** Fewer than the limit once the peer has refused one while others ran. */
  #most: number;

  constructor(limit: number) {
    this.#limit = limit;
    this.#most = limit;
  }

  get empty(): boolean {
    return this.#open + this.#opening + this.#waiting.length === 0;
  }

  /** A place that is free now. The conversation that was used last comes first, so that those too many become idle and end. */
  claim(): Place | null {
    const kept = this.#idle.pop();
    if (kept !== undefined) return kept;

    // While nobody knows whether the peer is there and takes our login, one tries and the others wait for that: a wrong
    // password is not said eight times, which would lock the account.
    const untried = this.#open === 0 && this.#opening > 0;
    if (untried || this.#open + this.#opening >= this.#most) return null;
    this.#opening += 1;
    return 'open one';
  }

  /** Waits for a place or a failure; the function that comes back leaves the line. */
  wait(take: Waiting, where: 'first' | 'last'): () => void {
    if (where === 'first') this.#waiting.unshift(take);
    else this.#waiting.push(take);
    return () => {
      const at = this.#waiting.indexOf(take);
      if (at !== -1) this.#waiting.splice(at, 1);
    };
  }

  opened(): void {
    this.#opening -= 1;
    this.#open += 1;
    this.#serve();
  }

  /** Nothing was opened: who opened was stopped, which says nothing of the peer. */
  givenUp(): void {
    this.#opening -= 1;
    this.#serve();
  }

  /** Nothing was opened. True when it is for want of room only: the conversations that the peer has taken will do. */
  refused(failure: SmtpFailure): boolean {
    this.#opening -= 1;
    if (failure.kind !== 'login' && this.#open > 0) {
      this.#most = this.#open + this.#opening;
      return true;
    }
    this.failAll(failure); // they would only meet the same, one after the other
    return false;
  }

  failAll(failure: SmtpFailure): void {
    for (const take of this.#waiting.splice(0)) take(failure);
  }

  /** True when the first in the line took it; else it is idle now. */
  free(kept: Kept): boolean {
    const take = this.#waiting.shift();
    if (take === undefined) this.#idle.push(kept);
    else take(kept);
    return take !== undefined;
  }

  /** Takes an idle conversation out, to end it; false when somebody was faster. */
  withdraw(kept: Kept): boolean {
    const at = this.#idle.indexOf(kept);
    if (at !== -1) this.#idle.splice(at, 1);
    return at !== -1;
  }

  withdrawAll(): Kept[] {
    return this.#idle.splice(0);
  }

  /** A conversation has ended, and with it the peer may have room for one more. */
  ended(): void {
    this.#open -= 1;
    this.#most = Math.min(this.#limit, this.#most + 1);
    this.#serve();
  }

  #serve(): void {
    while (this.#waiting.length > 0) {
      const place = this.claim();
      if (place === null) return;
      this.#waiting.shift()?.(place);
    }
  }
}

const keys = new WeakMap<SmtpPeer, string>();

/** Everything that distinguishes peers: another password is another peer. No secret can be read from it. A peer is never changed, so that
 *  its key is made once, and not for each message. */
export function keyOf(peer: SmtpPeer): string {
  const known = keys.get(peer);
  if (known !== undefined) return known;
  const key = madeKey(peer);
  keys.set(peer, key);
  return key;
}

function madeKey(peer: SmtpPeer): string {
  const { name, host, port, security, fingerprint, caFile, ehloName, login } = peer;
  const password = login === null ? '' : createHash('sha256').update(login.password.reveal()).digest('hex');
  return JSON.stringify([
    ...[name, host, port, security, fingerprint, caFile, ehloName],
    ...[login?.user, login?.mechanism, password, login?.tokenOf],
  ]);
}
