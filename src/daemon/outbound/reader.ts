/**
 * Cuts what a client sends into command lines and bodies. It stands in for smtp-server's own parser: a line that is too long or
 * holds octets that no command has costs that line and not the connection (CLI03), what stands behind a command in the same packet
 * is seen (CLI06), and a body goes to its sink without a stream in between.
 */
import { SMTPStream } from 'smtp-server/lib/smtp-stream.js';
import { createDotReader, type DotReader } from './dot-reader.ts';

const CR = 0x0d;
const LF = 0x0a;
const TLS_HELLO = 0x16; // a TLS record of type handshake; as a character SYN, with which no command begins

/** Octets of a line with its end: AUTH's may be as long as this (RFC 4954 §4). */
export const LONGEST_LINE = 12_288;

/** Octets of any other one: 512 (RFC 5321 §4.5.3.1.4), and what the extensions add to MAIL: 500 for AUTH, 500 for ENVID and its kin, and room. */
export const LONGEST_COMMAND = 2_048;

/** Lines of one packet that are worked off before other clients have their turn. */
const LINES_A_TURN = 100;

const NOTHING = Buffer.alloc(0);

export type LineFault = 'too long' | 'bad octets';

/** Who is told of what comes. `next` is called once, at once or later: only then the next line is read. */
export interface Hearer {
  /** A command without its CRLF. `more`: other octets stood behind it in the same packet. */
  command(line: Buffer, more: boolean, next: () => void): void;
  fault(fault: LineFault, next: () => void): void;
  /** No line of SMTP begins like this: nothing more is read. */
  foreign(): void;
  /** Is the next line one of an AUTH exchange? */
  inAuth(): boolean;
}

/** Where the octets of one message go, un-stuffed. */
export interface BodySink {
  /** Null: more may come at once. It never rejects. */
  take(text: Buffer): Promise<void> | null;
  /** The final dot came. Nothing more is read before `resume`. */
  end(): void;
}

type Done = (error?: Error | null) => void;

export class Reader extends SMTPStream {
  readonly #hearer: Hearer;
  /** Null: what comes is kept and not looked at, for the greeting is not out yet. */
  #early: Buffer | null = NOTHING;
  #chunk: Buffer = NOTHING;
  #at = 0;
  #done: Done | null = null;
  /** The beginning of a line whose end has not come. */
  #begun: Buffer = NOTHING;
  /** The rest of a line that is too long. */
  #dropping = false;
  /** Octets that belong to a command which was refused (BDAT). */
  #skip = 0;
  #body: { sink: BodySink; dots: DotReader } | null = null;
  /** The body is at its end, and its reply is not out yet. */
  #ended = false;
  #busy = false;
  #again = false;
  #lines = 0;

  constructor(hearer: Hearer) {
    super();
    this.#hearer = hearer;
  }

  /** What came before the greeting; from now on lines are told. */
  open(): Buffer {
    const early = this.#early ?? NOTHING;
    this.#early = null;
    return early;
  }

  /** What comes from now on is a message. */
  startBody(sink: BodySink): void {
    this.#body = { sink, dots: createDotReader() };
    this.dataBytes = 0;
  }

  /** The message has its reply: what follows it are commands again. */
  resume(): void {
    this.#body = null;
    this.#ended = false;
    this.#go();
  }

  /** So many octets from here on are no commands. */
  skip(octets: number): void {
    this.#skip = octets;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    if (this.#early !== null) {
      this.#early = chunk; // it may not come at all: how much does not matter
      done();
      return;
    }
    this.#chunk = chunk;
    this.#at = 0;
    this.#done = done;
    this.#go();
  }

  /** Commands may answer at once or later: a loop, so that a packet full of them needs no stack. */
  readonly #go = (): void => {
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    try {
      do {
        this.#again = false;
        this.#step();
      } while (this.#again);
    } finally {
      this.#busy = false;
    }
  };

  #step(): void {
    if (this.#done === null || this.#ended) return;
    if (this.isClosed) {
      this.#chunkDone();
      return;
    }
    if (this.#body) {
      this.#readBody(this.#body);
      return;
    }
    if (this.#skip > 0) {
      const skipped = Math.min(this.#skip, this.#chunk.length - this.#at);
      this.#skip -= skipped;
      this.#at += skipped;
    }
    if (this.#chunk[this.#at] === TLS_HELLO && this.#begun.length === 0) {
      this.#hearer.foreign(); // it may wait for our answer without an LF (CLI02)
      this.#chunkDone();
      return;
    }
    const end = this.#at < this.#chunk.length ? this.#chunk.indexOf(LF, this.#at) : -1;
    if (end < 0) this.#keepBeginning();
    else this.#readLine(end);
  }

  #chunkDone(): void {
    const done = this.#done;
    this.#done = null;
    this.#chunk = NOTHING;
    this.#lines = 0;
    done?.();
  }

  #readBody({ sink, dots }: { sink: BodySink; dots: DotReader }): void {
    const chunk = this.#at === 0 ? this.#chunk : this.#chunk.subarray(this.#at);
    const { text, rest } = dots.feed(chunk);
    this.dataBytes += text.length;
    const taken = text.length > 0 ? sink.take(text) : null;
    if (rest === null) {
      if (taken === null) this.#chunkDone();
      else void taken.then(() => this.#chunkDone());
      return;
    }
    this.#chunk = rest;
    this.#at = 0;
    this.#ended = true;
    sink.end();
  }

  #keepBeginning(): void {
    const rest = this.#chunk.subarray(this.#at);
    if (!this.#dropping && rest.length > 0) {
      this.#begun = this.#begun.length === 0 ? rest : Buffer.concat([this.#begun, rest]);
      if (this.#begun.length > LONGEST_LINE) {
        this.#dropping = true;
        this.#begun = NOTHING;
      }
    }
    this.#chunkDone();
  }

  #readLine(end: number): void {
    const piece = this.#chunk.subarray(this.#at, end);
    const line = this.#begun.length === 0 ? piece : Buffer.concat([this.#begun, piece]);
    this.#begun = NOTHING;
    this.#at = end + 1;
    const next = ++this.#lines % LINES_A_TURN === 0 ? () => void setImmediate(this.#go) : this.#go;

    if (this.#dropping || line.length >= LONGEST_LINE) {
      this.#dropping = false;
      this.#hearer.fault('too long', next);
      return;
    }
    const command = line.subarray(0, -1);
    const long = line.length >= LONGEST_COMMAND && !this.#hearer.inAuth() && !isAuth(line);
    if (long) this.#hearer.fault('too long', next);
    else if (line[line.length - 1] !== CR || hasBadOctets(command)) this.#hearer.fault('bad octets', next);
    else this.#hearer.command(command, this.#at < this.#chunk.length, next);
  }
}

function isAuth(line: Buffer): boolean {
  return line.toString('latin1', 0, 5).toUpperCase() === 'AUTH ';
}

/**
 * Controls are in no command (RFC 5321 §4.1.2), and octets above 0x7F only where an address may stand (RFC 6531 §3.2); a machine whose
 * name has some says so in its EHLO all the same, and its mail is none the worse for it.
 */
function hasBadOctets(line: Buffer): boolean {
  let high = false;
  for (let i = 0; i < line.length; i++) {
    const octet = line[i] as number;
    if (octet > 0x7f) high = true;
    else if ((octet < 0x20 && octet !== 0x09) || octet === 0x7f) return true;
  }
  return high && !/^(?:MAIL|RCPT|VRFY|EXPN|EHLO|HELO) /i.test(line.toString('latin1', 0, 5));
}
