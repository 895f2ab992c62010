/** Session logs that could not be handed to the internal server: they lie in `Log/` meanwhile, and are tried again after later sessions. */
import { type Duration, days, type Instant } from '../../base/clock.ts';
import type { Memos } from '../../store/store.ts';

export interface UnmailedLog {
  session: number;
  /** In `Log/`. */
  file: string;
  to: string[];
  subject: string;
  /** When the session was over. */
  at: Instant;
}

export interface Unmailed {
  /** Oldest first; those that are too old to be news are forgotten. */
  all(now: Instant): Promise<UnmailedLog[]>;
  put(log: UnmailedLog): Promise<void>;
  forget(session: number): Promise<void>;
}

const MEMO = 'session-log:unmailed';

/** Whoever was away for a weekend wants the last ones, not a hundred. */
const MOST = 20;
const NEWS_FOR: Duration = days(3);

export function openUnmailed(memos: Memos): Unmailed {
  const read = async (): Promise<UnmailedLog[]> => JSON.parse((await memos.get(MEMO)) ?? '[]') as UnmailedLog[];
  const write = async (logs: UnmailedLog[]): Promise<void> =>
    await memos.put(MEMO, logs.length === 0 ? null : JSON.stringify(logs));

  return {
    async all(now) {
      const logs = await read();
      const news = logs.filter(({ at }) => now - at <= NEWS_FOR);
      if (news.length < logs.length) await write(news);
      return news;
    },
    async put(log) {
      const others = (await read()).filter(({ session }) => session !== log.session);
      await write([...others, log].slice(-MOST));
    },
    async forget(session) {
      await write((await read()).filter((log) => log.session !== session));
    },
  };
}
