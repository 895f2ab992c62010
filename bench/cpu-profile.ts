/** What `node --cpu-prof` wrote of the threads of a program: the functions and files that used the most of the time themselves. */
import { readdir, readFile } from 'node:fs/promises';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

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
  readonly children?: readonly number[];
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
}

/** A time, in microseconds by the clock of the profiles (`now`): they also hold a program's start and its end. */
export interface Period {
  from: number;
  to: number;
}

/** Says what each profile in the folder holds of this time, by function and by file. */
export async function reportProfiles(
  folder: string,
  { working, messages }: { working: Period; messages: number },
  say: (line: string) => void,
): Promise<void> {
  for (const name of await readdir(folder)) {
    const profile = JSON.parse(await readFile(join(folder, name), 'utf8')) as Profile;
    say(`\n### ${name}\n`);
    for (const line of report(profile, working, messages)) say(line);
  }
}

/** Microseconds, by the clock of the profiles. */
export const now = (): number => Number(process.hrtime.bigint() / 1_000n);

function report(profile: Profile, working: Period, messages: number): string[] {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const stacks = stacksOf(profile, nodes);
  const inAll = new Map<string, number>();
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
    add(functions, nameOf(node), delta);
    add(files, placeOf(node) || node.callFrame.functionName, delta);
    for (const name of stacks.get(sample) ?? []) add(inAll, name, delta);
  }
  const line = ([name, microseconds]: [string, number]) =>
    `${(microseconds / 1_000).toFixed(0).padStart(7)} ms ${((microseconds / total) * 100).toFixed(1).padStart(5)} % ` +
    `${(microseconds / messages).toFixed(0).padStart(6)} µs a message  ${name}`;
  return [
    ...['By function, itself alone:', ...top(functions).map(line)],
    ...['', 'By function, with all that it calls:', ...top(inAll).map(line)],
    ...['', 'By file:', ...top(files).map(line)],
  ];
}

const nameOf = (node: Node): string => `${node.callFrame.functionName || '(anonymous)'} ${placeOf(node)}`;

/** Of each node, the functions from itself up, each of them once: one that calls itself is not counted twice. */
function stacksOf({ nodes: all }: Profile, nodes: ReadonlyMap<number, Node>): Map<number, ReadonlySet<string>> {
  const stacks = new Map<number, ReadonlySet<string>>();
  const visit = (node: Node, above: ReadonlySet<string>): void => {
    const stack = new Set([...above, nameOf(node)]);
    stacks.set(node.id, stack);
    for (const id of node.children ?? []) {
      const child = nodes.get(id);
      if (child !== undefined) visit(child, stack);
    }
  };
  const [root] = all;
  if (root !== undefined) visit(root, new Set());
  return stacks;
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
