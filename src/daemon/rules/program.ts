/**
 * The scanner of [Scanner]: a program, run once a message with the message on its standard input, whose exit code says what it found.
 * 0 is clean; a code that is configured stops the message; anything else is no answer, and the message waits.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { type Clock, seconds } from '../base/clock.ts';
import { killGroup } from '../base/process-group.ts';
import type { Body } from '../mail/body.ts';
import { asItLeaves } from '../mail/line-ends.ts';
import type { ScannerSettings } from './settings.ts';

export type Looked = { found: 'nothing' } | { found: 'something'; why: string } | { found: 'unknown'; why: string };

export type Environment = Readonly<Record<string, string | undefined>>;

/** Who the message is for: all that the program is told beside the message itself. */
export interface About {
  account: string;
  /** The envelope sender; empty for the null one. */
  sender: string;
}

/** Characters of the program's first line that are told. */
const LONGEST_LINE = 500;

/** Octets of its output that are kept to find that line; the rest is read and dropped, so that it never waits for us. */
const MOST_OUTPUT = 4_096;

/** After its end, for what it wrote last; a child of its own may hold its output open for ever. */
const OUTPUT_WITHIN = seconds(1);

/** Of the gateway's environment a scanner gets these; the rest may hold passwords (`env:NAME`, I24). */
const PASSED_ON = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'];
const USUAL_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Never rejects for what the program does; rejects when the body cannot be read. */
export async function runScanner(
  { command, interceptExitCodes, timeout, folder }: ScannerSettings,
  { body, about, environment, clock }: { body: Body; about: About; environment: Environment; clock: Clock },
  stop: AbortSignal,
): Promise<Looked> {
  const [program = '', ...args] = command;
  const unknown = (what: string): Looked => ({ found: 'unknown', why: `The scanner ${program} ${what}` });
  if (stop.aborted) return unknown('was not started: the gateway is stopping.');

  const env = environmentOf(environment, about);
  // The head of a group of its own, so that what it started ends with it.
  const child = spawn(program, args, { cwd: folder, env, detached: true, stdio: 'pipe' });
  const output = firstLineOf(child);
  const ended = endOf(child);
  const cut = Promise.withResolvers<string>();
  const timer = clock.after(timeout, () => cut.resolve(`did not end within ${timeout / 1_000} seconds.`));
  const stopped = () => cut.resolve('was ended: the gateway is stopping.');
  stop.addEventListener('abort', stopped, { once: true });
  try {
    const fed = feed(child, body);
    fed.catch(() => {}); // heard below, unless the program has said enough before
    const end = await Promise.race([ended, cut.promise, fed.then(() => ended)]);
    if (typeof end === 'string') return unknown(end);
    if (end.failed !== null) return unknown(`cannot be run: ${end.failed}`);

    const said = await output.line(clock);
    if (end.code === 0) return { found: 'nothing' };
    const with_ = said === '' ? '' : `: ${said}`;
    if (end.code !== null && interceptExitCodes.includes(end.code))
      return { found: 'something', why: `The scanner ended with ${end.code}${with_}` };
    return unknown(`${end.code === null ? `was ended by ${end.signal}` : `ended with ${end.code}`}${with_}`);
  } finally {
    timer.cancel();
    stop.removeEventListener('abort', stopped);
    endGroup(child);
  }
}

function environmentOf(environment: Environment, { account, sender }: About): Record<string, string> {
  const passed = PASSED_ON.flatMap((name) => {
    const value = environment[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { PATH: USUAL_PATH, ...Object.fromEntries(passed), MAILGATE_ACCOUNT: account, MAILGATE_SENDER: sender };
}

interface End {
  code: number | null;
  signal: string;
  /** Why it could not be started; null for one that ran. */
  failed: string | null;
}

function endOf(child: ChildProcessWithoutNullStreams): Promise<End> {
  return new Promise((resolve) => {
    child.once('error', ({ message }) => resolve({ code: null, signal: '', failed: message }));
    child.once('exit', (code, signal) => resolve({ code, signal: signal ?? '', failed: null }));
  });
}

/** Writes the message; a program that does not want all of it is none the worse. */
async function feed(child: ChildProcessWithoutNullStreams, body: Body): Promise<void> {
  const { stdin } = child;
  let open = true;
  let drained: (() => void) | null = null;
  const gone = () => {
    open = false;
    drained?.();
  };
  stdin.on('error', gone); // EPIPE: it has seen enough
  stdin.on('close', gone);
  stdin.on('drain', () => drained?.());

  for await (const chunk of asItLeaves(body.chunks())) {
    if (!open) return;
    if (stdin.write(chunk)) continue;
    await new Promise<void>((resolve) => {
      drained = resolve;
      if (!open) resolve();
    });
  }
  if (open) stdin.end();
}

function firstLineOf(child: ChildProcessWithoutNullStreams): { line: (clock: Clock) => Promise<string> } {
  const kept: Buffer[] = [];
  let octets = 0;
  const closed = Promise.withResolvers<void>();
  child.once('close', () => closed.resolve());
  child.once('error', () => closed.resolve());
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('error', () => {});
    stream.on('data', (chunk: Buffer) => {
      if (octets < MOST_OUTPUT) kept.push(chunk.subarray(0, MOST_OUTPUT - octets));
      octets += chunk.length;
    });
  }
  return {
    async line(clock) {
      const timer = clock.after(OUTPUT_WITHIN, closed.resolve);
      await closed.promise;
      timer.cancel();
      const lines = Buffer.concat(kept)
        .toString('utf8')
        .split(/[\r\n]+/);
      return (lines.find((line) => line.trim() !== '') ?? '').trim().slice(0, LONGEST_LINE);
    },
  };
}

/** SIGKILL to whatever is left of its group; that there is nobody is well, too. */
function endGroup(child: ChildProcessWithoutNullStreams): void {
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
  killGroup(child);
}
