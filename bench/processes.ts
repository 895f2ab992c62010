/** Children of the benchmark: started here, ended by their pid, also when the benchmark is interrupted. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

export type Command = readonly [program: string, ...args: string[]];

export interface Child extends AsyncDisposable {
  readonly pid: number;
  /** Resolves with its exit code, null when a signal ended it. */
  readonly ended: Promise<number | null>;
  /** What it has written to its log. */
  log(): string;
  /** SIGTERM, and SIGKILL for who has not ended 15 s later. */
  stop(): Promise<void>;
}

const ENDS_WITHIN = 15_000; // milliseconds
const STARTS_WITHIN = 60_000; // milliseconds; a busy machine takes its time
const LOOK_EVERY = 20; // milliseconds

const running = new Set<ChildProcess>();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    for (const child of running) child.kill('SIGTERM');
    process.exit(130);
  });
}
process.once('exit', () => {
  for (const child of running) child.kill('SIGTERM');
});

/** Starts a program whose output goes to a file. Rejects when it cannot be started. */
export async function startChild(
  [program, ...args]: Command,
  { logFile, env = {} }: { logFile: string; env?: Readonly<Record<string, string>> },
): Promise<Child> {
  const log = openSync(logFile, 'w');
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', log, log] });
  closeSync(log);
  running.add(child);
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  void ended.then(() => running.delete(child));
  await once(child, 'spawn');

  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), ENDS_WITHIN);
    await ended;
    clearTimeout(late);
  };
  return {
    pid: child.pid as number,
    ended,
    log: () => readFileSync(logFile, 'utf8'),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** Runs a program to its end; rejects, with what it wrote, when it does not end with 0. */
export async function run(command: Command, logFile: string): Promise<string> {
  const child = await startChild(command, { logFile });
  const code = await child.ended;
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}:\n${child.log()}`);
  return child.log();
}

/** Resolves once somebody accepts connections on that port of 127.0.0.1. */
export async function listening(port: number, server: Child): Promise<void> {
  await until(`somebody to listen on port ${port}`, () => accepts(port), server);
}

/** Resolves once `look` says so; rejects when it does not within a minute, or the child ends without it. */
export async function until(what: string, look: () => boolean | Promise<boolean>, child: Child): Promise<void> {
  const last = performance.now() + STARTS_WITHIN;
  let gone = false;
  void child.ended.then(() => {
    gone = true;
  });
  while (!(await look())) {
    if (gone || performance.now() > last) throw new Error(`Waited in vain for ${what}:\n${child.log()}`);
    await pause(LOOK_EVERY);
  }
}

/** Whether somebody accepts connections there now. */
export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

// Below the range that systems take the near end of outgoing connections from.
const [FIRST_PORT, LAST_PORT] = [12_000, 32_000];

/** A port of 127.0.0.1 that nobody listens on now. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST_PORT, LAST_PORT);
    const server = createServer().listen(port, '127.0.0.1');
    const free = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    await new Promise((resolve) => server.close(resolve));
    if (free) return port;
  }
}
