/** The mailbox after login: its commands, one after the other on one connection, whoever asks for them at the same time. */
import { type Duration, minutes } from '../base/clock.ts';
import { IN_MEMORY, LONGEST_HEADER_BLOCK } from '../base/limits.ts';
import type { Conversation } from './conversation.ts';
import { closedByUs, nonsense, refusal } from './failure.ts';
import { Listing, LISTING, type Totals } from './listing.ts';
import type { ListedMessage, OpenMailbox, Pop3Failure, Pop3Result, Retrieved } from './mailbox.ts';
import { Retrieval } from './retrieval.ts';

/** For the reply to QUIT: only now does a server remove what was deleted, message by message if need be (RFC 1939 §6). */
const QUIT: Duration = minutes(2);

/** DELEs in flight: their replies are short, so that a packet holds many. */
const DELES = 256;

/** TOPs in flight: a screen of them takes one round trip, and their texts fit the buffers on the way. */
const TOPS = 64;

/** Octets of a text that are read away beyond those that are kept; a server that gives whole messages for TOP ends before. */
const READ_AWAY = 16_777_216;

export interface SessionOptions {
  readonly totals: Totals;
  readonly pipelining: boolean;
  readonly scratch: string;
}

export class Session implements OpenMailbox {
  readonly messages: number;
  readonly octets: number;
  readonly #conversation: Conversation;
  readonly #pipelining: boolean;
  readonly #scratch: string;
  /** What LIST said of each message, once it was asked. */
  #octets: ReadonlyMap<number, number> = new Map();
  /** Those that may have RETRs in flight. */
  readonly #retrievals = new Set<Retrieval>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(conversation: Conversation, { totals, pipelining, scratch }: SessionOptions) {
    this.messages = totals.messages;
    this.octets = totals.octets;
    this.#conversation = conversation;
    this.#pipelining = pipelining;
    this.#scratch = scratch;
  }

  list(): Promise<Pop3Result<ListedMessage[]>> {
    return this.#alone(async () => {
      const listing = new Listing();
      const asked = this.#pipelining;
      if (asked) this.#conversation.say([line('LIST'), line('UIDL')]);

      const scanned = await this.#listed('LIST', asked, (text) => listing.scan(text));
      if (scanned !== null && !asked) return failed(scanned);
      const identified = await this.#listed('UIDL', asked, (text) => listing.identify(text));
      if (scanned !== null) return failed(scanned);
      // A plain refusal means that this server has no UIDL; any other trouble says nothing about that.
      if (identified !== null && identified.kind !== 'refused') return failed(identified);

      this.#octets = listing.octets;
      return done(listing.joined({ identified: identified === null }));
    });
  }

  top(number: number, lines: number): Promise<Pop3Result<Uint8Array>> {
    return this.#alone(async () => {
      const command = `TOP ${number} ${lines}`;
      const reply = await this.#conversation.ask(command);
      if (reply === null) return failed(this.#conversation.failure);
      if (reply.is !== 'ok') return failed(refusal(reply.line, { is: 'command', command }));

      const pieces: Buffer[] = [];
      let octets = 0;
      const whole = await this.#conversation.body(`the top of message ${number}`, {
        take: (data) => {
          octets += data.length;
          if (octets <= IN_MEMORY) pieces.push(Buffer.from(data));
          else this.#conversation.end(nonsense(`${command} gave more than ${IN_MEMORY} octets`));
          return undefined;
        },
      });
      return whole ? done(Buffer.concat(pieces)) : failed(this.#conversation.failure);
    });
  }

  tops(numbers: number[], lines: number): Promise<Pop3Result<Map<number, Uint8Array>>> {
    return this.#alone(async () => {
      const tops = new Map<number, Uint8Array>();
      const window = this.#pipelining ? TOPS : 1;
      for (let from = 0; from < numbers.length; from += window) {
        const some = numbers.slice(from, from + window);
        this.#conversation.say(some.map((number) => line(`TOP ${number} ${lines}`)));
        for (const number of some) {
          const reply = await this.#conversation.reply(`the reply to TOP ${number}`);
          if (reply === null) return failed(this.#conversation.failure);
          if (reply.is !== 'ok') continue;

          const start = await this.#start(`the top of message ${number}`);
          if (start === null) return failed(this.#conversation.failure);
          tops.set(number, start);
        }
      }
      return this.#conversation.inStep() ? done(tops) : failed(this.#conversation.failure);
    });
  }

  async *retrieve(numbers: number[], { maxBytes }: { maxBytes: number }): AsyncGenerator<Retrieved> {
    const retrieval = new Retrieval(this.#conversation, numbers, {
      maxBytes,
      scratch: this.#scratch,
      pipelining: this.#pipelining,
      octetsOf: (number) => this.#octets.get(number),
    });
    this.#retrievals.add(retrieval);
    try {
      for (;;) {
        const retrieved = await this.#alone(() => retrieval.next(), retrieval);
        if (retrieved === null) return;
        yield retrieved;
      }
    } finally {
      await retrieval.abandon();
      if (retrieval.finished) this.#retrievals.delete(retrieval);
    }
  }

  delete(numbers: number[]): Promise<Pop3Result<number[]>> {
    return this.#alone(async () => {
      const deleted: number[] = [];
      const window = this.#pipelining ? DELES : 1;
      for (let from = 0; from < numbers.length; from += window) {
        const some = numbers.slice(from, from + window);
        this.#conversation.say(some.map((number) => line(`DELE ${number}`)));
        for (const number of some) {
          const reply = await this.#conversation.reply(`the reply to DELE ${number}`);
          if (reply === null) return failed(this.#conversation.failure);
          if (reply.is === 'ok') deleted.push(number);
        }
      }
      return this.#conversation.inStep() ? done(deleted) : failed(this.#conversation.failure);
    });
  }

  undelete(): Promise<Pop3Result<null>> {
    return this.#alone(() => this.#simple('RSET'));
  }

  quit(): Promise<Pop3Result<null>> {
    return this.#alone(async () => {
      const left = await this.#simple('QUIT', QUIT);
      this.#conversation.end(closedByUs);
      return left;
    });
  }

  destroy(): void {
    this.#conversation.end(closedByUs);
    // A temporary file that cannot be closed is no reason to end the program: it has no name, and goes with it.
    for (const retrieval of this.#retrievals) retrieval.abandon().catch(() => {});
  }

  /** The beginning of the text that follows a reply. Null: the session is over. */
  async #start(what: string): Promise<Uint8Array | null> {
    const pieces: Buffer[] = [];
    let octets = 0;
    const whole = await this.#conversation.body(what, {
      take: (data) => {
        if (octets < LONGEST_HEADER_BLOCK) pieces.push(Buffer.from(data.subarray(0, LONGEST_HEADER_BLOCK - octets)));
        octets += data.length;
        if (octets > READ_AWAY) this.#conversation.end(nonsense(`${what} has no end in sight`));
        return undefined;
      },
    });
    return whole ? Buffer.concat(pieces) : null;
  }

  async #simple(command: string, within?: Duration): Promise<Pop3Result<null>> {
    const reply = await this.#conversation.ask(command, within === undefined ? {} : { within });
    if (reply === null) return failed(this.#conversation.failure);
    return reply.is === 'ok' ? done(null) : failed(refusal(reply.line, { is: 'command', command }));
  }

  /** Null: the listing came whole. A refusal leaves the session as it was. */
  async #listed(command: string, asked: boolean, take: (text: string) => string | null): Promise<Pop3Failure | null> {
    if (!asked) this.#conversation.say([line(command)]);
    const reply = await this.#conversation.reply(`the reply to ${command}`);
    if (reply === null) return this.#conversation.failure;
    if (reply.is !== 'ok') return refusal(reply.line, { is: 'command', command });

    return (await this.#conversation.listing(command, LISTING, take)) ? null : this.#conversation.failure;
  }

  /** Runs `work` when all that was begun before it is finished, and the RETRs of others that are in flight are read. */
  #alone<T>(work: () => Promise<T>, own?: Retrieval): Promise<T> {
    const result = this.#turn.then(async () => {
      await this.#settleOthers(own);
      return await work();
    });
    this.#turn = result.catch(() => {}); // whoever asked gets the error; the next in line is not to blame
    return result;
  }

  async #settleOthers(own: Retrieval | undefined): Promise<void> {
    for (const retrieval of this.#retrievals) {
      if (retrieval === own) continue;
      await retrieval.settle();
      if (retrieval.finished) this.#retrievals.delete(retrieval);
    }
  }
}

function line(text: string): { say: string; shown: string } {
  return { say: text, shown: text };
}

function done<T>(value: T): Pop3Result<T> {
  return { ok: true, value };
}

function failed<T>(failure: Pop3Failure): Pop3Result<T> {
  return { ok: false, failure };
}
