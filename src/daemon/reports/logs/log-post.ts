/** Mails session logs through the internal server, and keeps those that it could not be given for later (S35). */
import { join } from 'node:path';
import { safe } from '../../../protocol/safe.ts';
import type { Bus } from '../../base/bus.ts';
import type { Clock, Instant } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Memos } from '../../store/store.ts';
import { compose, type Deliver, type Delivered } from '../deliver.ts';
import { type Excerpt, excerptOf } from './excerpt.ts';
import { logText } from './log-mail.ts';
import type { SessionLogSettings } from '../settings.ts';
import { openUnmailed, type UnmailedLog } from './unmailed.ts';

export interface LogLetter {
  /** Null: the log so far. */
  session: number | null;
  subject: string;
  at: Instant;
  /** Where the lines are that the mail leaves out. */
  where: string;
}

export interface LogPost {
  /** Tells of each address whether it has it. `again`: those that may have it later; `reached`: the server was spoken to. */
  send(letter: LogLetter, excerpt: Excerpt, to: string[]): Promise<{ again: string[]; reached: boolean }>;
  /** Keeps a log that lies on disk to be sent later. */
  later(log: UnmailedLog): Promise<void>;
  /** Sends those that wait, until the server fails again. */
  sendEarlier(): Promise<void>;
}

interface LogPostParts {
  bus: Bus;
  clock: Clock;
  log: Log;
  memos: Memos;
  deliver: Deliver;
}

export function createLogPost(
  settings: SessionLogSettings,
  { bus, clock, log, memos, deliver }: LogPostParts,
): LogPost {
  const { gatewayName, folder, language } = settings;
  const unmailed = openUnmailed(memos);

  async function hand(letter: LogLetter, excerpt: Excerpt, to: string[]): Promise<Delivered> {
    const { session, subject, at, where } = letter;
    const mail = await compose({
      ...{ gatewayName, to, subject, at, inReplyTo: null, headers: null },
      ...logText(excerpt, where, language),
      messageId: `<${session === null ? 'log' : `session-${session}`}.${at}@${gatewayName}>`,
      autoSubmitted: 'auto-generated',
    });
    try {
      return await deliver({ sender: '', addresses: to, ...mail });
    } catch (error) {
      log.error('a session log could not be handed over', error);
      return { results: [], unreached: 'the gateway failed; its operational log says how' };
    }
  }

  /** `first`: a failure is told once, not at each further try. */
  function tell({ results, unreached }: Delivered, to: string[], first: boolean): string[] {
    const report = 'session log' as const;
    for (const { address, reply } of results.filter(({ outcome }) => outcome === 'sent'))
      bus.tell({ type: 'report.mailed', report, to: address, reply: safe(reply) });
    const refused = results.filter(({ outcome }) => outcome !== 'sent');
    if (first) {
      for (const { address, reply } of refused)
        bus.tell({ type: 'report.failed', report, to: address, reason: safe(reply) });
      if (unreached !== null)
        for (const address of to) bus.tell({ type: 'report.failed', report, to: address, reason: unreached });
    }
    if (unreached !== null) return to;
    return refused.filter(({ outcome }) => outcome === 'deferred').map(({ address }) => address);
  }

  return {
    async send(letter, excerpt, to) {
      const handed = await hand(letter, excerpt, to);
      return { again: tell(handed, to, true), reached: handed.unreached === null };
    },

    later: (waiting) => unmailed.put(waiting),

    async sendEarlier() {
      for (const waiting of await unmailed.all(clock.now())) {
        const { session, file, to, subject, at } = waiting;
        const excerpt = await excerptOf(join(folder, file));
        if (excerpt) {
          const handed = await hand({ session, subject, at, where: file }, excerpt, to);
          const again = tell(handed, to, false);
          if (handed.unreached !== null) return;
          if (again.length > 0) {
            await unmailed.put({ ...waiting, to: again });
            continue;
          }
        }
        await unmailed.forget(session);
      }
    },
  };
}
