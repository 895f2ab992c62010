/** What the outbound tests stand on: the real store in a scratch folder, a bus whose facts are kept, and settings to vary. */
import { createBus } from '../../src/daemon/base/bus.ts';
import { type Clock, hours, minutes, systemClock } from '../../src/daemon/base/clock.ts';
import { silentLog } from '../../src/daemon/base/log.ts';
import { AddressList, type Network, readNetwork } from '../../src/daemon/config/networks.ts';
import type { ListenerSettings, SendingSettings } from '../../src/daemon/outbound/settings.ts';
import type { SmtpPeer } from '../../src/daemon/smtp/conversation.ts';
import { openStore } from '../../src/daemon/store/sqlite.ts';
import type { NewEntry, Queue, QueueEntry, Store } from '../../src/daemon/store/store.ts';
import type { EventOf, EventType, GatewayEvent } from '../../src/protocol/events.ts';
import { scratchFolder } from '../kit/scratch.ts';
import { until } from '../kit/until.ts';

export interface World extends AsyncDisposable {
  queue: Queue;
  bus: ReturnType<typeof createBus>;
  clock: Clock;
  log: typeof silentLog;
  /** Every event so far. */
  events: GatewayEvent[];
  of<T extends EventType>(type: T): EventOf<T>[];
  /** Resolves with the nth event of a type (1 is the first). */
  heard<T extends EventType>(type: T, nth?: number): Promise<EventOf<T>>;
  /** Puts a message into the queue as the listener would. */
  put(more?: Partial<NewEntry> & { to?: string[]; body?: string }): Promise<QueueEntry>;
  /** All entries, those in the trash too. */
  entries(): Promise<QueueEntry[]>;
}

/** A test may put another queue into its place: then it is no more than a `Queue`. */
export async function openWorld(clock: Clock = systemClock): Promise<World & { queue: Store['queue'] }> {
  const folder = await scratchFolder('outbound');
  const store = await openStore(folder.path, { clock: systemClock, log: silentLog });
  const events: GatewayEvent[] = [];
  const bus = createBus(clock, 0, (error) => {
    throw error;
  });
  bus.listen((event) => events.push(event));
  const { queue } = store;

  const of: World['of'] = (type) => events.filter((event) => event.type === type) as never;
  return {
    queue,
    bus,
    clock,
    log: silentLog,
    events,
    of,
    heard: async (type, nth = 1) =>
      await until(`${type} ${nth}`, () => of(type)[nth - 1], {
        otherwise: () => events.map(({ type: t }) => t).join(' '),
      }),
    async put({ to = ['somebody@somedomain.com'], body = MESSAGE, ...more } = {}) {
      const incoming = queue.receive();
      await incoming.write(Buffer.from(body, 'latin1'));
      return await incoming.commit({ ...entryFor(to, clock.now()), ...more });
    },
    entries: async () =>
      (await queue.list({ states: ['waiting', 'sending', 'deferred', 'held', 'dropped'] }, 0, 1_000)).entries,
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

export const MESSAGE = 'Subject: A sample message\r\nMessage-ID: <1@pytheas.com>\r\n\r\nHello.\r\n';

function entryFor(to: string[], queuedAt: number): NewEntry {
  return {
    sender: 'webmaster@pytheas.com',
    recipients: to.map((address) => ({ address, state: 'waiting', reply: null, notify: [], orcpt: null })),
    subject: 'A sample message',
    messageId: '<1@pytheas.com>',
    priority: 'normal',
    queuedAt,
    peer: 'your-mail-server [127.0.0.1]',
    dsn: { ret: null, envid: null },
    smtpUtf8: false,
    eightBit: false,
    hold: null,
    reportOn: null,
  };
}

export const network = (...texts: string[]) => new AddressList(texts.map((text) => readNetwork(text) as Network));

export const listenerSettings: ListenerSettings = {
  address: '127.0.0.1',
  port: 0,
  folder: '/var/lib/mailgate/Outgoing',
  gatewayName: 'gw.pytheas.com',
  serverName: 'PYTHEAS MailGate',
  heloName: 'PYTHEAS.MailGate',
  acceptFrom: network('127.0.0.1', '::1'),
  requireAuthentication: false,
  users: new Map(),
  tls: null,
  maxMessageBytes: 1_000_000,
  maxRecipients: 100,
  maxConnections: 20,
  maxConnectionsPerAddress: 20,
  maxMessagesPerMinutePerAddress: 0,
  maxQueuedBytes: 0,
  minimumBytesPerSecond: 500,
  bareLineEnds: 'normalise',
  maxReceivedHeaders: 50,
  holdAll: false,
};

export function peerAt(port: number, more: Partial<SmtpPeer> = {}): SmtpPeer {
  const name = 'smtprelay.isp.com';
  return {
    name,
    host: '127.0.0.1',
    port,
    security: 'none',
    fingerprint: null,
    caFile: null,
    login: null,
    ehloName: 'gw',
    ...more,
  };
}

export function sendingSettings(peer: SmtpPeer, more: Partial<SendingSettings> = {}): SendingSettings {
  return {
    relays: [{ name: '', peer, connections: 2, senderDomains: [], logins: new Map() }],
    exchangers: [],
    dnsServers: [],
    sendAt: { is: 'at once' },
    internalServer: null,
    retry: [5, 10, 20, 40, 60, 120, 240].map(minutes),
    giveUpAfter: hours(120),
    warnAfter: null,
    whatRelayCannotTake: 'return',
    ...more,
  };
}
