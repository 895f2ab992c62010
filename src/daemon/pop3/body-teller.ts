/** Message bodies for the dialogue: their lines, or the first of them and a remark about the rest (traces at level 1 and 2). */
import { BODY_HEAD_LINES, type Dialogue } from '../base/dialogue.ts';

/** Octets. A line that is longer is told in pieces: memory stays small, and nobody reads it anyway. */
const LONGEST_PIECE = 8_192;

const CR = 0x0d;
const LF = 0x0a;
const EMPTY = Buffer.alloc(0);

export class BodyTeller {
  readonly #tell: Dialogue['tell'];
  /** Lines that are still wanted. */
  #wanted: number;
  #start: Buffer = EMPTY;
  /** Octets after the lines that were wanted. */
  #rest = 0;

  constructor(bodies: 'head' | 'whole', tell: Dialogue['tell']) {
    this.#wanted = bodies === 'head' ? BODY_HEAD_LINES : Number.POSITIVE_INFINITY;
    this.#tell = tell;
  }

  take(data: Buffer): void {
    if (this.#wanted === 0) {
      this.#rest += data.length;
      return;
    }
    const text = this.#start.length === 0 ? data : Buffer.concat([this.#start, data]);
    const told = this.#lines(text);
    const rest = text.subarray(told);
    if (this.#wanted === 0) this.#rest += rest.length;
    // A copy: the chunk would stay in memory for the sake of its last line.
    this.#start = this.#wanted === 0 ? EMPTY : Buffer.from(rest);
  }

  /** `whole`: the final dot came. Otherwise the connection tells why it did not. */
  end(whole: boolean): void {
    if (this.#start.length > 0) this.#line(this.#start);
    if (this.#rest > 0) this.#tell('*', `(… ${this.#rest.toLocaleString('en-US')} more octets)`);
    if (whole) this.#tell('<', '.');
  }

  /** Tells the lines that are complete, and answers with the place where the next one starts. */
  #lines(text: Buffer): number {
    let from = 0;
    while (this.#wanted > 0) {
      const end = text.indexOf(LF, from);
      if (end === -1 && text.length - from < LONGEST_PIECE) break;

      const fits = end !== -1 && end - from <= LONGEST_PIECE;
      const stop = fits ? end : from + LONGEST_PIECE;
      this.#line(text.subarray(from, stop));
      from = fits ? stop + 1 : stop;
    }
    return from;
  }

  #line(line: Buffer): void {
    this.#wanted -= 1;
    this.#tell('<', line.toString('utf8', 0, line.at(-1) === CR ? line.length - 1 : line.length));
  }
}
