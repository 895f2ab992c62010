/** The SMTP server behind the port: its options, its clients, and what it does with a message of theirs. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server';
import type { SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection.js';
import type { Bus } from '../base/bus.ts';
import { type Clock, minutes } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Secret } from '../base/secret.ts';
import type { Queue, QueueEntry } from '../store/store.ts';
import { Connection, type Desk } from './connection.ts';
import { type Handover, takeIn } from './intake.ts';
import { refusalOf } from './policy.ts';
import type { Refusal } from './refusal.ts';
import type { ListenerSettings } from './settings.ts';

export interface ServerParts {
  queue: Queue;
  bus: Bus;
  clock: Clock;
  log: Log;
}

/** RFC 5321 §4.5.3.2.7; smtp-server's own idle timer, which any octet resets. `pace.ts` holds the deadline. */
const IDLE = minutes(5);

/** sendmail's jokes, and what only proxies may say (CLI26). */
const NEVER = ['WIZ', 'SHELL', 'KILL', 'XCLIENT', 'XFORWARD'];

export class QueueServer extends SMTPServer {
  readonly #desk: Desk;
  readonly #parts: ServerParts;
  readonly #settings: ListenerSettings;
  readonly #clients = new WeakMap<SMTPServerSession, Connection>();
  readonly #open = new Set<Connection>();
  #connections = 0;

  constructor(settings: ListenerSettings, parts: ServerParts) {
    super(serverOptions(settings));
    this.#settings = settings;
    this.#parts = parts;
    const { acceptFrom, requireAuthentication, minimumBytesPerSecond, maxConnections, maxConnectionsPerAddress } =
      settings;
    const admission = { acceptFrom, requireAuthentication, offersLogin: offersLogin(settings) };
    this.#desk = {
      clock: parts.clock,
      tell: (fact) => void parts.bus.tell(fact),
      nextNumber: () => ++this.#connections,
      refusalOf: (client) => refusalOf(client, admission),
      minimumBytesPerSecond,
      maxConnections,
      maxConnectionsPerAddress,
    };
    // A client that resets its connection is no trouble of ours; the listener has its own ear for the port's errors.
    this.on('error', (error) => parts.log.info('SMTP client', { error: error.message }));
  }

  override connect(socket: Socket, options?: SMTPConnectionOptions | null): void {
    const client = new Connection(this, socket, options ?? null, this.#desk);
    this.#clients.set(client.session, client);
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

  override onAuth: SMTPServer['onAuth'] = ({ username = '', password }, _session, callback) => {
    const right = isRight(this.#settings.users.get(username), password ?? '');
    if (right) callback(null, { user: username });
    else callback(null, { message: '5.7.8 Authentication credentials invalid', responseCode: 535 });
  };

  override onMailFrom: SMTPServer['onMailFrom'] = (_path, _session, callback) => callback();

  override onRcptTo: SMTPServer['onRcptTo'] = (_path, _session, callback) => callback();

  override onConnect: SMTPServer['onConnect'] = (_session, callback) => callback();

  override onData: SMTPServer['onData'] = (stream, session, callback) => {
    void this.#receive(stream, session, callback);
  };

  async #receive(stream: SMTPServerDataStream, session: SMTPServerSession, callback: DataCallback): Promise<void> {
    try {
      await this.#take(stream, session, callback);
    } catch (error) {
      this.#parts.log.error('a message could not be taken in', error);
      refuse(callback, { code: 451, text: '4.3.0 Local error, try again later' });
    }
  }

  async #take(stream: SMTPServerDataStream, session: SMTPServerSession, callback: DataCallback): Promise<void> {
    const client = this.#clients.get(session);
    if (!client) throw new Error('a client that was never connected');

    const size = declaredSize(session);
    const handover = handoverOf(session, client);
    const { queue, clock } = this.#parts;
    const taken = await takeIn(stream, handover, {
      queue,
      clock,
      limits: this.#settings,
      ended: () => client.received(),
    });
    switch (taken.kind) {
      case 'queued':
        this.#queued(taken.entry, size, client, callback);
        break;
      case 'refused':
        refuse(callback, taken.refusal);
        break;
      case 'gone':
        return;
    }
    client.answered();
  }

  /** Durable by now (I07). */
  #queued(entry: QueueEntry, size: number | null, client: Connection, callback: DataCallback): void {
    const { id, sender, priority, subject, bytes, messageId } = entry;
    const recipients = entry.recipients.map(({ address }) => address);
    client.counted();
    const connection = client.number;
    this.#parts.bus.tell({
      type: 'queue.accepted',
      connection,
      id,
      sender,
      size,
      priority,
      recipients,
      subject,
      bytes,
    });
    // X05: it is ours, and the client will send it once more: the same Message-ID tells the two apart from two messages.
    if (!client.listening) this.#parts.log.warn('acknowledgement not delivered', { id, messageId, peer: client.peer });
    callback(null, `2.0.0 Queued as ${id}`);
  }
}

type DataCallback = Parameters<SMTPServer['onData']>[2];

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
    rejectOversized: true,
    maxRecipients: settings.maxRecipients,
    hideDSN: false,
    hideENHANCEDSTATUSCODES: false,
    logger: false,
    socketTimeout: IDLE,
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

function refuse(callback: DataCallback, { code, text }: Refusal): void {
  callback(Object.assign(new Error(text), { responseCode: code }));
}
