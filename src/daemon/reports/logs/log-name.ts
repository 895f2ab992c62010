/**
 * Names of the files in `Log/` (S44): they sort by time, hold nothing that a file system could mind, and say by themselves how old
 * they are. Pure.
 */
import { formatDate } from '../../../protocol/lines.ts';
import type { Instant } from '../../base/clock.ts';

/** `2026-11-24 100000`, by the wall clock of the place as in the lines (S48). */
const stamp = (at: Instant): string => formatDate(new Date(at).toISOString(), 'en').replaceAll(':', '');

/** A log that is being written: the number of its first event makes it unique. */
export const partName = (begunAt: Instant, firstSeq: number): string => `${stamp(begunAt)} ${firstSeq}.part`;

export const sessionName = (startedAt: Instant, session: number): string =>
  `${stamp(startedAt)} Session ${session}.txt`;

export const interruptedName = ({ begunAt, firstSeq }: PartName): string =>
  `${stamp(begunAt)} Interrupted ${firstSeq}.txt`;

/** A part that a gentle stop has left: the next run goes on with it. */
export const restName = (part: string): string => part.replace(/\.part$/, '.rest');

export interface PartName {
  begunAt: Instant;
  firstSeq: number;
  /** Left by a crash, or by a gentle stop. */
  by: 'crash' | 'stop';
}

export function readPartName(name: string): PartName | null {
  const [, day, clock, seq, ending] = /^(\d{4}-\d\d-\d\d) (\d{6}) (\d{1,15})\.(part|rest)$/.exec(name) ?? [];
  if (day === undefined || clock === undefined) return null;
  return { begunAt: instantOf(day, clock), firstSeq: Number(seq), by: ending === 'part' ? 'crash' : 'stop' };
}

export interface LogName {
  at: Instant;
  /** Null: an interrupted log. */
  session: number | null;
}

/** Null for whatever else a person has put there: it is never deleted. */
export function readLogName(name: string): LogName | null {
  const [, day, clock, kind, number] =
    /^(\d{4}-\d\d-\d\d) (\d{6}) (Session|Interrupted) (\d{1,15})\.txt$/.exec(name) ?? [];
  if (day === undefined || clock === undefined) return null;
  return { at: instantOf(day, clock), session: kind === 'Session' ? Number(number) : null };
}

function instantOf(day: string, clock: string): Instant {
  return new Date(`${day}T${clock.replace(/(..)(..)(..)/, '$1:$2:$3')}`).getTime();
}
