/** A token that a program prints. No shell reads its line; it has a deadline, and nothing that it says is ever repeated. */
import { type ChildProcess, spawn } from 'node:child_process';
import { type Clock, type Duration, seconds } from '../base/clock.ts';
import { killGroup } from '../base/process-group.ts';
import { Secret } from '../base/secret.ts';
import type { TokenAnswer, TokenFailure } from './keeper.ts';
import type { Subject } from './subject.ts';
import { createTurns, unlessStopped } from './turns.ts';

export interface TokenCommand {
  tokenFor(stop: AbortSignal): Promise<TokenAnswer>;
  rejected(token: Secret): void;
  idle(): Promise<void>;
}

/** Programs that renew their token ask a server first. */
const WITHIN: Duration = seconds(30);

/** Octets, of each of its outputs. */
const LARGEST_OUTPUT = 65_536;

/** A relay opens connections side by side and one after the other: not each of them runs the program. */
const KEPT_FOR: Duration = seconds(60);

const STOPPED: TokenFailure = { ok: false, kind: 'stopped', message: 'Stopped.' };

export function createTokenCommand(
  subject: Subject,
  words: readonly string[],
  { clock, home }: { readonly clock: Clock; readonly home: string },
): TokenCommand {
  const turns = createTurns();
  let kept: { readonly token: Secret; readonly until: Duration } | null = null;

  async function next(stop: AbortSignal): Promise<TokenAnswer> {
    if (kept !== null && kept.until > clock.monotonic()) return { ok: true, token: kept.token };

    const answer = await printed(words, home, clock, stop);
    if (typeof answer === 'string') {
      const message = `The token command of ${subject.key} ${answer} Run it by hand to see why.`;
      return { ok: false, kind: 'temporary', message };
    }
    kept = { token: answer, until: clock.monotonic() + KEPT_FOR };
    return { ok: true, token: answer };
  }

  return {
    tokenFor: async (stop) =>
      await unlessStopped(
        turns.take(() => next(stop)),
        stop,
        STOPPED,
      ),
    rejected(token) {
      if (kept?.token === token) kept = null;
    },
    idle: () => turns.idle(),
  };
}

/** The token; else what became of the program, as the rest of "The token command …". */
async function printed(
  words: readonly string[],
  home: string,
  clock: Clock,
  stop: AbortSignal,
): Promise<Secret | string> {
  const [program = '', ...args] = words;
  // In a group of its own, so that what it started ends with it.
  const child = spawn(program, args, { cwd: home, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let end: string | null = null;
  const endBy = (why: string) => {
    end ??= why;
    kill(child);
  };

  const timer = clock.after(WITHIN, () => endBy(`did not end within ${WITHIN / 1_000} s.`));
  const stopped = () => endBy('was stopped.');
  stop.addEventListener('abort', stopped, { once: true });
  if (stop.aborted) stopped();
  try {
    const output = collected(child.stdout, () => endBy(`printed more than ${LARGEST_OUTPUT} octets.`));
    void collected(child.stderr, () => endBy(`printed more than ${LARGEST_OUTPUT} octets.`));
    const how = await ended(child);
    return end ?? how ?? tokenIn(await output);
  } finally {
    timer.cancel();
    stop.removeEventListener('abort', stopped);
  }
}

function kill(child: ChildProcess): void {
  if (child.pid === undefined) return;
  killGroup(child);
  // Whoever left the group may hold the other ends.
  child.stdout?.destroy();
  child.stderr?.destroy();
}

async function collected(output: NodeJS.ReadableStream, tooMuch: () => void): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let octets = 0;
  try {
    for await (const chunk of output) {
      octets += chunk.length;
      if (octets > LARGEST_OUTPUT) {
        tooMuch();
        break;
      }
      chunks.push(Buffer.from(chunk));
    }
  } catch {
    // cut off by `kill`, and told by it
  }
  return Buffer.concat(chunks);
}

/** Null: it ended well. */
function ended(child: ChildProcess): Promise<string | null> {
  return new Promise((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      resolve(`cannot be started: ${error.code ?? 'unknown error'}.`),
    );
    child.once('close', (code, signal) => {
      if (code === 0) resolve(null);
      else resolve(code === null ? `was ended by ${signal ?? 'a signal'}.` : `ended with exit code ${code}.`);
    });
  });
}

/** One line end is the program's `echo`, and no part of the token. */
function tokenIn(output: Buffer): Secret | string {
  const text = output.toString('latin1').replace(/\r?\n$/, '');
  return /^[!-~]+$/.test(text)
    ? new Secret(text)
    : 'printed no token: one line of printable characters, without blanks.';
}
