/** What a queue costs in which nothing is due: the daemon's memory, and its CPU over a minute. */
import { setTimeout as pause } from 'node:timers/promises';
import { startDaemon } from '../gateway.ts';
import type { Folder } from '../lab.ts';
import { cpuOf, memoryOf, peakMemory } from '../meter.ts';
import { freePort } from '../processes.ts';
import { fill } from './filled.ts';
import { configurationText } from './mailgate.ts';
import type { Options } from './options.ts';

export async function measureIdle(options: Options, lab: Folder, say: (line: string) => void): Promise<number> {
  const { programs, queued, state, octets, seconds } = options;
  const [program = ''] = programs;
  say(`A queue of messages of ${octets} octets, ${state}, watched for ${seconds} s.\n`);
  const columns = ['queued', 'ready after, s', 'CPU s before it is quiet', 'RSS MB', 'peak RSS MB', 'CPU % of a core'];
  say(`| ${columns.join(' | ')} |`);
  say(`|${'--:|'.repeat(columns.length)}`);
  for (const [at, messages] of queued.entries()) {
    const home = lab.file(`home-${at}`);
    await fill({ program, home, messages, octets, state });
    const [port, relay] = [await freePort(), await freePort()];
    const began = performance.now();
    await using daemon = await startDaemon({
      ...{ program, home },
      configuration: configurationText({ port, relay, connections: options.connections }),
    });
    const ready = (performance.now() - began) / 1_000;
    const started = await untilQuiet(daemon.pid);
    await pause(seconds * 1_000);
    const cpu = cpuOf(daemon.pid) - started;
    const cells = [
      ...[String(messages), ready.toFixed(2), started.toFixed(2), memoryOf(daemon.pid).toFixed(0)],
      ...[peakMemory(daemon.pid).toFixed(0), ((cpu / seconds) * 100).toFixed(2)],
    ];
    say(`| ${cells.join(' | ')} |`);
  }
  return 0;
}

const LOOK_EVERY = 1_000; // milliseconds
const QUIET = 0.05; // CPU seconds in that time
const QUIET_TIMES = 3;
const LOOKS = 120;

/** Waits until what the start has set going has ended; the CPU seconds that all of it took. */
export async function untilQuiet(pid: number): Promise<number> {
  let quiet = 0;
  for (let look = 0; look < LOOKS && quiet < QUIET_TIMES; look += 1) {
    const before = cpuOf(pid);
    await pause(LOOK_EVERY);
    quiet = cpuOf(pid) - before < QUIET ? quiet + 1 : 0;
  }
  return cpuOf(pid);
}
