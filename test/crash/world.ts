/**
 * A gateway between peers that outlive its crashes: a POP3 server behind a tap, the internal server, the relay, all in the test's
 * own process, and one home on which it is started again and again.
 */
import { type RunningPop3Server, startPop3Server } from '../../demo/pop3-server.ts';
import { gatewayHome, ini, type RunningGateway, startGateway } from '../kit/gateway.ts';
import { freePort } from '../kit/ports.ts';
import { type RunningProcess, startProcess } from '../kit/process.ts';
import type { ScratchFolder } from '../kit/scratch.ts';
import { type History, openHistory } from './history.ts';
import type { Letter } from './letters.ts';
import { type Pop3Tap, startPop3Tap } from './pop3-tap.ts';
import { type Sink, startSink } from './sink.ts';

export interface WorldOptions {
  /** POP3 accounts; each is downloaded at the start, and then again and again. */
  readonly accounts?: readonly string[];
  /** The schedule of the queue. By default a failed message is soon tried again, and so is one that a crash left claimed. */
  readonly retryMinutes?: string;
  /** With the relay, and with the internal server, at once. */
  readonly connections?: number;
  /** What comes in is kept until it is released. */
  readonly holdAll?: boolean;
}

export interface World extends AsyncDisposable {
  readonly home: ScratchFolder;
  readonly history: History;
  readonly tap: Pop3Tap;
  readonly inside: Sink;
  readonly relay: Sink;
  /** Where the gateway takes outgoing mail. */
  readonly port: number;
  /** Resolves while a gateway runs that nobody has begun to end. */
  open(): Promise<void>;
  /** Puts letters into a POP3 mailbox. */
  lay(account: string, letters: readonly Letter[]): void;
  /** Messages that lie in the POP3 mailboxes. */
  left(): number;
  /** The next run. What the test holds back by then is held. */
  start(): Promise<RunningGateway>;
  /** The gateway ends now, or is told to: no client turns to it any more. */
  close(): void;
  /** It has ended: resolves when no peer has any connection left of that run, and holds nothing back any more. */
  over(): Promise<void>;
  /** kill -9, and what follows. */
  crash(gateway: RunningGateway): Promise<void>;
}

/** To whom fetched mail goes; both are known senders, who get reports. */
export const ANNA = 'anna@company.example';
export const SALES = 'sales@company.example';
export const ABROAD = 'somebody@elsewhere.example';

export async function openWorld(options: WorldOptions = {}): Promise<World> {
  const { accounts = ['one'] } = options;
  await using parts = new AsyncDisposableStack();
  const history = openHistory();
  const home = parts.use(await gatewayHome());
  const pop3 = parts.use(
    await startPop3Server({ accounts: accounts.map((name) => ({ name, password: 'crash', messages: [] })) }),
  );
  const ids = new Map<string, string>();
  const tap = parts.use(await startPop3Tap(pop3.port, history, (uidl) => ids.get(uidl) ?? ''));
  const inside = parts.use(await startSink('inside', history));
  const relay = parts.use(await startSink('relay', history));
  const port = await freePort();
  const config = configuration(options, { pop3: tap.port, inside: inside.port, relay: relay.port, listen: port });
  let running = Promise.withResolvers<void>();
  let isOpen = false;

  const close = () => {
    if (isOpen) running = Promise.withResolvers(); // who waits already waits for the same
    isOpen = false;
  };
  const over = async () => {
    close();
    await Promise.all([tap, inside, relay].map((peer) => peer.quiet()));
    for (const { holds } of [tap, inside, relay]) holds.releaseAll(); // after that: who is gone is answered nothing
  };
  const owned = parts.move();
  return {
    ...{ home, history, tap, inside, relay, port, close, over },
    open: () => running.promise,
    lay: (account, letters) => letters.forEach((letter) => lay(pop3, account, letter, { history, ids })),
    left: () => accounts.reduce((sum, account) => sum + pop3.messages(account).length, 0),
    async start() {
      history.nextRun();
      const gateway = await startGateway({ ini: config, home });
      isOpen = true;
      running.resolve();
      return gateway;
    },
    async crash(gateway) {
      close();
      process.kill(gateway.pid, 'SIGKILL'); // in this very turn
      await gateway.kill();
      await over();
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** A run of which nobody waits until it is ready. The home has its configuration from an earlier one. */
export async function launch({ home, history }: World): Promise<RunningProcess> {
  history.nextRun();
  return await startProcess([new URL('../../bin/mailgate', import.meta.url).pathname, 'run', '--home', home.path]);
}

function lay(
  pop3: RunningPop3Server,
  account: string,
  { id, digest, octets }: Letter,
  { history, ids }: { history: History; ids: Map<string, string> },
): void {
  history.tell({ kind: 'to fetch', id, digest, from: account });
  pop3.add(account, octets);
  ids.set(pop3.messages(account).at(-1)?.uidl ?? '', id);
}

interface Ports {
  readonly pop3: number;
  readonly inside: number;
  readonly relay: number;
  readonly listen: number;
}

function configuration(
  { accounts = ['one'], retryMinutes = '0.02', connections = 4, holdAll = false }: WorldOptions,
  { pop3, inside, relay, listen }: Ports,
): string {
  const here = { Host: '127.0.0.1', Security: 'none' };
  const account = (user: string) => ({ ...here, Port: pop3, User: user, Password: 'crash' });
  return ini({
    Options: { 'Gateway name': 'gateway.example', 'Poll every minutes': '0.01' },
    'Mail server': { ...here, Port: inside, Connections: connections },
    'Outgoing mail': {
      'Listen on IP address': '127.0.0.1',
      'Listen on port': listen,
      'Retry minutes': retryMinutes,
      'Hold all': holdAll ? 1 : 0,
    },
    Relay: { ...here, Port: relay, Connections: connections },
    ...Object.fromEntries(accounts.map((name) => [`POP3 account: ${name}`, account(name)])),
    'Recipient: Anna': { 'SMTP address': ANNA },
    'Recipient: Sales': { 'SMTP address': SALES },
  });
}
