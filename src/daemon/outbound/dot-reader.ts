/**
 * The end of DATA: CRLF.CRLF and nothing else (CLI18), whatever the packets look like. It stands in for smtp-server's own
 * reader, which un-stuffs a dot after a bare LF too (the octets would not be those that were sent, I21), and which costs a
 * turn of the event loop for each line that begins with a dot (5 MB of them: 4.4 s).
 */
import { SMTPStream } from 'smtp-server/lib/smtp-stream.js';

const CR = 0x0d;
const LF = 0x0a;
const DOT = 0x2e;

/** What the octets so far ended in: `line` is after CRLF or at the very start, `dot` and `dotCr` follow from there. */
type State = 'text' | 'cr' | 'line' | 'dot' | 'dotCr';

type Done = (error?: Error | null) => void;

export class DotReader extends SMTPStream {
  #state: State = 'line';

  override startDataMode(maxBytes?: number | string | null) {
    this.#state = 'line';
    return super.startDataMode(maxBytes);
  }

  override _feedDataStream(chunk: Buffer, done: Done): void {
    const { text, rest } = this.#unstuffed(chunk);
    this._countDataBytes(text.length);
    if (rest !== null) {
      this._endDataMode(text, rest, done);
      return;
    }
    this.#emit(text, done);
  }

  /** The message's octets of this chunk, and what follows the final dot if it came. */
  #unstuffed(chunk: Buffer): { text: Buffer; rest: Buffer | null } {
    const out = Buffer.allocUnsafe(chunk.length + 1); // a CR that waited after a dot may join
    let length = 0;
    let i = 0;
    while (i < chunk.length) {
      const octet = chunk[i] as number;
      switch (this.#state) {
        case 'text': {
          const next = chunk.indexOf(CR, i);
          const end = next < 0 ? chunk.length : next + 1;
          length += chunk.copy(out, length, i, end);
          i = end;
          if (next >= 0) this.#state = 'cr';
          continue;
        }
        case 'line':
          if (octet === DOT) {
            this.#state = 'dot';
            i += 1;
            continue;
          }
          break;
        case 'dot': // the first dot of a longer line goes (RFC 5321 §4.5.2)
          if (octet === CR) {
            this.#state = 'dotCr';
            i += 1;
            continue;
          }
          this.#state = 'text';
          continue;
        case 'dotCr':
          if (octet === LF) return { text: out.subarray(0, length), rest: chunk.subarray(i + 1) };
          out[length++] = CR;
          this.#state = 'cr';
          continue;
        case 'cr':
          break;
      }
      out[length++] = octet;
      i += 1;
      if (octet === CR) this.#state = 'cr';
      else this.#state = octet === LF && this.#state === 'cr' ? 'line' : 'text';
    }
    return { text: out.subarray(0, length), rest: null };
  }

  /** As the stream that it stands in for: the next packet is read when this one has been taken (backpressure). */
  #emit(text: Buffer, done: Done): void {
    const stream = this._dataStream;
    if (text.length === 0 || !stream?.writable || stream.write(text) || stream.destroyed) {
      done();
      return;
    }
    const go = () => {
      stream.removeListener('drain', go);
      stream.removeListener('close', go);
      done();
    };
    stream.once('drain', go);
    stream.once('close', go);
  }
}
