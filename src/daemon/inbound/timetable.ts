/** When each account is due: its interval, and the long pause after a refused login. Pure; times are arguments. */
import { type Duration, hours, type Instant, minutes } from '../base/clock.ts';
import type { MailboxReport } from './mailbox.ts';

export interface Timed {
  name: string;
  /** 0: only when triggered. */
  interval: Duration;
  enabled: boolean;
}

export interface Slot {
  nextAt: Instant | null;
  /** Logins refused in a row. Most servers lock an account that is tried again and again (POP03). */
  refusedLogins: number;
}

const FIRST_LOCKOUT = minutes(30);
const LONGEST_LOCKOUT = hours(24);

/** At start every account with an interval is due at once. */
export function firstSlot(account: Timed, now: Instant): Slot {
  return { nextAt: account.enabled && account.interval > 0 ? now : null, refusedLogins: 0 };
}

/** After a session: the next turn is an interval away, or later where the login was refused. */
export function nextSlot(account: Timed, slot: Slot, report: MailboxReport, now: Instant): Slot {
  const refusedLogins = report.locked ? slot.refusedLogins + 1 : 0;
  if (!account.enabled || account.interval === 0) return { nextAt: null, refusedLogins };
  return { nextAt: now + Math.max(account.interval, lockout(refusedLogins)), refusedLogins };
}

function lockout(refusedLogins: number): Duration {
  if (refusedLogins === 0) return 0;
  return Math.min(FIRST_LOCKOUT * 2 ** (refusedLogins - 1), LONGEST_LOCKOUT);
}
