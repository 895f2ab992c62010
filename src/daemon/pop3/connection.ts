/**
 * One connection: octets in, lines out, clear or through TLS. The first thing that goes wrong ends it for good and is remembered
 * in `over`; whoever waits then gets null. Every wait has a deadline and ends with `stop`.
 */
import { readFile } from 'node:fs/promises';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';
import { whyRefused } from '../base/certificate.ts';
import { type Clock, type Duration, seconds } from '../base/clock.ts';
import { closedByUs, cut, outOfStep } from './failure.ts';
import type { Pop3Failure, Pop3Server } from './mailbox.ts';
import { Patience, type Wait } from './patience.ts';
import { brokenConnection, handshakeFailed, unreachable } from './reach.ts';

const CONNECT: Duration = seconds(30); // a SYN is repeated after 1, 3, 7 and 15 s: four tries are enough
const HANDSHAKE: Duration = seconds(30); // fetchmail hung for a week here (POP09)

/** Of one address when the host has several; Node's 250 ms would give up a slow but living one. */
const ONE_ADDRESS: Duration = seconds(5);

/** Octets that wait to be read: past them the socket rests, and TCP slows the server down. */
const READ_AHEAD = 1_048_576;

/**
 * Octets of memory that the socket reads into, one packet behind the other; a packet finds at least ROOM in it. Node would take fresh
 * memory of 64 KB for each packet, and collect it again.
 */
const SLAB = 262_144;
const ROOM = 32_768;

/** Packets that wait to be read: of one octet each, READ_AHEAD of them would fill the memory all the same. */
const PACKETS_AHEAD = 256;

export interface ConnectionTools {
  readonly clock: Clock;
  readonly stop: AbortSignal;
  readonly sessionTimeout: Duration;
  /** Hears remarks for the trace: connected, TLS, what ended it. */
  readonly remark: (text: string) => void;
}

export class Connection {
  readonly #server: Pop3Server;
  readonly #remark: (text: string) => void;
  readonly #patience: Patience;
  readonly #stop: AbortSignal;
  readonly #stopped = () => this.end({ kind: 'stopped', message: 'Stopped' });
  #socket: Socket;
  #phase: 'connecting' | 'handshake' | 'open' = 'connecting';
  #over: Pop3Failure | null = null;
  /** The server has ended the connection; what it sent before is still read. */
  #gone: Pop3Failure | null = null;
  #chunks: Buffer[] = [];
  #unread = 0;
  #slab: Buffer = Buffer.alloc(0);
  #used = 0;
  #wake: (() => void) | null = null;

  constructor(server: Pop3Server, { clock, stop, sessionTimeout, remark }: ConnectionTools) {
    this.#server = server;
    this.#remark = remark;
    this.#stop = stop;
    this.#patience = new Patience(clock, sessionTimeout, (message) => this.end({ kind: 'timeout', message }));
    this.#socket = connect({
      host: server.host,
      port: server.port,
      noDelay: true,
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: ONE_ADDRESS,
      onread: {
        buffer: () => this.#room(),
        callback: (octets) => this.#came(this.#taken(octets)),
      },
    });
    this.#listen(this.#socket);
    stop.addEventListener('abort', this.#stopped, { once: true });
    if (stop.aborted) this.#stopped();
  }

  /** Why there is no connection any more; null while there is one. */
  get over(): Pop3Failure | null {
    return this.#over;
  }

  /** Octets that have come and were not read. */
  get unread(): number {
    return this.#unread;
  }

  get secure(): boolean {
    return this.#socket instanceof TLSSocket;
  }

  /** False: see `over`. */
  async connected(): Promise<boolean> {
    if (!(await this.#happens('connect', { within: CONNECT, for: 'an answer to the connection' }))) return false;

    this.#phase = 'open';
    this.#remark(`connected to ${this.#socket.remoteAddress} port ${this.#socket.remotePort}`);
    return true;
  }

  /** Continues in TLS, with the certificate verified before anything is said. False: see `over`. */
  async startTls(): Promise<boolean> {
    const authority = await this.#readAuthority();
    if (this.#over !== null) return false;
    // Whoever sits in between may have slipped replies in before the handshake: they would be taken for the server's (POP07).
    if (this.#unread > 0) return this.end(outOfStep(this.#chunks[0] as Buffer));

    this.#phase = 'handshake';
    const secured = this.#wrap(authority);
    if (!(await this.#happens('secureConnect', { within: HANDSHAKE, for: 'its part of the TLS handshake' })))
      return false;

    const refused = whyRefused({
      host: this.#server.host,
      certificate: secured.getPeerCertificate(),
      chainError: authorizationCode(secured),
      fingerprint: this.#server.fingerprint,
    });
    if (refused !== null) return this.end({ kind: 'tls', message: refused });

    this.#phase = 'open';
    this.#remark(`${secured.getProtocol()} ${secured.getCipher().standardName}`);
    return true;
  }

  /** The octets that came next, at least one of them; null: see `over`. */
  async read(wait: Wait): Promise<Buffer | null> {
    if (this.#chunks.length === 0 && this.#gone === null && this.#over === null) {
      this.#patience.begin(wait);
      await this.#woken();
      this.#patience.end(this.#unread);
    }
    const chunk = this.#over === null ? this.#chunks.shift() : undefined;
    if (chunk === undefined) {
      if (this.#gone !== null) this.end(this.#gone);
      return null;
    }
    this.#unread -= chunk.length;
    if (this.#chunks.length === 0 && this.#socket.isPaused()) this.#socket.resume();
    return chunk;
  }

  write(text: string): void {
    if (this.#over === null && this.#gone === null) this.#socket.write(text);
  }

  /** A whole reply came: that is progress, however few octets it had. */
  replied(): void {
    this.#patience.replied();
  }

  /** Ends the connection without a word to the server. The first reason stays. Always false, for `return connection.end(…)`. */
  end(why: Pop3Failure): false {
    if (this.#over !== null) return false;

    if (why !== closedByUs) this.#remark(why.message);
    this.#over = why;
    this.#patience.close();
    this.#stop.removeEventListener('abort', this.#stopped);
    this.#chunks = [];
    this.#unread = 0;
    this.#socket.destroy();
    this.#wake?.();
    return false;
  }

  /** Where the next packet goes: what comes before is never written to again. */
  #room(): Buffer {
    if (this.#slab.length - this.#used < ROOM) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB);
      this.#used = 0;
    }
    return this.#slab.subarray(this.#used);
  }

  #taken(octets: number): Buffer {
    const start = this.#used;
    this.#used += octets;
    return this.#slab.subarray(start, this.#used);
  }

  /** Always true, for the socket reads on until it is told to rest. */
  #came(chunk: Buffer): true {
    this.#chunks.push(chunk);
    this.#unread += chunk.length;
    if (this.#unread > READ_AHEAD || this.#chunks.length > PACKETS_AHEAD) this.#socket.pause();
    this.#wake?.();
    return true;
  }

  #listen(socket: Socket): void {
    socket.on('data', (chunk: Buffer) => this.#came(chunk)); // in TLS; in clear they come to `onread`
    socket.on('error', (error: NodeJS.ErrnoException) => this.#lost(error));
    socket.on('end', () => {
      // Before that, an error with a reason may follow.
      if (this.#phase === 'open') this.#lost(null);
    });
    socket.on('close', () => this.#lost(null));
  }

  #lost(error: NodeJS.ErrnoException | null): void {
    this.#gone ??= this.#lossInPhase(error);
    this.#wake?.();
  }

  #lossInPhase(error: NodeJS.ErrnoException | null): Pop3Failure {
    switch (this.#phase) {
      case 'connecting':
        return unreachable(this.#server, error);
      case 'handshake':
        return handshakeFailed(this.#server, error);
      case 'open':
        return error === null ? cut() : brokenConnection(error);
    }
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = null;
        resolve();
      };
    });
  }

  async #happens(event: 'connect' | 'secureConnect', wait: Wait): Promise<boolean> {
    if (this.#over !== null) return false;

    let happened = false;
    this.#socket.once(event, () => {
      happened = true;
      this.#wake?.();
    });
    this.#patience.begin(wait);
    while (!happened && this.#gone === null && this.#over === null) await this.#woken();
    this.#patience.end(0);
    if (!happened && this.#gone !== null) this.end(this.#gone);
    return this.#over === null && happened;
  }

  #wrap(authority: string | undefined): TLSSocket {
    const clear = this.#socket;
    for (const event of ['data', 'error', 'end', 'close']) clear.removeAllListeners(event);
    clear.on('error', () => {}); // the TLS socket on top of it tells the same
    const { host } = this.#server;
    const secured = connectTls({
      socket: clear,
      host,
      // RFC 6066 §3: an address is no server name.
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(authority === undefined ? {} : { ca: authority }),
      minVersion: 'TLSv1.2',
      // Not unverified: startTls() judges the result before a word is said, because an exception by fingerprint
      // and a reason for the operator need the certificate, which Node throws away when it refuses by itself.
      rejectUnauthorized: false,
    });
    this.#socket = secured;
    this.#listen(secured);
    return secured;
  }

  /** The only authority that is believed for this server when the configuration names one; else the system's are. */
  async #readAuthority(): Promise<string | undefined> {
    const { caFile } = this.#server;
    if (caFile === null) return undefined;

    try {
      return await readFile(caFile, 'utf8');
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      this.end({ kind: 'tls', message: `The CA file ${caFile} cannot be read (${code})` });
      return undefined;
    }
  }
}

/** The code of what failed in the chain. Node's types say that it is an Error; what it sets is the code itself. */
function authorizationCode({ authorized, authorizationError }: TLSSocket): string | null {
  const error: unknown = authorizationError;
  if (authorized) return null;
  if (typeof error === 'string') return error;
  return error instanceof Error && 'code' in error ? String(error.code) : 'no reason given';
}
