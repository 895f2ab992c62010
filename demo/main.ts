/** `mailgate demo`: the whole gateway on this machine, with sample mail; nothing is left behind. */
import type { ReadStream, WriteStream } from 'node:tty';
import { show } from './show.ts';
import { tour } from './tour.ts';
import { startWorld } from './world.ts';

export interface DemoOptions {
  /** Ends by itself then; null: when its reader ends it. */
  seconds: number | null;
  language: 'en' | 'fr';
  version: string;
  env: Readonly<Record<string, string | undefined>>;
  stdin: ReadStream;
  stdout: WriteStream;
  stderr: WriteStream;
}

/** Minutes between two sessions while somebody watches. */
const WATCHED_POLL = 0.25;

/** Answers with the exit code: 0, or 1 when a server does not hold just what was expected. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const { language, env, stdin, stdout, stderr } = options;
  const onTerminal = stdin.isTTY && stdout.isTTY;
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  for (const signal of SIGNALS) process.once(signal, stop);
  const end = options.seconds === null ? null : setTimeout(stop, options.seconds * 1_000);

  try {
    await using world = await startWorld({ pollMinutes: onTerminal ? WATCHED_POLL : 0, language, env });
    if (stopping.signal.aborted) return INTERRUPTED;
    if (onTerminal) return await show(world, env, stopping.signal);

    const problems = await tour(world, language, (line) => void stdout.write(`${line}\n`), stopping.signal);
    for (const problem of problems) stderr.write(`${problem}\n`);
    if (problems.length === 0) stdout.write('Every message is where it belongs.\n');
    return problems.length === 0 ? 0 : 1;
  } catch (error) {
    if (stopping.signal.aborted) return INTERRUPTED;
    stderr.write(`The demo failed: ${(error as Error).message}\n`);
    return 1;
  } finally {
    if (end) clearTimeout(end);
    for (const signal of SIGNALS) process.removeListener(signal, stop);
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** As a shell counts SIGINT. */
const INTERRUPTED = 130;
