/**
 * How long a server may keep us waiting: each wait has a deadline of its own, and all of them together must carry a minimum rate,
 * so that a server with one octet each 20 s ends too (I18, POP27). Time that we spend on other things is not counted against it.
 */
import { type Clock, type Duration, seconds, type Timer } from '../base/clock.ts';

/** Octets a second below which the session's time runs out; the same as for clients of ours (CLI20). */
const MINIMUM_RATE = 500;

/** What a finished reply counts for, in octets: a server that answers once a second is slow, but not stuck. */
const WORTH_OF_A_REPLY = 500;

export interface Wait {
  readonly within: Duration;
  /** The noun of what is awaited: `the greeting`. */
  readonly for: string;
  /** What the operator may try when it does not come. */
  readonly hint?: string;
}

export class Patience {
  readonly #clock: Clock;
  readonly #whole: Duration;
  readonly #expired: (why: string) => void;
  /** What is left of the session's time; progress fills it up again, to the whole at most. */
  #left: Duration;
  #wait: Wait | null = null;
  #since: Duration = 0;
  #due: Duration = 0;
  // One timer for many waits: arming one for each packet would cost more than reading the packet.
  #timer: Timer | null = null;
  #timerAt: Duration = 0;

  constructor(clock: Clock, whole: Duration, expired: (why: string) => void) {
    this.#clock = clock;
    this.#whole = whole;
    this.#left = whole;
    this.#expired = expired;
  }

  begin(wait: Wait): void {
    this.#wait = wait;
    this.#since = this.#clock.monotonic();
    this.#due = this.#since + Math.min(wait.within, this.#left);
    if (this.#timer === null || this.#timerAt > this.#due) this.#arm(this.#due - this.#since);
  }

  /** What was awaited came, with this many octets. */
  end(octets: number): void {
    if (this.#wait === null) return;

    this.#wait = null;
    this.#left -= this.#clock.monotonic() - this.#since;
    this.#earn(octets);
  }

  replied(): void {
    this.#earn(WORTH_OF_A_REPLY);
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#wait = null;
  }

  #earn(octets: number): void {
    this.#left = Math.min(this.#whole, this.#left + seconds(octets / MINIMUM_RATE));
  }

  #arm(delay: Duration): void {
    this.#timer?.cancel();
    this.#timerAt = this.#clock.monotonic() + delay;
    this.#timer = this.#clock.after(delay, () => this.#fired());
  }

  #fired(): void {
    this.#timer = null;
    if (this.#wait === null) return;

    const now = this.#clock.monotonic();
    if (now < this.#due) {
      this.#arm(this.#due - now);
      return;
    }
    this.#expired(this.#why(this.#wait));
  }

  #why({ within, for: what, hint }: Wait): string {
    if (this.#left < within) {
      return `The POP3 server is too slow: less than ${MINIMUM_RATE} octets a second for ${this.#whole / 1000} s; it owed ${what}`;
    }
    const why = `The POP3 server did not send ${what} within ${within / 1000} s`;
    return hint === undefined ? why : `${why}. ${hint}`;
  }
}
