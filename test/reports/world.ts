/** What the tests of the reports stand on: the real store, a bus, a clock that the test moves, an SMTP sink as the internal server. */
import { spawnSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { type ParsedMail, simpleParser } from 'mailparser';
import { type ReceivedMail, type SmtpSink, type SmtpSinkOptions, startSmtpSink } from '../../demo/smtp-sink.ts';
import { createBus } from '../../src/daemon/base/bus.ts';
import { seconds, systemClock } from '../../src/daemon/base/clock.ts';
import { noDialogue } from '../../src/daemon/base/dialogue.ts';
import { type Log, silentLog } from '../../src/daemon/base/log.ts';
import { createMailServer } from '../../src/daemon/delivery/mail-server.ts';
import type { Deliver } from '../../src/daemon/reports/deliver.ts';
import { openSmtp } from '../../src/daemon/smtp/client.ts';
import { createPool } from '../../src/daemon/smtp/pool.ts';
import { openStore } from '../../src/daemon/store/sqlite.ts';
import type { Store } from '../../src/daemon/store/store.ts';
import type { EventOf, EventType, Fact, GatewayEvent } from '../../src/protocol/events.ts';
import { manualClock } from '../kit/clock.ts';
import { type ScratchFolder, scratchFolder } from '../kit/scratch.ts';
import { until } from '../kit/until.ts';
import { peerAt } from '../smtp/world.ts';

// The lines and names of logs have the wall clock of the place.
process.env['TZ'] = 'UTC';

/** Those are never reached by what reads it: enough for a slow machine. */
const WITHIN = 30_000;

export type ReportsWorld = Awaited<ReturnType<typeof reportsWorld>>;

/** The internal server, or nobody on its port. */
export async function reportsWorld({ sink: options = {} }: { sink?: Partial<SmtpSinkOptions> } = {}) {
  await using stack = new AsyncDisposableStack();
  const home = stack.use(await scratchFolder('reports'));
  const sink = stack.use(await startSmtpSink({ name: 'inside.example', ...options }));
  const { deliver, close } = delivery(sink.port);
  stack.defer(close);
  const clock = manualClock();
  const run = await startRun(home, clock);
  const owned = stack.move();
  let current = run;

  return {
    home,
    sink,
    deliver,
    clock,
    get run() {
      return current;
    },
    /** As a restart of the daemon: another bus that numbers on, the same home. */
    async restart() {
      await current.store[Symbol.asyncDispose]();
      current = await startRun(home, clock);
      return current;
    },
    async [Symbol.asyncDispose]() {
      await current.store[Symbol.asyncDispose]();
      await owned.disposeAsync();
    },
  };
}

async function startRun(home: ScratchFolder, clock: ReturnType<typeof manualClock>) {
  const store: Store = await openStore(home.path, { clock: systemClock, log: silentLog });
  const events: GatewayEvent[] = [];
  const bus = createBus(clock, store.ring.lastSeq, (error) => {
    throw error;
  });
  bus.listen((event) => {
    events.push(event);
    store.ring.append(event);
  });
  const of = <T extends EventType>(type: T): EventOf<T>[] => events.filter((event) => event.type === type) as never;
  return {
    store,
    bus,
    events,
    of,
    tell: (...facts: Fact[]) => {
      for (const fact of facts) bus.tell(fact);
    },
    heard: async <T extends EventType>(type: T, nth = 1): Promise<EventOf<T>> =>
      await until(`${type} ${nth}`, () => of(type)[nth - 1]),
  };
}

/** Hands over as the composition root does. */
function delivery(port: number): { deliver: Deliver; close(): Promise<void> } {
  const stop = new AbortController();
  const pool = createPool(
    (to, cut) => openSmtp(to, { clock: systemClock, dialogue: noDialogue, stop: cut }),
    { connections: 2, idle: seconds(1) },
    systemClock,
  );
  const server = createMailServer({ peer: peerAt(port, { name: 'inside' }), sizeLimit: null }, (to, work) =>
    pool.use(to, work, stop.signal),
  );
  return {
    deliver: (mail) => server.deliver({ ...mail, subjectPrefix: null }, stop.signal),
    async close() {
      stop.abort();
      await pool.close();
    },
  };
}

/** A log that keeps what it is told. */
export function keptLog(): Log & { said: string[] } {
  const said: string[] = [];
  const keep = (what: string, details: unknown) => void said.push(`${what} ${JSON.stringify(details ?? {})}`);
  return { said, info: keep, warn: keep, error: (what, error) => keep(what, String(error)) };
}

export async function mails(sink: SmtpSink, count: number): Promise<readonly ReceivedMail[]> {
  return await sink.waitFor(count, WITHIN);
}

export async function parsed(mail: ReceivedMail | undefined): Promise<ParsedMail> {
  return await simpleParser(mail?.bytes ?? Buffer.alloc(0), { skipHtmlToText: true, skipTextToHtml: true });
}

/** The lines of its plain text, without the tabulators that keep them apart (S39). */
export async function linesIn(mail: ReceivedMail | undefined): Promise<string[]> {
  const { text = '' } = await parsed(mail);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.trimEnd());
}

/** What Python's email package, which nobody here wrote, makes of it. */
export function readByPython(bytes: Uint8Array): {
  headers: [string, string][];
  parts: { type: string; text: string }[];
  defects: string[];
} {
  const program = `
import email, email.policy, json, sys
message = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
parts = [p for p in message.walk() if not p.is_multipart()]
print(json.dumps({
  'headers': [[k, str(v)] for k, v in message.items()],
  'parts': [{'type': p.get_content_type(), 'text': p.get_payload(decode=True).decode('utf-8')} for p in parts],
  'defects': [repr(d) for p in message.walk() for d in p.defects] + [repr(d) for v in message.values() for d in v.defects],
}))`;
  const { stdout, stderr, status } = spawnSync('python3', ['-c', program], { input: bytes, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as ReturnType<typeof readByPython>;
}

export async function filesIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).toSorted();
}

export const textOf = async (path: string): Promise<string> => await readFile(path, 'utf8');

export const UNREACHED =
  'Nothing can be handed over to the internal server: The internal server inside:25 refuses the connection';

/** The facts of a session, as the inbound walk tells them. */
export const facts = {
  started: (session: number, ...accounts: string[]): Fact => ({
    type: 'session.started',
    session,
    accounts,
    trigger: 'schedule',
  }),
  connected: (session: number, account: string, messages: number): Fact => ({
    ...{ type: 'mailbox.connected', session, account, host: 'pop.isp.com', login: true, messages, bytes: 7_578 },
  }),
  fetched: (session: number, account: string, number: number, subject = 'A sample message'): Fact => ({
    ...{ type: 'message.fetched', session, account, number, uidl: `u${number}`, bytes: 7_578 },
    ...{ from: 'a@b.c', subject },
  }),
  delivered: (session: number, account: string, number: number): Fact => ({
    ...{ type: 'message.delivered', session, account, number, uidl: `u${number}`, bytes: 7_578 },
    recipients: [{ address: 'sales@company.com', reply: '250 2.6.0 Queued' }],
    final: true,
  }),
  messageFailed: (session: number, account: string, number: number, reason: string): Fact => ({
    ...{ type: 'message.failed', session, account, number, uidl: `u${number}`, recipient: 'sales@company.com', reason },
  }),
  failed: (session: number, account: string, locked = false): Fact => ({
    ...{ type: 'mailbox.failed', session, account, host: 'pop.isp.com', locked, cause: 'mailbox' },
    reason: locked
      ? 'Login refused: -ERR [AUTH] no'
      : 'Unexpected disconnection from POP3 server: The server has closed the connection',
  }),
  unreached: (session: number, account: string): Fact => ({
    ...{ type: 'mailbox.failed', session, account, host: 'pop.isp.com', locked: false, cause: 'internal server' },
    reason: UNREACHED,
  }),
  done: (session: number, account: string, messages: number, errors = 0): Fact => ({
    ...{ type: 'mailbox.finished', session, account, messages, left: 0, errors, oversize: 0, stuck: 0 },
  }),
  finished: (session: number, messages: number, errors: number): Fact => ({
    ...{ type: 'session.finished', session, messages, bytes: messages * 7_578, errors },
  }),
} as const;

/** A session of one account in which all is well. */
export const goodSession = (session: number, account = 'sales'): Fact[] => [
  facts.started(session, account),
  facts.connected(session, account, 1),
  facts.fetched(session, account, 1),
  facts.delivered(session, account, 1),
  facts.done(session, account, 1),
  facts.finished(session, 1, 0),
];

/** One whose connection is lost. */
export const badSession = (session: number, account = 'sales'): Fact[] => [
  facts.started(session, account),
  facts.failed(session, account),
  facts.finished(session, 0, 1),
];
