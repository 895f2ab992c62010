/**
 * A message's octets made fit for DATA (RFC 5321 §4.5.2, §2.3.8): every line end is CRLF, a line that begins with a dot
 * has one more, the last line ends, and then comes the lone dot. A bare CR or LF never leaves (SMTP smuggling), so that
 * no reader, however lax, sees an end of data before ours. Pure; octets are copied only where something is put in.
 */
export interface DotStuffer {
  /** The same octets, or a copy with what was missing put in. */
  push(octets: Uint8Array): Uint8Array;
  /** The end of the last line if it lacked one, and the final dot. */
  end(): Uint8Array;
}

const CR = 13;
const LF = 10;
const DOT = 46;

export function createDotStuffer(): DotStuffer {
  // The octet before; a message begins as if a line had just ended.
  let before = LF;

  return {
    push(octets) {
      // A loop over octets and no search for line ends: its pace does not depend on what a sender puts into the message.
      let last = before;
      for (let at = 0; at < octets.length; at += 1) {
        const octet = octets[at] as number;
        if (last === CR ? octet !== LF : octet === LF || (octet === DOT && last === LF)) {
          before = last;
          return filled(octets, at);
        }
        last = octet;
      }
      before = last;
      return octets;
    },
    end() {
      if (before === CR) return Buffer.from('\n.\r\n');
      return Buffer.from(before === LF ? '.\r\n' : '\r\n.\r\n');
    },
  };

  /** A copy of the octets, which lack nothing up to `from`. */
  function filled(octets: Uint8Array, from: number): Uint8Array {
    // Two octets are put in only before a dot that follows a bare CR, before which none was: never more than twice as many.
    const out = Buffer.allocUnsafe(from + 2 * (octets.length - from) + 2);
    out.set(octets.subarray(0, from));
    let length = from;
    let last = before;
    for (let at = from; at < octets.length; at += 1) {
      const octet = octets[at] as number;
      if (last === CR && octet !== LF) {
        out[length++] = LF;
        last = LF;
      }
      if (octet === LF && last !== CR) out[length++] = CR;
      if (octet === DOT && last === LF) out[length++] = DOT;
      out[length++] = octet;
      last = octet;
    }
    before = last;
    return out.subarray(0, length);
  }
}
