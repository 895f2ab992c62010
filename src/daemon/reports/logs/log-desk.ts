/**
 * What becomes of a session's log once the session is over: 1 the file is whole, 2 it has its name, 3 the session is listed, 4 the log
 * is mailed. A crash before 2 leaves a part, which the next start keeps as an interrupted log; a crash before 4 costs the mail,
 * and the log is on disk or in the ring.
 */
import type { Bus } from '../../base/bus.ts';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Memos, SessionRow, Sessions } from '../../store/store.ts';
import type { Deliver } from '../deliver.ts';
import { type Excerpt, excerptOf, linesOfText, shortened } from './excerpt.ts';
import { createLane } from '../lane.ts';
import type { LogFile } from './log-file.ts';
import { logSubject } from './log-mail.ts';
import { sessionName } from './log-name.ts';
import { createLogPost } from './log-post.ts';
import type { SessionLogSettings } from '../settings.ts';
import { words } from '../words.ts';

export interface Verdict {
  /** There is an error that a person should hear of (S37, S38, S41). */
  counts: boolean;
  /** Errors that no session counts. */
  outside: number;
}

export interface LogDesk {
  /** The session of this log is over. */
  settle(file: LogFile, row: SessionRow, verdict: Verdict): void;
  /** Mails a log that goes on. */
  mailNow(file: LogFile, reasons: string[]): void;
  /** Does it after all that came before. */
  run(work: () => Promise<void>): void;
  idle(): Promise<void>;
}

export interface LogDeskParts {
  bus: Bus;
  clock: Clock;
  log: Log;
  sessions: Sessions;
  memos: Memos;
  deliver: Deliver;
}

/** Logs that wait to be mailed by a slow server; further ones are put aside at once. */
const MOST_MAILS = 5;

export function createLogDesk(settings: SessionLogSettings, parts: LogDeskParts): LogDesk {
  const { bus, clock, log, sessions } = parts;
  const { language, recipients } = settings;
  const failed = (error: unknown): void => log.error('a session log was not treated as it should be', error);
  const records = createLane(failed);
  const mails = createLane(failed);
  const post = createLogPost(settings, parts);

  async function settle(file: LogFile, row: SessionRow, verdict: Verdict): Promise<void> {
    const whole = await file.finish(); // 1
    const forced = settings.toDisk || row.errors + verdict.outside > 0; // S43, S45
    const listed = forced ? await keep(file, row) : await record(row); // 2, 3
    const wanted = recipients.length > 0 && (!settings.onlyOnError || verdict.counts);
    if (!wanted) {
      if (!forced) await file.discard();
      return;
    }
    const subject = logSubject(row, verdict.outside, language);
    if (mails.length >= MOST_MAILS) await putAside(file, listed, subject, [...recipients]);
    else mails.run(() => mail(file, listed, { subject, whole, disposable: !forced })); // 4
  }

  async function record(row: SessionRow): Promise<SessionRow> {
    await sessions.record(row).catch((error: unknown) => log.error(`session ${row.session} was not listed`, error));
    return row;
  }

  async function keep(file: LogFile, row: SessionRow): Promise<SessionRow> {
    const name = sessionName(row.startedAt, row.session);
    const named = await file.keep(name);
    const listed = await record({ ...row, file: named ? name : null });
    if (named) bus.tell({ type: 'session.logged', session: row.session, file: name });
    return listed;
  }

  async function mail(
    file: LogFile,
    row: SessionRow,
    { subject, whole, disposable }: { subject: string; whole: boolean; disposable: boolean },
  ): Promise<void> {
    const where = row.file ?? `mailgate logs show ${row.session}`;
    const letter = { session: row.session, subject, at: row.finishedAt, where };
    const { again, reached } = await post.send(letter, await textOf(file, whole), [...recipients]);
    if (again.length > 0) await putAside(file, row, subject, again);
    else if (disposable) await file.discard();
    if (reached) await post.sendEarlier();
  }

  /** It could not be mailed: it lies on disk until it can. */
  async function putAside(file: LogFile, row: SessionRow, subject: string, to: string[]): Promise<void> {
    const listed = row.file === null ? await keep(file, row) : row;
    if (listed.file === null) return;
    await post.later({ session: row.session, file: listed.file, to, subject, at: row.finishedAt });
  }

  async function mailNow(file: LogFile, reasons: string[]): Promise<void> {
    const whole = await file.flush();
    const subject = `[MailGate] ${words[language].logNowSubject(reasons[0] ?? '', reasons.length - 1)}`;
    const letter = { session: null, subject, at: clock.now(), where: 'mailgate tail --since 0' };
    await post.send(letter, await textOf(file, whole), [...recipients]);
  }

  return {
    settle: (file, row, verdict) => records.run(() => settle(file, row, verdict)),
    mailNow(file, reasons) {
      if (recipients.length > 0) mails.run(() => mailNow(file, reasons));
    },
    run: (work) => records.run(work),
    async idle() {
      await records.idle();
      await mails.idle();
    },
  };
}

/** Of a file that the disk did not take, what is left in memory. */
async function textOf(file: LogFile, whole: boolean): Promise<Excerpt> {
  const excerpt = whole ? await excerptOf(file.path) : null;
  return excerpt ?? shortened(linesOfText(file.unwritten()));
}
