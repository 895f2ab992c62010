/** `mailgate demo`: the whole gateway on this machine, with sample mail; nothing is left behind. */
import type { ReadStream, WriteStream } from 'node:tty';
import { jsonOf } from '../src/cli/world.ts';
import { cannotDraw } from '../src/tui/look.ts';
import { show } from './show.ts';
import { tour } from './tour.ts';
import { startWorld } from './world.ts';

export interface DemoOptions {
  /** Ends by itself then; null: when its reader ends it. */
  seconds: number | null;
  /** Without a terminal: every event as a JSON document on a line of its own, then `{"ok":true,"problems":[]}`. */
  json: boolean;
  language: 'en' | 'fr';
  version: string;
  env: Readonly<Record<string, string | undefined>>;
  stdin: ReadStream;
  stdout: WriteStream;
  stderr: WriteStream;
}

/** Minutes between two sessions while somebody watches. */
const WATCHED_POLL = 0.25;

/** What ended it before it was done; where nobody reads the output any more, that is no failure. */
const endings = { reader: 0, time: 1, SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
type Ending = keyof typeof endings;
const signals = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const satisfies readonly Ending[];

const texts = {
  en: {
    allIsWell: 'Every message is where it belongs.',
    failed: (why: string) => `The demo failed: ${why}`,
    tooShort: (seconds: number) => `The demo was not done within ${seconds} s.`,
  },
  fr: {
    allIsWell: 'Chaque message est à sa place.',
    failed: (why: string) => `La démonstration a échoué : ${why}`,
    tooShort: (seconds: number) => `La démonstration n'avait pas fini en ${seconds} s.`,
  },
};

/** Answers with the exit code: 0, or 1 when a server does not hold just what was expected; 128 and its number for a signal. */
export async function runDemo(options: DemoOptions): Promise<number> {
  const { language, env, stdin, stdout, stderr } = options;
  const say = texts[language];
  const ended = endOf(options);
  try {
    const onTerminal = stdin.isTTY && stdout.isTTY && !cannotDraw(env);
    await using world = await startWorld({ pollMinutes: onTerminal ? WATCHED_POLL : 0, language, env });
    if (onTerminal) return await show(world, env, ended.signal);

    const problems = await tour(world, (event, lines) => tell(options, event, lines), language, ended.signal);
    if (options.json) stdout.write(`${jsonOf({ ok: problems.length === 0, problems })}\n`);
    else if (problems.length === 0) stdout.write(`${say.allIsWell}\n`);
    else for (const problem of problems) stderr.write(`${problem}\n`);
    return problems.length === 0 ? 0 : 1;
  } catch (error) {
    const { by } = ended;
    if (by === null) stderr.write(`${say.failed((error as Error).message)}\n`);
    if (by === 'time') stderr.write(`${say.tooShort(options.seconds ?? 0)}\n`);
    return by === null ? 1 : endings[by];
  } finally {
    ended.forget();
  }
}

function tell({ json, stdout }: DemoOptions, event: object, lines: readonly string[]): void {
  if (json) stdout.write(`${jsonOf(event)}\n`);
  else for (const line of lines) stdout.write(`${line}\n`);
}

/** Ends with a signal, with the time that was given, or with the one who reads the output (`mailgate demo | head`). */
function endOf({ seconds, stdout }: DemoOptions) {
  const stopping = new AbortController();
  const ended: { by: Ending | null; signal: AbortSignal; forget(): void } = {
    by: null,
    signal: stopping.signal,
    forget,
  };
  const end = (by: Ending) => {
    ended.by ??= by;
    stopping.abort();
  };
  const handlers = signals.map((signal) => [signal, () => end(signal)] as const);
  const left = () => end('reader');
  for (const [signal, handler] of handlers) process.on(signal, handler);
  stdout.on('error', left);
  const timer = seconds === null ? null : setTimeout(end, seconds * 1_000, 'time');

  function forget(): void {
    if (timer) clearTimeout(timer);
    for (const [signal, handler] of handlers) process.off(signal, handler);
    stdout.off('error', left);
  }
  return ended;
}
