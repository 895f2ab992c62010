/** How much nonsense of one client is answered: at once, then slowly, then no more (CLI04, CLI25). Pure. */
import { type Duration, seconds } from '../base/clock.ts';
import type { Refusal } from './refusal.ts';

/** Errors of a connection that are answered at once; a person at a terminal makes some. */
export const QUICK_ERRORS = 10;
/** With this one the connection ends. */
export const MOST_ERRORS = 20;
/** Each error beyond the quick ones holds up the next command for so long. */
export const SLOW_DOWN: Duration = seconds(1);

/** Commands that do nothing, between two messages; each beyond them is an error. Keep-alives are rarely as many. */
export const IDLE_COMMANDS = 100;

const DOES_NOTHING: ReadonlySet<string> = new Set(['NOOP', 'RSET', 'VRFY', 'EXPN', 'HELP', 'EHLO', 'HELO']);

/** Replies that say: this was no SMTP, or not its turn (RFC 3463 §3.6: X.5.X). What is merely not allowed, or has no room, is none. */
const PROTOCOL_ERROR = /^(?:50[0-4] |\d{3} [45]\.5\.(?!3 ))/; // 5.5.3: too many recipients

export const TOO_MANY_ERRORS: Refusal = { code: 421, text: '4.7.0 Too many errors, closing connection' };

export interface Patience {
  /** A command came. */
  heard(verb: string): void;
  /** A reply of 400 or above goes out. */
  replied(reply: string): void;
  /** A message was taken: all is forgiven. */
  reset(): void;
  /** How long the next command has to wait; null: this was too much. Asked once for each command. */
  pause(): Duration | null;
}

export function createPatience(): Patience {
  let errors = 0;
  let idle = 0;
  let erred = false;

  function err(): void {
    errors += 1;
    erred = true;
  }

  return {
    heard(verb) {
      if (!DOES_NOTHING.has(verb)) return;
      idle += 1;
      if (idle > IDLE_COMMANDS) err();
    },
    replied(reply) {
      if (PROTOCOL_ERROR.test(reply)) err();
    },
    reset() {
      errors = 0;
      idle = 0;
    },
    pause() {
      if (errors >= MOST_ERRORS) return null;
      const wait = erred && errors > QUICK_ERRORS ? SLOW_DOWN : 0;
      erred = false;
      return wait;
    },
  };
}
