/**
 * What is said between one client and the listener, whatever it is about: lines are read in step, answered, and a client that
 * floods, dawdles, talks out of turn or does not speak SMTP at all is kept within bounds. What the commands do is connection.ts's.
 */
import type { Socket } from 'node:net';
import type { SMTPServer } from 'smtp-server';
import { SMTPConnection, type SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection.js';
import { chunkSize, verbOf } from './command-line.ts';
import type { Desk } from './desk.ts';
import { createPace, type Late, type Pace } from './pace.ts';
import { createPatience, TOO_MANY_ERRORS } from './patience.ts';
import { plainAddress } from './policy.ts';
import { type LineFault, Reader } from './reader.ts';
import type { Refusal } from './refusal.ts';
import { FAULTS, HELLO_FIRST, LATE, NO_PROXY, STOPPING, UNKNOWN } from './replies.ts';
import { isOtherProtocol, isOutOfStep, NOT_SMTP, OUT_OF_STEP, TOO_SOON } from './synchrony.ts';

const COMMANDS: ReadonlySet<string> = new Set([
  ...['EHLO', 'HELO', 'MAIL', 'RCPT', 'DATA', 'RSET', 'NOOP', 'QUIT', 'VRFY', 'EXPN', 'HELP', 'STARTTLS', 'AUTH'],
]);
const AFTER_GREETING: ReadonlySet<string> = new Set(['MAIL', 'RCPT', 'DATA', 'AUTH']);
/** Only our own proxies could say these, and there are none: nobody is who he says another is (CLI26). */
const OF_PROXIES: ReadonlySet<string> = new Set(['PROXY', 'XCLIENT', 'XFORWARD']);

const COMPLETE = /^[245]\.\d{1,3}\.\d{1,3} /;

export type Callback = () => void;

export abstract class Conversation extends SMTPConnection {
  readonly address: string;
  protected readonly desk: Desk;
  protected readonly pace: Pace;
  protected readonly patience = createPatience();
  /** The command that is being answered: its line, and the first word of that. */
  protected line: Buffer | null = null;
  protected verb = '';
  #counted = false;
  #gathering = false;

  constructor(server: SMTPServer, socket: Socket, options: SMTPConnectionOptions | null, desk: Desk) {
    super(server, socket, options);
    this.desk = desk;
    this.address = plainAddress(this.remoteAddress);
    this.pace = createPace(desk.clock, desk.minimumBytesPerSecond, (what) => this.#late(what));
  }

  /** In the middle of a message, until that has its reply. */
  abstract get receiving(): boolean;

  /** A reply of 400 or above went out. */
  protected abstract refused(reply: string): void;

  /** The client can still hear us. */
  get listening(): boolean {
    return !this._closing && !this._closed && this._socket.writable;
  }

  override init(): void {
    this._setListeners(() => {
      const refusal = this.desk.crowd.enter(this.address);
      this.#counted = refusal === null;
      if (refusal) this.say(refusal);
      // CLI01: two turns of the loop, between which the socket is looked at once; smtp-server waits 100 ms, which a client that
      // sends one message a connection feels each time.
      else setImmediate(() => void setImmediate(() => this.#greet()));
    });
  }

  #greet(): void {
    const parser = this._parser;
    if (!this.listening || !(parser instanceof Reader)) return;
    const early = parser.open();
    if (early.length > 0) {
      this.say(isOtherProtocol(early) ? NOT_SMTP : TOO_SOON);
      this.close();
      return;
    }
    this.connectionReady();
    this.pace.awaitCommand();
  }

  /** smtp-server's own idle timer would be set anew by every octet; the pace holds the deadlines. */
  override _armTimeout(): void {}

  override _createParser(): Reader {
    const parser: Reader = new Reader({
      command: (line, more, next) => this.#heard(line, more, next),
      fault: (fault, next) => this.#heardFault(fault, next),
      foreign: () => this.say(NOT_SMTP),
      inAuth: () => this._nextHandler !== false,
    });
    if (this._ready) parser.open(); // the one behind STARTTLS
    return parser;
  }

  protected say({ code, text }: Refusal): void {
    this.send(code, text);
  }

  /** A text that brings its enhanced code gets no second one. */
  override send(code: number, data?: string | string[] | null, context?: string | false): void {
    super.send(code, data, typeof data === 'string' && COMPLETE.test(data) ? false : context);
    if (code < 400) return;
    const reply = this.session.error ?? `${code}`;
    this.patience.replied(reply);
    this.refused(reply);
  }

  #heardFault(fault: LineFault, next: Callback): void {
    this.pace.rest();
    this._nextHandler = false; // an AUTH exchange ends with it
    this.noteCommand('', null);
    this.say(FAULTS[fault]);
    this.goOn(next);
  }

  /** The replies to commands that came in one packet go out in one (RFC 2920 §3.2). */
  #gatherReplies(): void {
    if (this.#gathering) return;
    this.#gathering = true;
    const socket = this._socket;
    socket.cork();
    process.nextTick(() => {
      this.#gathering = false;
      socket.uncork();
    });
  }

  #heard(line: Buffer, more: boolean, next: Callback): void {
    this.pace.rest();
    if (more) this.#gatherReplies();
    const resume = this._nextHandler;
    // A line of an AUTH exchange is a secret; it has no command word.
    const verb = resume ? 'AUTH' : verbOf(line);
    this.noteCommand(verb, line);
    this.patience.heard(verb);

    const refusal = resume ? null : this.#refusalOfCommand(verb, line, more);
    if (refusal) {
      this.say(refusal);
      if (refusal === OUT_OF_STEP) this.close();
      this.goOn(next);
      return;
    }
    this._nextHandler = false;
    this.#handle(resume || this._getHandler(verb), line, next);
  }

  protected noteCommand(verb: string, line: Buffer | null): void {
    this.verb = verb;
    this.line = line;
  }

  #refusalOfCommand(verb: string, line: Buffer, more: boolean): Refusal | null {
    if (this._server._closeTimeout) return STOPPING;
    if (isOutOfStep(verb, more)) return OUT_OF_STEP;
    if (COMMANDS.has(verb) && !this._isDisabled(verb)) {
      return !this.hostNameAppearsAs && AFTER_GREETING.has(verb) ? HELLO_FIRST : null;
    }
    if (OF_PROXIES.has(verb)) return NO_PROXY;
    if (isOtherProtocol(line)) return NOT_SMTP;
    if (verb === 'BDAT' && this._parser instanceof Reader) this._parser.skip(chunkSize(line)); // RFC 3030 §2: no commands (CLI23)
    return UNKNOWN;
  }

  #handle(handler: ReturnType<SMTPConnection['_getHandler']>, line: Buffer, next: Callback): void {
    let answered = false;
    const done = () => {
      answered = true;
      this.goOn(next);
    };
    try {
      handler?.call(this, line, done);
    } catch (error) {
      this.desk.failed(error);
      if (answered) return;
      this.send(451, '4.3.0 Local error, try again later');
      done();
    }
  }

  /** The command has its reply. The next one is read when that was, and not at once from who makes errors (CLI04). */
  protected goOn(next: Callback): void {
    const pause = this.listening ? this.patience.pause() : 0;
    if (pause === null) this.say(TOO_MANY_ERRORS);
    else if (pause > 0) this.desk.clock.after(pause, () => this.#whenRead(next));
    else this.#whenRead(next);
    if (pause === null) next();
  }

  #whenRead(next: Callback): void {
    const socket = this._socket;
    if (this.listening && socket.writableNeedDrain) {
      this.pace.awaitDrain();
      socket.once('drain', () => this.#whenRead(next));
      return;
    }
    if (this.listening && !this.receiving) this.pace.awaitCommand();
    next();
  }

  #late(what: Late): void {
    if (what === 'drain') this.destroy();
    this.send(421, LATE[what]);
  }

  override upgrade(callback: Callback, secured?: Callback): void {
    this._socket.uncork(); // our 220 is the last that goes out in clear
    super.upgrade(callback, secured);
  }

  override close(): void {
    super.close();
    this.#leave();
  }

  override _onClose(): void {
    super._onClose();
    this.pace.stop();
    this.#leave();
  }

  #leave(): void {
    if (!this.#counted) return;
    this.#counted = false;
    this.desk.crowd.leave(this.address);
  }

  /** The gateway stops: says so, and closes. */
  dismiss(): void {
    this.say(STOPPING);
  }

  destroy(): void {
    this._socket.destroy();
  }
}
