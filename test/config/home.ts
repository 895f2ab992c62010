/** A home of its own for one test, 0700 as the program makes it; it is gone when the test is over. */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig, type Loaded } from '../../src/daemon/config/load.ts';
import { describeProblem } from '../../src/daemon/config/problem.ts';

export interface Home extends AsyncDisposable {
  readonly path: string;
  /** Writes a file of the home with its mode; a list is one line each. */
  put(name: string, text: string | Uint8Array | readonly string[], mode?: number): Promise<string>;
  load(env?: Record<string, string>): Promise<Loaded>;
}

export async function makeHome(ini?: string | readonly string[]): Promise<Home> {
  const path = await mkdtemp(join(tmpdir(), 'mailgate-config-'));
  const home: Home = {
    path,
    async put(name, text, mode = 0o600) {
      const file = join(path, name);
      await writeFile(file, typeof text === 'string' || text instanceof Uint8Array ? text : text.join('\n'));
      await chmod(file, mode);
      return file;
    },
    load: (env = {}) => loadConfig(path, env),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
  if (ini !== undefined) await home.put('PMailGat.ini', ini);
  return home;
}

/** What is wrong with a file of these lines, as a person reads it. */
export async function problemsOf(...lines: readonly string[]): Promise<string[]> {
  await using home = await makeHome(lines);
  return refusal(await home.load());
}

/** What a file of these lines is warned of; fails when it is refused. */
export async function warningsOf(...lines: readonly string[]): Promise<string[]> {
  await using home = await makeHome(lines);
  return accepted(await home.load()).warnings.map(describeProblem);
}

export function accepted(loaded: Loaded) {
  if (!loaded.ok) throw new Error(`refused: ${refusal(loaded).join('\n')}`);
  return loaded;
}

export function refusal(loaded: Loaded): string[] {
  return loaded.ok ? [] : loaded.problems.map(describeProblem);
}
