/**
 * Lines out of octets that come in chunks. A bare CR and a bare LF end a line as CRLF does, since both leave as CRLF (POP21): who
 * receives the message sees a line end there. Memory is bounded however long a line is.
 */

export interface LineSink {
  /**
   * A line, or a piece of one. `first`: the line begins with it. `lineEnd`: octets of the line end that follows it; 0 while more of
   * the line comes, or the message ends. A first piece is complete, or has at least LINE_HEAD octets.
   */
  piece(octets: Buffer, first: boolean, lineEnd: 0 | 1 | 2): void;
}

/** Octets of a line that are waited for before it is looked at: a delimiter with the longest boundary fits in. */
const LINE_HEAD = 2_048;

const CR = 13;
const LF = 10;

export class OctetLines {
  readonly #sink: LineSink;
  /** The beginning of a line whose end has not come, or a CR whose neighbour has not. */
  #held: Buffer = Buffer.alloc(0);
  #midLine = false;

  constructor(sink: LineSink) {
    this.#sink = sink;
  }

  feed(chunk: Uint8Array): void {
    this.#take(chunk, false);
  }

  /** No more comes. */
  end(): void {
    this.#take(new Uint8Array(0), true);
  }

  #take(chunk: Uint8Array, final: boolean): void {
    const fresh = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const data = this.#held.length === 0 ? fresh : Buffer.concat([this.#held, fresh]);
    let nextCr = data.indexOf(CR);
    let nextLf = data.indexOf(LF);
    let at = 0;

    for (;;) {
      // Each kind is searched for only behind the place where it was found last: else a message of bare LFs would cost its square.
      if (nextCr !== -1 && nextCr < at) nextCr = data.indexOf(CR, at);
      if (nextLf !== -1 && nextLf < at) nextLf = data.indexOf(LF, at);
      const end = nextCr === -1 ? nextLf : nextLf === -1 ? nextCr : Math.min(nextCr, nextLf);
      if (end === -1 || (end === nextCr && end === data.length - 1 && !final)) break;

      const lineEnd = end === nextCr && nextLf === end + 1 ? 2 : 1;
      this.#tell(data.subarray(at, end), lineEnd);
      at = end + lineEnd;
    }
    this.#keep(data.subarray(at), final);
  }

  #keep(rest: Buffer, final: boolean): void {
    const endsInCr = !final && rest.at(-1) === CR;
    const text = endsInCr ? rest.subarray(0, -1) : rest;
    if (final || this.#midLine || text.length >= LINE_HEAD) {
      if (text.length > 0) this.#tell(text, 0);
      this.#held = endsInCr ? Buffer.from([CR]) : Buffer.alloc(0);
    } else {
      this.#held = Buffer.from(rest); // a copy: the chunk may be its reader's again
    }
  }

  #tell(octets: Buffer, lineEnd: 0 | 1 | 2): void {
    this.#sink.piece(octets, !this.#midLine, lineEnd);
    this.#midLine = lineEnd === 0;
  }
}
