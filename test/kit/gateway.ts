/** The gateway as it is delivered: `bin/mailgate run`, a process of its own, on a home in a scratch folder. */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Status, statusResult } from '../../src/protocol/commands.ts';
import { type Command, type Ended, run, type RunningProcess, startProcess, written } from './process.ts';
import { type ScratchFolder, scratchFolder } from './scratch.ts';
import { type Patience, until } from './until.ts';

export interface GatewayOptions {
  /** The text of its `PMailGat.ini`. */
  readonly ini: string;
  /** Where an earlier one has run: its queue and its ledger are still there. Whoever brings it removes it. */
  readonly home?: ScratchFolder;
}

export interface RunningGateway extends AsyncDisposable {
  readonly home: string;
  readonly pid: number;
  /** All that it has written so far: its log, `ready`, and what it complains of. */
  log(): string;
  /** Waits for a line of its log; throws when the gateway ends without it. */
  logged(line: RegExp, patience?: Patience): Promise<RegExpExecArray>;
  /** Runs a command on its home. Throws only when the command does not end. */
  mailgate(...args: readonly string[]): Promise<Ended>;
  /** The documents that a command prints with `--json`, one a line. Throws when it prints anything else. */
  json(...args: readonly string[]): Promise<unknown[]>;
  /** What `mailgate status --json` says. */
  status(): Promise<Status>;
  /** Sends the signal and waits for the end; its exit code. */
  stop(signal?: NodeJS.Signals): Promise<number>;
  /** As a crash ends it; resolves when it is gone. */
  kill(): Promise<void>;
}

const ROOT = join(import.meta.dirname, '../..');
const PROGRAM = join(ROOT, 'bin/mailgate');

/** Commands and gateways read what the ones before them have compiled; it is no part of any test's scratch folder. */
const env = { NODE_COMPILE_CACHE: join(ROOT, 'node_modules/.cache/mailgate') };

/** Milliseconds for a start, or for a command that waits for a hundred letters, beside other tests on a slow machine. */
const SLOW = 120_000;

/** The daemon promises to end within 30 s (I27). */
const ENDS_WITHIN = 40_000;

/** Writes the configuration, starts the gateway on it, and waits for `ready`. Throws with its log when it does not come. */
export async function startGateway({ ini, home }: GatewayOptions): Promise<RunningGateway> {
  await using parts = new AsyncDisposableStack();
  const place = home ?? parts.use(await gatewayHome());
  await configure(place, ini);

  const child = await startMailgate(['run', '--home', place.path]);
  parts.defer(() => child.stop({ grace: ENDS_WITHIN }));
  const logged: RunningGateway['logged'] = (line, patience) => written(line, child, { within: SLOW, ...patience });
  await logged(/^ready$/m);

  const ended = async () =>
    await until('the gateway to end', () => child.code(), {
      within: ENDS_WITHIN,
      otherwise: () => tail(child.output()),
    });
  const mailgate = async (...args: readonly string[]) => await runMailgate([...args, '--home', place.path]);
  const json = async (...args: readonly string[]) => {
    const { output } = await mailgate(...args, '--json');
    return documents(output, () => `mailgate ${args.join(' ')} printed:\n${output}\n${tail(child.output())}`);
  };
  const owned = parts.move();
  return {
    home: place.path,
    pid: child.pid,
    log: () => child.output(),
    logged,
    mailgate,
    json,
    status: async () => statusResult.parse((await json('status'))[0]),
    async stop(signal = 'SIGTERM') {
      process.kill(child.pid, signal);
      return await ended();
    },
    async kill() {
      await child.stop({ signal: 'SIGKILL' });
      await ended();
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** A home without a configuration yet. Its path is short enough for the control socket in it. */
export async function gatewayHome(): Promise<ScratchFolder> {
  return await scratchFolder('gw');
}

type Sections = Readonly<Record<string, Readonly<Record<string, string | number>>>>;

/** The text of a `PMailGat.ini`, section by section. */
export function ini(sections: Sections): string {
  return Object.entries(sections)
    .map(([name, keys]) => [`[${name}]`, ...Object.entries(keys).map(([key, value]) => `${key}=${value}`), ''])
    .flat()
    .join('\n');
}

/** Gives the home that `PMailGat.ini`; there are passwords in it, so it is for its owner alone. */
export async function configure({ path, file }: ScratchFolder, ini: string): Promise<void> {
  await mkdir(path, { recursive: true });
  await writeFile(file('PMailGat.ini'), ini, { mode: 0o600 });
}

/** Starts `bin/mailgate`, whatever comes of it. */
export async function startMailgate(args: readonly string[]): Promise<RunningProcess> {
  return await startProcess(program(...args), { env });
}

/** Runs `bin/mailgate` to its end. */
export async function runMailgate(args: readonly string[]): Promise<Ended> {
  return await run(program(...args), { env, within: SLOW });
}

function program(...args: readonly string[]): Command {
  if (!existsSync(join(ROOT, 'dist/daemon.js')))
    throw new Error('These tests run the built program, and dist/ is missing: npm run build.');
  return [PROGRAM, ...args];
}

function documents(output: string, otherwise: () => string): unknown[] {
  try {
    return output.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as unknown]));
  } catch (error) {
    throw new Error(otherwise(), { cause: error });
  }
}

const tail = (log: string): string => `The end of its log:\n${log.split('\n').slice(-40).join('\n')}`;
