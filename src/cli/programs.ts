/**
 * The programs beside this one, each a bundle of its own that is loaded only when it is wanted: a command that asks for the status reads
 * neither the daemon nor the screen. What they export is agreed here.
 */
import { readFileSync } from 'node:fs';
import type { ReadStream, WriteStream } from 'node:tty';
import type { Language } from '../protocol/model.ts';
import type { Environment } from './world.ts';

interface DaemonOptions {
  home: string;
  /** One session of all accounts and one pass of the queue, then the end. */
  once: boolean;
  /** Of the program. */
  version: string;
  env: Environment;
  stdout: WriteStream;
  stderr: WriteStream;
}

/** A fault of the configuration, with its place as far as it is known. */
export interface CheckProblem {
  readonly file: string;
  readonly line: number | null;
  readonly column: number | null;
  readonly key: string | null;
  readonly message: string;
}

interface CheckResult {
  readonly problems: readonly CheckProblem[];
  readonly warnings: readonly CheckProblem[];
}

/** dist/daemon.js. Exit codes come back; signals are its own matter. */
interface DaemonProgram {
  runDaemon: (options: DaemonOptions) => Promise<number>;
  checkConfig: (home: string, env: Environment) => Promise<CheckResult>;
}

export interface TuiOptions {
  socket: string;
  readOnly: boolean;
  ascii: boolean;
  /** Null: what the terminal can. */
  color: 'never' | '16' | '256' | 'true' | null;
  screenReader: boolean;
  language: Language;
  env: Environment;
  stdin: ReadStream;
  stdout: WriteStream;
}

/** dist/tui.js. */
interface TuiProgram {
  runTui: (options: TuiOptions) => Promise<number>;
}

interface DemoOptions {
  /** Ends by itself then; null: when its reader ends it. */
  seconds: number | null;
  /** Without a terminal: events as JSON in place of the lines of the log. */
  json: boolean;
  language: Language;
  version: string;
  env: Environment;
  stdin: ReadStream;
  stdout: WriteStream;
  stderr: WriteStream;
}

/** dist/demo.js. */
interface DemoProgram {
  runDemo: (options: DemoOptions) => Promise<number>;
}

export const daemonProgram = () => load<DaemonProgram>('daemon.js');
export const tuiProgram = () => load<TuiProgram>('tui.js');
export const demoProgram = () => load<DemoProgram>('demo.js');

/** In the bundle the others lie beside this one; run from the sources, they lie in dist/. */
const fromSource = import.meta.url.endsWith('.ts');

function load<T>(file: string): Promise<T> {
  // A URL made at run time: the bundler leaves such an import alone.
  const url = new URL(`${fromSource ? '../../dist' : '.'}/${file}`, import.meta.url).href;
  return import(url) as Promise<T>;
}

/** The version of the program, as its package has it. */
export function readVersion(): string {
  const manifest = new URL(`${fromSource ? '../../' : '../'}package.json`, import.meta.url);
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}
