/**
 * What is said and heard: commands out, replies in, in step with each other, and each line told to who listens (S91) with the
 * secrets masked first (S92).
 */
import { type Duration, seconds } from '../base/clock.ts';
import type { Dialogue } from '../base/dialogue.ts';
import { BodyTeller } from './body-teller.ts';
import type { Connection } from './connection.ts';
import { closedByUs, outOfStep } from './failure.ts';
import type { Pop3Failure } from './mailbox.ts';
import type { Wait } from './patience.ts';
import { type LinesLimit, Reader, type Reply, type TextSink } from './reader.ts';

/** For a reply. Servers that look a message up in a large mailbox take seconds, not minutes. */
const COMMAND: Duration = seconds(60);

/** Between two packets of one text. */
const SILENCE: Duration = seconds(60);

/** A line to say. */
export interface Line {
  readonly say: string;
  /** The same with its secrets masked. */
  readonly shown: string;
}

export interface ReplyOptions {
  readonly within?: Duration;
  readonly hint?: string;
  readonly challenges?: boolean;
  /** Masks what the server may repeat. */
  readonly conceal?: (line: string) => string;
}

const asItIs = (line: string) => line;

export class Conversation {
  readonly #connection: Connection;
  readonly #dialogue: Dialogue;
  #reader: Reader;
  /** Replies that are due. */
  #due = 0;

  constructor(connection: Connection, dialogue: Dialogue) {
    this.#connection = connection;
    this.#dialogue = dialogue;
    this.#reader = new Reader(connection);
  }

  get over(): Pop3Failure | null {
    return this.#connection.over;
  }

  /** Why there is no conversation any more, where it is known that there is none. */
  get failure(): Pop3Failure {
    return this.#connection.over ?? closedByUs;
  }

  get secure(): boolean {
    return this.#connection.secure;
  }

  /** Says lines in one packet. Nothing may have come that no command asked for: it would be taken for their replies (POP24). */
  say(lines: readonly Line[]): void {
    if (!this.inStep()) return;

    for (const { shown } of lines) this.#dialogue.tell('>', shown);
    this.#due += lines.length;
    this.#connection.write(lines.map((line) => `${line.say}\r\n`).join(''));
  }

  /** The next reply. Null: it is over, see `failure`. */
  async reply(what: string, options: ReplyOptions = {}): Promise<Reply | null> {
    const { within = COMMAND, challenges = false, conceal = asItIs, hint } = options;
    const wait: Wait = { within, for: what, ...(hint === undefined ? {} : { hint }) };
    const reply = await this.#reader.reply(wait, challenges);
    if (reply === null) return null;

    this.#due = Math.max(0, this.#due - 1);
    const line = conceal(reply.line);
    this.#dialogue.tell('<', line);
    return { is: reply.is, line };
  }

  /** False: it is over, also because something came although nothing was due. */
  inStep(): boolean {
    if (this.over !== null) return false;
    return (
      this.#due > 0 ||
      this.#reader.unread === 0 ||
      this.#connection.end(outOfStep(this.#reader.quoted(this.#reader.next)))
    );
  }

  /** Says one line and reads its reply. */
  async ask(say: string, options: ReplyOptions = {}): Promise<Reply | null> {
    this.say([{ say, shown: say }]);
    return await this.reply(`the reply to ${say}`, options);
  }

  /** Waits until the next reply begins; false: something else came, or nothing any more. */
  async replyBegins(what: string): Promise<boolean> {
    return await this.#reader.replyBegins({ within: COMMAND, for: what });
  }

  /** The text that follows a reply, a message's body; told as far as the listener wants it now. */
  async body(what: string, sink: TextSink): Promise<boolean> {
    const wanted = this.#dialogue.bodies;
    const wait = { within: SILENCE, for: `the rest of ${what}` };
    if (wanted === 'none') return await this.#reader.text(sink, wait);

    const teller = new BodyTeller(wanted, (direction, line) => this.#dialogue.tell(direction, line));
    const heard: TextSink = {
      take(data) {
        teller.take(data);
        return sink.take(data);
      },
    };
    const whole = await this.#reader.text(heard, wait);
    teller.end(whole);
    return whole;
  }

  /** The text that follows a reply, line by line. `take` answers with what is wrong with a line, or null. */
  async listing(what: string, limit: LinesLimit, take: (line: string) => string | null): Promise<boolean> {
    const told = this.#dialogue.bodies !== 'none';
    const wait = { within: SILENCE, for: `the rest of ${what}` };
    const whole = await this.#reader.lines(limit, wait, (line) => {
      if (told) this.#dialogue.tell('<', line);
      return take(line);
    });
    if (whole && told) this.#dialogue.tell('<', '.');
    return whole;
  }

  /** Continues in TLS. What was learnt in clear text is worth nothing from here on. */
  async startTls(): Promise<boolean> {
    if (this.#reader.unread > 0) return this.#connection.end(outOfStep(this.#reader.quoted(this.#reader.next)));

    const secured = await this.#connection.startTls();
    this.#reader = new Reader(this.#connection);
    return secured;
  }

  /** While this is off, failures quote nothing of what the server said. */
  quote({ on }: { readonly on: boolean }): void {
    this.#reader.quoting = on;
  }

  end(why: Pop3Failure): false {
    return this.#connection.end(why);
  }
}
