/**
 * Where MailGate's time goes: runs under `node --cpu-prof` in which it only takes messages, only sends those that it has, and
 * does both at once.
 */
import { mkdir, rm } from 'node:fs/promises';
import { now, type Period, reportProfiles } from '../cpu-profile.ts';
import { watchArrivals } from '../arrivals.ts';
import { startDaemon } from '../gateway.ts';
import { type Folder, openRoad } from '../lab.ts';
import { cpuOf } from '../meter.ts';
import { freePort } from '../processes.ts';
import { type Sink, startSink } from '../sink.ts';
import { fill } from './filled.ts';
import { configurationText, releaseAll } from './mailgate.ts';
import type { Options } from './options.ts';
import { handOver } from './source.ts';

type Part = 'taking' | 'sending' | 'both';

const WARM_UP = 1_000;

/** Seconds. */
const PATIENCE = 30;

export async function profiled(options: Options, lab: Folder, say: (line: string) => void): Promise<number> {
  let valid = true;
  for (const part of ['taking', 'sending', 'both'] as const) {
    const { seconds, cpu, working, folder, arrived } = await run(part, options, lab);
    const whole = part === 'taking' || arrived === options.messages;
    valid &&= whole;
    say(`\n## ${part}: ${options.messages} messages in ${seconds.toFixed(2)} s, slowed down by the profiler`);
    say(`CPU ${((cpu / options.messages) * 1_000).toFixed(2)} ms a message${whole ? '' : ': INVALID'}`);
    await reportProfiles(folder, { working, messages: options.messages }, say);
  }
  return valid ? 0 : 1;
}

async function run(part: Part, options: Options, lab: Folder) {
  const { programs, messages, octets, connections, roundTrips } = options;
  const [program = ''] = programs;
  const [home, folder] = [lab.file('home'), lab.file(`profiles-${part}`)];
  await rm(home, { recursive: true, force: true });
  await mkdir(folder);
  if (part === 'sending') await fill({ program, home, messages, octets, state: 'held' });

  const [sinkPort, port] = [await freePort(), await freePort()];
  await using sink = await startSink(lab.folder, { port: sinkPort, speaks: 'SMTP' });
  await using road = await openRoad(sinkPort, roundTrips[0] ?? 0, lab.file('proxy.out'));
  const ground = { port, relay: road.port, connections };
  const configuration = configurationText(ground, { holdAll: part === 'taking' });
  const daemon = await startDaemon({ program, home, configuration, profiles: folder });
  try {
    await work(part, { ...options, messages: WARM_UP }, { program, home, port, sink, lab }, 'warm up');
    const cpu = cpuOf(daemon.pid);
    const working: Period = { from: now(), to: 0 };
    const { seconds, arrived } = await work(part, options, { program, home, port, sink, lab });
    working.to = now();
    return { seconds, arrived, working, folder, cpu: cpuOf(daemon.pid) - cpu };
  } finally {
    await daemon.stop(); // only then it has written its profiles
  }
}

async function work(
  part: Part,
  options: Options,
  { program, home, port, sink, lab }: { program: string; home: string; port: number; sink: Sink; lab: Folder },
  how?: 'warm up',
): Promise<{ seconds: number; arrived: number }> {
  const began = performance.now();
  const arrivals = watchArrivals([sink]);
  if (part === 'sending' && how !== 'warm up') await releaseAll({ program, home });
  else await handOver(port, options, lab.folder);
  const taken = (performance.now() - began) / 1_000;
  if (part !== 'taking') await arrivals.until(options.messages, PATIENCE);
  const { seconds, messages } = arrivals.stop();
  return { seconds: part === 'taking' ? taken : seconds, arrived: messages };
}
