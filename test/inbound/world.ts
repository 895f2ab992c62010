/** The inbound walk on real parts: a configuration file, a POP3 server, an internal server, the store on disk. */
import { writeFile } from 'node:fs/promises';
import { startPop3Server } from '../../demo/pop3-server.ts';
import { type SmtpSinkOptions, startSmtpSink } from '../../demo/smtp-sink.ts';
import { createBus } from '../../src/daemon/base/bus.ts';
import { type Clock, systemClock } from '../../src/daemon/base/clock.ts';
import { createGate } from '../../src/daemon/base/gate.ts';
import { silentLog } from '../../src/daemon/base/log.ts';
import { loadConfig } from '../../src/daemon/config/load.ts';
import { createInboundWalk, scratchFolder as letterFolder } from '../../src/daemon/inbound-walk.ts';
import type { InboundParts } from '../../src/daemon/inbound/parts.ts';
import { openQuarantine } from '../../src/daemon/rules/quarantine.ts';
import { traceLevels } from '../../src/daemon/settings.ts';
import { openStore } from '../../src/daemon/store/sqlite.ts';
import type { Ledger, Store } from '../../src/daemon/store/store.ts';
import { createTraces } from '../../src/daemon/traces/trace.ts';
import type { EventOf, EventType, GatewayEvent } from '../../src/protocol/events.ts';
import { mkdir } from 'node:fs/promises';
import { scratchFolder } from '../kit/scratch.ts';
import { wholeLedger } from '../kit/ledger.ts';

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
  /** More keys of [Mail server]. */
  insideKeys?: string;
  /** Of another internal server; `inside` then hears nothing. */
  insidePort?: number;
  /** Stands between the walk and its store. */
  wrap?: (store: Store) => Store;
  /** Stands between the walk and its quarantine. */
  quarantine?: (real: InboundParts['quarantine']) => InboundParts['quarantine'];
  /** Of the walk and the bus. */
  clock?: Clock;
  /** Stands for the disk on which large messages wait. */
  freeOctets?: (folder: string) => Promise<number | null>;
}

type Configured = Pick<InboundWorldOptions, 'ini' | 'accountKeys' | 'insideKeys'>;

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
  await mkdir(letterFolder(home.path), { recursive: true });

  const { clock = systemClock } = options;
  const store = stack.use(await openStore(home.path, { clock: systemClock, log: silentLog }));
  const quarantine = await openQuarantine(home.path, { log: silentLog });
  const gate = createGate();
  const bus = createBus(clock, 0, (error) => {
    throw error;
  });
  const events: GatewayEvent[] = [];
  bus.listen((event) => events.push(event));
  const cut = new AbortController();

  /** A walk on the same home, as after a restart. */
  async function begin(configured: Configured) {
    const text = configuration(accounts, port, options.insidePort ?? inside.port, { ...options, ...configured });
    await writeFile(home.file('PMailGat.ini'), text, { mode: 0o600 });
    const loaded = await loadConfig(home.path, {});
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    const { config } = loaded;
    const traces = createTraces({ home: home.path, levels: traceLevels(config), fileLimit: 1e9, bus, clock });
    const given = {
      ...{ store: options.wrap?.(store) ?? store, traces, bus, clock, log: silentLog, gate },
      quarantine: options.quarantine?.(quarantine) ?? quarantine,
      ...(options.freeOctets && { freeOctets: options.freeOctets }),
    };
    const walk = createInboundWalk({ config, ...given, byTimetable: true, cut: cut.signal });
    const close = async () => {
      await walk.close();
      await traces.close();
    };
    return { walk, traces, close };
  }

  let run = await begin({});
  stack.defer(() => run.close());

  const everything = stack.move();
  return {
    ...{ home, pop3, inside, store, events, bus, gate, quarantine },
    get walk() {
      return run.walk;
    },
    get traces() {
      return run.traces;
    },
    /** Ends the walk, and begins another with some of the configuration written otherwise. */
    async reconfigure(configured: Configured) {
      await run.close();
      run = await begin(configured);
    },
    /** Cuts what is under way, as the daemon does last when it ends. */
    cut: () => cut.abort(new Error('over')),
    /** What the ledger has of an account. */
    async entries(account = 'office') {
      return [...(await wholeLedger(store.ledger, account)).values()];
    },
    /** One session of all accounts, to its end. */
    async session() {
      const answer = await run.walk.poller.trigger(null, 'operator', true);
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
  { ini = '', accountKeys = '', insideKeys = '' }: Configured,
): string {
  const sections = accounts.map(
    (name) =>
      `[POP3 account: ${name}]\nHost=127.0.0.1\nPort=${pop3}\nSecurity=none\nUser=${name}\nPassword=secret-1\nPoll every minutes=0\n${accountKeys}\n`,
  );
  return `[Mail server]\nHost=127.0.0.1\nPort=${inside}\n${insideKeys}\n${sections.join('')}\n${ini}\n`;
}

/** The store with some calls of its ledger done otherwise. */
export function withLedger(store: Store, otherwise: Partial<Ledger>): Store {
  const { ledger } = store;
  return {
    ...store,
    nextSession: () => store.nextSession(),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
    ledger: {
      known: (account) => ledger.known(account),
      entries: (account, uidls) => ledger.entries(account, uidls),
      remember: (account, entries) => ledger.remember(account, entries),
      forget: (account, uidls) => ledger.forget(account, uidls),
      noteDeleted: (account, uidls, at) => ledger.noteDeleted(account, uidls, at),
      noteAttempt: (account, uidl, attempt) => ledger.noteAttempt(account, uidl, attempt),
      attempts: (account, uidl) => ledger.attempts(account, uidl),
      rename: (account, renamed) => ledger.rename(account, renamed),
      ...otherwise,
    },
  };
}

export const recipient = (name: string, more = ''): string =>
  `[Recipient: ${name}]\nSMTP address=${name}@company.example\n${more}\n`;

export const mail = (to: string, subject: string, body = 'Hello.\r\n'): Buffer =>
  Buffer.from(
    `Return-Path: <sender@elsewhere.example>\r\nFrom: Sender <sender@elsewhere.example>\r\nTo: ${to}\r\nSubject: ${subject}\r\n\r\n${body}`,
    'latin1',
  );
