/** The daemon as a program: what `mailgate run` and `mailgate check` start. Exit codes are those of docs/config.md. */
import { chmod } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Writable } from 'node:stream';
import { linesOf } from '../protocol/lines.ts';
import { topicOf } from '../protocol/events.ts';
import { systemClock } from './base/clock.ts';
import { createLog } from './base/log.ts';
import type { Config } from './config/config.ts';
import { loadConfig } from './config/load.ts';
import { type ConfigProblem, describeProblem } from './config/problem.ts';
import { type Daemon, startDaemon } from './daemon.ts';
import { notYet, standingProblems } from './standing.ts';
import { lockHome } from './store/lock.ts';
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
  const lock = await lockHome(home);
  if (!lock.ok) {
    complain(
      `Another MailGate ${lock.pid === null ? '' : `(process ${lock.pid}) `}serves ${home} already. Stop it first.`,
    );
    return REFUSED;
  }

  try {
    return await serve(options, loaded.config, complain);
  } catch (error) {
    if (!(error instanceof StoreFailure)) throw error;
    complain(`The store of ${home} cannot be used: ${error.message}`);
    return REFUSED;
  } finally {
    await lock.release();
  }
}

async function serve(options: RunOptions, config: Config, complain: (line: string) => void): Promise<number> {
  const { language } = config.options;
  const say = (line: string) => void options.stdout.write(`${line}\n`);
  const signals = options.once ? null : hearSignals(complain); // before "ready": whoever reads that may send one at once
  const started = await startDaemon({
    config,
    version: options.version,
    pid: process.pid,
    once: options.once,
    clock: systemClock,
    log: createLog('warn'),
    listen(event) {
      if (topicOf(event.type) !== 'trace') for (const line of linesOf(event, language)) say(line);
      if (event.type === 'gateway.ready') say('ready');
    },
  });
  if (!started.ok) {
    complain(started.why);
    return REFUSED;
  }
  return signals === null ? await runOnce(started.daemon) : await runUntilStopped(started.daemon, signals);
}

async function runOnce(daemon: Daemon): Promise<number> {
  const well = await daemon.once();
  await daemon.close('once');
  return well ? DONE : WITH_ERRORS;
}

async function runUntilStopped(daemon: Daemon, { first, second }: Signals): Promise<number> {
  const closing = daemon.close(await first);
  await Promise.race([closing, second]); // a second signal: as kill -9, with the same guarantees (I27)
  return DONE;
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
