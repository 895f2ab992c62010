/**
 * A small and correct POP3 server (RFC 1939, 2449, 2595, 5034) for the demo and for tests: its mail is in memory, what it
 * deletes is gone at QUIT and not before, and a mailbox is open in one session at a time.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { type Mailbox, type Pop3Message, type ServerTls, Session } from './pop3-session.ts';

interface Pop3Account {
  readonly name: string;
  readonly password: string;
  readonly messages: readonly Pop3Message[];
}

export interface Pop3ServerOptions {
  readonly accounts: readonly Pop3Account[];
  /** A free one by default. */
  readonly port?: number;
  readonly host?: string;
  /** PEM. With it the server offers STLS, or speaks TLS from the first octet if `implicitTls`. */
  readonly tls?: ServerTls;
  readonly implicitTls?: boolean;
}

export interface RunningPop3Server extends AsyncDisposable {
  readonly port: number;
  /** What the account has on the server now. Throws for a name that it does not know, as `add` does. */
  messages(account: string): readonly Pop3Message[];
  /** Delivers a message; a session that is open does not see it. */
  add(account: string, bytes: Uint8Array): void;
  /** Ends every session without a word (nothing is deleted), and the server. */
  stop(): Promise<void>;
}

export async function startPop3Server(options: Pop3ServerOptions): Promise<RunningPop3Server> {
  const { accounts, port = 0, host = '127.0.0.1', tls, implicitTls = false } = options;
  const mailboxes = new Map(
    accounts.map(({ name, password, messages }) => [name, { name, password, messages: [...messages], open: false }]),
  );
  const sockets = new Set<Socket>();
  const greet = (socket: Socket) => {
    new Session(mailboxes, socket, implicitTls ? undefined : tls).say('+OK POP3 server ready');
  };
  const server = implicitTls && tls !== undefined ? createTlsServer({ ...tls }, greet) : createServer(greet);
  // Before any TLS: who never finishes a handshake must not keep the server from ending.
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await listen(server, port, host);

  let delivered = 0;
  const mailboxOf = (account: string): Mailbox => {
    const mailbox = mailboxes.get(account);
    if (mailbox === undefined) throw new Error(`The POP3 server has no account ${account}`);
    return mailbox;
  };
  const stop = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return {
    port: portOf(server),
    messages: (account) => [...mailboxOf(account).messages],
    add(account, bytes) {
      delivered += 1;
      mailboxOf(account).messages.push({ uidl: `added-${delivered}`, bytes });
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The POP3 server listens on no port');
  return address.port;
}
