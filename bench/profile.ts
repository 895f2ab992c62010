/** Where the daemon's time goes: one run under `node --cpu-prof`, and the functions that used the most of it themselves. */
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { contest, mailgate, type Program } from './contest.ts';
import type { Lab } from './lab.ts';
import { usersOf, writeTemplate } from './mailboxes.ts';
import type { Options } from './options.ts';

/** Functions and files that are listed. */
const MOST = 45;

interface Profile {
  readonly nodes: readonly Node[];
  /** Microseconds of the monotonic clock. */
  readonly startTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface Node {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
}

export async function profiled(options: Options, lab: Lab, seed: number, say: (line: string) => void): Promise<number> {
  const { accounts, messages, programs, atOnce, connections, roundTrips } = options;
  const template = await writeTemplate(lab.file('template'), { users: usersOf(accounts), messages, seed });
  const [program = ''] = programs;
  const [roundTrip = 0] = roundTrips;
  const folder = lab.file('profiles');
  await mkdir(folder, { mode: 0o755 });

  const working = { from: 0, to: 0 };
  const gateway = timed(
    mailgate('MailGate', { program, atOnce, connections, profiles: folder }, 'later session'),
    working,
  );
  const result = await contest(gateway, { lab, template, roundTrip, nodelay: null });
  const { doneSeconds, delivered, cpu } = result;
  say(
    `${delivered} of ${template.messages} messages in ${doneSeconds.toFixed(2)} s, slowed down by the profiler${result.valid ? '' : ': INVALID'}`,
  );
  say(
    `CPU ${((cpu / template.messages) * 1_000).toFixed(2)} ms a message (daemon and trigger), peak RSS ${result.memory.toFixed(0)} MB`,
  );
  for (const name of await readdir(folder)) {
    const profile = JSON.parse(await readFile(join(folder, name), 'utf8')) as Profile;
    say(`\n### ${name}\n`);
    for (const line of report(profile, working, template.messages)) say(line);
  }
  return result.valid ? 0 : 1;
}

/** The same program, with the time of its work written down: a profile also holds its start and its end. */
function timed(program: Program, working: { from: number; to: number }): Program {
  return {
    ...program,
    async prepare(ground) {
      const prepared = await program.prepare(ground);
      return {
        async work() {
          working.from = now();
          const worked = await prepared.work();
          working.to = now();
          return worked;
        },
        [Symbol.asyncDispose]: () => prepared[Symbol.asyncDispose](),
      };
    },
  };
}

/** Microseconds, by the clock of the profiles. */
const now = (): number => Number(process.hrtime.bigint() / 1_000n);

function report(profile: Profile, working: { from: number; to: number }, messages: number): string[] {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const functions = new Map<string, number>();
  const files = new Map<string, number>();
  let at = profile.startTime;
  let total = 0;
  for (const [index, sample] of profile.samples.entries()) {
    const delta = profile.timeDeltas[index] ?? 0;
    at += delta;
    const node = nodes.get(sample);
    if (node === undefined || at < working.from || at > working.to) continue;
    total += delta;
    const { functionName } = node.callFrame;
    const file = placeOf(node);
    add(functions, `${functionName || '(anonymous)'} ${file}`, delta);
    add(files, file || functionName, delta);
  }
  const line = ([name, microseconds]: [string, number]) =>
    `${(microseconds / 1_000).toFixed(0).padStart(7)} ms ${((microseconds / total) * 100).toFixed(1).padStart(5)} % ` +
    `${(microseconds / messages).toFixed(0).padStart(6)} µs a message  ${name}`;
  return [...['By function, itself alone:', ...top(functions).map(line)], ...['', 'By file:', ...top(files).map(line)]];
}

function add(sums: Map<string, number>, name: string, value: number): void {
  sums.set(name, (sums.get(name) ?? 0) + value);
}

const top = (sums: Map<string, number>): [string, number][] => [...sums].toSorted((a, b) => b[1] - a[1]).slice(0, MOST);

const bundles = new Map<string, string[]>();

/** The source of a function: in a bundle, the file whose name esbuild wrote above it. */
function placeOf({ callFrame: { url, lineNumber } }: Node): string {
  if (!url.startsWith('file:')) return url;
  const path = fileURLToPath(url);
  if (!existsSync(path)) return basename(path);
  const lines = bundles.get(path) ?? readFileSync(path, 'utf8').split('\n');
  bundles.set(path, lines);
  const above = lines.slice(0, lineNumber + 1).findLastIndex((line) => /^\s*\/\/ \S+\.(?:[cm]?[jt]sx?)$/.test(line));
  const source = lines[above]?.trim().slice(3) ?? basename(path);
  return `${source}:${lineNumber - above}`.replace(/:\d+$/, '');
}
