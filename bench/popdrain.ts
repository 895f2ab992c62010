/**
 * A program: `popdrain.ts PORT WINDOW USER…`. What the POP3 server itself gives: a connection for each user, all at once, up to
 * WINDOW RETRs in flight in each, the octets thrown away, then every DELE in one batch and QUIT. It says `up`, begins at the first
 * line of its standard input, and prints what it found as JSON: milliseconds until the last message was read, and until the last QUIT.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { passwordOf } from './dovecot.ts';

const [port = '', window = '', ...users] = process.argv.slice(2);
const WINDOW = Number(window);
const END = Buffer.from('\r\n.\r\n');
const CRLF = Buffer.from('\r\n');
const OK = 0x2b;

interface Drained {
  messages: number;
  octets: number;
  readAt: number;
}

/** Cuts what the server says into status lines and bodies. */
class Replies {
  #rest: Buffer = Buffer.alloc(0);
  #chunks: AsyncIterator<Buffer>;
  octets = 0;

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  async line(): Promise<string> {
    const end = await this.#find(CRLF);
    const line = this.#rest.toString('latin1', 0, end);
    if (!line.startsWith('+OK')) throw new Error(`The POP3 server says ${line}`);
    this.#rest = this.#rest.subarray(end + CRLF.length);
    return line;
  }

  /** A status line and the text behind it. */
  async body(): Promise<void> {
    if (this.#rest.length === 0) await this.#more();
    if (this.#rest[0] !== OK) throw new Error(`The POP3 server says ${this.#rest.toString('latin1', 0, 80)}`);
    // The line's own CRLF may be the first half of the end.
    for (;;) {
      const end = this.#rest.indexOf(END);
      if (end !== -1) {
        this.#rest = this.#rest.subarray(end + END.length);
        return;
      }
      this.#rest = this.#rest.subarray(Math.max(0, this.#rest.length - END.length + 1));
      await this.#more();
    }
  }

  async #find(what: Buffer): Promise<number> {
    for (let at = this.#rest.indexOf(what); ; at = this.#rest.indexOf(what)) {
      if (at !== -1) return at;
      await this.#more();
    }
  }

  async #more(): Promise<void> {
    const next = await this.#chunks.next();
    if (next.done === true) throw new Error('The POP3 server has closed the connection');
    this.octets += next.value.length;
    this.#rest = this.#rest.length === 0 ? next.value : Buffer.concat([this.#rest, next.value]);
  }
}

async function drain(user: string): Promise<Drained> {
  const socket = connect({ port: Number(port), host: '127.0.0.1', noDelay: true });
  const replies = new Replies(socket);
  await replies.line();
  for (const command of [`USER ${user}`, `PASS ${passwordOf(user)}`]) {
    socket.write(`${command}\r\n`);
    await replies.line();
  }
  socket.write('STAT\r\n');
  const messages = Number((await replies.line()).split(' ')[1]);

  const numbers = Array.from({ length: messages }, (_, at) => at + 1);
  const say = (some: number[], command: string) => socket.write(some.map((n) => `${command} ${n}\r\n`).join(''));
  let asked = 0;
  for (const number of numbers) {
    const inFlight = asked - number + 1;
    if (inFlight <= WINDOW / 2 && asked < messages) {
      const next = numbers.slice(asked, number - 1 + WINDOW);
      asked += next.length;
      say(next, 'RETR');
    }
    await replies.body();
  }
  const readAt = performance.now();

  say(numbers, 'DELE');
  for (const _ of numbers) await replies.line();
  socket.write('QUIT\r\n');
  await replies.line();
  socket.destroy();
  return { messages, octets: replies.octets, readAt };
}

process.stdout.write('up\n');
await once(process.stdin, 'data');
const started = performance.now();
const drained = await Promise.all(users.map(drain));
const sum = (of: (one: Drained) => number) => drained.reduce((total, one) => total + of(one), 0);
const found = {
  messages: sum(({ messages }) => messages),
  octets: sum(({ octets }) => octets),
  readMs: Math.max(...drained.map(({ readAt }) => readAt)) - started,
  doneMs: performance.now() - started,
};
process.stdout.write(`${JSON.stringify(found)}\n`);
process.exit(0);
