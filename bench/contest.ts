/** One run of one program: fresh mailboxes, counts from zero, and afterwards the question whether all of it arrived. */
import { spawn } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { watchArrivals } from './arrivals.ts';
import { type Fetcher, type Places } from './fetchers.ts';
import { type GatewaySetup, startGateway } from './gateway.ts';
import { type Lab, openRoad, quiet, startStopwatch } from './lab.ts';
import { fillMailboxes, messagesLeft, type Template } from './mailboxes.ts';
import { cpuOf, cpuOfEnded, cpuOfTree, peakMemory, watchMemory } from './meter.ts';
import { type Child, startChild } from './processes.ts';
import { PATH } from './requirements.ts';
import { startSink } from './sink.ts';

/** What one program does with full mailboxes, from its start to its end. */
export interface Program {
  readonly name: string;
  /** `alone`: one process; `side by side`: one for each account; `ceiling`: it delivers nothing. */
  readonly kind: 'MailGate' | 'alone' | 'side by side' | 'ceiling';
  /** Gets ready without being measured, and answers with what does the work. */
  prepare(ground: Ground): Promise<Prepared>;
}

export interface Ground {
  readonly lab: Lab;
  readonly template: Template;
  readonly places: Places;
  /** Fills the mailboxes anew. */
  refill(): Promise<void>;
}

export interface Prepared extends AsyncDisposable {
  work(): Promise<Worked>;
}

export interface Worked {
  /** CPU seconds of the program and all that it started. */
  readonly cpu: number;
  /** MB: the largest resident set of one of its processes. */
  readonly memory: number;
  /** Seconds until the last message was read, and messages, for who delivers nothing. */
  readonly read?: { readonly seconds: number; readonly messages: number };
}

export interface Result {
  readonly name: string;
  readonly kind: Program['kind'];
  readonly roundTrip: number;
  readonly messages: number;
  readonly delivered: number;
  readonly left: number;
  /** Seconds from the start until the last message was at the sink, and until the program had ended. */
  readonly lastSeconds: number;
  readonly doneSeconds: number;
  readonly cpu: number;
  readonly memory: number;
  /** CPU seconds of Dovecot and of the delay proxy. */
  readonly serverCpu: number;
  readonly proxyCpu: number;
  /** Cores: busy in all, and busy with what is neither the program nor the lab. */
  readonly busy: number;
  readonly others: number;
  readonly valid: boolean;
}

export async function contest(
  program: Program,
  { lab, template, roundTrip, nodelay }: { lab: Lab; template: Template; roundTrip: number; nodelay: string | null },
): Promise<Result> {
  const scratch = lab.file('run');
  await rm(scratch, { recursive: true, force: true });
  await mkdir(scratch, { mode: 0o700 });
  await fillMailboxes(lab.mail, template);
  await using smtp = await startSink(lab.folder, { port: lab.ports.smtp, speaks: 'SMTP' });
  await using lmtp = await startSink(lab.folder, { port: lab.ports.lmtp, speaks: 'LMTP' });
  await using road = await openRoad(lab.dovecot.port, roundTrip, lab.file('proxy.out'));
  const places: Places = { scratch, pop3: road.port, ...lab.ports, nodelay };
  await using prepared = await program.prepare({
    lab,
    template,
    places,
    refill: () => fillMailboxes(lab.mail, template),
  });
  await quiet();

  const before = { server: cpuOfTree(lab.dovecot.pid), proxy: road.cpu() };
  const stopwatch = startStopwatch();
  const arrivals = watchArrivals([smtp, lmtp]);
  const worked = await prepared.work();
  const { seconds, busy, others } = stopwatch.stop();
  const last = arrivals.stop();

  const left = await messagesLeft(lab.mail, template.users);
  const delivered = worked.read?.messages ?? last.messages;
  return {
    ...{
      name: program.name,
      kind: program.kind,
      roundTrip,
      messages: template.messages,
      delivered,
      left,
      busy,
      others,
    },
    lastSeconds: worked.read?.seconds ?? last.seconds,
    doneSeconds: seconds,
    ...{ cpu: worked.cpu, memory: worked.memory },
    serverCpu: cpuOfTree(lab.dovecot.pid) - before.server,
    proxyCpu: road.cpu() - before.proxy,
    valid: left === 0 && delivered === template.messages,
  };
}

/**
 * MailGate, from `mailgate trigger --wait` to its end. It is a daemon that runs for weeks: its first sessions run code that is not
 * compiled yet, and are told apart from a later one.
 */
export function mailgate(
  name: string,
  setup: Pick<GatewaySetup, 'program' | 'atOnce' | 'connections' | 'profiles'>,
  which: 'first session' | 'later session',
): Program {
  return {
    name: which === 'first session' ? `${name}, just started` : name,
    kind: 'MailGate',
    async prepare({ template, places, refill }) {
      const home = join(places.scratch, 'home');
      const { pop3, smtp } = places;
      const { users } = template;
      // As many accounts and connections side by side as the others have when one of them runs for each mailbox.
      const sideBySide = { atOnce: setup.atOnce ?? users.length, connections: setup.connections ?? users.length };
      const gateway = await startGateway({ ...setup, ...sideBySide, home, users, pop3, smtp });
      if (which === 'later session') {
        for (let fetched = 0; fetched < WARM; fetched += template.messages) {
          await gateway.trigger();
          await refill();
        }
      }
      return {
        async work() {
          const before = { daemon: cpuOf(gateway.pid), ended: cpuOfEnded() };
          await gateway.trigger();
          const cpu = cpuOf(gateway.pid) - before.daemon + cpuOfEnded() - before.ended;
          return { cpu, memory: peakMemory(gateway.pid) };
        },
        [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
      };
    },
  };
}

/** Messages after which the daemon is what it will be for weeks: until then it compiles what it finds to be busy. */
const WARM = 8_000;

/** A fetcher: one process for all mailboxes, or one for each. */
export function fetching(name: string, fetcher: Fetcher, kind: 'alone' | 'side by side'): Program {
  return {
    name,
    kind,
    async prepare({ template, places }) {
      const groups = kind === 'alone' ? [template.users] : template.users.map((user) => [user]);
      const started = await Promise.all(groups.map((users) => fetcher(users, places)));
      return {
        async work() {
          const before = cpuOfEnded();
          const children: Child[] = [];
          for (const [at, { command, env }] of started.entries())
            children.push(
              await startChild(command, { logFile: join(places.scratch, `${at}.out`), env: { PATH, ...env } }),
            );
          const memory = watchMemory(children.map(({ pid }) => pid));
          await Promise.all(children.map(({ ended }) => ended));
          return { cpu: cpuOfEnded() - before, memory: memory.stop() };
        },
        async [Symbol.asyncDispose]() {},
      };
    },
  };
}

/** What the POP3 server alone gives (popdrain.ts). */
export function ceiling(name: string, window: number): Program {
  return {
    name,
    kind: 'ceiling',
    async prepare({ template, places }) {
      const script = join(import.meta.dirname, 'popdrain.ts');
      const words = [script, String(places.pop3), String(window), ...template.users];
      const child = spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'inherit'] });
      const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
      await lines.next(); // up
      return {
        async work() {
          const before = cpuOf(child.pid ?? 0);
          child.stdin.write('go\n');
          const { value } = await lines.next();
          const found = JSON.parse(String(value)) as { messages: number; readMs: number };
          const cpu = cpuOf(child.pid ?? 0) - before;
          return { cpu, memory: peakMemory(child.pid ?? 0), read: { ...found, seconds: found.readMs / 1_000 } };
        },
        async [Symbol.asyncDispose]() {
          child.kill();
        },
      };
    },
  };
}
