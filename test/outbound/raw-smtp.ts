/** SMTP with nothing in between: bytes go out in packets of the test's choosing, and replies come back as they are. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { until } from '../kit/until.ts';

export interface RawSmtp extends AsyncDisposable {
  /** The next reply, its lines joined by `\n`. */
  reply(): Promise<string>;
  /** Sends a line; the reply to it. */
  ask(line: string): Promise<string>;
  /** Sends octets, each packet on its own. */
  send(...packets: (string | Uint8Array)[]): Promise<void>;
  /** Resolves when the server has hung up; with what came before it did. */
  hungUp(): Promise<string>;
  /** Reads nothing from now on. */
  deaf(): void;
  /** Hangs up at once, without a word. */
  cut(): void;
  /** Goes on in TLS, its certificate not looked at. */
  secure(): Promise<void>;
}

/** Connects to a port of this machine, `from` an address of it; nothing has been read yet. */
export async function rawSmtp(port: number, host = '127.0.0.1', from = host): Promise<RawSmtp> {
  let socket: Socket = connect({ port, host, localAddress: from });
  await once(socket, 'connect');
  let pending = '';
  const hear = (on: Socket) => {
    on.setNoDelay(true);
    on.on('data', (chunk: Buffer) => {
      pending += chunk.toString('latin1');
    });
    on.on('error', () => {}); // the hearing tells of it
  };
  hear(socket);

  const nextReply = (): string | undefined => {
    const found = /^(?:\d{3}-[^\r\n]*\r\n)*\d{3}(?: [^\r\n]*)?\r\n/.exec(pending);
    if (!found && (socket.destroyed || socket.readableEnded)) throw new Error(`Hung up after: ${pending}`);
    if (!found) return undefined;
    pending = pending.slice(found[0].length);
    return found[0].trimEnd().replaceAll('\r\n', '\n');
  };
  const reply = async () => await until('an SMTP reply', nextReply, { otherwise: () => `So far: ${pending}` });
  const write = async (octets: string | Uint8Array) =>
    await new Promise<void>((resolve) => socket.write(octets, () => resolve()));

  return {
    reply,
    async ask(line) {
      await write(`${line}\r\n`);
      return await reply();
    },
    async send(...packets) {
      for (const packet of packets) await write(packet);
    },
    hungUp: async () =>
      await until('the server to hang up', () => (socket.destroyed || socket.readableEnded ? pending : undefined)),
    deaf: () => void socket.pause(),
    cut: () => socket.destroy(),
    async secure() {
      socket.removeAllListeners('data');
      const secured = connectTls({ socket, rejectUnauthorized: false });
      await once(secured, 'secureConnect');
      socket = secured;
      hear(socket);
    },
    async [Symbol.asyncDispose]() {
      socket.destroy();
    },
  };
}
