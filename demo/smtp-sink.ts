/** A small SMTP server that keeps what it gets, for the demo and for tests: the internal server, or the relay, on loopback. */
import type { AddressInfo, Socket } from 'node:net';
import { SMTPConnection } from 'smtp-server/lib/smtp-connection.js';
import { SMTPServer, type SMTPServerAddress, type SMTPServerDataStream, type SMTPServerOptions } from 'smtp-server';

export interface SmtpSinkOptions {
  /** In its greeting and its EHLO reply. */
  readonly name: string;
  /** A free one by default. */
  readonly port?: number;
  readonly host?: string;
  /** PEM. With it the sink offers STARTTLS, or speaks TLS from the first octet if `implicitTls`. */
  readonly tls?: { readonly cert: string | Buffer; readonly key: string | Buffer };
  readonly implicitTls?: boolean;
  /** Who must log in; nobody needs to by default. Also in clear text: it is a loopback. */
  readonly auth?: { readonly user: string; readonly password: string };
  /** Instead of 250 to a recipient, for example `{ 'gone@firma.example': '550 5.1.1 No such user' }`; looked at anew each time. */
  readonly replies?: Readonly<Record<string, string>>;
  /** Octets that it takes; announced, and more is refused with 552. No limit by default. */
  readonly size?: number;
}

export interface ReceivedMail {
  readonly sender: string;
  /** Those that it accepted. */
  readonly recipients: readonly string[];
  readonly bytes: Buffer;
}

export interface SmtpSink extends AsyncDisposable {
  readonly port: number;
  readonly received: readonly ReceivedMail[];
  /** Resolves when so many messages are there; throws after `within` milliseconds. */
  waitFor(count: number, within: number): Promise<readonly ReceivedMail[]>;
  /** Ends every connection without a word, and the server. */
  stop(): Promise<void>;
}

/** Greets at once: smtp-server waits 100 ms for early talkers, which nobody in a demo is. */
class PromptConnection extends SMTPConnection {
  override init(): void {
    this._setListeners(() => this.connectionReady());
  }
}

class PromptServer extends SMTPServer {
  readonly sockets = new Set<Socket>();

  override connect(socket: Socket): void {
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
    const connection = new PromptConnection(this, socket);
    this.connections.add(connection);
    connection.on('error', () => {}); // a client that broke off has lost its own mail only
    connection.init();
  }
}

export async function startSmtpSink(options: SmtpSinkOptions): Promise<SmtpSink> {
  const received: ReceivedMail[] = [];
  const watchers = new Set<() => void>();
  const server = new PromptServer(
    serverOptions(options, (mail) => {
      received.push(mail);
      for (const look of watchers) look();
    }),
  );
  const port = await listening(server, options);

  return {
    port,
    received,
    waitFor: async (count, within) => {
      await reached(
        () => received.length >= count,
        watchers,
        within,
        () => `${received.length} of ${count} messages came.`,
      );
      return received;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };

  async function stop(): Promise<void> {
    const ended = new Promise<void>((resolve) => server.server.close(() => resolve()));
    for (const socket of server.sockets) socket.destroy();
    await ended;
  }
}

function serverOptions(options: SmtpSinkOptions, keep: (mail: ReceivedMail) => void): SMTPServerOptions {
  const { name, tls, implicitTls = false, auth, replies = {}, size } = options;
  return {
    name,
    logger: false,
    disableReverseLookup: true,
    hideDSN: false,
    ...(size === undefined ? {} : { size, rejectOversized: true }),
    ...(tls === undefined ? {} : { ...tls, secure: implicitTls }),
    disabledCommands: [...(auth === undefined ? ['AUTH'] : []), ...(tls === undefined ? ['STARTTLS'] : [])],
    authMethods: ['PLAIN', 'LOGIN', 'CRAM-MD5'],
    authOptional: auth === undefined,
    allowInsecureAuth: true,
    onAuth(given, _session, done) {
      const { method, username, password } = given;
      const right = method === 'CRAM-MD5' ? given.validatePassword(auth?.password ?? '') : password === auth?.password;
      if (right && username === auth?.user) done(null, { user: username });
      else done(null, { message: '5.7.8 Authentication credentials invalid', responseCode: 535 });
    },
    onRcptTo({ address }: SMTPServerAddress, _session, done) {
      const reply = replies[address];
      done(reply === undefined ? null : refusal(reply));
    },
    onData(stream, { envelope }, done) {
      const { mailFrom, rcptTo } = envelope;
      const sender = mailFrom === false ? '' : mailFrom.address;
      const recipients = rcptTo.map(({ address }) => address);
      collect(stream, (bytes) => {
        if (stream.sizeExceeded) return done(refusal('552 5.3.4 Message too big'));
        keep({ sender, recipients, bytes });
        done(null, '2.0.0 Ok: taken');
      });
    },
  };
}

/** `450 4.2.1 Greylisted` as smtp-server takes it. */
function refusal(reply: string): Error {
  return Object.assign(new Error(reply.slice(4)), { responseCode: Number(reply.slice(0, 3)) });
}

function collect(stream: SMTPServerDataStream, whole: (bytes: Buffer) => void): void {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.on('error', () => {}); // the client left before the final dot: there is no message
  stream.on('end', () => whole(Buffer.concat(chunks)));
}

async function listening(server: PromptServer, { port = 0, host = '127.0.0.1' }: SmtpSinkOptions): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      server.on('error', () => {}); // from here on an error is one client's, whose mail is its own affair
      resolve();
    });
  });
  return (server.server.address() as AddressInfo).port;
}

async function reached(
  ready: () => boolean,
  watchers: Set<() => void>,
  within: number,
  otherwise: () => string,
): Promise<void> {
  if (ready()) return;
  await new Promise<void>((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      watchers.delete(look);
    };
    const look = () => {
      if (!ready()) return;
      end();
      resolve();
    };
    const timer = setTimeout(() => {
      end();
      reject(new Error(`Within ${within / 1_000} s ${otherwise()}`));
    }, within);
    watchers.add(look);
  });
}
