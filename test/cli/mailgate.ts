/** Runs `mailgate` as a person's shell does: a process of its own, whose output and exit code count. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { ReadStream, WriteStream } from 'node:tty';
import { buildSync } from 'esbuild';
import { afterAll, onTestFinished } from 'vitest';
import { runCommand } from '../../src/cli/program.ts';
import type { World } from '../../src/cli/world.ts';

export interface Ran {
  code: number;
  out: string;
  err: string;
  /** The output, document by document. */
  json: () => unknown[];
}

let folder: string | null = null;

afterAll(() => {
  if (folder !== null) rmSync(folder, { recursive: true, force: true });
});

/** The command line as one file, as `npm run build` makes it, in a folder of this process: `dist/mailgate.js` beside a `package.json`. */
export function bundle(where: string): string {
  const program = join(where, 'dist', 'mailgate.js');
  buildSync({
    entryPoints: [join(import.meta.dirname, '../../src/cli/main.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    banner: { js: "import { createRequire as __r } from 'node:module'; const require = __r(import.meta.url);" },
    logLevel: 'silent',
  });
  writeFileSync(join(where, 'package.json'), '{"type":"module","version":"0.1.0"}');
  return program;
}

/** Made once for a file of tests. */
function theProgram(): string {
  if (folder !== null) return join(folder, 'dist', 'mailgate.js');

  folder = mkdtempSync(join(tmpdir(), 'mg-cli-'));
  return bundle(folder);
}

export interface ShellOptions {
  env?: Record<string, string>;
  input?: string;
  program?: string;
}

/** Starts it, with a small environment of its own; it is ended with the test at the latest. */
export function start(
  args: readonly string[],
  { env = {}, program = theProgram() }: ShellOptions = {},
): ChildProcessWithoutNullStreams {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: tmpdir(),
    env: {
      PATH: process.env['PATH'],
      HOME: tmpdir(),
      TZ: 'Europe/Paris',
      ...(program.endsWith('.js') ? { NODE_COMPILE_CACHE: join(program, '../cache') } : {}), // as bin/mailgate has one
      ...env,
    },
    stdio: 'pipe',
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

export async function mailgate(args: readonly string[], options: ShellOptions = {}): Promise<Ran> {
  const child = start(args, options);
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  child.stdin.end(options.input ?? '');
  const [code] = (await once(child, 'close')) as [number];
  return ran(code, out, err);
}

interface Here {
  /** What comes on standard input. */
  typed?: string | Uint8Array;
  env?: Record<string, string>;
  /** Resolves when the person presses Ctrl-C. */
  interrupt?: Promise<void>;
}

/** The same in this process, with a person at a terminal who types `typed`. */
export function atTerminal(args: readonly string[], here: Here = {}): Promise<Ran> {
  return inProcess(args, here, true);
}

/** The same in this process, in a pipe whose input is `typed`: much faster than a process, where the process is not the point. */
export function inPipe(args: readonly string[], here: Here = {}): Promise<Ran> {
  return inProcess(args, here, false);
}

async function inProcess(args: readonly string[], here: Here, isTTY: boolean): Promise<Ran> {
  const { typed = '', env = {}, interrupt = new Promise(() => {}) } = here;
  const [stdin, stdout, stderr] = [stream(isTTY), stream(isTTY), stream(isTTY)];
  if (isTTY) stdin.write(typed);
  else stdin.end(typed);
  const world: World = {
    args,
    env: { TERM: 'xterm-256color', ...env },
    stdin: stdin as unknown as ReadStream,
    stdout: stdout as unknown as WriteStream,
    stderr: stderr as unknown as WriteStream,
    outliveReaders() {},
    onInterrupt(heard) {
      let listens = true;
      void interrupt.then(() => listens && heard());
      return {
        [Symbol.dispose]() {
          listens = false;
        },
      };
    },
    user: { name: 'anna', uid: 1_000, home: '/home/anna' },
  };
  const code = await runCommand(world);
  return ran(code, String(stdout.read() ?? ''), String(stderr.read() ?? ''));
}

const stream = (isTTY: boolean) =>
  Object.assign(new PassThrough({ highWaterMark: 1e8 }), { isTTY, columns: 80, rows: 24 });

function ran(code: number, out: string, err: string): Ran {
  const json = () =>
    out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
  return { code, out, err, json };
}
