/**
 * Children: each started as the head of a session of its own, watched, and ended with everybody in that session.
 * Nothing that was started here outlives `stop`, nor this process (guardian.ts). Linux only: it reads /proc.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { constants, tmpdir } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { forget, watchOver } from './guardian.ts';
import { type Patience, until } from './until.ts';

export type Command = readonly [program: string, ...args: string[]];

export interface ProcessOptions {
  readonly cwd?: string;
  /** Added to a small environment that owes nothing to this process's but PATH. */
  readonly env?: Readonly<Record<string, string>>;
  /** What the child reads on stdin; nothing by default. */
  readonly input?: Uint8Array | string;
}

export interface RunningProcess extends AsyncDisposable {
  /** Also the id of its session and of its process group. */
  readonly pid: number;
  /** What it has written to stdout and stderr so far (the last million characters). */
  output(): string;
  /** Its exit code (128 + the signal's number, as shells have it); undefined until it has ended and its output is read. */
  code(): number | undefined;
  /** Ends its whole session; resolves when all are gone. */
  stop(ending?: Ending): Promise<void>;
}

export interface Ending {
  /** What everybody in the session is sent first: SIGTERM by default. */
  readonly signal?: NodeJS.Signals;
  /** Milliseconds until what is left is sent SIGKILL. */
  readonly grace?: number;
  /** Milliseconds until the signal is sent once more, and so on; only once by default. */
  readonly again?: number;
}

export interface Ended {
  readonly code: number;
  readonly output: string;
}

const GRACE = 10_000;
const OUTPUT_HELD = 2_000; // milliseconds: its own children may hold its output open for as long as they like
const OUTPUT_KEPT = 1_000_000; // the end says why it failed, and a chatty server must not fill the memory

/** Throws when the program cannot be started at all. */
export async function startProcess(command: Command, options: ProcessOptions = {}): Promise<RunningProcess> {
  return watch(await launch(command, options));
}

/** Runs a command to its end. Throws when it does not end in time. */
export async function run(command: Command, { within, ...options }: ProcessOptions & Patience = {}): Promise<Ended> {
  await using child = await startProcess(command, options);
  const otherwise = () => child.output();
  const code = await until(`${command[0]} to end`, () => child.code(), { within, otherwise });

  return { code, output: child.output() };
}

/** Resolves once something accepts connections on the port of 127.0.0.1; throws at once when `server` has ended. */
export async function accepting(port: number, server: RunningProcess, patience: Patience = {}): Promise<void> {
  const look = async () => {
    if (server.code() !== undefined) throw new Error(`The server ended with ${server.code()}.\n${server.output()}`);
    return (await accepts(port)) || undefined;
  };
  await until(`port ${port} to accept connections`, look, { ...patience, otherwise: () => server.output() });
}

/** Resolves with the match of `line` in what the child has written; throws when the child ends without it. */
export async function written(line: RegExp, child: RunningProcess, patience: Patience = {}): Promise<RegExpExecArray> {
  const look = () => {
    const code = child.code(); // first: with it, the output is complete
    const match = line.exec(child.output());
    if (match === null && code !== undefined)
      throw new Error(`It ended with ${code}, not with ${line}.\n${child.output()}`);
    return match ?? undefined;
  };
  return await until(`a line like ${line}`, look, { ...patience, otherwise: () => child.output() });
}

/** The processes of a session that still run. Ended ones that nobody has waited for (zombies) do not count. */
export function sessionMembers(session: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => sessionOf(pid) === session);
}

/** Ends a session: the signal, after the grace SIGKILL; resolves when nobody is left in it. */
export async function endSession(session: number, ending: Ending = {}): Promise<void> {
  const { signal = 'SIGTERM', grace = GRACE, again = grace } = ending;
  const end = performance.now() + grace;
  do {
    signalSession(session, signal);
    if (await emptied(session, again)) return;
  } while (performance.now() < end);

  signalSession(session, 'SIGKILL');
  if (await emptied(session, GRACE)) return;

  throw new Error(`These processes outlive SIGKILL: ${sessionMembers(session).join(' ')}`);
}

async function launch([program, ...args]: Command, options: ProcessOptions): Promise<ChildProcessWithoutNullStreams> {
  const env = { ...bareEnvironment(), ...options.env };
  const child = spawn(program, args, { cwd: options.cwd ?? tmpdir(), env, detached: true, stdio: 'pipe' });
  try {
    await once(child, 'spawn');
  } catch (error) {
    throw new Error(`${program} cannot be started.`, { cause: error });
  }
  child.stdin.on('error', () => {}); // nobody has to read what is offered
  child.stdin.end(options.input ?? '');
  return child;
}

function watch(child: ChildProcessWithoutNullStreams): RunningProcess {
  const { pid = 0 } = child;
  let output = '';
  let code: number | undefined;
  const keep = (text: string) => {
    output = (output + text).slice(-OUTPUT_KEPT);
  };
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  child.once('exit', (status, signal) => {
    const ended = () => {
      code = status ?? 128 + (signal === null ? 0 : constants.signals[signal]);
    };
    child.once('close', ended);
    setTimeout(ended, OUTPUT_HELD).unref();
  });
  watchOver(pid);

  const stop = async (ending?: Ending) => {
    await endSession(pid, ending);
    forget(pid);
  };
  return { pid, output: () => output, code: () => code, stop, [Symbol.asyncDispose]: () => stop() };
}

/** Undefined for a process that has ended. */
function sessionOf(pid: number): number | undefined {
  try {
    // proc(5): pid (name) state ppid pgrp session …, and the name may hold anything, a `)` too.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, , , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' || state === 'X' ? undefined : Number(session);
  } catch {
    return undefined;
  }
}

function signalSession(session: number, signal: NodeJS.Signals): void {
  for (const target of [-session, ...sessionMembers(session)]) {
    try {
      process.kill(target, signal);
    } catch {
      // ESRCH: it is gone already, which is what was wanted.
    }
  }
}

async function emptied(session: number, within: number): Promise<boolean> {
  const end = performance.now() + within;
  while (sessionMembers(session).length > 0) {
    if (performance.now() > end) return false;
    await pause(20);
  }
  return true;
}

/** Servers and their tools live in /usr/sbin, which is not on everybody's PATH. */
function bareEnvironment(): Record<string, string> {
  return { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/bin:/sbin:/bin`, HOME: tmpdir(), LANG: 'C.UTF-8' };
}

async function accepts(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
