/** strace on a process that runs already: it writes down system calls, or kills at an exact one of them. Linux. */
import { readFile } from 'node:fs/promises';
import { type RunningProcess, startProcess, written } from '../kit/process.ts';
import { peersInstalled } from '../kit/require.ts';
import { until } from '../kit/until.ts';

export interface Strace extends AsyncDisposable {
  /** Lets the process go on alone, and gives what was seen of it. */
  finish(): Promise<string>;
}

/** `what`: strace's own options, without those that say whom to watch and where to write. Resolves once all threads are watched. */
export async function watchCalls(pid: number, log: string, what: readonly string[]): Promise<Strace> {
  const strace = await attach(pid, ['-f', '-o', log, ...what]);
  const finish = async () => {
    await strace.stop({ signal: 'SIGINT' }); // it detaches, and the process lives on
    return await readFile(log, 'latin1');
  };
  return { finish, [Symbol.asyncDispose]: () => strace.stop({ signal: 'SIGINT' }) };
}

/** The process dies on entering its nth such call on this file: what it had written before stands, and this call is never made. */
export async function killAt(
  pid: number,
  { file, call, nth }: { file: string; call: 'pwrite64' | 'fsync'; nth: number },
): Promise<AsyncDisposable> {
  const how = ['-P', file, '-e', `trace=${call}`, '-e', `inject=${call}:signal=SIGKILL:when=${nth}`];
  const strace = await attach(pid, ['-f', '-o', '/dev/null', ...how]);
  // With SIGINT it would first let go of each thread, and hang now and then on those that it has just seen die.
  return { [Symbol.asyncDispose]: () => strace.stop({ signal: 'SIGKILL' }) };
}

export interface Call {
  readonly name: string;
  /** The descriptor, as `23<TCP:[…]>` or `18</home/…>`: its number alone. */
  readonly on: string;
  /** All of the line, from the name to the result. */
  readonly text: string;
  /** Lines of the log, which are in the order in which strace saw them: of its entry, and of its return. */
  readonly entered: number;
  readonly left: number;
}

/** The calls that have returned, in the order of their return; one that others interrupt stands there in two halves. */
export function callsOf(log: string): Call[] {
  const begun = new Map<string, { text: string; entered: number }>();
  const calls: Call[] = [];
  for (const [at, line] of log.split('\n').entries()) {
    const [, thread = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const [, half] = /^(.*) <unfinished \.\.\.>$/.exec(rest) ?? [];
    if (half !== undefined) {
      begun.set(thread, { text: half, entered: at });
      continue;
    }
    const [, otherHalf] = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest) ?? [];
    const before = otherHalf === undefined ? undefined : begun.get(thread);
    const text = otherHalf === undefined ? rest : `${before?.text ?? ''}${otherHalf}`;
    const [, name, on = ''] = /^(\w+)\((\d+)/.exec(text) ?? [];
    if (name !== undefined) calls.push({ name, on, text, entered: before?.entered ?? at, left: at });
  }
  return calls;
}

async function attach(pid: number, options: readonly string[]): Promise<RunningProcess> {
  const strace = await startProcess(['strace', ...options, '-p', `${pid}`]);
  await written(/Process \d+ attached/, strace);
  return strace;
}

/** May strace watch processes here (a container may forbid it)? If not, says so on stderr, or throws if MAILGATE_NO_SKIP=1. */
export async function straceWorks(): Promise<boolean> {
  if (!peersInstalled(['strace'])) return false;

  await using child = await startProcess(['sleep', '60']);
  await using strace = await startProcess(['strace', '-o', '/dev/null', '-p', `${child.pid}`]);
  const answer = () => (/attached/.test(strace.output()) ? 'attached' : strace.code());
  if ((await until('strace', answer)) === 'attached') return true;

  const why = `strace may not attach to processes here: ${strace.output().trim()}`;
  if (process.env['MAILGATE_NO_SKIP'] === '1') throw new Error(why);
  process.stderr.write(`\n*** SKIPPED: ${why} ***\n\n`);
  return false;
}
