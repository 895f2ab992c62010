/**
 * An SMTP server that does what the test wrote down, however wrong: a script for each connection, or `answering`, which
 * knows the rules and breaks those that it is told to. It waits for the client and for the test's promises, never for time.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { type SecureContextOptions, TLSSocket } from 'node:tls';

/** The client, as a script sees it. Whatever is awaited of a client that has gone rejects, which ends the script quietly. */
export interface SmtpClient {
  /** Sends octets as they are; a string is taken as Latin-1. */
  send(octets: string | Uint8Array): Promise<void>;
  /** Sends a line, and its CRLF. */
  say(line: string): Promise<void>;
  /** The next line without its line end. */
  line(): Promise<string>;
  octets(count: number): Promise<Buffer>;
  /** Whatever has come, one octet at least. */
  some(): Promise<Buffer>;
  /** The octets of a message as they are on the wire, up to and without the final dot. */
  message(): Promise<Buffer>;
  /** Speaks TLS from now on. */
  startTls(): Promise<void>;
  /** FIN. */
  close(): void;
  /** RST. */
  reset(): void;
  /** Reads no more: what the client sends fills the buffers of both systems. */
  deafen(): void;
}

export type Script = (client: SmtpClient, connection: number) => Promise<void>;

export interface MisbehavingOptions {
  readonly tls?: SecureContextOptions;
  readonly implicitTls?: boolean;
  /** How each thing that is sent is cut into packets; whole by default. */
  readonly packets?: (octets: Buffer) => Buffer[];
  /** Keeps no record of what it heard. */
  readonly forgetful?: boolean;
}

export interface MisbehavingSmtp extends AsyncDisposable {
  readonly port: number;
  readonly connections: number;
  /** Everything that was heard, over all connections, as Latin-1 (inside TLS: in clear). */
  readonly heard: string;
  /** Resolves once no client is connected any more. */
  quiet(): Promise<void>;
}

/** One packet for each octet. */
export const octetByOctet = (octets: Buffer): Buffer[] => [...octets].map((octet) => Buffer.from([octet]));

const GONE = new Error('The client has gone.');

/** When a script ends, its connection stays as it is: that is a stall, until the client or the test is done. */
export async function startMisbehavingSmtp(script: Script, options: MisbehavingOptions = {}): Promise<MisbehavingSmtp> {
  const clients = new Set<Client>();
  const failures: unknown[] = [];
  let heard = '';
  let connections = 0;
  let changed = Promise.withResolvers<void>();

  const server = createServer({ noDelay: true }, (socket) => {
    connections += 1;
    const client = new Client(socket, options, (octets) => {
      if (!options.forgetful) heard += octets.toString('latin1');
    });
    clients.add(client);
    socket.once('close', () => {
      clients.delete(client);
      changed.resolve();
    });
    if (options.implicitTls) client.wrap();
    script(client, connections).catch((error: unknown) => {
      if (error !== GONE) failures.push(error);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
    get heard() {
      return heard;
    },
    async quiet() {
      while (clients.size > 0) {
        await changed.promise;
        changed = Promise.withResolvers();
      }
    },
    async [Symbol.asyncDispose]() {
      server.close();
      for (const client of clients) client.reset();
      await once(server, 'close');
      if (failures.length > 0) throw new AggregateError(failures, 'A script of the test failed.');
    },
  };
}

class Client implements SmtpClient {
  readonly #options: MisbehavingOptions;
  readonly #hear: (octets: Buffer) => void;
  readonly #bare: Socket;
  #socket: Socket;
  #unread = Buffer.alloc(0);
  #gone = false;
  #look: () => void = () => {};

  constructor(socket: Socket, options: MisbehavingOptions, hear: (octets: Buffer) => void) {
    this.#options = options;
    this.#hear = hear;
    this.#bare = socket;
    this.#socket = socket;
    this.#listen();
  }

  wrap(): void {
    this.#socket.removeAllListeners('data');
    this.#socket = new TLSSocket(this.#bare, { isServer: true, ...this.#options.tls });
    this.#listen();
  }

  async send(octets: string | Uint8Array): Promise<void> {
    const whole = typeof octets === 'string' ? Buffer.from(octets, 'latin1') : Buffer.from(octets);
    for (const packet of this.#options.packets?.(whole) ?? [whole]) {
      if (this.#gone) throw GONE;
      this.#socket.write(packet);
      if (this.#options.packets) await turn();
    }
  }

  async say(line: string): Promise<void> {
    await this.send(`${line}\r\n`);
  }

  async line(): Promise<string> {
    const line = await this.#take(() => {
      const end = this.#unread.indexOf('\n');
      return end === -1 ? null : end + 1;
    });
    return line.toString('latin1').replace(/\r?\n$/, '');
  }

  async octets(count: number): Promise<Buffer> {
    return await this.#take(() => (this.#unread.length < count ? null : count));
  }

  async some(): Promise<Buffer> {
    return await this.#take(() => this.#unread.length || null);
  }

  async message(): Promise<Buffer> {
    const whole = await this.#take(() => {
      if (this.#unread.subarray(0, 3).equals(Buffer.from('.\r\n'))) return 3;
      const end = this.#unread.indexOf('\r\n.\r\n');
      return end === -1 ? null : end + 5;
    });
    return whole.subarray(0, -3);
  }

  async startTls(): Promise<void> {
    this.wrap();
    await Promise.resolve();
  }

  close(): void {
    this.#socket.end();
  }

  reset(): void {
    if (this.#socket === this.#bare) this.#bare.resetAndDestroy();
    else this.#socket.destroy(); // a socket under TLS is ended from above
  }

  deafen(): void {
    this.#socket.pause();
  }

  #listen(): void {
    this.#socket.on('data', (octets: Buffer) => {
      this.#hear(octets);
      this.#unread = Buffer.concat([this.#unread, octets]);
      this.#look();
    });
    const gone = () => {
      this.#gone = true;
      this.#look();
    };
    this.#socket.on('error', gone).on('close', gone).on('end', gone);
  }

  /** Takes as many octets as `complete` says, once it says so. */
  async #take(complete: () => number | null): Promise<Buffer> {
    await new Promise<void>((resolve, reject) => {
      this.#look = () => {
        if (complete() !== null) resolve();
        else if (this.#gone) reject(GONE);
      };
      this.#look();
    });
    const count = complete() ?? 0;
    const taken = this.#unread.subarray(0, count);
    this.#unread = this.#unread.subarray(count);
    return taken;
  }
}

/** A reply, without its CRLF; a list is used up one a command, and its last stays. `close` and `stall` do that instead of an answer. */
type Answer = string | readonly string[];

export interface Answers {
  readonly greeting?: string;
  /** What EHLO announces; undefined for the usual, and a reply of its own where it begins with a digit. */
  readonly ehlo?: readonly string[] | string;
  readonly helo?: string;
  readonly rset?: Answer;
  readonly mail?: Answer;
  /** By the recipient's address, or for all. */
  readonly rcpt?: Answer | Readonly<Record<string, string>>;
  readonly data?: Answer;
  /** To the final dot. */
  readonly dot?: Answer;
  readonly quit?: string;
  /** Before STARTTLS and after it; TLS is what follows a 220. */
  readonly startTls?: string;
  readonly noop?: Answer;
}

const USUAL_EHLO = ['PIPELINING', 'SIZE 10000000', '8BITMIME', 'SMTPUTF8', 'DSN'];

export interface Heard {
  /** Commands in order, over all connections. */
  readonly commands: string[];
  /** As they were on the wire, still stuffed. */
  readonly messages: Buffer[];
}

/** A server that keeps to the rules but for what `answers` says. `heard` is filled as it goes. */
export function answering(answers: Answers, heard: Heard = { commands: [], messages: [] }): Script {
  const used = new Map<string, number>();
  const next = (what: string, answer: Answer | undefined, usual: string): string => {
    if (answer === undefined || typeof answer === 'string') return answer ?? usual;
    const count = used.get(what) ?? 0;
    used.set(what, count + 1);
    return answer[Math.min(count, answer.length - 1)] ?? usual;
  };

  return async (client) => {
    await answer(client, answers.greeting ?? '220 misbehaving ESMTP');
    for (;;) {
      const line = await client.line();
      heard.commands.push(line);
      const verb = line.slice(0, 4).toUpperCase();
      const reply = replyTo(verb, line, answers, next);
      await answer(client, reply);
      if (verb === 'STAR' && reply.startsWith('220')) await client.startTls();
      if (verb !== 'DATA' || !reply.startsWith('354')) continue;

      heard.messages.push(await client.message());
      await answer(client, next('dot', answers.dot, '250 2.0.0 Ok: queued'));
    }
  };
}

function replyTo(
  verb: string,
  line: string,
  answers: Answers,
  next: (what: string, answer: Answer | undefined, usual: string) => string,
): string {
  switch (verb) {
    case 'EHLO':
      return typeof answers.ehlo === 'string' ? answers.ehlo : ehloReply(answers.ehlo ?? USUAL_EHLO);
    case 'HELO':
      return answers.helo ?? '250 misbehaving';
    case 'MAIL':
      return next('mail', answers.mail, '250 2.1.0 Ok');
    case 'RCPT':
      return rcptReply(line, answers.rcpt, next);
    case 'DATA':
      return next('data', answers.data, '354 Go ahead');
    case 'RSET':
      return next('rset', answers.rset, '250 2.0.0 Ok');
    case 'STAR':
      return answers.startTls ?? '502 5.5.1 Not here';
    case 'NOOP':
      return next('noop', answers.noop, '250 Ok');
    case 'QUIT':
      return answers.quit ?? '221 2.0.0 Bye';
    default:
      return '500 5.5.1 What?';
  }
}

function rcptReply(
  line: string,
  rcpt: Answers['rcpt'],
  next: (what: string, answer: Answer | undefined, usual: string) => string,
): string {
  if (rcpt === undefined || typeof rcpt === 'string' || isList(rcpt)) return next('rcpt', rcpt, '250 2.1.5 Ok');
  const address = /<(.*)>/.exec(line)?.[1] ?? '';
  return rcpt[address] ?? '250 2.1.5 Ok';
}

function isList(answer: NonNullable<Answers['rcpt']>): answer is readonly string[] {
  return Array.isArray(answer);
}

export function ehloReply(keywords: readonly string[]): string {
  const lines = ['misbehaving', ...keywords];
  return lines.map((line, i) => `250${i === lines.length - 1 ? ' ' : '-'}${line}`).join('\r\n');
}

async function answer(client: SmtpClient, reply: string): Promise<void> {
  if (reply === 'close') {
    client.close();
    throw GONE;
  }
  if (reply === 'reset') {
    client.reset();
    throw GONE;
  }
  if (reply === 'stall') throw GONE;
  await client.say(reply);
}
