/**
 * Where a multi-line reply ends, and which of its dots are the transport's (RFC 1939 §3): a state machine over octets, for any
 * packet boundary. Only CRLF.CRLF ends; a bare CR or LF, NUL and 8-bit octets are kept as they came (POP21).
 */

const CR = 0x0d;
const LF = 0x0a;
const DOT = 0x2e;
const STUFFED = Buffer.from('\r\n.');
const HELD_BACK = Buffer.from('\r');

/** Below this many octets a loop is faster than the call of copyWithin: bodies of short dotted lines. */
const SHORT = 64;

type State = 'in a line' | 'CR' | 'line start' | 'dot' | 'dot CR';

export interface Unstuffed {
  /** What belongs to the text; a part of the chunk that was given (which is changed), or a copy. */
  readonly data: Buffer;
  /** The index in the chunk of the first octet that was not looked at: its length, unless the text has ended. */
  readonly next: number;
  readonly ended: boolean;
}

/** For one text. It takes its chunks in order and never looks at what comes after the end. */
export class Unstuffer {
  #state: State = 'line start';

  /** Takes `chunk` from `from` on. The chunk is changed in place: text after a dropped dot moves to the front. */
  feed(chunk: Buffer, from: number): Unstuffed {
    const length = chunk.length;
    let read = from;
    let write = from;
    let heldBack = false;

    while (read < length) {
      switch (this.#state) {
        case 'in a line': {
          const at = chunk.indexOf(STUFFED, read);
          const end = at === -1 ? length : at + 2;
          this.#state = at === -1 ? lastState(chunk, read) : 'dot';
          write = move(chunk, write, read, end);
          read = at === -1 ? length : at + 3;
          break;
        }
        case 'CR':
          this.#state = 'in a line';
          if (chunk[read] !== LF) break;
          write = move(chunk, write, read, read + 1);
          read += 1;
          this.#state = 'line start';
          break;
        case 'line start':
          this.#state = chunk[read] === DOT ? 'dot' : 'in a line';
          if (this.#state === 'dot') read += 1;
          break;
        case 'dot':
          // One leading dot goes, whether the server doubled it or forgot to (POP23).
          this.#state = chunk[read] === CR ? 'dot CR' : 'in a line';
          if (this.#state === 'dot CR') read += 1;
          break;
        case 'dot CR':
          if (chunk[read] === LF) return { data: chunk.subarray(from, write), next: read + 1, ended: true };
          // The CR was text after all. It may have been the last octet of the chunk before.
          if (read > from) write = move(chunk, write, read - 1, read);
          else heldBack = true;
          this.#state = 'in a line';
          break;
      }
    }
    const data = chunk.subarray(from, write);
    return { data: heldBack ? Buffer.concat([HELD_BACK, data]) : data, next: length, ended: false };
  }
}

function lastState(chunk: Buffer, from: number): State {
  const last = chunk.length - 1;
  if (chunk[last] === CR) return 'CR';
  return chunk[last] === LF && last > from && chunk[last - 1] === CR ? 'line start' : 'in a line';
}

/** Moves `[from, to)` to the front, to `write`; answers with the place behind it. */
function move(chunk: Buffer, write: number, from: number, to: number): number {
  if (write === from) return to;
  if (to - from > SHORT) {
    chunk.copyWithin(write, from, to);
    return write + to - from;
  }
  let target = write;
  for (let source = from; source < to; source += 1) {
    chunk[target] = chunk[source] as number;
    target += 1;
  }
  return target;
}
