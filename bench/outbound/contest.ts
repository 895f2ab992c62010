/** One run of one server: an empty queue, a sink that counts from zero, and afterwards the question whether all of it arrived. */
import { mkdir, rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { watchArrivals } from '../arrivals.ts';
import { type Folder, openRoad, quiet, startStopwatch } from '../lab.ts';
import { cpuOfTree, watchMemory } from '../meter.ts';
import { freePort } from '../processes.ts';
import { type Sink, startSink } from '../sink.ts';
import type { Running, Server } from './servers.ts';
import { handOver, type Load } from './source.ts';

export interface Result {
  readonly name: string;
  readonly kind: Server['kind'];
  readonly messages: number;
  /** At the sink; of a ceiling, what it says that it took. */
  readonly arrived: number;
  /** Seconds from the first connection until the last message was accepted, and until it was at the sink; null: it sends none. */
  readonly acceptedSeconds: number;
  readonly deliveredSeconds: number | null;
  /** At the sink when the last one was accepted. */
  readonly early: number;
  /** CPU seconds of the server until all was delivered. */
  readonly cpu: number;
  /** MB: the largest resident set of one of its processes. */
  readonly memory: number;
  /** Cores: busy in all, and busy with what is neither the server nor the lab. */
  readonly busy: number;
  readonly others: number;
  readonly valid: boolean;
}

export interface Terms extends Load {
  readonly roundTrip: number;
  readonly connections: number;
  /** Handed over before anything is measured, so that code is compiled and processes have started, if the server is that quick. */
  readonly warmUp: number;
}

/** Nothing came for so long: nothing more will. Seconds. */
const PATIENCE = 30;

/** What comes twice comes within this. Milliseconds. */
const AFTERMATH = 300;

export async function contest(server: Server, terms: Terms, lab: Folder): Promise<Result> {
  const folder = lab.file('run');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { mode: 0o755 });
  const sinkPort = await freePort();
  await using sink = await startSink(lab.folder, { port: sinkPort, speaks: 'SMTP' });
  await using road = await openRoad(sinkPort, terms.roundTrip, lab.file('proxy.out'));
  const port = await freePort();
  await using running = await server.start({ folder, port, relay: road.port, connections: terms.connections });

  const messages = Math.min(terms.messages, server.most);
  const warmUp = Math.min(terms.warmUp, Math.floor(server.most / 10));
  if (warmUp > 0) await deliverAll({ ...terms, messages: warmUp }, { port, sink, running, lab });
  await quiet();
  const measured = await deliverAll({ ...terms, messages }, { port, sink, running, lab });
  const arrived = running.taken === undefined ? measured.arrived : (await running.taken()) - warmUp;
  return {
    ...measured,
    ...{ name: server.name, kind: server.kind, messages, arrived },
    valid: measured.accepted && arrived === messages,
  };
}

/** `accepted`: every one of them was. */
export type Measured = Omit<Result, 'name' | 'kind' | 'messages' | 'valid'> & { accepted: boolean };

/** Hands messages over, and waits until they are at the sink. */
export async function deliverAll(
  load: Load,
  { port, sink, running, lab }: { port: number; sink: Sink; running: Running; lab: Folder },
): Promise<Measured> {
  const cpuBefore = cpuOfTree(...running.pids);
  const memory = watchMemory(running.pids);
  const stopwatch = startStopwatch();
  const arrivals = watchArrivals([sink]);
  const before = sink.messages();

  const accepted = await handOver(port, load, lab.folder);
  const early = sink.messages() - before;
  const sends = running.taken === undefined;
  if (sends && accepted !== null) await arrivals.until(load.messages, PATIENCE);
  const { busy, others } = stopwatch.stop();
  const cpu = cpuOfTree(...running.pids) - cpuBefore;

  if (sends) await pause(AFTERMATH);
  const { seconds, messages: arrived } = arrivals.stop();
  return {
    ...{ accepted: accepted !== null, acceptedSeconds: accepted ?? Number.NaN },
    ...{ deliveredSeconds: sends ? seconds : null, early, arrived },
    ...{ cpu, memory: memory.stop(), busy, others },
  };
}
