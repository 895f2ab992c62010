/** Runs a program of the administrator's once: no shell, a text on its standard input, a deadline, and nothing of it is left behind. */
import { spawn } from 'node:child_process';
import type { Clock, Duration } from '../../base/clock.ts';
import { killGroup } from '../../base/process-group.ts';

export interface ProgramRun {
  command: readonly string[];
  input: string;
  within: Duration;
  clock: Clock;
  stop: AbortSignal;
}

/** Characters of its standard error that a sentence about its failure shows. */
const LONGEST_COMPLAINT = 300;

/** Null when it ended with 0; else why not. */
export async function runProgram({ command, input, within, clock, stop }: ProgramRun): Promise<string | null> {
  const [program = '', ...args] = command;
  if (stop.aborted) return 'stopped';

  return await new Promise((resolve) => {
    // A group of its own, so that what it started ends with it.
    const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'pipe'], detached: true });
    let cut: string | null = null;
    let complaint = '';

    const kill = (why: string) => {
      cut = why;
      killGroup(child);
    };
    const timer = clock.after(within, () => kill(`it had not ended after ${within / 1_000} s`));
    const stopped = () => kill('stopped');
    stop.addEventListener('abort', stopped, { once: true });
    const end = (why: string | null) => {
      timer.cancel();
      stop.removeEventListener('abort', stopped);
      child.stderr.destroy(); // a grandchild may hold it open for ever
      resolve(why);
    };

    child.once('error', (error) => end(`${program} cannot be run: ${error.message}`));
    child.once('exit', (code, signal) => {
      if (cut !== null) end(cut);
      else if (code === 0) end(null);
      else end(`it ended with ${code ?? signal}${complaint === '' ? '' : `: ${oneLine(complaint)}`}`);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      if (complaint.length < LONGEST_COMPLAINT) complaint += chunk.toString('utf8');
    });
    child.stdin.on('error', () => {}); // it need not read what it is told
    child.stdin.end(input);
  });
}

function oneLine(text: string): string {
  return text.slice(0, LONGEST_COMPLAINT).replace(/\s+/g, ' ').trim();
}
