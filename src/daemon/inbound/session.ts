/** One download session: its accounts side by side, each for itself, so that a bad one stops no other (I19). */
import type { SessionReport } from '../../protocol/commands.ts';
import { type Duration, minutes } from '../base/clock.ts';
import { drainMailbox } from './mailbox.ts';
import type { InboundAccount, InboundParts } from './parts.ts';
import type { MailboxReport, Stops } from './visit.ts';

export interface SessionPlan {
  session: number;
  accounts: InboundAccount[];
  trigger: 'schedule' | 'operator' | 'once';
  atOnce: number;
}

export interface SessionOutcome {
  report: SessionReport;
  mailboxes: AccountOutcome[];
}

export interface AccountOutcome extends MailboxReport {
  /** For so long its server wants to be left alone (LOGIN-DELAY, POP02); 0, or absent: it did not say so. */
  restFor?: Duration;
}

/**
 * A visit by the timetable that lasts longer ends gently, deletes what it has handed over, and goes on in its next turn: hours of work
 * hang on no single QUIT. Whoever asked for a session waits for all of it.
 */
const LONGEST_VISIT = minutes(60);

/** Hears of each account when its visit begins, and when it is over. */
export interface Progress {
  began(account: string): void;
  ended(report: AccountOutcome): void;
}

const nobody: Progress = { began() {}, ended() {} };

/** Runs a session to its end; once it is stopped no further account is begun. */
export async function runSession(
  planned: SessionPlan,
  parts: InboundParts,
  stops: Stops,
  progress: Progress = nobody,
): Promise<SessionOutcome> {
  const { session, trigger } = planned;
  parts.bus.tell({ type: 'session.started', session, accounts: planned.accounts.map(({ name }) => name), trigger });

  async function visited(account: InboundAccount): Promise<AccountOutcome> {
    const { heard, listening } = listeningForRest(parts);
    if (trigger !== 'schedule') return { ...(await drainMailbox(account, session, listening, stops)), ...heard };
    const enough = new AbortController();
    const timer = parts.clock.after(LONGEST_VISIT, () => enough.abort(new Error('long enough')));
    const stop = AbortSignal.any([stops.stop, enough.signal]);
    const report = await drainMailbox(account, session, listening, { ...stops, stop }).finally(() => timer.cancel());
    return { ...report, ...heard };
  }

  const mailboxes: AccountOutcome[] = [];
  const waiting = [...planned.accounts];
  async function worker(): Promise<void> {
    for (let account = waiting.shift(); account && !stops.stop.aborted; account = waiting.shift()) {
      progress.began(account.name);
      const report = await visited(account);
      mailboxes.push(report);
      progress.ended(report);
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, planned.atOnce) }, worker));

  const report = reportOf(session, mailboxes);
  const errors = mailboxes.reduce((sum, { failures }) => sum + failures, 0);
  parts.bus.tell({ type: 'session.finished', session, messages: report.messages, bytes: report.bytes, errors });
  return { report, mailboxes };
}

/** The parts for one visit, and what its server said of the next one when its mailbox was opened. */
function listeningForRest(parts: InboundParts): { listening: InboundParts; heard: { restFor: Duration } } {
  const heard = { restFor: 0 };
  const open: InboundParts['open'] = async (account, how) => {
    const opened = await parts.open(account, how);
    if (!opened.ok) heard.restFor = opened.failure.restFor ?? 0;
    return opened;
  };
  return { listening: { ...parts, open }, heard };
}

function reportOf(session: number, mailboxes: MailboxReport[]): SessionReport {
  return {
    session,
    messages: mailboxes.reduce((sum, { messages }) => sum + messages, 0),
    bytes: mailboxes.reduce((sum, { bytes }) => sum + bytes, 0),
    errors: mailboxes.flatMap((report) => errorsOf(report).map((message) => ({ account: report.account, message }))),
    accounts: mailboxes.map(({ account, messages, failures }) => ({ name: account, messages, errors: failures })),
  };
}

function errorsOf({ errors, failures }: MailboxReport): string[] {
  const more = failures - errors.length;
  return more > 0 ? [...errors, `${more} more errors: the log has them.`] : errors;
}
