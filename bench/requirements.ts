/** What this machine must have installed, said in the words of its package manager. */
import { accessSync, constants } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { fetchers } from './fetchers.ts';

/** Servers live in /usr/sbin, which is not on everybody's PATH. */
export const PATH = [process.env['PATH'] ?? '', '/usr/sbin', '/usr/bin', '/sbin', '/bin'].join(delimiter);

export interface Needed {
  readonly programs: readonly string[];
  readonly packages: readonly string[];
}

const servers: readonly Needed[] = [
  { programs: ['dovecot', '/usr/lib/dovecot/pop3'], packages: ['dovecot-pop3d'] },
  { programs: ['smtp-sink'], packages: ['postfix'] },
];

/** For these fetchers (names of fetchers.ts) and their servers. */
export function neededFor(names: readonly string[]): Needed[] {
  return [...servers, ...names.flatMap((name) => fetchers[name] ?? [])];
}

/** Null, or how to install what is missing of this. */
export function missing(needed: readonly Needed[]): string | null {
  const packages = needed.filter(({ programs }) => !programs.every(isInstalled)).flatMap((one) => one.packages);
  if (packages.length === 0) return null;

  return (
    `This needs programs that are not installed here:\n  apt-get install --no-install-recommends ${packages.join(' ')}\n` +
    'No service of theirs has to run: the benchmark starts private ones, on ports of 127.0.0.1.'
  );
}

/** Compiles the preload that gives fetchmail TCP_NODELAY; null where there is no C compiler. */
export function compileNodelay(folder: string): string | null {
  if (!isInstalled('cc')) return null;

  const library = join(folder, 'nodelay.so');
  execFileSync('cc', ['-shared', '-fPIC', '-o', library, join(import.meta.dirname, 'nodelay.c'), '-ldl']);
  return library;
}

export function isInstalled(program: string): boolean {
  const places = program.startsWith('/') ? [program] : PATH.split(delimiter).map((folder) => join(folder, program));
  return places.some((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
