/**
 * The session log (S35-S48): every line that the log has from the end of one download session to the end of the next, the outbound
 * transfers between them included (S47). After the session it is listed, kept on disk where it is asked for or holds an error, and
 * mailed to whoever wants it. A disk or a server that fails costs a log, never mail: it is told as a problem, and tried again.
 */
import { basename } from 'node:path';
import { type EventOf, type GatewayEvent, topicOf } from '../../../protocol/events.ts';
import { formatDate, linesOf } from '../../../protocol/lines.ts';
import { hours, type Instant, type Timer } from '../../base/clock.ts';
import type { EventRing } from '../../store/store.ts';
import type { Faults } from '../faults.ts';
import { interruptedRow } from './interrupted.ts';
import { createLogDesk, type LogDeskParts } from './log-desk.ts';
import { type LogFile, openLogFile } from './log-file.ts';
import { type Left, leftName, type Leftovers, sweep, takeOver } from './log-folder.ts';
import { partName } from './log-name.ts';
import { createLogNow } from './log-now.ts';
import { counts, errorsOutside, newOutcome, note, type Outcome, outcomeOf, outcomeText } from './outcome.ts';
import type { SessionLogSettings } from '../settings.ts';
import { words } from '../words.ts';

export interface SessionLogParts extends LogDeskParts {
  ring: EventRing;
  faults: Faults;
}

export interface SessionLog {
  /** Mails what the log has so far, under that subject (S117); several within a short time become one mail. */
  mailNow(reason: string): void;
  /** Resolves once every session that is over is listed, and its log mailed or put aside. */
  idle(): Promise<void>;
  /** Leaves the log to the next run, which goes on with it. */
  close(): Promise<void>;
}

/** A log while its lines come. */
interface Draft {
  file: LogFile;
  firstSeq: number;
  outcome: Outcome;
  /** Null before a session began. */
  startedAt: Instant | null;
}

const SWEEP_EVERY = hours(1);

/** What stood in the log that a gentle stop has left. */
const OUTCOME_MEMO = 'session-log:outcome';

const PROBLEM = 'session-log';

/** Goes on with what the run before has left. It hears the bus from now on: it is opened before the first fact is told. */
export async function openSessionLog(settings: SessionLogSettings, parts: SessionLogParts): Promise<SessionLog> {
  const { bus, clock, log, sessions, memos, ring, faults } = parts;
  const { folder, language } = settings;
  const say = words[language];
  const date = (at: Instant): string => formatDate(new Date(at).toISOString(), language);
  const desk = createLogDesk(settings, parts);
  const now = createLogNow({ clock, send: (reasons) => desk.mailNow(draft.file, reasons) });

  let told = false;
  function trouble(error: Error | null): void {
    if ((error !== null) === told) return;
    told = error !== null;
    const message = `Session logs cannot be written: ${error ? reasonOf(error) : ''}`;
    bus.tell(error ? { type: 'problem.raised', key: PROBLEM, message } : { type: 'problem.cleared', key: PROBLEM });
  }

  const left = await takeOver(folder).catch((error: Error) => error);
  const { rest, interrupted } = left instanceof Error ? NOTHING_LEFT : left;
  const before = rest ? await memos.get(OUTCOME_MEMO) : null;
  let draft = begin(bus.last + 1, clock.now(), rest);
  if (before !== null) draft.outcome = outcomeOf(before);

  function begin(firstSeq: number, at: Instant, rest: Left | null): Draft {
    const file = openLogFile({
      folder,
      name: rest?.name ?? partName(at, firstSeq),
      heading: say.logTitle(settings.gatewayName),
      title: say.logOpen(date(rest?.begunAt ?? at)),
      size: rest?.size ?? 0,
      leftOut: say.leftOut,
      ...{ clock, trouble },
    });
    return { file, firstSeq: rest?.firstSeq ?? firstSeq, outcome: newOutcome(), startedAt: null };
  }

  function hear(event: GatewayEvent): void {
    if (belongs(event)) for (const line of linesOf(event, language)) draft.file.add(line);
    note(draft.outcome, event);
    if (event.type === 'session.started') {
      draft.startedAt = Date.parse(event.at);
      draft.file.entitle(say.logBegun(event.session, date(draft.startedAt)));
    }
    if (event.type === 'session.finished') over(event);
  }

  function over(event: EventOf<'session.finished'>): void {
    const finishedAt = Date.parse(event.at);
    const { file, firstSeq, outcome, startedAt } = draft;
    draft = begin(event.seq + 1, finishedAt, null);

    const { session, messages, bytes, errors } = event;
    const when = { startedAt: startedAt ?? finishedAt, finishedAt };
    file.entitle(say.logOver(session, date(when.startedAt), date(finishedAt)));
    const row = { session, ...when, messages, bytes, errors, file: null, firstSeq, lastSeq: event.seq };
    desk.settle(file, row, {
      counts: counts(outcome, { ...settings, countOf: (place) => faults.of(place) }),
      outside: errorsOutside(outcome),
    });
  }

  async function listInterrupted({ session, firstSeq, name }: Leftovers['interrupted'][number]): Promise<void> {
    if (session === null || (await sessions.get(session))) return;
    const row = await interruptedRow(ring, { session, firstSeq, file: name });
    if (row) await sessions.record(row);
  }

  async function tidy(): Promise<void> {
    await sweep(folder, sessions, clock.now() - settings.keepFiles).catch(trouble);
    await sessions.trim(clock.now() - settings.keepSessions);
  }

  let timer: Timer;
  function tidyOnAndOn(): void {
    desk.run(tidy);
    timer = clock.after(SWEEP_EVERY, tidyOnAndOn);
  }

  const unlisten = bus.listen(hear);
  if (left instanceof Error) trouble(left);
  for (const one of interrupted) desk.run(() => listInterrupted(one));
  tidyOnAndOn();

  return {
    mailNow: (reason) => now.ask(reason),
    idle: () => desk.idle(),
    async close() {
      unlisten();
      timer.cancel();
      now.close();
      await desk.idle();
      const { file, outcome } = draft;
      if (file.empty) return await file.discard();

      await file.finish();
      await file.keep(leftName(basename(file.path)));
      await memos
        .put(OUTCOME_MEMO, outcomeText(outcome))
        .catch((error: unknown) => log.error('what stood in the session log was not saved', error));
    },
  };
}

const NOTHING_LEFT: Leftovers = { rest: null, interrupted: [] };

/** Traces have files of their own, and who commanded what is in the audit trail. */
function belongs({ type }: GatewayEvent): boolean {
  return type !== 'trace.line' && topicOf(type) !== 'audit';
}

function reasonOf(error: Error): string {
  return error.message.replace(/^(\w+: [^,]*), .*$/s, '$1'); // Node's messages go on with the call and the path
}
