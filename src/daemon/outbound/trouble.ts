/**
 * Relays that cannot be used: said once, left in peace for a while, and cleared when one works again (REL06, REL19). Without
 * it, a thousand queued messages would knock a thousand times at a door that is shut, and lock the account behind it.
 */
import type { Bus } from '../base/bus.ts';
import { type Clock, type Duration, minutes } from '../base/clock.ts';
import type { SmtpFailure, SmtpPeer } from '../smtp/conversation.ts';
import { relayProblem } from './problems.ts';
import { pauseAfter } from './schedule.ts';

/** A relay that is back is found within this time, however long it was away. */
const LONGEST_PAUSE = minutes(30);

/** After a refused login: providers lock an account that tries too often. */
const LOGIN_PAUSE = minutes(60);

export interface Troubles {
  /** Milliseconds for which nothing is to be sent this way; 0: go. */
  pauseOf(peer: SmtpPeer): Duration;
  /** Why, for the messages that wait. */
  reasonOf(peer: SmtpPeer): string;
  /** It failed. Answers with the pause that follows. `cut`: it hung up in the middle of a message. */
  failed(peer: SmtpPeer, failure: { kind: SmtpFailure['kind'] | 'cut'; message: string }): Duration;
  worked(peer: SmtpPeer): void;
  /** Someone says "now": every pause ends, every problem stays until it is known to be over. */
  forgive(): void;
  /** The shortest pause that is left; null: nothing rests. */
  readonly shortest: Duration | null;
}

interface Trouble {
  failures: number;
  /** On the monotonic clock (I17). */
  until: number;
  reason: string;
  /** A problem was told of it. */
  told: boolean;
}

export function createTroubles({ bus, clock }: { bus: Bus; clock: Clock }, retry: Duration[]): Troubles {
  const troubles = new Map<string, Trouble>();

  function pauseOf(peer: SmtpPeer): Duration {
    const until = troubles.get(keyOf(peer))?.until ?? Number.NEGATIVE_INFINITY;
    return Math.max(0, until - clock.monotonic());
  }

  return {
    pauseOf,
    reasonOf: (peer) => troubles.get(keyOf(peer))?.reason ?? '',
    failed(peer, { kind, message }) {
      const key = keyOf(peer);
      const before = troubles.get(key);
      // Several conversations may fail together; what the first of them brought about is not made worse by the others.
      if (before && before.until > clock.monotonic()) return before.until - clock.monotonic();

      const failures = (before?.failures ?? 0) + 1;
      const pause = pauseFor(kind, failures, retry);
      const told = before?.told === true || pause > 0;
      troubles.set(key, { failures, until: clock.monotonic() + pause, reason: message, told });
      if (told && !(before?.told && before.reason === message)) {
        bus.tell({ type: 'problem.raised', key: relayProblem(key), message: `${peer.name}: ${message}` });
      }
      return pause;
    },
    worked(peer) {
      const key = keyOf(peer);
      const told = troubles.get(key)?.told;
      troubles.delete(key);
      if (told) bus.tell({ type: 'problem.cleared', key: relayProblem(key) });
    },
    forgive() {
      for (const trouble of troubles.values()) trouble.until = Number.NEGATIVE_INFINITY;
    },
    get shortest() {
      const left = [...troubles.values()].map(({ until }) => until - clock.monotonic()).filter((pause) => pause > 0);
      return left.length === 0 ? null : Math.min(...left);
    },
  };
}

function pauseFor(kind: SmtpFailure['kind'] | 'cut', failures: number, retry: Duration[]): Duration {
  // Never beyond the schedule's own longest step: a message may not be planned farther away than that (I17).
  if (kind === 'login') return Math.min(Math.max(...retry), LOGIN_PAUSE);
  // One message on which it hangs up may be the message's doing: the others need not wait for it (I19).
  if (kind === 'cut') return failures === 1 ? 0 : Math.min(pauseAfter(failures - 1, retry), LONGEST_PAUSE);
  return Math.min(pauseAfter(failures, retry), LONGEST_PAUSE);
}

/** A login of one sender's own may be refused while the relay's other logins work. */
function keyOf({ name, port, login }: SmtpPeer): string {
  return login === null ? `${name}:${port}` : `${name}:${port} as ${login.user}`;
}
