/** The SMTP server behind the port: its options, its clients, and what it does with a message of theirs. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';
import { SMTPServer, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server';
import type { SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection.js';
import type { Bus } from '../base/bus.ts';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Secret } from '../base/secret.ts';
import type { Queue, QueueEntry } from '../store/store.ts';
import type { Arrival as Policy } from './arrival.ts';
import { Connection } from './connection.ts';
import { createCrowd } from './crowd.ts';
import type { Desk, Receiving } from './desk.ts';
import { type Handover, type IntakeParts, openIntake, type Taken } from './intake.ts';
import { createLockout, LOCKED, type Lockout } from './lockout.ts';
import { plainAddress, refusalOf } from './policy.ts';
import { createRate } from './rate.ts';
import type { Refusal } from './refusal.ts';
import type { Room } from './room.ts';
import type { ListenerSettings } from './settings.ts';

export interface ServerParts extends Pick<IntakeParts, 'receive' | 'wayName' | 'loopToken'> {
  queue: Queue;
  bus: Bus;
  clock: Clock;
  log: Log;
  /** Null: there is always room. */
  room?: Room | null;
  /** Is all mail kept until somebody releases it? Absent: as `Hold all` says. */
  hold?(): QueueEntry['hold'];
}

/** sendmail's jokes, and what only proxies may say (CLI26). */
const NEVER = ['WIZ', 'SHELL', 'KILL', 'XCLIENT', 'XFORWARD'];

const BY_CONFIGURATION: QueueEntry['hold'] = { by: 'configuration', reason: 'Hold all', until: null };

export class QueueServer extends SMTPServer {
  readonly #desk: Desk;
  readonly #parts: ServerParts;
  readonly #intake: IntakeParts;
  readonly #users: ListenerSettings['users'];
  readonly #lockout: Lockout;
  readonly #open = new Set<Connection>();
  #connections = 0;
  #sockets = 0;

  constructor(settings: ListenerSettings, parts: ServerParts) {
    super(serverOptions(settings));
    const { bus, clock, log, room = null } = parts;
    this.#parts = parts;
    this.#users = settings.users;
    this.#intake = { hold: () => (settings.holdAll ? BY_CONFIGURATION : null), ...parts, limits: settings };
    this.#lockout = createLockout(clock);

    const { acceptFrom, requireAuthentication } = settings;
    const admission = { acceptFrom, requireAuthentication, offersLogin: offersLogin(settings) };
    const rate = createRate(settings.maxMessagesPerMinutePerAddress, clock);
    this.#desk = {
      clock,
      tell: (fact) => void bus.tell(fact),
      failed: (error) => log.error('an SMTP command failed', error),
      nextNumber: () => ++this.#connections,
      refusalOf: (client) => refusalOf(client, admission),
      refusalOfMessage: (address, size) => room?.refusal(size) ?? rate.refusal(address),
      refusalOfLogin: (address) => (this.#lockout.locked(address) ? LOCKED : null),
      crowd: createCrowd({ all: settings.maxConnections, perAddress: settings.maxConnectionsPerAddress }),
      receive: (client) => this.#receive(client),
      minimumBytesPerSecond: settings.minimumBytesPerSecond,
    };
    // A client that resets its connection is no trouble of ours; the listener has its own ear for the port's errors.
    this.on('error', (error) => log.info('SMTP client', { error: error.message }));
  }

  /** No proxy is believed; smtp-server would make a random name for the connection, and take a turn of the loop. */
  override _handleProxy(socket: Socket, callback: Parameters<SMTPServer['_handleProxy']>[1]): void {
    const id = String(++this.#sockets);
    // The port's own address is asked for nowhere; looking it up costs two system calls.
    callback(null, { id, localAddress: 'here', localPort: 1, remoteAddress: socket.remoteAddress });
  }

  override connect(socket: Socket, options?: SMTPConnectionOptions | null): void {
    const client = new Connection(this, socket, options ?? null, this.#desk);
    this.#open.add(client);
    socket.once('close', () => this.#open.delete(client));
    this.connections.add(client);
    client.on('error', (error: Error) => this._onError(error));
    client.init();
  }

  /** Those still open, half-closed ones too. */
  get clients(): Connection[] {
    return [...this.#open];
  }

  override onAuth: SMTPServer['onAuth'] = ({ username = '', password }, session, callback) => {
    const address = plainAddress(session.remoteAddress);
    if (isRight(this.#users.get(username), password ?? '')) {
      this.#lockout.passed(address);
      callback(null, { user: username });
      return;
    }
    const { clock, log } = this.#parts;
    const wait = this.#lockout.failed(address);
    log.warn('wrong password for outgoing mail', { user: username.slice(0, SHOWN_USER), address });
    const answer = () => {
      const message = '5.7.8 Authentication credentials invalid';
      if (this.#lockout.locked(address)) callback(null, { message: LOCKED.text, responseCode: LOCKED.code });
      else callback(null, { message, responseCode: 535 });
    };
    if (wait === 0) answer();
    else clock.after(wait, answer);
  };

  override onMailFrom: SMTPServer['onMailFrom'] = (_path, _session, callback) => callback();

  override onRcptTo: SMTPServer['onRcptTo'] = (_path, _session, callback) => callback();

  override onConnect: SMTPServer['onConnect'] = (_session, callback) => callback();

  #receive(client: Connection): Receiving {
    const { session } = client;
    const size = declaredSize(session);
    const { take, finish, cut } = openIntake(handoverOf(session, client), this.#intake);
    return { take, cut, finish: async () => this.#settle(await finish(), size, client) };
  }

  #settle(taken: Taken, size: number | null, client: Connection): Refusal {
    if (taken.kind === 'refused') return taken.refusal;
    const { entry, policy } = taken;
    client.counted();
    this.#tellOf(entry, policy, { connection: client.number, size });
    // X05: it is ours, and the client will send it once more: the same Message-ID tells the two apart from two messages.
    if (!client.listening) {
      const { id, messageId } = entry;
      this.#parts.log.warn('acknowledgement not delivered', { id, messageId, peer: client.peer });
    }
    return { code: 250, text: `2.0.0 Queued as ${entry.id}` };
  }

  /** Durable by now (I07). */
  #tellOf(entry: QueueEntry, policy: Policy, from: { connection: number; size: number | null }): void {
    const { bus } = this.#parts;
    const { id, sender, priority, subject, bytes } = entry;
    const recipients = entry.recipients.map(({ address }) => address);
    bus.tell({ type: 'queue.accepted', ...from, id, sender, priority, recipients, subject, bytes });
    if (policy.silencedBy !== null) {
      bus.tell({ type: 'queue.silenced', id, sender, subject, prefix: policy.silencedBy });
      bus.tell({ type: 'queue.removed', id, result: 'dropped' });
      return;
    }
    if (policy.unrecognised) bus.tell({ type: 'queue.unrecognised', id, sender, subject });
  }
}

/** Characters of a wrong user name that are logged. */
const SHOWN_USER = 100;

function serverOptions(settings: ListenerSettings): SMTPServerOptions {
  const { tls } = settings;
  return {
    name: settings.serverName,
    banner: 'server ready',
    heloResponse: settings.heloName,
    ...(tls ? { cert: tls.certificate, key: tls.key, minVersion: 'TLSv1.2' as const } : {}),
    disabledCommands: [...NEVER, ...(tls ? [] : ['STARTTLS']), ...(offersLogin(settings) ? [] : ['AUTH'])],
    authOptional: true,
    disableReverseLookup: true,
    size: settings.maxMessageBytes,
    maxRecipients: settings.maxRecipients,
    hideDSN: false,
    hideENHANCEDSTATUSCODES: false,
    logger: false,
  };
}

/** Without TLS no password is asked for: it would travel in clear text (CLI09). */
function offersLogin({ tls, users }: ListenerSettings): boolean {
  return tls !== null && users.size > 0;
}

/** In the same time for a wrong name as for a wrong password (CLI10). */
function isRight(expected: Secret | undefined, given: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(expected?.reveal() ?? ''), digest(given)) && expected !== undefined && !expected.empty;
}

function declaredSize({ envelope }: SMTPServerSession): number | null {
  const size = envelope.mailFrom ? Number((envelope.mailFrom.args || {})['SIZE']) : Number.NaN;
  return Number.isSafeInteger(size) ? size : null;
}

/** A copy: smtp-server empties the envelope for the next message. */
function handoverOf(session: SMTPServerSession, client: Connection): Handover {
  const { mailFrom, rcptTo, dsn, smtpUtf8 } = session.envelope;
  const ret = dsn?.ret === 'FULL' || dsn?.ret === 'HDRS' ? dsn.ret : null;
  return {
    from: { heloName: client.heloName, address: session.remoteAddress, protocol: session.transmissionType },
    peer: client.peer,
    sender: mailFrom ? mailFrom.address : '',
    recipients: rcptTo.map(({ address, dsn: wish }) => ({
      address,
      notify: [...(wish?.notify ?? [])],
      orcpt: wish?.orcpt ?? null,
    })),
    dsn: { ret, envid: dsn?.envid ?? null },
    smtpUtf8: smtpUtf8 === true,
  };
}
