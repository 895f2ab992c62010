/**
 * The end of DATA: CRLF.CRLF and nothing else (CLI18), whatever the packets look like. smtp-server's own reader un-stuffs a dot
 * after a bare LF too (the octets would not be those that were sent, I21), and costs a turn of the event loop for each line that
 * begins with a dot (5 MB of them: 4.4 s).
 */
const CR = 0x0d;
const LF = 0x0a;
const DOT = 0x2e;

/** CRLF and a dot: nothing shorter can end a message, or has to be un-stuffed. */
const LINE_WITH_DOT = Buffer.from('\r\n.');

/** What the octets so far ended in: `line` is after CRLF or at the very start, `dot` and `dotCr` follow from there. */
type State = 'text' | 'cr' | 'line' | 'dot' | 'dotCr';

export interface Read {
  /** The message's octets; often a part of the chunk, which nobody may write into any more. */
  text: Buffer;
  /** What follows the final dot; null as long as that has not come. */
  rest: Buffer | null;
}

export interface DotReader {
  feed(chunk: Buffer): Read;
}

/** For one message. */
export function createDotReader(): DotReader {
  let state: State = 'line';

  function feed(chunk: Buffer): Read {
    const plain = state === 'dot' || state === 'dotCr' ? null : plainPart(chunk);
    return plain ?? unstuffed(chunk);
  }

  /** Nearly every chunk: no line of it begins with a dot but the last one. It is passed on as it is. */
  function plainPart(chunk: Buffer): Read | null {
    if (chunk[0] === DOT || chunk[0] === LF) return null; // what came before decides
    const hit = chunk.indexOf(LINE_WITH_DOT);
    if (hit < 0) {
      state = stateAfter(chunk);
      return { text: chunk, rest: null };
    }
    if (chunk[hit + 3] !== CR || chunk[hit + 4] !== LF) return null;
    return { text: chunk.subarray(0, hit + 2), rest: chunk.subarray(hit + 5) };
  }

  /** Its first octet is no LF, so that no more than the last two decide. */
  function stateAfter(chunk: Buffer): State {
    const last = chunk[chunk.length - 1];
    if (last === CR) return 'cr';
    return last === LF && chunk[chunk.length - 2] === CR ? 'line' : chunk.length === 0 ? state : 'text';
  }

  function unstuffed(chunk: Buffer): Read {
    const out = Buffer.allocUnsafe(chunk.length + 1); // a CR that waited after a dot may join
    let length = 0;
    let i = 0;
    while (i < chunk.length) {
      const octet = chunk[i] as number;
      switch (state) {
        case 'text': {
          const next = chunk.indexOf(CR, i);
          const end = next < 0 ? chunk.length : next + 1;
          length += chunk.copy(out, length, i, end);
          i = end;
          if (next >= 0) state = 'cr';
          continue;
        }
        case 'line':
          if (octet === DOT) {
            state = 'dot';
            i += 1;
            continue;
          }
          break;
        case 'dot': // the first dot of a longer line goes (RFC 5321 §4.5.2)
          if (octet === CR) {
            state = 'dotCr';
            i += 1;
            continue;
          }
          state = 'text';
          continue;
        case 'dotCr':
          if (octet === LF) return { text: out.subarray(0, length), rest: chunk.subarray(i + 1) };
          out[length++] = CR;
          state = 'cr';
          continue;
        case 'cr':
          break;
      }
      out[length++] = octet;
      i += 1;
      if (octet === CR) state = 'cr';
      else state = octet === LF && state === 'cr' ? 'line' : 'text';
    }
    return { text: out.subarray(0, length), rest: null };
  }

  return { feed };
}
