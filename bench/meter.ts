/** What processes have used, read from /proc (proc(5)): CPU seconds and peak memory. Linux only. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

const TICKS = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
export const CORES = availableParallelism();

interface Process {
  readonly parent: number;
  /** CPU seconds of its own, user and system. */
  readonly own: number;
  /** CPU seconds of its children that have ended and were waited for, and of theirs. */
  readonly children: number;
}

/** CPU seconds that the process itself has used so far; 0 when it is gone. */
export function cpuOf(pid: number): number {
  return processOf(pid)?.own ?? 0;
}

/** CPU seconds of all children of this process that have ended. */
export function cpuOfEnded(): number {
  return processOf(process.pid)?.children ?? 0;
}

/** CPU seconds of processes and all below them, the ended ones too. */
export function cpuOfTree(...roots: readonly number[]): number {
  return [...treeOf(roots).values()].reduce((sum, { own, children }) => sum + own + children, 0);
}

/** CPU seconds for which the whole machine has been busy since it started. */
export function cpuOfMachine(): number {
  const [line = ''] = readFileSync('/proc/stat', 'latin1').split('\n');
  const [user, nice, system, , , irq, softIrq] = line.split(/\s+/).slice(1).map<number>(Number);
  return [user, nice, system, irq, softIrq].reduce<number>((sum, ticks) => sum + (ticks ?? 0), 0) / TICKS;
}

/** The largest resident set that the process has had so far, in MB; 0 when it is gone. */
export function peakMemory(pid: number): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`));
  return Number(kilobytes?.[1] ?? 0) / 1_024;
}

/** The resident set of the process now, in MB; 0 when it is gone. */
export function memoryOf(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`));
  return Number(kilobytes?.[1] ?? 0) / 1_024;
}

export interface Watch {
  /** The largest resident set of any one of the processes, in MB. */
  stop(): number;
}

const SAMPLE_EVERY = 100; // milliseconds: a high-water mark misses only what a process adds just before its end

/** Watches the memory of processes and all that they start. */
export function watchMemory(roots: readonly number[]): Watch {
  let peak = 0;
  const sample = () => {
    for (const pid of treeOf(roots).keys()) peak = Math.max(peak, peakMemory(pid));
  };
  const timer = setInterval(sample, SAMPLE_EVERY);
  return {
    stop() {
      clearInterval(timer);
      return peak;
    },
  };
}

function treeOf(roots: readonly number[]): Map<number, Process> {
  const all = new Map<number, Process>();
  for (const name of readdirSync('/proc')) {
    const found = /^\d+$/.test(name) ? processOf(Number(name)) : null;
    if (found !== null) all.set(Number(name), found);
  }
  const tree = new Map<number, Process>();
  const todo = [...roots];
  for (let pid = todo.pop(); pid !== undefined; pid = todo.pop()) {
    const found = all.get(pid);
    if (found === undefined || tree.has(pid)) continue;
    tree.set(pid, found);
    for (const [child, { parent }] of all) if (parent === pid) todo.push(child);
  }
  return tree;
}

function processOf(pid: number): Process | null {
  const stat = read(`/proc/${pid}/stat`);
  if (stat === '') return null;
  // The name in parentheses may hold anything; after it: state, ppid, … utime, stime, cutime and cstime are fields 14 to 17.
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [utime = 0, stime = 0, cutime = 0, cstime = 0] = fields.slice(11, 15);
  return { parent: fields[1] ?? 0, own: (utime + stime) / TICKS, children: (cutime + cstime) / TICKS };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return ''; // it has ended
  }
}
