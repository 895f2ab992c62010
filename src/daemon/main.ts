/** The daemon as a program: what `mailgate run` and `mailgate check` start. Exit codes are those of docs/config.md. */
import { chmod } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Writable } from 'node:stream';
import { linesOf } from '../protocol/lines.ts';
import { topicOf } from '../protocol/events.ts';
import { seconds, systemClock } from './base/clock.ts';
import { createLog } from './base/log.ts';
import type { Config } from './config/config.ts';
import { loadConfig } from './config/load.ts';
import { type ConfigProblem, describeProblem } from './config/problem.ts';
import { type Daemon, startDaemon } from './daemon.ts';
import { notYet, standingProblems } from './standing.ts';
import { type HomeLock, lockHome } from './store/lock.ts';
import { StoreFailure } from './store/store.ts';

export interface RunOptions {
  home: string;
  once: boolean;
  version: string;
  env: Environment;
  /** The mail log, a line each. */
  stdout: Writable;
  /** Why it does not start, and the operational log. */
  stderr: Writable;
}

type Environment = Readonly<Record<string, string | undefined>>;

const DONE = 0;
const WITH_ERRORS = 1;
const REFUSED = 75;
const WRONG_CONFIGURATION = 78;

/** I27. What still holds it up then, a disk that hangs or a bug, is left to the end of the process, as by kill -9. */
const ENDS_WITHIN = seconds(30);

/** Runs the daemon until a signal ends it; answers with the exit code. */
export async function runDaemon(options: RunOptions): Promise<number> {
  process.umask(0o077); // everything that the daemon makes is its owner's alone
  const complain = (line: string) => void options.stderr.write(`${line}\n`);
  const loaded = await loadConfig(options.home, options.env);
  for (const problem of loaded.ok ? loaded.warnings : loaded.problems) complain(describeProblem(problem));
  if (!loaded.ok) return WRONG_CONFIGURATION;
  for (const text of notYet(loaded.config)) complain(text);

  const { home } = loaded.config;
  await chmod(home, 0o700).catch(() => {}); // another owner's home is refused where it is written to
  let lock: HomeLock | null = null;
  try {
    lock = await lockHome(home);
    if (!lock.ok) {
      const holder = lock.pid === null ? '' : `(process ${lock.pid}) `;
      complain(`Another MailGate ${holder}serves ${home} already. Stop it first.`);
      return REFUSED;
    }
    const { code, closed } = await serve(options, loaded.config, complain);
    // What was not waited for is still at work here: the lock goes with the process, and nobody serves this home before (I14).
    if (closed) await lock.release();
    return code;
  } catch (error) {
    if (lock?.ok) await lock.release();
    const why = whyUnusable(error);
    if (why === null) throw error;
    complain(`${home} cannot be served: ${why}`);
    return REFUSED;
  }
}

/** What the disk or the system refuses is said in a line; null for a bug. */
function whyUnusable(error: unknown): string | null {
  if (error instanceof StoreFailure) return error.message;
  if (!(error instanceof Error && 'code' in error)) return null;
  return 'syscall' in error || error.code === 'ERR_SQLITE_ERROR' ? error.message : null;
}

interface Served {
  code: number;
  /** Everything has ended; else some of it is left to the end of the process. */
  closed: boolean;
}

/** Rejects once everything that was opened is closed. */
async function serve(options: RunOptions, config: Config, complain: (line: string) => void): Promise<Served> {
  const { language } = config.options;
  const { say, flush } = lineWriter(options.stdout);
  const signals = hearSignals(complain); // before "ready": whoever reads that may send one at once
  const started = await startDaemon({
    config,
    version: options.version,
    pid: process.pid,
    once: options.once,
    clock: systemClock,
    log: createLog('warn'),
    environment: options.env,
    listen(event) {
      if (topicOf(event.type) !== 'trace') for (const line of linesOf(event, language)) say(line);
      if (event.type === 'gateway.ready') say('ready');
    },
  }).finally(flush);
  if (!started.ok) {
    complain(started.why);
    return { code: REFUSED, closed: true };
  }

  const { daemon } = started;
  try {
    const { code, reason } = await done(daemon, options, signals).catch(async (error: unknown) => {
      await daemon.close('it failed');
      throw error;
    });
    return { code, closed: await close(daemon, reason, signals) };
  } finally {
    flush();
  }
}

/** Lines of one turn of the event loop leave in one write: a busy session tells thousands of them. */
function lineWriter(stdout: RunOptions['stdout']): { say(line: string): void; flush(): void } {
  let waiting = '';
  const flush = () => {
    if (waiting !== '') stdout.write(waiting);
    waiting = '';
  };
  return {
    say(line) {
      if (waiting === '') setImmediate(flush);
      waiting += `${line}\n`;
    },
    flush,
  };
}

/** Resolves when it is to end: a signal came, or, with `once`, its work is done. */
async function done(daemon: Daemon, { once }: RunOptions, signals: Signals): Promise<{ code: number; reason: string }> {
  const told = signals.first.then((reason) => ({ code: once ? WITH_ERRORS : DONE, reason }));
  if (!once) return await told;

  const work = daemon.once().then((well) => ({ code: well ? DONE : WITH_ERRORS, reason: 'once' }));
  work.catch(() => {}); // after a signal nobody waits for it
  return await Promise.race([told, work]);
}

/** False when it was not waited for: a second signal came (as kill -9, with the same guarantees), or it took too long (I27). */
async function close(daemon: Daemon, reason: string, { second }: Signals): Promise<boolean> {
  const late = Promise.withResolvers<void>();
  const timer = systemClock.after(ENDS_WITHIN, late.resolve);
  const closing = daemon.close(reason).then(() => true);
  closing.catch(() => {}); // it may be too late for whoever waits
  const closed = await Promise.race([closing, second.then(() => false), late.promise.then(() => false)]);
  timer.cancel();
  return closed;
}

interface Signals {
  /** The name of the signal that stops the daemon. */
  first: Promise<string>;
  second: Promise<void>;
}

function hearSignals(complain: (line: string) => void): Signals {
  const [first, second] = [Promise.withResolvers<string>(), Promise.withResolvers<void>()];
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT']) {
    process.on(signal, () => {
      if (stopping) second.resolve();
      stopping = true;
      first.resolve(signal);
    });
  }
  process.on('SIGHUP', () =>
    complain('SIGHUP: in this version the configuration is read at the start only. Restart to apply it.'),
  );
  return { first: first.promise, second: second.promise };
}

/** `mailgate check`: reads the configuration as the daemon would. A warning is what it would say, and start all the same. */
export async function checkConfig(
  home: string,
  env: Environment,
): Promise<{ problems: readonly ConfigProblem[]; warnings: readonly ConfigProblem[] }> {
  const loaded = await loadConfig(home, env);
  if (!loaded.ok) return { problems: loaded.problems, warnings: [] };

  const { config, warnings } = loaded;
  const ofTheWhole = [...standingProblems(config).map(({ message }) => message), ...notYet(config)];
  const file = basename(config.file);
  return {
    problems: [],
    warnings: [...warnings, ...ofTheWhole.map((message) => ({ file, line: null, column: null, key: null, message }))],
  };
}
