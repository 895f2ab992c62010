/**
 * Messages by RETR, with several in flight where the server can take it. Bodies are read when the consumer asks for the next
 * message, so that its pace becomes the server's; what is ahead of it waits in the connection's bounded buffer and in TCP's.
 */
import type { Conversation } from './conversation.ts';
import { nonsense, outOfStep, shorten } from './failure.ts';
import { Incoming, type IncomingOptions } from './incoming.ts';
import type { FetchedBody, Pop3Failure, Retrieved } from './mailbox.ts';
import type { Reply } from './reader.ts';

/** RETRs in flight: at 40 ms a round trip enough for 1,600 messages a second. */
const WINDOW = 64;

/** Octets in flight, as LIST announced them (one message may be larger): what a stop, or a session out of step, throws away. */
const OCTETS_IN_FLIGHT = 4_194_304;

/** What a message of unknown size counts for. */
const USUAL_SIZE = 65_536;

/** Octets of a message past its limit that are read away: cheaper than a new session, up to here. */
const READ_AWAY = 1_048_576;

export interface RetrievalOptions extends IncomingOptions {
  /** Only a server that announces PIPELINING gets more than one: others may throw away what they did not wait for. */
  readonly pipelining: boolean;
  /** What LIST said of a message: a hint (POP20). */
  readonly octetsOf: (number: number) => number | undefined;
}

export class Retrieval {
  readonly #conversation: Conversation;
  readonly #numbers: readonly number[];
  readonly #options: RetrievalOptions;
  readonly #window: number;
  /** How many of the numbers were asked for. */
  #asked = 0;
  #inFlight: number[] = [];
  #octetsInFlight = 0;
  #ready: Retrieved[] = [];
  #abandoned = false;
  #broken = false;

  constructor(conversation: Conversation, numbers: readonly number[], options: RetrievalOptions) {
    this.#conversation = conversation;
    this.#numbers = numbers;
    this.#options = options;
    this.#window = options.pipelining ? WINDOW : 1;
  }

  /** Nothing of it is in flight. */
  get finished(): boolean {
    return this.#inFlight.length === 0 || this.#broken;
  }

  /** The next message; null when there is none left. */
  async next(): Promise<Retrieved | null> {
    const ready = this.#ready.shift();
    if (ready !== undefined) return ready;
    if (this.#broken) return null;

    this.#ask();
    return await this.#receive();
  }

  /** Reads all that is in flight, so that another command can follow. What came waits for `next()`. */
  async settle(): Promise<void> {
    while (this.#inFlight.length > 0 && !this.#broken) {
      const retrieved = await this.#receive();
      if (retrieved !== null) await this.#keep(retrieved);
    }
  }

  /** The consumer wants no more. */
  async abandon(): Promise<void> {
    this.#abandoned = true;
    const ready = this.#ready;
    this.#ready = [];
    for (const retrieved of ready) await this.#keep(retrieved);
  }

  async #keep(retrieved: Retrieved): Promise<void> {
    if (!this.#abandoned) this.#ready.push(retrieved);
    else if (retrieved.kind === 'message') await retrieved.body[Symbol.asyncDispose]();
  }

  /** Asks for as many as may be in flight, in one packet; once half of them came, for one at a time would be a packet each. */
  #ask(): void {
    if (this.#abandoned || this.#inFlight.length > this.#window / 2 || this.#octetsInFlight > OCTETS_IN_FLIGHT / 2)
      return;

    const lines: { say: string; shown: string }[] = [];
    for (let number = this.#numbers[this.#asked]; number !== undefined; number = this.#numbers[this.#asked]) {
      const octets = this.#sizeOf(number);
      const fits = this.#inFlight.length < this.#window && this.#octetsInFlight + octets <= OCTETS_IN_FLIGHT;
      if (!fits && this.#inFlight.length > 0) break;

      this.#asked += 1;
      this.#inFlight.push(number);
      this.#octetsInFlight += octets;
      lines.push({ say: `RETR ${number}`, shown: `RETR ${number}` });
    }
    if (lines.length > 0) this.#conversation.say(lines);
  }

  #sizeOf(number: number): number {
    return this.#options.octetsOf(number) ?? USUAL_SIZE;
  }

  async #receive(): Promise<Retrieved | null> {
    const number = this.#inFlight.shift();
    if (number === undefined) return null;

    this.#octetsInFlight -= this.#sizeOf(number);
    const reply = await this.#conversation.reply(`the reply to RETR ${number}`);
    if (reply === null) return this.#break(number);
    if (reply.is !== 'ok') return { kind: 'refused', number, reply: shorten(reply.line) };

    const incoming = new Incoming(this.#options);
    try {
      const retrieved = await this.#message(number, reply, incoming);
      // Now, and not when the next one is wanted: the server works while the consumer does.
      this.#ask();
      return retrieved;
    } catch (error) {
      await incoming.discard();
      return this.#break(number, diskFailure(this.#options.scratch, error));
    }
  }

  async #message(number: number, reply: Reply, incoming: Incoming): Promise<Retrieved> {
    const whole = await this.#conversation.body(`message ${number}`, {
      take: (data) => {
        const busy = incoming.take(data);
        if (incoming.excess > READ_AWAY) this.#conversation.end(noEndInSight(number));
        return busy;
      },
    });
    if (incoming.tooLong) return { kind: 'oversize', number };
    if (!whole) {
      await incoming.discard();
      return this.#break(number);
    }

    const body = await incoming.whole();
    if (await this.#believable(number, reply, body)) return { kind: 'message', number, body };

    await body[Symbol.asyncDispose]();
    return this.#break(number);
  }

  /**
   * Is that the message, all of it? A size as announced says so. Otherwise what follows must be a reply: a server that forgets to
   * stuff a lone dot ends the message there for us, and the rest of it follows; handed on and deleted, that rest would be lost
   * (POP24, I04). A reply in place of the message's first line says that a reply was left out, and that numbers no longer match.
   */
  async #believable(number: number, reply: Reply, body: FetchedBody): Promise<boolean> {
    const announced =
      this.#options.octetsOf(number) ?? Number(/^\+OK (\d+) octets/i.exec(reply.line)?.[1] ?? Number.NaN);
    if (body.bytes === announced) return true;
    if (beginsWithReply(body)) return this.#conversation.end(outOfStep(body.header));

    this.#ask();
    if (this.#inFlight.length > 0) await this.#conversation.replyBegins(`the reply to RETR ${this.#inFlight[0]}`);
    else await this.#conversation.ask('NOOP');
    // A connection that was cut after the final dot takes nothing away from this message.
    return this.#conversation.over?.kind !== 'protocol';
  }

  #break(number: number, why?: Pop3Failure): Retrieved {
    this.#broken = true;
    if (why !== undefined) this.#conversation.end(why);
    return { kind: 'broken', number, failure: this.#conversation.failure };
  }
}

function beginsWithReply({ header }: FetchedBody): boolean {
  return /^(?:\+OK|-ERR)(?![0-9A-Za-z-]*:)/.test(Buffer.from(header.subarray(0, 80)).toString('latin1'));
}

function noEndInSight(number: number): Pop3Failure {
  return nonsense(`The session had to end: message ${number} is too long, and its end is not in sight`);
}

/** A full or failing disk is nothing that the server did; anything else that was thrown is a bug, and stays thrown. */
function diskFailure(folder: string, error: unknown): Pop3Failure {
  if (!(error instanceof Error) || !('code' in error)) throw error;
  return { kind: 'temporary', message: `A message cannot be written to ${folder}: ${String(error.code)}` };
}
