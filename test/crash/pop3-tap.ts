/**
 * A wire between the gateway and the POP3 server, on which everything is written down that the gateway asks for, and can be held
 * back. What is still held when the gateway goes has never been said.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { History } from './history.ts';
import { type Holds, openHolds } from './holds.ts';

/** Before a DELE or a QUIT reaches the server; before the server's answer to QUIT reaches the gateway. */
type Point = 'DELE' | 'QUIT' | 'answer to QUIT';

export interface Pop3Tap extends AsyncDisposable {
  readonly port: number;
  readonly holds: Holds<Point>;
  /** Resolves once nobody is connected any more. */
  quiet(): Promise<void>;
}

/** `idOf` gives the id of the letter that the server lists under that UIDL. */
export async function startPop3Tap(
  serverPort: number,
  history: History,
  idOf: (uidl: string) => string,
): Promise<Pop3Tap> {
  const holds = openHolds<Point>();
  const open = new Set<Socket>();
  let changed = Promise.withResolvers<void>();
  const watch = (socket: Socket) => {
    open.add(socket.setNoDelay(true));
    socket.on('error', () => {}); // its end follows
    socket.once('close', () => {
      open.delete(socket);
      changed.resolve();
    });
  };

  const listener = createServer((gateway) => {
    const server = connect(serverPort, '127.0.0.1');
    watch(gateway);
    watch(server);
    new Wire(gateway, server, { history, holds, idOf });
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');

  return {
    port: (listener.address() as AddressInfo).port,
    holds,
    async quiet() {
      while (open.size > 0) {
        await changed.promise;
        changed = Promise.withResolvers();
      }
    },
    async [Symbol.asyncDispose]() {
      holds.releaseAll();
      listener.close();
      for (const socket of open) socket.destroy();
      await once(listener, 'close');
    },
  };
}

interface Ears {
  readonly history: History;
  readonly holds: Holds<Point>;
  readonly idOf: (uidl: string) => string;
}

class Wire {
  readonly #gateway: Socket;
  readonly #server: Socket;
  readonly #ears: Ears;
  /** The UIDL of each message, as the server listed them. */
  readonly #uidls = new Map<string, string>();
  readonly #marked: string[] = [];
  #quitting = false;
  #asked = Promise.resolve();
  #answered = Promise.resolve();

  constructor(gateway: Socket, server: Socket, ears: Ears) {
    this.#gateway = gateway;
    this.#server = server;
    this.#ears = ears;
    inLines(gateway, (lines) => {
      for (const line of lines) this.#asked = this.#asked.then(() => this.#ask(line));
    });
    inLines(server, (lines) => {
      this.#answered = this.#answered.then(() => this.#answer(lines));
    });
    gateway.once('close', () => server.destroy());
    server.once('close', () => void this.#answered.then(() => gateway.end()));
  }

  async #ask(line: string): Promise<void> {
    const { history, holds, idOf } = this.#ears;
    const [verb = '', number = ''] = line.trimEnd().toUpperCase().split(' ');
    const id = idOf(this.#uidls.get(number) ?? '');
    if (verb === 'RETR') history.tell({ kind: 'fetched', id });
    if (verb === 'DELE') {
      history.tell({ kind: 'to be deleted', id });
      this.#marked.push(id);
    }
    if (verb === 'DELE' || verb === 'QUIT') await holds.pass(verb);
    if (this.#gateway.destroyed) return;
    this.#quitting = verb === 'QUIT';
    this.#server.write(line, 'latin1');
  }

  async #answer(lines: string[]): Promise<void> {
    const { history, holds } = this.#ears;
    for (const line of lines) {
      const [, number = '', uidl] = /^(\d+) (added-\d+)\r\n$/.exec(line) ?? [];
      if (uidl !== undefined) this.#uidls.set(number, uidl);
    }
    if (this.#quitting) {
      for (const id of this.#marked.splice(0)) history.tell({ kind: 'deleted', id });
      await holds.pass('answer to QUIT');
    }
    this.#gateway.write(lines.join(''), 'latin1');
  }
}

/** Whole lines, as many as have come. */
function inLines(socket: Socket, hear: (lines: string[]) => void): void {
  let pending = '';
  socket.on('data', (octets: Buffer) => {
    const lines = (pending + octets.toString('latin1')).split(/(?<=\n)/);
    pending = lines.at(-1)?.endsWith('\n') === true ? '' : (lines.pop() ?? '');
    if (lines.length > 0) hear(lines);
  });
}
