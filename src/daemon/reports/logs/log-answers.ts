/** `logs.list` and `logs.show`: the sessions that are listed, and the lines of one of them, from its file, else from the ring. */
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ParsedParamsOf, ResultOf } from '../../../protocol/commands.ts';
import { CallError } from '../../../protocol/errors.ts';
import { topicOf } from '../../../protocol/events.ts';
import { formatClock, linesOf } from '../../../protocol/lines.ts';
import type { Attempt, SessionLog } from '../../../protocol/model.ts';
import { safe } from '../../../protocol/safe.ts';
import { type Clock, minutes, type Timer } from '../../base/clock.ts';
import type { EventRing, Ledger, SessionRow, Sessions } from '../../store/store.ts';
import { linesOfText } from './excerpt.ts';
import { eventsFrom } from './ring-reader.ts';
import type { SessionLogSettings } from '../settings.ts';
import { words } from '../words.ts';

export interface LogAnswers {
  list(params: ParsedParamsOf<'logs.list'>): Promise<ResultOf<'logs.list'>>;
  /** Throws a CallError when there is no such session. */
  show(params: ParsedParamsOf<'logs.show'>): Promise<ResultOf<'logs.show'>>;
}

interface LogAnswersParts {
  sessions: Pick<Sessions, 'get' | 'list'>;
  ring: EventRing;
  ledger: Pick<Ledger, 'attempts'>;
  clock: Clock;
}

/** A log is read in pages: its lines stay at hand for the next one. */
const AT_HAND = minutes(1);
/** Characters of the lines that are made from the ring, where no file bounds them. */
const LONGEST_SHOWN = 16 * 1_048_576;
/** Messages of one session whose dialogues are shown. */
const MOST_DIALOGUES = 100;

interface Failed {
  account: string;
  number: number;
  uidl: string;
  subject: string;
}

export function createLogAnswers(
  { folder, language }: Pick<SessionLogSettings, 'folder' | 'language'>,
  { sessions, ring, ledger, clock }: LogAnswersParts,
): LogAnswers {
  const say = words[language];
  let atHand: { key: string; lines: string[]; timer: Timer } | null = null;

  async function linesFor(row: SessionRow): Promise<string[]> {
    const key = JSON.stringify(row);
    if (atHand?.key === key) return atHand.lines;

    const fromFile =
      row.file === null ? null : await readFile(join(folder, basename(row.file)), 'utf8').catch(() => null);
    const told = fromFile === null || row.errors > 0 ? await fromRing(row) : { lines: [], failed: [] };
    const lines = [...(fromFile === null ? told.lines : linesOfText(fromFile)), ...(await dialogues(row, told.failed))];
    atHand?.timer.cancel();
    atHand = { key, lines, timer: clock.after(AT_HAND, () => (atHand = null)) };
    return lines;
  }

  /** What the ring still has of a session: its lines, and the messages that failed in it. */
  async function fromRing({ firstSeq, lastSeq }: SessionRow): Promise<{ lines: string[]; failed: Failed[] }> {
    const lines: string[] = [];
    const failed = new Map<string, Failed>();
    const subjects = new Map<string, string>();
    let room = LONGEST_SHOWN;
    let next = firstSeq;
    for await (const event of eventsFrom(ring, firstSeq, lastSeq)) {
      if (next === firstSeq && event.seq > firstSeq) lines.push(say.ringGone);
      next = event.seq + 1;
      if (event.type === 'message.fetched') subjects.set(keyOf(event), event.subject);
      if (event.type === 'message.failed' || event.type === 'message.stuck') {
        const { account, number, uidl } = event;
        failed.set(keyOf(event), { account, number, uidl, subject: subjects.get(keyOf(event)) ?? uidl });
      }
      if (event.type === 'trace.line' || topicOf(event.type) === 'audit' || room < 0) continue;
      const said = linesOf(event, language);
      room -= said.reduce((sum, line) => sum + line.length, 0);
      lines.push(...said);
    }
    return { lines: next === firstSeq ? [say.logGone] : lines, failed: [...failed.values()] };
  }

  /** G02: what was said to whom for each message that failed in this session. */
  async function dialogues({ startedAt, finishedAt }: SessionRow, failed: Failed[]): Promise<string[]> {
    const lines: string[] = [];
    for (const { account, number, uidl, subject } of failed.slice(0, MOST_DIALOGUES)) {
      const tries = (await ledger.attempts(account, uidl)).filter(({ at }) => {
        const instant = Date.parse(at);
        return instant >= startedAt && instant <= finishedAt;
      });
      if (tries.length > 0) lines.push('', safe(say.tries(number, account, subject)), ...tries.flatMap(tryLines));
    }
    return lines;
  }

  return {
    async list({ offset, limit }) {
      const found = await sessions.list(offset, limit);
      return { total: found.total, sessions: found.sessions.map(shown) };
    },

    async show({ session, offset, limit }) {
      const row = await sessions.get(session);
      if (!row) throw new CallError('not_found', `No session ${session} is listed: see mailgate logs list.`);
      const lines = await linesFor(row);
      return { session: shown(row), total: lines.length, lines: lines.slice(offset, offset + limit) };
    },
  };
}

const keyOf = ({ account, uidl }: { account: string; uidl: string }): string => `${account}\n${uidl}`;

/** Transcripts are remote text. */
function tryLines({ at, ms, relay, result, transcript }: Attempt): string[] {
  return [safe(`[${formatClock(at)}] ${relay} (${ms} ms): ${result}`), ...transcript.map((line) => `  ${safe(line)}`)];
}

function shown({ session, startedAt, finishedAt, messages, bytes, errors, file }: SessionRow): SessionLog {
  const iso = (at: number): string => new Date(at).toISOString();
  return { session, startedAt: iso(startedAt), finishedAt: iso(finishedAt), messages, bytes, errors, file };
}
