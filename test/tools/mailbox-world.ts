/** A POP3 account on the demo's server, a real store, and the tools by which a person looks into the mailbox. */
import { writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { type Pop3ServerOptions, startPop3Server } from '../../demo/pop3-server.ts';
import { createBus } from '../../src/daemon/base/bus.ts';
import { systemClock } from '../../src/daemon/base/clock.ts';
import type { Dialogue } from '../../src/daemon/base/dialogue.ts';
import { createGate } from '../../src/daemon/base/gate.ts';
import { silentLog } from '../../src/daemon/base/log.ts';
import { Secret } from '../../src/daemon/base/secret.ts';
import { loadConfig } from '../../src/daemon/config/load.ts';
import { openMailbox } from '../../src/daemon/pop3/client.ts';
import { openStore } from '../../src/daemon/store/sqlite.ts';
import { type LedgerEntry, newLedgerEntry } from '../../src/daemon/store/store.ts';
import { createAccountTools } from '../../src/daemon/tools/account-tools.ts';
import { createMailboxBrowser, type SessionAsked } from '../../src/daemon/tools/mailbox-browser.ts';
import { methods, type ParamsOf, type ResultOf, type SessionReport } from '../../src/protocol/commands.ts';
import type { CallError } from '../../src/protocol/errors.ts';
import type { EventOf, EventType, GatewayEvent } from '../../src/protocol/events.ts';
import type { AccountDetail, AccountStatus } from '../../src/protocol/model.ts';
import { manualClock } from '../kit/clock.ts';
import { scratchFolder } from '../kit/scratch.ts';
import { wholeLedger } from '../kit/ledger.ts';

export const PASSWORD = 'k4nary-in-the-coal-m1ne';

export interface Mail {
  readonly uidl: string;
  readonly bytes: Buffer;
}

export const mail = (uidl: string, text = 'Hello.\r\n', fields = ''): Mail => ({
  uidl,
  bytes: Buffer.from(`From: Anna <anna@kunde.example>\r\nSubject: About ${uidl}\r\n${fields}\r\n${text}`),
});

export const report = (session: number): SessionReport => ({
  session,
  messages: 1,
  bytes: 1,
  errors: [],
  accounts: [],
});

type Called = Exclude<keyof ReturnType<typeof answersOf>, symbol>;
const answersOf = (browser: ReturnType<typeof createMailboxBrowser>, tools: ReturnType<typeof createAccountTools>) => ({
  ...browser.answers,
  ...tools,
});

interface Given {
  /** Further keys of the account's section, a line each. */
  keys?: string[];
  password?: string;
  tls?: Pop3ServerOptions['tls'];
}

/** The account is called `Sales`, its user `sales`. */
export async function mailboxWorld(messages: Mail[], { keys = [], password = PASSWORD }: Given = {}) {
  await using stack = new AsyncDisposableStack();
  const home = stack.use(await scratchFolder('tools'));
  const pop3 = stack.use(await startPop3Server({ accounts: [{ name: 'sales', password: PASSWORD, messages }] }));
  const wire = stack.use(await startWire(pop3.port));
  const clock = manualClock();
  const store = stack.use(await openStore(home.path, { clock: systemClock, log: silentLog }));
  const gate = createGate();
  const events: GatewayEvent[] = [];
  const bus = createBus(clock, 0, () => {});
  bus.listen((event) => events.push(event));

  await writeFile(home.file('PMailGat.ini'), ini({ port: wire.port, password, keys }), { mode: 0o600 });
  const loaded = await loadConfig(home.path, {});
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const [account] = loaded.config.accounts;
  if (!account) throw new Error('no account');

  const stop = new AbortController();
  const open = (_name: string, dialogue: Dialogue, ends: AbortSignal) =>
    openMailbox(
      {
        ...{ host: '127.0.0.1', port: wire.port, security: 'none', fingerprint: null, caFile: null },
        ...{ user: 'sales', password: account.password ?? new Secret(''), authentication: 'auto' },
      },
      { clock: systemClock, dialogue, stop: ends, sessionTimeout: 20_000, scratch: home.path },
    );
  const world = {
    ...{ home, pop3, wire, clock, store, gate, events, account, stop },
    otherLimits: { configuration: 0, mailServer: 0, disk: 0 },
    statuses: [] as AccountStatus[],
    signIn: null as AccountDetail['signIn'],
    nextAt: null as number | null,
    /** What a trigger comes to. */
    session: async (_account: string, _by: string): Promise<SessionAsked> => ({ kind: 'refused', why: 'not now' }),
    told: <T extends EventType>(type: T): EventOf<T>[] =>
      events.filter((event): event is EventOf<T> => event.type === type),
    /** What the ledger has on disk. */
    entry: async (uidl: string) => (await wholeLedger(store.ledger, 'Sales')).get(uidl),
    remember: (...entries: LedgerEntry[]) => store.ledger.remember('Sales', entries),
    /** Of a message of the server, as the ledger has it once it was seen. */
    seen: (uidl: string, more: Partial<LedgerEntry> = {}): LedgerEntry => {
      const bytes = messages.find((one) => one.uidl === uidl)?.bytes.length ?? 0;
      return { ...newLedgerEntry(uidl, bytes, clock.now()), from: 'a@b.example', subject: `known ${uidl}`, ...more };
    },
    uidls: () => pop3.messages('sales').map(({ uidl }) => uidl),
  };
  const common = {
    accounts: () => loaded.config.accounts,
    otherLimits: async () => world.otherLimits,
    ...{ open, gate, clock, bus, stop: stop.signal },
  };
  const browser = createMailboxBrowser({
    ...common,
    ledger: store.ledger,
    memos: store.memos,
    routing: () => 'routing-1',
    trigger: (name, by) => world.session(name, by),
  });
  stack.defer(() => browser.close());
  const tools = createAccountTools({
    ...common,
    statuses: () => world.statuses,
    signIn: async () => world.signIn,
    nextAt: () => world.nextAt,
    ledger: store.ledger,
    memos: store.memos,
  });
  const answers = answersOf(browser, tools);
  const everything = stack.move();

  /** As the control link does it: parameters checked and filled up; and the result is one that the protocol knows. */
  async function call<M extends Called>(method: M, params: ParamsOf<M>, by = 'anna'): Promise<ResultOf<M>> {
    const answer = answers[method] as (params: unknown, by: string) => Promise<unknown>;
    const result = await answer(methods[method].params.parse(params), by);
    return methods[method].result.parse(result) as ResultOf<M>;
  }

  return {
    ...world,
    world,
    browser,
    call,
    /** How a call is refused. */
    refusal: async <M extends Called>(method: M, params: ParamsOf<M>, by = 'anna'): Promise<CallError> => {
      const error = await call(method, params, by).then(
        () => null,
        (thrown: unknown) => thrown,
      );
      if ((error as CallError | null)?.name !== 'CallError') throw error ?? new Error(`${method} was not refused`);
      return error as CallError;
    },
    list: async (params: Partial<ParamsOf<'mailbox.list'>> = {}, by = 'anna') =>
      await call('mailbox.list', { account: 'Sales', ...params }, by),
    [Symbol.asyncDispose]: () => everything.disposeAsync(),
  };
}

function ini({ port, password, keys }: { port: number; password: string; keys: string[] }): string {
  return [
    '[Mail server]',
    'Host=127.0.0.1',
    '[POP3 account: Sales]',
    'Host=127.0.0.1',
    `Port=${port}`,
    'Security=none',
    'User=sales',
    `Password=${password}`,
    ...keys,
    '',
  ].join('\n');
}

/** A wire to a server: it hears what clients say, and can be cut. */
async function startWire(port: number) {
  const said: string[] = [];
  const sockets = new Set<Socket>();
  let cutAt: string | null = null;
  let heldAt: string | null = null;
  const wire = { port: 0, said, connections: 0 };
  const server = createServer((client) => {
    wire.connections += 1;
    const upstream = connect({ port, host: '127.0.0.1' });
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket.setNoDelay(true));
      socket.on('error', () => {});
      socket.once('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    client.on('data', (octets: Buffer) => {
      const lines = octets.toString('latin1').split('\r\n').slice(0, -1);
      said.push(...lines);
      const says = (begin: string | null) => begin !== null && lines.some((line) => line.startsWith(begin));
      if (says(cutAt)) client.destroy();
      else if (!says(heldAt)) upstream.write(octets);
    });
    upstream.on('data', (octets: Buffer) => client.write(octets));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  wire.port = typeof address === 'object' && address !== null ? address.port : 0;

  return Object.assign(wire, {
    /** Ends every connection; the client sees it close. */
    async cut() {
      const ended = [...sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
      for (const socket of sockets) socket.destroy();
      await Promise.all(ended);
    },
    /** From now on a connection is cut when a client says a line that begins so, which the server never hears. */
    cutWhenSaid(line: string | null) {
      cutAt = line;
    },
    /** From now on such a line, and what comes with it, never reaches the server, which says nothing then; gives whether it was said. */
    hold(line: string | null): () => boolean {
      heldAt = line;
      const before = said.length;
      return () => line !== null && said.slice(before).some((one) => one.startsWith(line));
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}
