/** Replies out of octets: one status line, or a text up to its final dot. Bounded, binary safe, indifferent to packet boundaries. */
import type { Connection } from './connection.ts';
import { Unstuffer } from './dots.ts';
import { nonsense, notPop3, outOfStep } from './failure.ts';
import type { Wait } from './patience.ts';

/** Octets. RFC 2449 §4 allows 512 and an unique-id 70; a server that needs sixteen times that does not speak POP3 (POP04). */
const LONGEST_LINE = 8_192;

const CR = 0x0d;
const LF = 0x0a;
const EMPTY = Buffer.alloc(0);

/** `challenge`: SASL asks for the next line (RFC 5034 §4). */
export interface Reply {
  readonly is: 'ok' | 'refused' | 'challenge';
  /** The whole line, `+OK 2 messages`. */
  readonly line: string;
}

/** Where the octets of a text go. A promise holds the server back until it is settled. */
export interface TextSink {
  take(data: Buffer): Promise<void> | undefined;
}

/** What the lines of a listing may come to. */
export interface LinesLimit {
  readonly lines: number;
  readonly octets: number;
}

export class Reader {
  readonly #connection: Connection;
  /** False while a server may repeat a secret: then what it says is in no failure, for a part of it would not be recognised. */
  quoting = true;
  #chunk: Buffer = EMPTY;
  #at = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Octets that have come and belong to no reply yet. */
  get unread(): number {
    return this.#chunk.length - this.#at + this.#connection.unread;
  }

  /** The start of what has come and was not read. */
  get next(): Buffer {
    return this.#chunk.subarray(this.#at);
  }

  quoted(octets: Buffer): Buffer | null {
    return this.quoting ? octets : null;
  }

  /** One status line. Null: the connection is over, also because this was no reply. */
  async reply(wait: Wait, challenges = false): Promise<Reply | null> {
    const line = await this.#line(wait, challenges);
    if (line === null) return null;

    this.#connection.replied();
    // Not LATIN-1: human text, and since RFC 6856 it may be UTF-8.
    return { is: kindOf(line), line: line.toString('utf8') };
  }

  /** Waits until the next reply begins. False: the connection is over, also because something else than a reply began. */
  async replyBegins(wait: Wait): Promise<boolean> {
    while (this.next.length < SHORTEST_REPLY && looksLikeReply(this.next, false)) {
      const more = await this.#connection.read(wait);
      if (more === null) return false;
      this.#chunk = Buffer.concat([this.next, more]);
      this.#at = 0;
    }
    return looksLikeReply(this.next, false) || this.#connection.end(outOfStep(this.quoted(this.next)));
  }

  /** A text up to its final dot, without the stuffed dots. False: the connection is over before its end. */
  async text(sink: TextSink, wait: Wait): Promise<boolean> {
    const unstuffer = new Unstuffer();
    for (;;) {
      if (this.#at === this.#chunk.length && !(await this.#fill(wait))) return false;

      const { data, next, ended } = unstuffer.feed(this.#chunk, this.#at);
      this.#at = next;
      const busy = data.length > 0 ? sink.take(data) : undefined;
      if (busy !== undefined) await busy;
      if (ended) return this.#connection.over === null;
    }
  }

  /** A text line by line, as LATIN-1: octets are kept as they are. `take` answers with what is wrong with a line, or null. */
  async lines(limit: LinesLimit, wait: Wait, take: (line: string) => string | null): Promise<boolean> {
    const sink = new LineSink(limit, (line) => take(line));
    return await this.text(
      {
        take: (data) => {
          const problem = sink.take(data);
          if (problem !== null) this.#connection.end(nonsense(problem));
          return undefined;
        },
      },
      wait,
    );
  }

  async #line(wait: Wait, challenges: boolean): Promise<Buffer | null> {
    if (this.#connection.over !== null) return null;

    let start: Buffer = EMPTY;
    for (;;) {
      if (this.#at === this.#chunk.length && !(await this.#fill(wait))) return null;

      // LF alone ends a status line too: some servers send just that, and here it can be mistaken for nothing else.
      const end = this.#chunk.indexOf(LF, this.#at);
      const stop = end === -1 ? this.#chunk.length : end;
      const part = this.#chunk.subarray(this.#at, stop);
      const line = start.length === 0 ? part : Buffer.concat([start, part]);
      this.#at = end === -1 ? stop : stop + 1;

      // At once, not at the end of the line: what speaks another protocol may never end one (POP05).
      if (!looksLikeReply(line, challenges)) {
        this.#connection.end(notPop3(this.quoted(line)));
        return null;
      }
      if (line.length > LONGEST_LINE) {
        this.#connection.end(nonsense(`A reply of the POP3 server is longer than ${LONGEST_LINE} octets`));
        return null;
      }
      if (end !== -1) return this.#wholeLine(line, challenges);
      start = line;
    }
  }

  #wholeLine(line: Buffer, challenges: boolean): Buffer | null {
    const bare = line.at(-1) === CR ? line.subarray(0, -1) : line;
    if (isReply(bare, challenges)) return bare;

    this.#connection.end(notPop3(this.quoted(bare)));
    return null;
  }

  async #fill(wait: Wait): Promise<boolean> {
    const chunk = await this.#connection.read(wait);
    this.#chunk = chunk ?? EMPTY;
    this.#at = 0;
    return chunk !== null;
  }
}

const OK = Buffer.from('+OK');
const ERR = Buffer.from('-ERR');
const SHORTEST_REPLY = ERR.length;

/** As far as it goes, it is the beginning of a reply (RFC 1939 §3: in upper case). */
function looksLikeReply(start: Buffer, challenges: boolean): boolean {
  if (challenges && start[0] === OK[0] && start[1] !== OK[1]) return true;
  return beginsAlike(start, OK) || beginsAlike(start, ERR);
}

function beginsAlike(start: Buffer, word: Buffer): boolean {
  const common = Math.min(start.length, word.length);
  for (let at = 0; at < common; at += 1) {
    if (start[at] !== word[at]) return false;
  }
  return true;
}

/** The word stands alone: `+OKAY` is none of POP3's. A challenge is `+`, a blank, and base64 (which may be empty). */
function isReply(line: Buffer, challenges: boolean): boolean {
  const text = line.toString('latin1', 0, SHORTEST_REPLY + 1);
  return /^(?:\+OK|-ERR)(?![0-9A-Za-z])/.test(text) || (challenges && /^\+(?: |$)/.test(text));
}

function kindOf(line: Buffer): Reply['is'] {
  if (line[0] === ERR[0]) return 'refused';
  return line[1] === OK[1] ? 'ok' : 'challenge';
}

/** Cuts a text into lines. A line ends with LF, a CR before it goes. */
class LineSink {
  readonly #limit: LinesLimit;
  readonly #each: (line: string) => string | null;
  #start: Buffer = EMPTY;
  #lines = 0;
  #octets = 0;

  constructor(limit: LinesLimit, each: (line: string) => string | null) {
    this.#limit = limit;
    this.#each = each;
  }

  take(data: Buffer): string | null {
    this.#octets += data.length;
    if (this.#octets > this.#limit.octets)
      return `A listing of the POP3 server is longer than ${this.#limit.octets} octets`;

    const text = this.#start.length === 0 ? data : Buffer.concat([this.#start, data]);
    let from = 0;
    for (;;) {
      const end = text.indexOf(LF, from);
      if (end === -1) break;
      const problem = this.#line(text.toString('latin1', from, end > from && text[end - 1] === CR ? end - 1 : end));
      if (problem !== null) return problem;
      from = end + 1;
    }
    this.#start = text.subarray(from);
    return this.#start.length > LONGEST_LINE ? tooLong : null;
  }

  #line(line: string): string | null {
    this.#lines += 1;
    if (this.#lines > this.#limit.lines) return `The POP3 server lists more than ${this.#limit.lines} messages`;
    return line.length > LONGEST_LINE ? tooLong : this.#each(line);
  }
}

const tooLong = `A line in a listing of the POP3 server is longer than ${LONGEST_LINE} octets`;
