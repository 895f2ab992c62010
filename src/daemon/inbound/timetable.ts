/** When each account is due: its interval or its times of the week, and the long pause after a refused login. Pure. */
import { type Duration, hours, type Instant, minutes } from '../base/clock.ts';
import type { WeekTimes } from '../config/kinds/times.ts';
import { nextTime } from '../config/week-times.ts';
import type { MailboxReport } from './visit.ts';

export interface Timed {
  name: string;
  enabled: boolean;
  /** 0: only when triggered. */
  interval: Duration;
  /** In place of the interval where there are any. */
  times: readonly WeekTimes[];
}

export interface Slot {
  nextAt: Instant | null;
  /** Logins refused in a row. Most servers lock an account that is tried again and again (POP03). */
  refusedLogins: number;
}

const FIRST_LOCKOUT = minutes(30);
const LONGEST_LOCKOUT = hours(24);

/** At start every account with an interval is due at once; one with times waits for the first of them. */
export function firstSlot(account: Timed, now: Instant): Slot {
  if (!account.enabled) return { nextAt: null, refusedLogins: 0 };
  if (account.times.length > 0) return { nextAt: nextTime(account.times, now), refusedLogins: 0 };
  return { nextAt: account.interval > 0 ? now : null, refusedLogins: 0 };
}

/** How a visit went, as far as it concerns the next one. */
export interface Visited extends Pick<MailboxReport, 'login'>, Partial<Pick<MailboxReport, 'cutShort'>> {
  /** For so long the server wants to be left alone (POP02). */
  restFor?: Duration;
}

/** After a session: the next turn, at once where it was cut short, or later where the login was refused, or came too soon. */
export function nextSlot(
  account: Timed,
  slot: Slot,
  { login, cutShort = false, restFor = 0 }: Visited,
  now: Instant,
): Slot {
  switch (login) {
    case 'accepted': {
      // Also one that is only fetched when it is asked for: it was.
      const goesOn = cutShort && account.enabled && restFor === 0;
      return { nextAt: goesOn ? now : nextTurn(account, now, now + restFor), refusedLogins: 0 };
    }
    case 'refused': {
      const refusedLogins = slot.refusedLogins + 1;
      return { nextAt: nextTurn(account, now, now + lockout(refusedLogins)), refusedLogins };
    }
    case 'untried': // a server that was away has not accepted the password that it refused before
      return { ...slot, nextAt: nextTurn(account, now, now + restFor) };
  }
}

/** The clock was set back by so much: an interval goes on as it was, times of the week are those of the new time (I17). */
export function afterSetBack(account: Timed, slot: Slot, by: Duration, now: Instant): Slot {
  if (slot.nextAt === null) return slot;
  if (account.times.length === 0) return { ...slot, nextAt: slot.nextAt - by };
  return { ...slot, nextAt: nextTime(account.times, now + lockout(slot.refusedLogins)) };
}

/** An account without an interval of its own waits so long for those that are under way. */
const PATIENCE = minutes(10);

/** How long an account whose turn is due waits for others in a session that runs: as long as it would have waited for its turn (I19). */
export function patienceOf({ interval, times }: Timed): Duration {
  return times.length === 0 && interval > 0 ? interval : PATIENCE;
}

function nextTurn({ enabled, interval, times }: Timed, now: Instant, notBefore: Instant): Instant | null {
  if (!enabled) return null;
  if (times.length > 0) return nextTime(times, notBefore);
  return interval > 0 ? Math.max(now + interval, notBefore) : null;
}

function lockout(refusedLogins: number): Duration {
  if (refusedLogins === 0) return 0;
  return Math.min(FIRST_LOCKOUT * 2 ** (refusedLogins - 1), LONGEST_LOCKOUT);
}
