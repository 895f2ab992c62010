/**
 * The cost of a message in a mailbox that keeps what was downloaded (Keep on server=1): so many messages are there and known, some
 * new ones come. A Dovecot would read as many names of files in each session, and would be what is measured; so the server here
 * is the demo's, whose mail is in memory, and what a plain client waits for it is told beside.
 */
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { startPop3Server } from '../demo/pop3-server.ts';
import { passwordOf } from './dovecot.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { letter, seeded } from './letters.ts';
import { cpuOf, peakMemory } from './meter.ts';
import type { Options } from './options.ts';
import { freePort } from './processes.ts';
import { startSink } from './sink.ts';

/** Messages that come into the full mailbox. */
const NEW = 500;

/** Sessions that find nothing: the median counts. */
const EMPTY_SESSIONS = 5;

const USER = 'u00';

export async function measureKept({ kept, programs, scratch }: Options, say: (line: string) => void): Promise<number> {
  const columns = [
    ...[
      'program',
      'kept',
      'a plain client lists, s',
      'session without mail, s',
      'its CPU in the daemon, s',
      `${NEW} new, s`,
    ],
    ...['ms a new message', 'the same less the empty session', 'its CPU in the daemon, ms', 'peak RSS MB'],
  ];
  say(`| ${columns.join(' | ')} |`);
  say(`|---${'|--:'.repeat(columns.length - 1)}|`);
  let valid = true;
  for (const count of kept) {
    for (const program of programs) {
      const found = await measure(program, count, scratch ?? tmpdir());
      valid &&= found.valid;
      const name = programs.length > 1 ? `MailGate in ${basename(program)}` : 'MailGate';
      say(`| ${[found.valid ? name : `${name} **INVALID**`, String(count), ...found.cells].join(' | ')} |`);
    }
  }
  return valid ? 0 : 1;
}

async function measure(program: string, count: number, scratch: string): Promise<{ valid: boolean; cells: string[] }> {
  await using parts = new AsyncDisposableStack();
  const folder = await mkdtemp(join(scratch, 'mg-bench-'));
  parts.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  await chmod(folder, 0o755);
  await mkdir(join(folder, 'home'));

  const mail = letters();
  const messages = Array.from({ length: count }, (_, n) => ({ uidl: uidlOf(n), bytes: mail.short(n) }));
  const account = { name: USER, password: passwordOf(USER), messages };
  const server = parts.use(await startPop3Server({ accounts: [account] }));
  const smtp = await freePort();
  const sink = parts.use(await startSink(folder, { port: smtp, speaks: 'SMTP' }));
  const gateway = parts.use(
    await startGateway({
      ...{ program, home: join(folder, 'home'), users: [USER], pop3: server.port, smtp },
      keepOnServer: true,
    }),
  );

  await gateway.trigger(); // all of them are downloaded, and stay
  const known = sink.messages();
  const alone = await listingTime(server.port);
  const empty: { seconds: number; cpu: number }[] = [];
  for (let n = 0; n < EMPTY_SESSIONS; n += 1) empty.push(await session(gateway));
  for (let n = 0; n < NEW; n += 1) server.add(USER, mail.usual(count + n));
  const full = await session(gateway);

  const nothing = empty.toSorted((a, b) => a.seconds - b.seconds)[EMPTY_SESSIONS >> 1] ?? { seconds: 0, cpu: 0 };
  const perMessage = (seconds: number) => ((seconds / NEW) * 1_000).toFixed(2);
  return {
    valid: known === count && sink.messages() === count + NEW && server.messages(USER).length === count + NEW,
    cells: [
      ...[alone.toFixed(2), nothing.seconds.toFixed(2), nothing.cpu.toFixed(2), full.seconds.toFixed(2)],
      ...[perMessage(full.seconds), perMessage(full.seconds - nothing.seconds), perMessage(full.cpu - nothing.cpu)],
      peakMemory(gateway.pid).toFixed(0),
    ],
  };
}

async function session(gateway: Gateway): Promise<{ seconds: number; cpu: number }> {
  const before = { at: performance.now(), cpu: cpuOf(gateway.pid) };
  await gateway.trigger();
  return { seconds: (performance.now() - before.at) / 1_000, cpu: cpuOf(gateway.pid) - before.cpu };
}

/** Letters of which no two are alike: short ones to be kept, and new ones of the usual size. */
function letters(): { short(n: number): Buffer; usual(n: number): Buffer } {
  const random = seeded(1);
  const some = Array.from({ length: 50 }, (_, n) => letter(random, USER, n)).filter(({ length }) => length < LARGE);
  const numbered = (n: number, bytes: Buffer) => Buffer.concat([Buffer.from(`X-Number: ${n}\r\n`), bytes]);
  return { short: (n) => numbered(n, SHORT), usual: (n) => numbered(n, some[n % some.length] ?? SHORT) };
}

/** Octets: what has something attached is larger. */
const LARGE = 50_000;

const SHORT = Buffer.from(
  [`From: <a@example.test>`, `To: <${USER}@pop.test>`, 'Subject: short', 'Message-ID: <short@example.test>', '']
    .concat(
      Array.from({ length: 30 }, () => 'A line of a short letter.'),
      '',
    )
    .join('\r\n'),
);

const uidlOf = (n: number): string => `kept-${String(n).padStart(8, '0')}`;

/** Seconds for which a client waits that only logs in, lists and leaves. */
async function listingTime(port: number): Promise<number> {
  const began = performance.now();
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.write(`USER ${USER}\r\nPASS ${passwordOf(USER)}\r\nSTAT\r\nLIST\r\nUIDL\r\nQUIT\r\n`);
  for await (const octets of socket) void octets;
  return (performance.now() - began) / 1_000;
}
