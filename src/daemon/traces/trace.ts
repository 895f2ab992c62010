/**
 * The three protocol traces: POP3, SMTP to the internal server, SMTP to the relay. Each is switched while the gateway runs, for
 * all or for one account or peer, for good, for a time or for a number of sessions (S91-S95, G01). A line goes to the trace's
 * file and, as an event, to whoever watches; secrets were masked by the part that spoke (S92).
 */
import { join } from 'node:path';
import type { TraceName, TraceStatus } from '../../protocol/model.ts';
import { safe } from '../../protocol/safe.ts';
import type { Bus } from '../base/bus.ts';
import type { Clock, Timer } from '../base/clock.ts';
import type { Dialogue } from '../base/dialogue.ts';
import { openTraceFile, type TraceFile } from './trace-file.ts';

/** S19; the 2 stays. */
const FILES: Record<TraceName, string> = {
  pop3: 'PmgPOP3Trace.txt',
  'smtp-in': 'PmgInboundSMTPTrace.txt',
  'smtp-out': 'PmgOutboundSMTPTrace2.txt',
};

const NAMES = Object.keys(FILES) as TraceName[];

export interface TraceSwitch {
  trace: TraceName;
  on: boolean;
  account: string | null;
  peer: string | null;
  /** Seconds until it goes off by itself. */
  forSeconds: number | null;
  sessions: number | null;
  whole: boolean;
}

export interface Traces {
  set(change: TraceSwitch, by: string): TraceStatus;
  status(): Record<TraceName, TraceStatus>;
  /** The listener of one conversation. It asks anew at each line, so that a switch takes effect in the middle of one. */
  dialogue(trace: TraceName, scope: { account?: string; peer: string }): Dialogue;
  /** S95: at the start of each download session the session page says which traces are on; counts the sessions of S97. */
  sessionStarted(session: number): void;
  sessionFinished(): void;
  close(): Promise<void>;
}

export interface TraceParts {
  home: string;
  /** 0 off, 1 bodies shortened, 2 whole: as the INI has it at start. */
  levels: Record<TraceName, number>;
  /** Octets at which a file turns over. */
  fileLimit: number;
  bus: Bus;
  clock: Clock;
}

interface Running {
  status: TraceStatus;
  file: TraceFile;
  expiry: Timer | null;
  /** Its file cannot be written, and everybody knows. */
  failing: boolean;
}

export function createTraces(parts: TraceParts): Traces {
  const { bus, clock } = parts;
  let closed = false;
  const traces = Object.fromEntries(NAMES.map((name) => [name, prepared(name)])) as Record<TraceName, Running>;
  for (const name of NAMES)
    bus.tell({ type: 'trace.switched', trace: name, by: 'configuration', ...traces[name].status });

  function prepared(name: TraceName): Running {
    const path = join(parts.home, FILES[name]);
    const level = parts.levels[name];
    const file = openTraceFile(path, { limit: parts.fileLimit, clock, trouble: (error) => tellTrouble(name, error) });
    return { status: { ...off(path), on: level > 0, whole: level > 1 }, file, expiry: null, failing: false };
  }

  function tellTrouble(name: TraceName, error: Error | null): void {
    const running = traces[name];
    if (error === null && !running.failing) return;
    running.failing = error !== null;
    const key = `trace.${name}`;
    if (error === null) bus.tell({ type: 'problem.cleared', key });
    else bus.tell({ type: 'problem.raised', key, message: `${running.file.path} cannot be written: ${error.message}` });
  }

  function off(file: string): TraceStatus {
    return { on: false, account: null, peer: null, until: null, sessions: null, whole: false, file };
  }

  function set(change: TraceSwitch, by: string): TraceStatus {
    const running = traces[change.trace];
    running.expiry?.cancel();
    running.expiry = null;
    running.status = change.on ? switchedOn(change, running.file.path) : off(running.file.path);
    if (change.on && change.forSeconds !== null)
      running.expiry = clock.after(change.forSeconds * 1_000, () => set({ ...change, on: false }, 'expiry'));
    bus.tell({ type: 'trace.switched', trace: change.trace, by, ...running.status });
    if (!change.on) tellTrouble(change.trace, null); // a trace that is off needs no file
    return running.status;
  }

  function switchedOn({ account, peer, forSeconds, sessions, whole }: TraceSwitch, file: string): TraceStatus {
    const until = forSeconds === null ? null : new Date(clock.now() + forSeconds * 1_000).toISOString();
    return { on: true, account, peer, until, sessions, whole, file };
  }

  function dialogue(trace: TraceName, scope: { account?: string; peer: string }): Dialogue {
    const running = traces[trace];
    const named = scope.account ?? scope.peer;
    const heard = () => running.status.on && !closed && inScope(running.status, scope);
    return {
      get bodies() {
        if (!heard()) return 'none';
        return running.status.whole ? 'whole' : 'head';
      },
      tell(direction, line) {
        if (!heard()) return;
        running.file.append(`${stamp(clock.now())} [${safe(named)}] ${ARROWS[direction]}${safe(line)}`);
        bus.tell({ type: 'trace.line', trace, scope: named, direction, line });
      },
    };
  }

  function sessionStarted(session: number): void {
    for (const name of NAMES) {
      const { on, account } = traces[name].status;
      if (on) bus.tell({ type: 'trace.activated', trace: name, session, account });
    }
  }

  function sessionFinished(): void {
    for (const name of NAMES) {
      const { status } = traces[name];
      if (!status.on || status.sessions === null) continue;
      const { account, peer, whole, sessions, until } = status;
      const forSeconds = until === null ? null : Math.max(0, Date.parse(until) - clock.now()) / 1_000;
      set({ trace: name, on: sessions > 1, account, peer, whole, sessions: sessions - 1, forSeconds }, 'expiry');
    }
  }

  return {
    set,
    status: () =>
      Object.fromEntries(NAMES.map((name) => [name, traces[name].status])) as Record<TraceName, TraceStatus>,
    dialogue,
    sessionStarted,
    sessionFinished,
    async close() {
      closed = true;
      for (const name of NAMES) traces[name].expiry?.cancel();
      await Promise.all(NAMES.map((name) => traces[name].file.close()));
    },
  };
}

/** The trace prints `>>PASS XXXX`, as the description's own traces do (S92). */
const ARROWS = { '>': '>>', '<': '<<', '*': '** ' };

function inScope(status: TraceStatus, scope: { account?: string; peer: string }): boolean {
  if (status.account !== null && status.account.toLowerCase() !== scope.account?.toLowerCase()) return false;
  return status.peer === null || status.peer.toLowerCase() === scope.peer.toLowerCase();
}

/** `2026-11-24 10:00:00.123`, local time: files are read beside the session log, whose times are local too (S48). */
function stamp(now: number): string {
  const at = new Date(now);
  const part = (value: number, width = 2) => String(value).padStart(width, '0');
  const day = `${at.getFullYear()}-${part(at.getMonth() + 1)}-${part(at.getDate())}`;
  return `${day} ${part(at.getHours())}:${part(at.getMinutes())}:${part(at.getSeconds())}.${part(at.getMilliseconds(), 3)}`;
}
