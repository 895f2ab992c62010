/** The lab: a folder on disk, a Dovecot, sinks that start at zero, and a road of some length to the POP3 server. */
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Dovecot, startDovecot } from './dovecot.ts';
import { CORES, cpuOfMachine, cpuOfTree } from './meter.ts';
import { type Child, freePort, listening, startChild } from './processes.ts';

export interface Lab extends AsyncDisposable {
  readonly folder: string;
  /** The mailboxes that Dovecot gives out. */
  readonly mail: string;
  readonly dovecot: Dovecot;
  readonly ports: { readonly smtp: number; readonly lmtp: number };
  /** A path in its folder. */
  file(...parts: string[]): string;
}

export interface Folder extends AsyncDisposable {
  readonly folder: string;
  /** A path in it. */
  file(...parts: string[]): string;
}

/** A folder that goes at the end, with all that is in it. */
export async function openFolder(scratch: string | null): Promise<Folder> {
  const folder = await mkdtemp(join(scratch ?? tmpdir(), 'mg-bench-'));
  await chmod(folder, 0o755); // servers change their user, and must pass through
  return {
    folder,
    file: (...names) => join(folder, ...names),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}

export async function openLab(scratch: string | null, users: readonly string[]): Promise<Lab> {
  await using parts = new AsyncDisposableStack();
  const { folder, file } = parts.use(await openFolder(scratch));
  const mail = join(folder, 'mail');
  await mkdir(mail);
  const dovecot = parts.use(await startDovecot(join(folder, 'dovecot'), { mail, port: await freePort(), users }));
  const ports = { smtp: await freePort(), lmtp: await freePort() };

  const owned = parts.move();
  return {
    ...{ folder, file, mail, dovecot, ports },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

export interface Road extends AsyncDisposable {
  readonly port: number;
  /** CPU seconds of the proxy so far. */
  cpu(): number;
  /** What was measured on it: the milliseconds between a command and its reply. */
  readonly measured: string;
}

const HERE = { LD_PRELOAD: '' };

/** A way to the server at that port whose round trip takes so many milliseconds; 0: the port itself. */
export async function openRoad(port: number, roundTrip: number, logFile: string): Promise<Road> {
  if (roundTrip === 0)
    return { port, cpu: () => 0, measured: await measured(port), [Symbol.asyncDispose]: async () => {} };

  const near = await freePort();
  const script = join(import.meta.dirname, 'delay-proxy.ts');
  const words = [String(near), String(port), String(roundTrip / 2)] as const;
  const child: Child = await startChild([process.execPath, script, ...words], {
    logFile,
    env: HERE,
  });
  await listening(near, child);
  return {
    port: near,
    cpu: () => cpuOfTree(child.pid),
    measured: await measured(near),
    [Symbol.asyncDispose]: () => child.stop(),
  };
}

const PROBES = 15;

async function measured(port: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const replies = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const times: number[] = [];
  await replies.next(); // the greeting
  for (let probe = 0; probe < PROBES; probe += 1) {
    const asked = performance.now();
    socket.write('CAPA\r\n');
    await replies.next();
    times.push(performance.now() - asked);
  }
  socket.destroy();
  times.sort((a, b) => a - b);
  return `a command and its reply take ${(times[PROBES >> 1] ?? 0).toFixed(2)} ms (median of ${PROBES})`;
}

const QUIET = 0.1; // cores
const LOOK_FOR = 500; // milliseconds
const WAITS_AT_MOST = 15_000; // milliseconds: whoever works here all the time is seen in the table (`others`)

/** Waits until others leave the machine alone, for a while. */
export async function quiet(): Promise<void> {
  const last = performance.now() + WAITS_AT_MOST;
  for (;;) {
    const before = cpuOfMachine();
    await pause(LOOK_FOR);
    if ((cpuOfMachine() - before) / (LOOK_FOR / 1_000) < QUIET || performance.now() > last) return;
  }
}

export interface Stopwatch {
  stop(): { seconds: number /** Of all cores, how many were busy. */; busy: number; others: number };
}

/** How busy the machine is from now on, with us and with others. */
export function startStopwatch(): Stopwatch {
  const from = { at: performance.now(), machine: cpuOfMachine(), ours: cpuOfTree(process.pid) };
  return {
    stop() {
      const seconds = (performance.now() - from.at) / 1_000;
      const machine = cpuOfMachine() - from.machine;
      const ours = cpuOfTree(process.pid) - from.ours;
      return { seconds, busy: Math.min(CORES, machine / seconds), others: Math.max(0, (machine - ours) / seconds) };
    },
  };
}
