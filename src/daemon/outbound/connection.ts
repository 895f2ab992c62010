/**
 * One client of the listener. smtp-server speaks the protocol; this adds what it lacks: no wait before the greeting, paths
 * checked by our rules, own deadlines, an end of DATA that is only CRLF.CRLF, and the facts of S100.
 */
import type { Socket } from 'node:net';
import { SMTPConnection, type SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection.js';
import type { SMTPServer } from 'smtp-server';
import type { Fact } from '../../protocol/events.ts';
import type { Clock } from '../base/clock.ts';
import { DotReader } from './dot-reader.ts';
import { createPace, type Pace } from './pace.ts';
import { NEEDS_SMTPUTF8, needsUtf8, type PathCommand, readPathCommand } from './path.ts';
import { type Client, plainAddress } from './policy.ts';
import type { Refusal } from './refusal.ts';

/** What the listener gives each of its clients. */
export interface Desk {
  clock: Clock;
  tell(fact: Fact): void;
  /** Connections count up from 1, those that never said EHLO not counted. */
  nextNumber(): number;
  /** Null: this client may hand over mail. */
  refusalOf(client: Client): Refusal | null;
  minimumBytesPerSecond: number;
  maxConnections: number;
  maxConnectionsPerAddress: number;
}

/** Refusals of one connection that become facts; a flood of them is answered, not told (CLI15, CLI25). */
const TOLD_REFUSALS = 100;

/** Octets of a refused command that are told. */
const SHOWN_COMMAND = 300;

const TOO_MANY: Refusal = { code: 421, text: '4.7.0 Too many connections, try again later' };
const TOO_MANY_FROM_YOU: Refusal = { code: 421, text: '4.7.0 Too many connections from your address, try again later' };

type Callback = () => void;

export class Connection extends SMTPConnection {
  readonly #desk: Desk;
  readonly #pace: Pace;
  /** 0 until EHLO. */
  #number = 0;
  #messages = 0;
  #refusals = 0;
  /** What a refusal answers: MAIL, RCPT and DATA as they came, of AUTH and all others nothing. */
  #command = '';
  #helo = '';
  #ended = false;

  constructor(server: SMTPServer, socket: Socket, options: SMTPConnectionOptions | null, desk: Desk) {
    super(server, socket, options);
    this.#desk = desk;
    this.#pace = createPace(desk.clock, desk.minimumBytesPerSecond, (text) => this.send(421, text));
  }

  /** EHLO name and address: `your-mail-server [192.168.1.5]`. */
  get peer(): string {
    return `${this.#helo} [${plainAddress(this.remoteAddress)}]`.trim();
  }

  get heloName(): string {
    return this.#helo;
  }

  get number(): number {
    return this.#number;
  }

  /** The client can still hear us. */
  get listening(): boolean {
    return !this._closing && !this._closed && this._socket.writable;
  }

  get receiving(): boolean {
    return Boolean(this._dataStream);
  }

  /** smtp-server waits 100 ms here to catch early talkers; a client that sends one message a connection feels each of them. */
  override init(): void {
    this._setListeners(() => {
      const refusal = this.#crowded();
      if (refusal) {
        this.send(refusal.code, refusal.text);
        return;
      }
      this.connectionReady();
      this.#pace.awaitCommand();
    });
  }

  #crowded(): Refusal | null {
    const all = [...this._server.connections];
    if (all.length > this.#desk.maxConnections) return TOO_MANY;
    const same = all.filter(({ remoteAddress }) => remoteAddress === this.remoteAddress);
    return same.length > this.#desk.maxConnectionsPerAddress ? TOO_MANY_FROM_YOU : null;
  }

  override _createParser(): DotReader {
    const parser = new DotReader({ maxCommandLength: this._server.options.maxCommandLength });
    parser.oncommand = (command, callback) => this._onCommand(command, callback);
    parser.on('error', () => this.send(421, '5.5.2 Command line too long'));
    return parser;
  }

  /** A text that brings its enhanced code gets no second one. */
  override send(code: number, data?: string | string[] | null, context?: string | false): void {
    const complete = typeof data === 'string' && /^[245]\.\d{1,3}\.\d{1,3} /.test(data);
    super.send(code, data, complete ? false : context);
    if (code >= 400) this.#tellRefusal(this.session.error ?? `${code}`);
  }

  override _onCommand(command: Buffer, callback?: Callback): void {
    this.#pace.rest();
    // A line of an AUTH exchange is a secret; it has no command word.
    const line = this._nextHandler ? 'AUTH' : command.toString();
    const [verb = ''] = line.toUpperCase().split(' ', 1);
    this.#command = ['MAIL', 'RCPT', 'DATA'].includes(verb) ? line.slice(0, SHOWN_COMMAND) : verb.slice(0, 10);
    super._onCommand(command, () => {
      if (!this.receiving && this.listening) this.#pace.awaitCommand();
      callback?.();
    });
  }

  override handler_EHLO(command: Buffer, callback: Callback): void {
    super.handler_EHLO(command, callback);
    this.#greeted(command);
  }

  override handler_HELO(command: Buffer, callback: Callback): void {
    super.handler_HELO(command, callback);
    this.#greeted(command);
  }

  #greeted(command: Buffer): void {
    if (!this.hostNameAppearsAs || this.#ended) return;
    this.#helo = command.toString().trim().split(/\s+/)[1] ?? '';
    if (this.#number > 0) return; // a second EHLO, after STARTTLS
    this.#number = this.#desk.nextNumber();
    const esmtp = this.openingCommand === 'EHLO';
    this.#desk.tell({ type: 'queue.connected', connection: this.#number, peer: this.peer, esmtp });
  }

  override handler_MAIL(command: Buffer, callback: Callback): void {
    const refusal = this.#refusalOf('MAIL FROM', command);
    if (!refusal) {
      super.handler_MAIL(command, callback);
      return;
    }
    this.send(refusal.code, refusal.text);
    callback();
  }

  override handler_RCPT(command: Buffer, callback: Callback): void {
    const refusal = this.#refusalOf('RCPT TO', command);
    if (!refusal) {
      super.handler_RCPT(command, callback);
      return;
    }
    this.send(refusal.code, refusal.text);
    callback();
  }

  #refusalOf(verb: 'MAIL FROM' | 'RCPT TO', command: Buffer): Refusal | null {
    const user = typeof this.session.user === 'string' ? this.session.user : null;
    const refusal = this.#desk.refusalOf({ address: this.remoteAddress, user });
    if (refusal) return refusal;

    const read = readPathCommand(verb, command.toString());
    if (!read.ok) return read.refusal;
    return needsUtf8(read.address) && !this.#takesUtf8(read) ? NEEDS_SMTPUTF8 : null;
  }

  #takesUtf8({ parameters }: Extract<PathCommand, { ok: true }>): boolean {
    return parameters.has('SMTPUTF8') || this.session.envelope.smtpUtf8 === true;
  }

  /** smtp-server's own parser drops source routes and turns `xn--` names into Unicode, which a relay may not take. */
  override _parseAddressCommand(name: string, command: Buffer | string) {
    const verb = name.toUpperCase() === 'MAIL FROM' ? 'MAIL FROM' : 'RCPT TO';
    const read = readPathCommand(verb, command.toString());
    if (!read.ok) return false;
    const { address, parameters, repeated } = read;
    const parsed = { address, args: parameters.size > 0 ? Object.fromEntries(parameters) : (false as const) };
    return repeated === null ? parsed : { ...parsed, duplicate: repeated };
  }

  override handler_DATA(command: Buffer, callback: Callback): void {
    super.handler_DATA(command, callback);
    const parser = this._parser;
    if (!this.receiving || !parser) return;
    this.#pace.awaitData(
      () => parser.dataBytes,
      () => parser._dataStream?.writableNeedDrain === true,
    );
  }

  /** The body has come to its end: from here on the client waits for us. */
  received(): void {
    this.#pace.rest();
  }

  /** The message is ours. */
  counted(): void {
    this.#messages += 1;
  }

  /** The reply to DATA went out. */
  answered(): void {
    if (this.listening && !this.receiving) this.#pace.awaitCommand();
  }

  handler_EXPN(_command: Buffer, callback: Callback): void {
    this.send(502, '5.5.1 EXPN is not offered');
    callback();
  }

  override _onClose(): void {
    super._onClose();
    this.#pace.rest();
    if (this.#ended) return;
    this.#ended = true;
    if (this.#number === 0) return;
    const told = { connection: this.#number, peer: this.peer, messages: this.#messages };
    this.#desk.tell({ type: 'queue.disconnected', ...told });
  }

  #tellRefusal(reply: string): void {
    if (this._server._closeTimeout) return; // the gateway stops: no fault of the client's
    this.#refusals += 1;
    if (this.#refusals > TOLD_REFUSALS) return;
    const what = this.#command === '' ? 'connection' : this.#command;
    this.#desk.tell({ type: 'queue.refused', connection: this.#number, peer: this.peer, what, reply });
  }

  /** The gateway stops: says so, and closes. */
  dismiss(): void {
    this.send(421, '4.3.2 The gateway is stopping, try again later');
  }

  destroy(): void {
    this._socket.destroy();
  }
}
