/**
 * A POP3 server that does what the test wrote down, however wrong: a list of acts for each connection. It expects the very lines
 * that are written there; what differs stands in `problems`. It waits for promises of the test, and never for time.
 */
import { createServer, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { type SecureContextOptions, TLSSocket } from 'node:tls';

export type Act =
  | { readonly does: 'send'; readonly octets: Buffer }
  | { readonly does: 'hear'; readonly line: string }
  | { readonly does: 'wait'; readonly until: Promise<unknown> }
  | { readonly does: 'start TLS' | 'close' | 'reset' | 'stall' };

/** A line and its CRLF. */
export const says = (line: string): Act => ({ does: 'send', octets: Buffer.from(`${line}\r\n`, 'latin1') });
/** Octets as they are; a string is taken as LATIN-1. */
export const sends = (octets: string | Uint8Array): Act => ({
  does: 'send',
  octets: typeof octets === 'string' ? Buffer.from(octets, 'latin1') : Buffer.from(octets),
});
/** A line of the client, without its CRLF. */
export const hears = (line: string): Act => ({ does: 'hear', line });
export const waits = (until: Promise<unknown>): Act => ({ does: 'wait', until });
export const startsTls: Act = { does: 'start TLS' };
export const closes: Act = { does: 'close' };
/** Closes with RST. */
export const resets: Act = { does: 'reset' };
/** Neither says nor closes anything any more. */
export const stalls: Act = { does: 'stall' };

export interface MisbehavingOptions {
  /** For `startsTls`. */
  readonly tls?: SecureContextOptions;
  /** How each thing that is sent is cut into packets; whole by default. */
  readonly packets?: (octets: Buffer) => Buffer[];
  /** The connection is closed after so many octets were sent in all. */
  readonly closeAfter?: number;
}

export interface MisbehavingPop3 extends AsyncDisposable {
  readonly port: number;
  /** Every line that was heard, over all connections. */
  readonly heard: readonly string[];
  /** Where a client did not say what was expected. */
  readonly problems: readonly string[];
  readonly connections: number;
  /** Octets that the kernel took, over all connections. */
  readonly sent: number;
}

/** One packet for each octet. */
export const octetByOctet = (octets: Buffer): Buffer[] => [...octets].map((octet) => Buffer.from([octet]));

/** The first connection gets the first list, and so on; those after the last list get that one again. When a list ends, it closes. */
export async function startMisbehavingPop3(
  lists: readonly Act[][],
  options: MisbehavingOptions = {},
): Promise<MisbehavingPop3> {
  const heard: string[] = [];
  const problems: string[] = [];
  const sockets = new Set<Socket>();
  const plays: Play[] = [];
  let connections = 0;

  const server = createServer((socket) => {
    sockets.add(socket.setNoDelay(true));
    socket.once('close', () => sockets.delete(socket));
    const acts = lists[Math.min(connections, lists.length - 1)] ?? [];
    connections += 1;
    const play = new Play(socket, options, heard, problems);
    plays.push(play);
    void play.run(acts);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');

  return {
    port: address.port,
    heard,
    problems,
    get connections() {
      return connections;
    },
    get sent() {
      return plays.reduce((sum, { sent }) => sum + sent, 0);
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

class Play {
  readonly #options: MisbehavingOptions;
  readonly #heard: string[];
  readonly #problems: string[];
  #socket: Socket;
  #input = '';
  #closed = false;
  #sent = 0;
  #wake: () => void = () => {};

  constructor(socket: Socket, options: MisbehavingOptions, heard: string[], problems: string[]) {
    this.#socket = socket;
    this.#options = options;
    this.#heard = heard;
    this.#problems = problems;
    this.#listen(socket);
  }

  get sent(): number {
    return this.#socket.bytesWritten - this.#socket.writableLength;
  }

  async run(acts: readonly Act[]): Promise<void> {
    for (const act of acts) {
      if (this.#closed || !(await this.#perform(act))) return;
    }
    this.#socket.end();
  }

  #listen(socket: Socket): void {
    socket.on('data', (chunk: Buffer) => {
      this.#input += chunk.toString('latin1');
      this.#wake();
    });
    socket.on('error', () => {}); // the client went away; close follows
    socket.once('close', () => {
      this.#closed = true;
      this.#wake();
    });
  }

  /** False: the play is over. */
  async #perform(act: Act): Promise<boolean> {
    switch (act.does) {
      case 'send':
        return await this.#send(act.octets);
      case 'hear':
        return await this.#hear(act.line);
      case 'wait':
        await act.until;
        return true;
      case 'start TLS':
        this.#startTls();
        return true;
      case 'close':
        this.#socket.end();
        return false;
      case 'reset':
        this.#socket.resetAndDestroy();
        return false;
      case 'stall':
        return false;
    }
  }

  async #send(octets: Buffer): Promise<boolean> {
    const left = (this.#options.closeAfter ?? Number.POSITIVE_INFINITY) - this.#sent;
    const sent = octets.subarray(0, left);
    this.#sent += sent.length;
    for (const packet of this.#options.packets?.(sent) ?? [sent]) {
      if (this.#closed) return false;
      await new Promise((resolve) => this.#socket.write(packet, resolve));
      if (this.#options.packets !== undefined) await turn();
    }
    if (sent.length === octets.length) return true;

    this.#socket.end();
    return false;
  }

  async #hear(expected: string): Promise<boolean> {
    const line = await this.#line();
    if (line === null) {
      this.#problems.push(`expected "${expected}", and the client hung up`);
      return false;
    }
    this.#heard.push(line);
    if (line === expected) return true;

    this.#problems.push(`expected "${expected}", heard "${line}"`);
    this.#socket.destroy();
    return false;
  }

  async #line(): Promise<string | null> {
    for (;;) {
      const end = this.#input.indexOf('\r\n');
      if (end !== -1) {
        const line = this.#input.slice(0, end);
        this.#input = this.#input.slice(end + 2);
        return line;
      }
      if (this.#closed) return null;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #startTls(): void {
    const clear = this.#socket;
    for (const event of ['data', 'close']) clear.removeAllListeners(event);
    this.#socket = new TLSSocket(clear, { isServer: true, minVersion: 'TLSv1.2', ...this.#options.tls });
    this.#listen(this.#socket);
  }
}
