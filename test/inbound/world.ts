/** The inbound walk on real parts: a configuration file, a POP3 server, an internal server, the store on disk. */
import { writeFile } from 'node:fs/promises';
import { startPop3Server } from '../../demo/pop3-server.ts';
import { type SmtpSinkOptions, startSmtpSink } from '../../demo/smtp-sink.ts';
import { createBus } from '../../src/daemon/base/bus.ts';
import { systemClock } from '../../src/daemon/base/clock.ts';
import { silentLog } from '../../src/daemon/base/log.ts';
import { loadConfig } from '../../src/daemon/config/load.ts';
import { createInboundWalk, scratchFolder as letterFolder } from '../../src/daemon/inbound-walk.ts';
import { traceLevels } from '../../src/daemon/settings.ts';
import { openStore } from '../../src/daemon/store/sqlite.ts';
import type { Store } from '../../src/daemon/store/store.ts';
import { createTraces } from '../../src/daemon/traces/trace.ts';
import type { EventOf, EventType, GatewayEvent } from '../../src/protocol/events.ts';
import { mkdir } from 'node:fs/promises';
import { scratchFolder } from '../kit/scratch.ts';

export interface InboundWorldOptions {
  /** Messages of each account of the demo's POP3 server, which is started for them. */
  mailboxes?: Record<string, Buffer[]>;
  /** Or the port of another POP3 server, and the accounts that it has. */
  elsewhere?: { port: number; accounts: string[] };
  /** [Recipient: …] sections and more. */
  ini?: string;
  /** More keys of each account. */
  accountKeys?: string;
  inside?: Partial<SmtpSinkOptions>;
  /** Stands between the walk and its store. */
  wrap?: (store: Store) => Store;
}

export async function inboundWorld(options: InboundWorldOptions) {
  await using stack = new AsyncDisposableStack();
  const home = stack.use(await scratchFolder('in'));
  const mailboxes = Object.entries(options.mailboxes ?? {});
  const pop3 = stack.use(
    await startPop3Server({
      accounts: mailboxes.map(([name, messages]) => ({
        name,
        password: 'secret-1',
        messages: messages.map((bytes, n) => ({ uidl: `${name}-${n + 1}`, bytes })),
      })),
    }),
  );
  const inside = stack.use(await startSmtpSink({ name: 'inside.example', ...options.inside }));

  const accounts = options.elsewhere?.accounts ?? mailboxes.map(([name]) => name);
  const port = options.elsewhere?.port ?? pop3.port;
  await writeFile(home.file('PMailGat.ini'), configuration(accounts, port, inside.port, options), { mode: 0o600 });
  const loaded = await loadConfig(home.path, {});
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const { config } = loaded;
  await mkdir(letterFolder(home.path), { recursive: true });

  const store = stack.use(await openStore(home.path, { clock: systemClock, log: silentLog }));
  const bus = createBus(systemClock, 0, (error) => {
    throw error;
  });
  const events: GatewayEvent[] = [];
  bus.listen((event) => events.push(event));
  const traces = createTraces({
    home: home.path,
    levels: traceLevels(config),
    fileLimit: 1e9,
    bus,
    clock: systemClock,
  });
  stack.defer(() => traces.close());
  const cut = new AbortController();
  const used = options.wrap?.(store) ?? store;
  const walk = createInboundWalk({
    config,
    store: used,
    traces,
    bus,
    clock: systemClock,
    log: silentLog,
    byTimetable: true,
    cut: cut.signal,
  });
  stack.defer(() => walk.close());

  const everything = stack.move();
  return {
    ...{ home, pop3, inside, store, traces, events, walk, bus },
    /** One session of all accounts, to its end. */
    async session() {
      const answer = await walk.poller.trigger(null, 'operator', true);
      if (!answer.ok) throw new Error(answer.message);
      return await answer.triggered.finished;
    },
    /** Events of one type, of all sessions. */
    told<T extends EventType>(type: T): EventOf<T>[] {
      return events.filter((event): event is EventOf<T> => event.type === type);
    },
    [Symbol.asyncDispose]: () => everything.disposeAsync(),
  };
}

function configuration(
  accounts: string[],
  pop3: number,
  inside: number,
  { ini = '', accountKeys = '' }: InboundWorldOptions,
): string {
  const sections = accounts.map(
    (name) =>
      `[POP3 account: ${name}]\nHost=127.0.0.1\nPort=${pop3}\nSecurity=none\nUser=${name}\nPassword=secret-1\nPoll every minutes=0\n${accountKeys}\n`,
  );
  return `[Mail server]\nHost=127.0.0.1\nPort=${inside}\n${sections.join('')}\n${ini}\n`;
}

export const recipient = (name: string, more = ''): string =>
  `[Recipient: ${name}]\nSMTP address=${name}@company.example\n${more}\n`;

export const mail = (to: string, subject: string, body = 'Hello.\r\n'): Buffer =>
  Buffer.from(
    `Return-Path: <sender@elsewhere.example>\r\nFrom: Sender <sender@elsewhere.example>\r\nTo: ${to}\r\nSubject: ${subject}\r\n\r\n${body}`,
    'latin1',
  );
