/**
 * One client of the listener, and what its commands do. smtp-server knows what they mean; this checks paths by our rules, takes
 * messages in, and tells the facts of S100.
 */
import { declaredSize } from './command-line.ts';
import { type Callback, Conversation } from './conversation.ts';
import type { Receiving } from './desk.ts';
import { NEEDS_SMTPUTF8, needsUtf8, type PathCommand, readPathCommand } from './path.ts';
import { Reader } from './reader.ts';
import type { Refusal } from './refusal.ts';
import { NEEDS_RCPT } from './replies.ts';

/** Refusals of one connection that become facts; a flood of them is answered, not told (CLI15, CLI25). */
const TOLD_REFUSALS = 100;

/** Octets of a refused command that are told. */
const SHOWN_COMMAND = 300;

export class Connection extends Conversation {
  /** 0 until EHLO. */
  #number = 0;
  #messages = 0;
  #refusals = 0;
  /** The MAIL or RCPT that is being looked at. */
  #path: PathCommand | null = null;
  #helo = '';
  #receiving: Receiving | null = null;
  /** The final dot of what it sends has come, and our reply is not out yet. */
  #whole = false;
  #ended = false;

  /** EHLO name and address: `your-mail-server [192.168.1.5]`. */
  get peer(): string {
    return `${this.#helo} [${this.address}]`.trim();
  }

  get heloName(): string {
    return this.#helo;
  }

  get number(): number {
    return this.#number;
  }

  /** In the middle of a message, until that has its reply. */
  override get receiving(): boolean {
    return this.#receiving !== null;
  }

  override handler_EHLO(command: Buffer, callback: Callback): void {
    this.openingCommand = 'EHLO';
    super.handler_EHLO(command, callback);
    this.#greeted(command);
  }

  override handler_HELO(command: Buffer, callback: Callback): void {
    this.openingCommand = 'HELO';
    super.handler_HELO(command, callback);
    this.#greeted(command);
  }

  #greeted(command: Buffer): void {
    if (!this.hostNameAppearsAs || this.#ended) return;
    this.#helo = command.toString().trim().split(/\s+/)[1] ?? '';
    if (this.#number > 0) return; // a second EHLO, after STARTTLS
    this.#number = this.desk.nextNumber();
    const esmtp = this.openingCommand === 'EHLO';
    this.desk.tell({ type: 'queue.connected', connection: this.#number, peer: this.peer, esmtp });
  }

  override handler_MAIL(command: Buffer, callback: Callback): void {
    const refusal = this.#refusalOfPath('MAIL FROM', command) ?? this.#refusalOfMessage();
    if (!refusal) {
      super.handler_MAIL(command, callback);
      return;
    }
    this.say(refusal);
    callback();
  }

  override handler_RCPT(command: Buffer, callback: Callback): void {
    const refusal = this.#refusalOfPath('RCPT TO', command);
    if (!refusal) {
      super.handler_RCPT(command, callback);
      return;
    }
    this.say(refusal);
    callback();
  }

  #refusalOfPath(verb: 'MAIL FROM' | 'RCPT TO', command: Buffer): Refusal | null {
    const user = typeof this.session.user === 'string' ? this.session.user : null;
    const refusal = this.desk.refusalOf({ address: this.remoteAddress, user });
    if (refusal) return refusal;

    const read = readPathCommand(verb, command.toString());
    this.#path = read;
    if (!read.ok) return read.refusal;
    return needsUtf8(read.address) && !this.#takesUtf8(read) ? NEEDS_SMTPUTF8 : null;
  }

  #takesUtf8({ parameters }: Extract<PathCommand, { ok: true }>): boolean {
    return parameters.has('SMTPUTF8') || this.session.envelope.smtpUtf8 === true;
  }

  #refusalOfMessage(): Refusal | null {
    if (this.session.envelope.mailFrom || !this.#path?.ok) return null;
    return this.desk.refusalOfMessage(this.address, declaredSize(this.#path.parameters.get('SIZE')));
  }

  /** smtp-server's own parser drops source routes and turns `xn--` names into Unicode, which a relay may not take. */
  override _parseAddressCommand() {
    const read = this.#path;
    if (!read?.ok) return false;
    const { address, parameters, repeated } = read;
    const parsed = { address, args: parameters.size > 0 ? Object.fromEntries(parameters) : (false as const) };
    return repeated === null ? parsed : { ...parsed, duplicate: repeated };
  }

  override handler_AUTH(command: Buffer, callback: Callback): void {
    const refusal = this.desk.refusalOfLogin(this.address);
    if (!refusal) {
      super.handler_AUTH(command, callback);
      return;
    }
    this.say(refusal);
    callback();
  }

  handler_EXPN(_command: Buffer, callback: Callback): void {
    this.send(502, '5.5.1 EXPN is not offered');
    callback();
  }

  override handler_DATA(_command: Buffer, callback: Callback): void {
    const parser = this._parser;
    if (this.session.envelope.rcptTo.length === 0) this.say(NEEDS_RCPT);
    else if (parser instanceof Reader) this.#startBody(parser);
    callback();
  }

  #startBody(parser: Reader): void {
    const receiving = this.desk.receive(this);
    let blocked = false;
    this.#receiving = receiving;
    parser.startBody({
      take: (text) => {
        const taken = receiving.take(text);
        if (taken === null) return null;
        blocked = true;
        return taken.then(() => void (blocked = false));
      },
      end: () => void this.#finish(receiving, parser),
    });
    this.send(354, 'End data with <CR><LF>.<CR><LF>');
    this.pace.awaitData(
      () => parser.dataBytes,
      () => blocked,
    );
  }

  async #finish(receiving: Receiving, parser: Reader): Promise<void> {
    this.pace.rest(); // from here on the client waits for us
    this.#whole = true;
    this.noteCommand('DATA', null);
    const reply = await receiving.finish();
    this.#whole = false;
    this.#receiving = null;
    this.say(reply);
    this._transactionCounter += 1;
    this._resetSession();
    this.goOn(() => parser.resume());
  }

  /** The message is ours. */
  counted(): void {
    this.#messages += 1;
    this.patience.reset();
  }

  override _onClose(): void {
    super._onClose();
    if (!this.#whole) this.#receiving?.cut();
    if (this.#ended) return;
    this.#ended = true;
    if (this.#number === 0) return;
    const told = { connection: this.#number, peer: this.peer, messages: this.#messages };
    this.desk.tell({ type: 'queue.disconnected', ...told });
  }

  protected override refused(reply: string): void {
    if (this._server._closeTimeout) return; // the gateway stops: no fault of the client's
    this.#refusals += 1;
    if (this.#refusals > TOLD_REFUSALS) return;
    const what = this.#shownCommand();
    this.desk.tell({ type: 'queue.refused', connection: this.#number, peer: this.peer, what, reply });
  }

  /** MAIL and RCPT as they came, of AUTH and all others the first word. */
  #shownCommand(): string {
    if (this.verb === '') return 'connection';
    const whole = this.verb === 'MAIL' || this.verb === 'RCPT';
    return whole && this.line ? this.line.toString().slice(0, SHOWN_COMMAND) : this.verb;
  }
}
