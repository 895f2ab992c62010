/** One POP3 session of the demo's server: commands in, answers out, in order. */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { octetsSent, stuffed, topOf } from './pop3-text.ts';

export interface Pop3Message {
  readonly uidl: string;
  readonly bytes: Uint8Array;
}

export interface Mailbox {
  readonly name: string;
  readonly password: string;
  messages: Pop3Message[];
  open: boolean;
}

/** PEM. */
export interface ServerTls {
  readonly key: string | Buffer;
  readonly cert: string | Buffer;
}

const LONGEST_COMMAND = 8_192; // octets; an AUTH line with a long password is far shorter
const CRLF = '\r\n';

export class Session {
  readonly #mailboxes: ReadonlyMap<string, Mailbox>;
  readonly #tls: ServerTls | undefined;
  #socket: Socket;
  /** Octets as LATIN-1: a character may come in two packets. */
  #input = '';
  #user = '';
  /** The next line answers a SASL challenge. */
  #challenged = false;
  #mailbox: Mailbox | null = null;
  /** The mailbox as it was at login; a message that is marked as deleted is null. */
  #listed: (Pop3Message | null)[] = [];

  readonly #beforeLogin = new Map<string, (rest: string) => void>([
    ['CAPA', () => this.#capabilities()],
    ['STLS', () => this.#startTls()],
    [
      'USER',
      (name) => {
        this.#user = name;
        this.say('+OK');
      },
    ],
    ['PASS', (password) => this.#logIn(this.#user, password)],
    ['AUTH', (rest) => this.#authenticate(rest)],
    ['QUIT', () => this.#leave()],
  ]);
  readonly #afterLogin = new Map<string, (rest: string) => void>([
    ['CAPA', () => this.#capabilities()],
    ['STAT', () => this.#count()],
    ['LIST', (number) => this.#list(number, sizeOf)],
    ['UIDL', (number) => this.#list(number, ({ uidl }) => uidl)],
    [
      'RETR',
      (number) => this.#withMessage(number, (message) => this.#send(message.bytes, `${sizeOf(message)} octets`)),
    ],
    ['TOP', (rest) => this.#top(rest)],
    ['DELE', (number) => this.#mark(number)],
    ['RSET', () => this.#reset()],
    ['NOOP', () => this.say('+OK')],
    ['QUIT', () => this.#commit()],
  ]);

  constructor(mailboxes: ReadonlyMap<string, Mailbox>, socket: Socket, tls: ServerTls | undefined) {
    this.#mailboxes = mailboxes;
    this.#tls = tls;
    this.#socket = socket;
    this.#listen(socket);
  }

  say(line: string): void {
    this.#socket.write(line + CRLF);
  }

  #listen(socket: Socket): void {
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => {
      this.#input += chunk.toString('latin1');
      this.#work();
    });
    socket.on('drain', () => this.#work());
    socket.on('error', () => {}); // a client that went away; close follows
    socket.once('close', () => this.#unlock());
  }

  /** Answers the lines that have come, in order, as long as the client takes the answers. */
  #work(): void {
    while (!this.#socket.writableNeedDrain && this.#socket.writable) {
      const end = this.#input.indexOf('\n');
      if (end === -1) break;
      const line = Buffer.from(this.#input.slice(0, end).replace(/\r$/, ''), 'latin1').toString('utf8');
      this.#input = this.#input.slice(end + 1);
      this.#answer(line);
    }
    if (this.#socket.writableNeedDrain) this.#socket.pause();
    else this.#socket.resume();
    if (this.#input.length > LONGEST_COMMAND && !this.#input.includes('\n')) this.#socket.destroy();
  }

  #answer(line: string): void {
    if (this.#challenged) {
      this.#challenged = false;
      this.#logInBySasl(line);
      return;
    }
    const [, command = '', rest = ''] = /^(\S*) ?(.*)$/s.exec(line) ?? [];
    const does = (this.#mailbox === null ? this.#beforeLogin : this.#afterLogin).get(command.toUpperCase());
    if (does === undefined) this.say('-ERR unknown command, or not now');
    else does(rest);
  }

  #capabilities(): void {
    const clear = !(this.#socket instanceof TLSSocket);
    const stls = clear && this.#tls !== undefined && this.#mailbox === null ? ['STLS'] : [];
    const announced = ['TOP', 'UIDL', 'USER', 'SASL PLAIN', 'RESP-CODES', 'AUTH-RESP-CODE', 'PIPELINING', ...stls];
    this.say(['+OK', ...announced, '.'].join(CRLF));
  }

  #startTls(): void {
    if (this.#tls === undefined || this.#socket instanceof TLSSocket) {
      this.say('-ERR no TLS to start');
      return;
    }
    this.say('+OK begin TLS');
    this.#input = ''; // said in clear text, by whomever
    const clear = this.#socket;
    for (const event of ['data', 'drain', 'close']) clear.removeAllListeners(event);
    this.#socket = new TLSSocket(clear, { isServer: true, ...this.#tls });
    this.#listen(this.#socket);
  }

  #authenticate(rest: string): void {
    const [mechanism = '', response] = rest.split(' ');
    if (mechanism.toUpperCase() !== 'PLAIN') {
      this.say('-ERR no such mechanism');
      return;
    }
    if (response !== undefined) {
      this.#logInBySasl(response);
      return;
    }
    this.#challenged = true;
    this.say('+ ');
  }

  #logInBySasl(response: string): void {
    const [, user = '', password = ''] = Buffer.from(response, 'base64').toString('utf8').split('\0');
    this.#logIn(user, password);
  }

  #logIn(user: string, password: string): void {
    const mailbox = this.#mailboxes.get(user);
    if (mailbox === undefined || mailbox.password !== password) {
      this.say('-ERR [AUTH] invalid user name or password');
      return;
    }
    if (mailbox.open) {
      this.say('-ERR [IN-USE] the mailbox is open in another session');
      return;
    }
    mailbox.open = true;
    this.#mailbox = mailbox;
    this.#listed = [...mailbox.messages];
    this.say('+OK logged in');
  }

  #count(): void {
    const present = this.#present();
    this.say(`+OK ${present.length} ${present.reduce((sum, [, message]) => sum + sizeOf(message), 0)}`);
  }

  #top(rest: string): void {
    const [number = '', lines = ''] = rest.split(' ');
    this.#withMessage(number, ({ bytes }) => this.#send(topOf(bytes, Number(lines)), 'top follows'));
  }

  #mark(number: string): void {
    this.#withMessage(number, () => {
      this.#listed[Number(number) - 1] = null;
      this.say('+OK marked');
    });
  }

  #reset(): void {
    this.#listed = this.#mailbox?.messages.slice(0, this.#listed.length) ?? [];
    this.say('+OK');
  }

  #present(): [number, Pop3Message][] {
    return this.#listed.flatMap((message, index): [number, Pop3Message][] =>
      message === null ? [] : [[index + 1, message]],
    );
  }

  #list(number: string, of: (message: Pop3Message) => number | string): void {
    if (number !== '') {
      this.#withMessage(number, (message) => this.say(`+OK ${number} ${of(message)}`));
      return;
    }
    this.say(['+OK', ...this.#present().map(([at, message]) => `${at} ${of(message)}`), '.'].join(CRLF));
  }

  #withMessage(number: string, answer: (message: Pop3Message) => void): void {
    const message = /^[1-9]\d*$/.test(number) ? this.#listed[Number(number) - 1] : undefined;
    if (message === undefined || message === null) this.say('-ERR no such message');
    else answer(message);
  }

  #send(bytes: Uint8Array, what: string): void {
    this.#socket.cork();
    this.say(`+OK ${what}`);
    for (const part of stuffed(bytes)) this.#socket.write(part);
    this.say('.');
    this.#socket.uncork();
  }

  /** What was marked goes, what came since login stays (RFC 1939 §6). */
  #commit(): void {
    if (this.#mailbox !== null) {
      this.#mailbox.messages = this.#mailbox.messages.filter(
        (message, index) => index >= this.#listed.length || this.#listed[index] === message,
      );
    }
    this.#leave();
  }

  #leave(): void {
    this.#unlock();
    this.#socket.end(`+OK bye${CRLF}`);
  }

  #unlock(): void {
    if (this.#mailbox !== null) this.#mailbox.open = false;
    this.#mailbox = null;
  }
}

function sizeOf({ bytes }: Pop3Message): number {
  return octetsSent(bytes);
}
