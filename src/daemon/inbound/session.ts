/** One download session: its accounts side by side, each for itself, so that a bad one stops no other (I19). */
import type { SessionReport } from '../../protocol/commands.ts';
import { drainMailbox, type InboundAccount, type InboundParts, type MailboxReport } from './mailbox.ts';

export interface SessionPlan {
  session: number;
  accounts: InboundAccount[];
  trigger: 'schedule' | 'operator' | 'once';
  atOnce: number;
}

export interface SessionOutcome {
  report: SessionReport;
  mailboxes: MailboxReport[];
}

/** Runs a session to its end. `crashed` hears of a bug in one account's walk; the others go on. */
export async function runSession(
  planned: SessionPlan,
  parts: InboundParts,
  stop: AbortSignal,
  crashed: (account: string, error: unknown) => void,
): Promise<SessionOutcome> {
  const { session, trigger } = planned;
  parts.bus.tell({ type: 'session.started', session, accounts: planned.accounts.map(({ name }) => name), trigger });

  const mailboxes: MailboxReport[] = [];
  const waiting = [...planned.accounts];
  async function worker(): Promise<void> {
    for (let account = waiting.shift(); account && !stop.aborted; account = waiting.shift())
      mailboxes.push(await drained(account, session, parts, stop, crashed));
  }
  await Promise.all(Array.from({ length: Math.max(1, planned.atOnce) }, worker));

  const report = reportOf(session, mailboxes);
  parts.bus.tell({
    type: 'session.finished',
    session,
    messages: report.messages,
    bytes: report.bytes,
    errors: report.errors.length,
  });
  return { report, mailboxes };
}

async function drained(
  account: InboundAccount,
  session: number,
  parts: InboundParts,
  stop: AbortSignal,
  crashed: (account: string, error: unknown) => void,
): Promise<MailboxReport> {
  try {
    return await drainMailbox(account, session, parts, stop);
  } catch (error) {
    crashed(account.name, error);
    const reason = 'The gateway failed here; its operational log says how. Nothing was deleted.';
    parts.bus.tell({
      type: 'mailbox.failed',
      session,
      account: account.name,
      host: account.server.host,
      reason,
      locked: false,
    });
    return { account: account.name, messages: 0, bytes: 0, errors: [reason], locked: false };
  }
}

function reportOf(session: number, mailboxes: MailboxReport[]): SessionReport {
  return {
    session,
    messages: mailboxes.reduce((sum, { messages }) => sum + messages, 0),
    bytes: mailboxes.reduce((sum, { bytes }) => sum + bytes, 0),
    errors: mailboxes.flatMap(({ account, errors }) => errors.map((message) => ({ account, message }))),
    accounts: mailboxes.map(({ account, messages, errors }) => ({ name: account, messages, errors: errors.length })),
  };
}
