/**
 * The control link: a WebSocket server on a Unix socket that only its user can open. It greets each client with its versions, answers
 * calls, and sends events in batches. It waits for no client, and ends those that do not read, do not answer, or send nonsense.
 */
import { createServer, type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { closeCodes } from '../../protocol/errors.ts';
import { encodeHello, LONGEST_REQUEST, PROTOCOL_VERSION, SUBPROTOCOL } from '../../protocol/frames.ts';
import type { Bus } from '../base/bus.ts';
import { type Clock, seconds, type Timer } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { AuditTrail, EventRing } from '../store/store.ts';
import { admitLocal, type Visitor } from './access.ts';
import { createCalls } from './calls.ts';
import { type Conversation, type ConversationParts, createConversation } from './conversation.ts';
import type { Gateway } from './gateway.ts';
import { createJournal } from './journal.ts';
import { type ControlLimits, controlLimits } from './limits.ts';
import type { OutboxParts, Wire } from './outbox.ts';
import { claimSocket, listenPrivately } from './socket-file.ts';
import { createUploads } from './uploads.ts';

export interface ControlOptions {
  /** The path of the socket; at most 107 bytes. */
  socket: string;
  /** Of the program. */
  version: string;
  clock: Clock;
  log: Log;
  bus: Bus;
  ring: Pick<EventRing, 'read' | 'flush'>;
  audit: AuditTrail;
  /** A folder of this daemon alone, for what callers upload. */
  scratch: string;
  limits?: Partial<ControlLimits>;
}

export interface Control extends AsyncDisposable {
  /** Clients that are connected now. */
  readonly clients: number;
  /**
   * Answers what was asked, says goodbye to every client and removes the socket; resolves when all are gone, at the latest after
   * `limits.lastAnswers` and `limits.closing`.
   */
  close(): Promise<void>;
}

/** `busy`: another daemon listens there. */
export type Opened = { kind: 'open'; control: Control } | { kind: 'refused'; why: string; busy: boolean };

/** A handshake has four short headers; 8 KB and five seconds are plenty (WS04). */
const LONGEST_HEADERS = 8_192;
const HEADERS_WITHIN = seconds(5);
/** Connections that are no clients yet. */
const SPARE_CONNECTIONS = 64;
/** A request comes whole in one frame; a flood of tiny ones is cut (WS05). */
const FRAGMENTS = 16;
const CHUNKS = 1_024;

/**
 * Opens the control link. The bus must have told the fold behind `gateway.snapshot` of an event before it tells this listener.
 * A path that cannot be had is an answer; anything else that the system refuses is thrown.
 */
export async function openControl(gateway: Gateway, options: ControlOptions): Promise<Opened> {
  const { bus, clock, log, socket: path } = options;
  const limits = { ...controlLimits, ...options.limits };
  const claim = await claimSocket(path, clock);
  if (!claim.ok) return { kind: 'refused', why: claim.why, busy: claim.busy };

  const journal = createJournal(bus.last);
  const uploads = createUploads(options.scratch, { clock, log, limits });
  const calls = createCalls({ ...options, gateway, journal, uploads });
  const parts: OutboxParts = {
    journal,
    ring: options.ring,
    snapshot: () => gateway.snapshot(),
    clock,
    limits,
    failed: (error) => log.error('The ring of events cannot be read.', error),
  };
  const clients = new Set<Client>();
  let batch: Timer | null = null;
  let closing = false;

  const deaf = bus.listen((event) => {
    journal.add(event);
    flushSoon();
  });

  /** Events wait a little for company; without clients nothing is done at all. */
  function flushSoon(): void {
    if (clients.size === 0) return;
    batch ??= clock.after(limits.batch, () => {
      batch = null;
      for (const { outbox } of clients) outbox.flush();
    });
  }

  function enter(socket: WebSocket, visitor: Visitor, asked: number): void {
    const client = createClient(socket, visitor, { parts, calls, flushSoon, log });
    clients.add(client);
    socket.on('close', () => clients.delete(client));
    client.outbox.send(encodeHello(hello(visitor)));
    if (asked !== PROTOCOL_VERSION) {
      const why = `The gateway speaks version ${PROTOCOL_VERSION} of the control protocol, the client version ${asked}.`;
      socket.close(closeCodes.version, why);
    }
  }

  function hello({ role }: Visitor) {
    const { state, seq } = gateway.snapshot();
    const { name, language } = state.gateway;
    const now = new Date(clock.now()).toISOString();
    return { protocol: PROTOCOL_VERSION, version: options.version, name, language, role, seq, now };
  }

  const web = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: LONGEST_REQUEST,
    maxFragments: FRAGMENTS, // without these a message may come in any number of pieces (CVE-2026-48779)
    maxBufferedChunks: CHUNKS,
    ...{ closeTimeout: limits.closing }, // not among its types yet
    handleProtocols: (offered) => [...offered].find((name) => name.startsWith(SUBPROTOCOL)) ?? false,
  });
  const http = createServer(
    { maxHeaderSize: LONGEST_HEADERS, headersTimeout: HEADERS_WITHIN, requestTimeout: HEADERS_WITHIN },
    (_request, response) => {
      response.writeHead(426, { Connection: 'close', Upgrade: 'websocket', 'Content-Type': 'text/plain' });
      response.end('This is the control socket of MailGate; it speaks WebSocket.\n');
    },
  );
  http.maxConnections = limits.clients + SPARE_CONNECTIONS;
  http.on('upgrade', (request, socket, head) => {
    if (closing || clients.size >= limits.clients) return refuse(socket, 503, 'Too many clients, or stopping.');
    const admission = admitLocal(request.headers);
    if (!admission.ok) return refuse(socket, admission.status, admission.why);
    web.handleUpgrade(request, socket, head, (client) => enter(client, admission.visitor, versionAsked(request)));
  });

  const heartbeat = every(clock, limits.ping, () => {
    for (const client of clients) client.ping();
  });

  try {
    await listenPrivately(http, path);
  } catch (error) {
    heartbeat.cancel();
    deaf();
    throw error;
  }
  http.on('error', (error) => log.error('The control socket failed.', error));

  async function close(): Promise<void> {
    if (closing) return;
    closing = true;
    deaf();
    batch?.cancel();
    heartbeat.cancel();
    await new Promise<void>((resolve) => {
      http.close(() => resolve()); // removes the socket, too; resolves when the last client is gone
      http.closeAllConnections(); // of those who never became clients
      for (const client of clients) client.leave();
    });
    await uploads.close();
  }

  const control: Control = {
    get clients() {
      return clients.size;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
  return { kind: 'open', control };
}

interface Client extends Pick<Conversation, 'outbox' | 'leave'> {
  ping(): void;
}

interface ClientParts extends ConversationParts {
  log: Log;
}

/** A WebSocket and the conversation on it. */
function createClient(socket: WebSocket, visitor: Visitor, { log, ...given }: ClientParts): Client {
  const { limits } = given.parts;
  const conversation = createConversation(wireOf(socket), visitor, given);
  let missed = 0;

  socket.on('message', (data: RawData, isBinary: boolean) => {
    conversation.hear(isBinary ? null : (data as Buffer).toString()).catch((error: unknown) => {
      log.error('A request of the control link broke it.', error);
      socket.terminate();
    });
  });
  socket.on('pong', () => {
    missed = 0;
  });
  socket.on('error', () => {}); // ws closes the connection itself, with the code that fits (WS05, WS07)
  socket.on('close', () => conversation.outbox.close());

  return {
    outbox: conversation.outbox,
    leave: () => conversation.leave(),
    ping() {
      if (missed >= limits.missedPongs) return socket.terminate(); // WS14
      missed += 1;
      socket.ping();
    },
  };
}

function wireOf(socket: WebSocket): Wire {
  return {
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
    send: (text, sent) => socket.send(text, () => sent()),
    close: (code, reason) => socket.close(code, reason),
    terminate: () => socket.terminate(),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
  };
}

/** A client that names no version is taken for one of ours: a person with a WebSocket tool. */
function versionAsked({ headers }: IncomingMessage): number {
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  const named = offered.find((name) => name.startsWith(SUBPROTOCOL));
  return named === undefined ? PROTOCOL_VERSION : Number(named.slice(SUBPROTOCOL.length));
}

function refuse(socket: Duplex, status: number, why: string): void {
  socket.on('error', () => {}); // it may be gone
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(why)}\r\n\r\n${why}`,
  );
}

function every(clock: Clock, delay: number, run: () => void): Timer {
  let stopped = false;
  let timer = clock.after(delay, turn);
  function turn(): void {
    run();
    if (!stopped) timer = clock.after(delay, turn);
  }
  return {
    cancel() {
      stopped = true;
      timer.cancel();
    },
  };
}
