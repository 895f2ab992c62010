/**
 * One connection to an SMTP peer: what we say, and the replies that it owes us for that. A reply is believed only in
 * order and asked for (REL15, REL17): whatever comes while nothing is owed ends the connection. Every wait has a
 * deadline. Once there is trouble the connection is closed, and every wait ends with it.
 */
import type { Socket } from 'node:net';
import type { Clock, Duration } from '../base/clock.ts';
import type { Dialogue } from '../base/dialogue.ts';
import type { SmtpFailure } from './conversation.ts';
import { createReplyReader, onOneLine, type Found, type Reply, safeLine } from './reply.ts';

/** Why nothing more can come of this connection. */
export interface Trouble {
  readonly kind: SmtpFailure['kind'];
  readonly message: string;
  /** The reply that was the trouble: a 421. */
  readonly reply: Reply | null;
}

export type Answer = Reply | Trouble;

export const isTrouble = (answer: Answer): answer is Trouble => 'message' in answer;

/** What we say: the line itself, or one whose secret part nobody but the peer may see. */
export type Line = string | { readonly line: string; readonly shown: string; readonly secret: string };

export interface WireTools {
  readonly clock: Clock;
  readonly dialogue: Dialogue;
}

/** Characters from which on a secret is masked wherever the peer repeats it; a shorter one is in every other word. */
const SHORTEST_MASKED = 4;

const MASK = 'XXXX';

const ENDED: Trouble = { kind: 'stopped', message: 'The conversation has ended.', reply: null };
const CRLF = '\r\n';

export class Wire {
  readonly #tools: WireTools;
  #socket: Socket;
  #reader = createReplyReader();
  /** Replies that the peer has yet to give, each as the dialogue that it belongs to. */
  readonly #owed: Dialogue[];
  /** Replies that came, in order, and that nobody has taken yet. */
  #heard: Reply[] = [];
  #trouble: Trouble | null = null;
  #secrets: string[] = [];
  #shaking = false;
  /** Looks whether that has come which is being waited for; there is never more than one wait. */
  #look: () => void = () => {};

  /** Takes a connected socket over; the peer owes its greeting. */
  constructor(socket: Socket, tools: WireTools) {
    this.#tools = tools;
    this.#socket = socket;
    this.#owed = [tools.dialogue];
    this.#attach();
  }

  get trouble(): Trouble | null {
    return this.#trouble;
  }

  /** The address literal of our own end (RFC 5321 §4.1.3), for a peer that is to hear no other name. */
  get ownLiteral(): string {
    const address = this.#socket.localAddress ?? '127.0.0.1';
    return address.includes(':') ? `[IPv6:${address}]` : `[${address}]`;
  }

  get toLoopback(): boolean {
    return /^(?:::ffff:)?127\.|^::1$/.test(this.#socket.remoteAddress ?? '');
  }

  /** From now on the abort of `stop` ends the connection; call what comes back when that is over. */
  heed(stop: AbortSignal): () => void {
    const stopped = () => this.fail({ kind: 'stopped', message: 'Stopped.', reply: null });
    if (stop.aborted) stopped();
    stop.addEventListener('abort', stopped);
    return () => stop.removeEventListener('abort', stopped);
  }

  /** From now on this is masked wherever the peer repeats it. */
  hide(secret: string): void {
    if (secret.length >= SHORTEST_MASKED) this.#secrets.push(secret);
  }

  /** Says commands in one go, once it is quiet; the peer owes a reply for each. Throws for a line that would be two: a bug. */
  async say(...lines: Line[]): Promise<void> {
    refuseTwoInOne(lines);
    await this.quiet();
    this.sayNow(lines, this.#tools.dialogue);
  }

  /** The same without a look at what has come: for who has just looked, and in the dialogue that the lines and their replies belong to. */
  sayNow(lines: readonly Line[], dialogue: Dialogue): void {
    refuseTwoInOne(lines);
    if (this.#trouble !== null) return;

    for (const line of lines) {
      if (typeof line !== 'string') this.hide(line.secret);
      dialogue.tell('>', typeof line === 'string' ? line : line.shown);
      this.#owed.push(dialogue);
    }
    this.#socket.write(lines.map((line) => textOf(line) + CRLF).join(''));
  }

  /** The next reply that is owed. */
  async reply(within: Duration): Promise<Answer> {
    await this.#until(() => this.#heard.length > 0, within);
    const answer = this.#heard.shift() ?? this.#trouble;
    if (answer === null) throw new Error('An SMTP reply was waited for, and came to nothing.');
    return answer;
  }

  /** Sends octets of a message and waits until the peer has taken enough of them (backpressure). */
  async write(octets: Uint8Array, within: Duration): Promise<void> {
    if (this.#trouble !== null || octets.length === 0 || this.#socket.write(octets)) return;
    await this.#until(() => !this.#socket.writableNeedDrain, within);
  }

  /** Sends the end of a message in one go, for which the peer owes a reply. What is said in the same turn leaves with it. */
  writeLast(dialogue: Dialogue, ...parts: Uint8Array[]): void {
    if (this.#trouble !== null) return;
    dialogue.tell('>', '.');
    this.#owed.push(dialogue);
    const socket = this.#socket;
    socket.cork();
    for (const part of parts) if (part.length > 0) socket.write(part);
    // After whatever this turn has yet to do: the next message's envelope may follow (RFC 2920 §3.1).
    process.nextTick(() => socket.uncork());
  }

  /** What `work` comes to; null when there was trouble first. */
  async unlessTrouble<T>(work: Promise<T>): Promise<T | null> {
    const first = new Promise<T | null>((resolve, reject) => {
      work.then(resolve, reject);
      this.#look = () => this.#trouble !== null && resolve(null);
      this.#look();
    });
    return await first.finally(() => {
      this.#look = () => {};
    });
  }

  /**
   * Lets everything that has reached this machine be read. A peer that answers before it was asked has its answers
   * lying here by now, and is found out before the next word (REL15).
   */
  async quiet(): Promise<void> {
    // Node polls its sockets between one immediate and the next, not before the first.
    await new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));
  }

  /** Changes to TLS. `shake` gets the socket while nobody reads it: no octet in clear is read past this (REL05). */
  async secure<T extends { readonly socket: Socket }>(
    shake: (socket: Socket) => Promise<T | Trouble>,
  ): Promise<T | Trouble> {
    if (this.#trouble !== null) return this.#trouble; // what came behind the go-ahead, in clear
    this.#detach();
    this.#shaking = true;
    const outcome = await shake(this.#socket);
    this.#shaking = false;
    if ('message' in outcome) {
      this.fail(outcome);
      this.#socket.destroy();
      return this.#trouble ?? outcome;
    }

    this.#socket = outcome.socket;
    this.#reader = createReplyReader();
    this.#attach();
    if (this.#trouble === null) return outcome;
    this.#socket.destroy();
    return this.#trouble;
  }

  /** Ends the connection as agreed: no trouble, but no further use either. */
  close(): void {
    this.#trouble ??= ENDED;
    this.#socket.destroy();
    this.#look();
  }

  /** Says QUIT, and is gone without waiting for the 221. */
  async leave(): Promise<void> {
    await this.say('QUIT');
    this.#trouble ??= ENDED;
    this.#socket.destroySoon();
  }

  /** Ends the connection. The first trouble stays the reason. */
  fail(trouble: Trouble): void {
    if (this.#trouble !== null) return;
    this.#trouble = trouble;
    this.#concerned.tell('*', trouble.message);
    // The handshake ends its own socket: the one below it may not be closed first.
    if (!this.#shaking) this.#socket.destroy();
    this.#look();
  }

  /** Whose turn it is: the message whose reply is owed first, else the conversation. */
  get #concerned(): Dialogue {
    return this.#owed[0] ?? this.#tools.dialogue;
  }

  remark(text: string): void {
    this.#tools.dialogue.tell('*', text);
  }

  #attach(): void {
    this.#socket.on('data', this.#onData).on('drain', this.#onDrain);
    this.#socket.on('end', this.#onEnd).on('error', this.#onError).on('close', this.#onEnd);
  }

  #detach(): void {
    this.#socket.off('data', this.#onData).off('drain', this.#onDrain);
    this.#socket.off('end', this.#onEnd).off('error', this.#onError).off('close', this.#onEnd);
  }

  readonly #onData = (octets: Buffer): void => {
    for (const found of this.#reader.feed(octets)) {
      if (this.#trouble !== null) return;
      this.#hear(found);
    }
    if (this.#trouble === null && this.#owed.length === 0 && this.#reader.midway) this.#unasked('');
    this.#look();
  };

  readonly #onDrain = (): void => this.#look();

  readonly #onEnd = (): void => this.#cut('The server has closed the connection.');

  readonly #onError = (error: Error): void => {
    this.#cut(`The connection to the server broke (${'code' in error ? String(error.code) : error.message}).`);
  };

  #cut(message: string): void {
    this.fail({ kind: 'unreachable', message, reply: null });
  }

  #hear(found: Found): void {
    const lines = (found.kind === 'reply' ? found.reply.lines : found.lines).map((line) => this.#masked(line));
    for (const line of lines) this.#concerned.tell('<', line);
    if (found.kind === 'nonsense') {
      const what = lines.length > 0 ? `: ${safeLine(lines.at(-1) ?? '').slice(0, 100)}` : '';
      this.fail({ kind: 'protocol', message: `The server sent ${found.why}${what}`, reply: null });
      return;
    }

    const reply = { ...found.reply, lines };
    if (this.#owed.shift() !== undefined) {
      this.#heard.push(reply);
      return;
    }
    // RFC 5321 §3.8: a server that shuts down says 421 whenever it likes.
    if (reply.code === 421) {
      this.fail({ kind: 'refused', message: `The server has ended the conversation: ${onOneLine(reply)}`, reply });
      return;
    }
    this.#unasked(`: ${onOneLine(reply)}`);
  }

  #unasked(what: string): void {
    const message = `The server answered before it was asked (synchronisation error)${what}`;
    this.fail({ kind: 'protocol', message, reply: null });
  }

  #masked(line: string): string {
    return this.#secrets.reduce((text, secret) => text.replaceAll(secret, MASK), line);
  }

  async #until(ready: () => boolean, within: Duration): Promise<void> {
    if (ready() || this.#trouble !== null) return;
    await new Promise<void>((resolve) => {
      const late = `The server did not answer within ${Math.round(within / 1_000)} s.`;
      const timer = this.#tools.clock.after(within, () => this.fail({ kind: 'timeout', message: late, reply: null }));
      this.#look = () => {
        if (!ready() && this.#trouble === null) return;
        timer.cancel();
        this.#look = () => {};
        resolve();
      };
    });
  }
}

const textOf = (line: Line): string => (typeof line === 'string' ? line : line.line);

function refuseTwoInOne(lines: readonly Line[]): void {
  if (lines.some((line) => /[\r\n\0]/.test(textOf(line))))
    throw new Error('A command with CR, LF or NUL in it was not sent.');
}
