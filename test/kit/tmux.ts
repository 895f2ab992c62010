/** A program in a terminal as a person sees it: tmux with a server of its own, one pane, no status line. */
import { readFile } from 'node:fs/promises';
import { type Command, endSession, type RunningProcess, run, startProcess } from './process.ts';
import { scratchFolder } from './scratch.ts';
import { type Patience, until } from './until.ts';

export interface TerminalOptions {
  readonly columns: number;
  readonly rows: number;
  readonly command: Command;
  readonly cwd?: string;
  /** Added to a small environment; tmux sets TERM. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Terminal extends AsyncDisposable {
  /** Keys by tmux's names: `q`, `Enter`, `Escape`, `Up`, `C-c`, `F5`; what is no name is typed as it stands. */
  send(...keys: readonly string[]): Promise<void>;
  /** Types the text as it stands, though it be the name of a key. */
  type(text: string): Promise<void>;
  /** The screen now: a line for each row, without the blanks at its end. */
  text(): Promise<string>;
  /** Waits until the screen is as the predicate wants it, and returns it; throws with the last screen. */
  screen(predicate: (text: string) => boolean, patience?: Patience): Promise<string>;
  resize(columns: number, rows: number): Promise<void>;
  /** Every byte that the program has written to the terminal so far. */
  raw(): Promise<Buffer>;
  /** Undefined while the program runs; then its exit code (128 + the signal's number, as shells have it). */
  exitCode(): Promise<number | undefined>;
  alive(): Promise<boolean>;
  /** Closes the terminal: SIGHUP for the program and for all that it started in it, two seconds later SIGKILL. */
  kill(): Promise<void>;
}

export async function startTmux(options: TerminalOptions): Promise<Terminal> {
  await using parts = new AsyncDisposableStack();
  const scratch = parts.use(await scratchFolder('tmux'));
  const files = {
    folder: scratch.path,
    socket: scratch.file('s'),
    recording: scratch.file('raw'),
    status: scratch.file('status'),
  };
  const tmux: Tmux = async (...args) => await control(files.socket, args);
  parts.use(await startServer(files.socket, options.env));
  const session = await openPane(tmux, files, options);
  // What a terminal does that is closed; a shell would ignore SIGTERM.
  parts.defer(async () => await endSession(session, { signal: 'SIGHUP', grace: 2_000 }));
  await record(tmux, files.recording);

  const owned = parts.move();
  const kill = async () => await owned.disposeAsync();
  return {
    send: async (...keys) => void (await tmux('send-keys', '-t', PANE, '--', ...keys)),
    type: async (text) => void (await tmux('send-keys', '-t', PANE, '-l', '--', text)),
    text: async () => await capture(tmux),
    screen: async (predicate, patience) => await screen(tmux, files, predicate, patience),
    resize: async (columns, rows) => void (await tmux('resize-window', '-t', PANE, ...sized(columns, rows))),
    raw: async () => await readFile(files.recording),
    exitCode: async () => await exitCode(tmux, files),
    alive: async () => !owned.disposed && (await exitCode(tmux, files)) === undefined,
    kill,
    [Symbol.asyncDispose]: kill,
  };
}

interface Files {
  readonly folder: string;
  readonly socket: string;
  readonly recording: string;
  readonly status: string;
}

type Tmux = (...args: readonly string[]) => Promise<string>;

const PANE = 'test:0.0';
const KILLED_FROM_OUTSIDE = 128; // by a signal, with the shell that would have told which
const SETTINGS = [
  'set -g status off', // it would take a row
  'set -g default-terminal tmux-256color',
  'set -s escape-time 0', // a lone Escape is passed on at once
  'set -g remain-on-exit on', // the last screen can still be read
];

/** In the foreground (-D), so that it is a child that can be ended like any other. */
async function startServer(socket: string, env: Readonly<Record<string, string>> = {}): Promise<RunningProcess> {
  const server = await startProcess(['tmux', '-D', '-S', socket, '-f', '/dev/null'], { env });
  const settings = [...SETTINGS.map((setting) => setting.split(' ')), ['set', '-g', 'remain-on-exit-format', '']];
  const accepted = async () => {
    if (server.code() !== undefined) throw new Error(`tmux ended with ${server.code()}:\n${server.output()}`);
    const { code } = await run(['tmux', '-S', socket, ...settings.flatMap((setting) => [...setting, ';'])]);
    return code === 0 || undefined;
  };
  try {
    await until('the tmux server', accepted, { otherwise: () => server.output() });
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

/**
 * What the pane runs: it waits at the gate, runs the program, and writes down how it ended. tmux could tell that too, but
 * 3.3a misses the end of a child that comes together with the end of one of its clients.
 */
const PANE_SCRIPT = `
socket=$1 status=$2; shift 2
tmux -S "$socket" wait-for gate
trap : INT QUIT # the program's own affair; it gets them too
"$@"
echo $? > "$status"`;

/** Starts the program, up to a gate that `record` opens; returns the id of its session. */
async function openPane(tmux: Tmux, files: Files, options: TerminalOptions): Promise<number> {
  const { columns, rows, command, cwd = files.folder } = options;
  const pane = ['sh', '-c', PANE_SCRIPT, 'sh', files.socket, files.status, ...command];
  await tmux('new-session', '-d', '-s', 'test', ...sized(columns, rows), '-c', cwd, '--', ...pane);
  return Number(await tmux('display-message', '-p', '-t', PANE, '#{pane_pid}'));
}

/** The program waits at the gate until the recorder runs, so that its first bytes are not lost. */
async function record(tmux: Tmux, file: string): Promise<void> {
  await tmux('pipe-pane', '-t', PANE, `exec cat > '${file}'`);
  await until('the recorder', async () => await readFile(file).catch(() => undefined));
  await tmux('wait-for', '-S', 'gate');
}

async function screen(
  tmux: Tmux,
  files: Files,
  predicate: (text: string) => boolean,
  patience: Patience = {},
): Promise<string> {
  let last = '';
  const look = async () => {
    const ended = await exitCode(tmux, files); // read first: what it drew before its end is then on the screen
    last = await capture(tmux);
    if (predicate(last)) return last;
    if (ended !== undefined) throw new Error(`The program ended with ${ended}, on this screen:\n${last}`);
    return undefined;
  };
  return await until('the screen to be as expected', look, { ...patience, otherwise: () => `The last one:\n${last}` });
}

async function capture(tmux: Tmux): Promise<string> {
  return await tmux('capture-pane', '-p', '-t', PANE);
}

async function exitCode(tmux: Tmux, files: Files): Promise<number | undefined> {
  const dead = await tmux('display-message', '-p', '-t', PANE, '#{pane_dead}');
  if (dead.trim() !== '1') return undefined; // what was written is not all on the screen yet

  const status = await readFile(files.status, 'utf8').catch(() => undefined);
  return status === undefined ? KILLED_FROM_OUTSIDE : Number(status);
}

async function control(socket: string, args: readonly string[]): Promise<string> {
  const { code, output } = await run(['tmux', '-S', socket, ...args]);
  if (code !== 0) throw new Error(`tmux ${args.join(' ')} ended with ${code}: ${output}`);
  return output;
}

function sized(columns: number, rows: number): string[] {
  return ['-x', String(columns), '-y', String(rows)];
}
