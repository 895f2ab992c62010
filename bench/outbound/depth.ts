/** What it costs to take a message and to send it, beside so many that lie in the queue: it should not depend on them. */
import { startDaemon } from '../gateway.ts';
import { type Folder, openRoad } from '../lab.ts';
import { freePort } from '../processes.ts';
import { startSink } from '../sink.ts';
import { deliverAll, type Measured } from './contest.ts';
import { fill } from './filled.ts';
import { untilQuiet } from './idle.ts';
import { configurationText } from './mailgate.ts';
import type { Options } from './options.ts';
import { running } from './servers.ts';

/** Handed over first, so that the code is compiled and the pages of the indexes are read. */
const WARM_UP = 500;

/** Octets of a message that lies there: a million of them must find room. */
const LYING = 1_000;

export async function measureDepth(options: Options, lab: Folder, say: (line: string) => void): Promise<number> {
  const { programs, queued, state, rounds, roundTrips } = options;
  const [program = ''] = programs;
  const [roundTrip = 0] = roundTrips;
  say(
    `${options.messages} messages of ${options.octets} octets in ${options.sessions} sessions (${options.connection}),`,
  );
  say(`beside messages of ${LYING} octets that lie there, ${state}; ${roundTrip} ms to the relay.\n`);
  const columns = [
    ...['queued', 'filled in, s', 'ready after, s', 'CPU s of the start', 'accepted/s', 'delivered/s'],
    ...['ms a message', 'CPU ms/message', 'peak RSS MB', 'others, cores'],
  ];
  say(`| ${columns.join(' | ')} |`);
  say(`|${'--:|'.repeat(columns.length)}`);

  const home = lab.file('home');
  let lying = 0;
  let valid = true;
  for (const depth of queued.toSorted((a, b) => a - b)) {
    const filled = await fill({ program, home, messages: depth - lying, octets: LYING, state });
    lying = depth;
    for (let round = 1; round <= rounds; round += 1) {
      const { ready, started, result } = await measure(options, { program, home, roundTrip }, lab);
      const whole = result.accepted && result.arrived === options.messages;
      valid &&= whole;
      const { acceptedSeconds, deliveredSeconds, cpu, memory, others } = result;
      const each = (seconds: number | null) => (((seconds ?? 0) / options.messages) * 1_000).toFixed(2);
      const cells = [
        ...[`${depth}${whole ? '' : ' **INVALID**'}`, filled.toFixed(0), ready.toFixed(2), started.toFixed(2)],
        (options.messages / acceptedSeconds).toFixed(0),
        (options.messages / (deliveredSeconds ?? 0)).toFixed(0),
        ...[each(deliveredSeconds), each(cpu), memory.toFixed(0), others.toFixed(2)],
      ];
      say(`| ${cells.join(' | ')} |`);
    }
  }
  return valid ? 0 : 1;
}

async function measure(
  options: Options,
  { program, home, roundTrip }: { program: string; home: string; roundTrip: number },
  lab: Folder,
): Promise<{ ready: number; started: number; result: Measured }> {
  const sinkPort = await freePort();
  await using sink = await startSink(lab.folder, { port: sinkPort, speaks: 'SMTP' });
  await using road = await openRoad(sinkPort, roundTrip, lab.file('proxy.out'));
  const port = await freePort();
  const configuration = configurationText({ port, relay: road.port, connections: options.connections });
  const began = performance.now();
  await using daemon = await startDaemon({ program, home, configuration });
  const ready = (performance.now() - began) / 1_000;
  const started = await untilQuiet(daemon.pid);
  const ways = { port, sink, running: running(daemon), lab };
  await deliverAll({ ...options, messages: WARM_UP }, ways);
  return { ready, started, result: await deliverAll(options, ways) };
}
