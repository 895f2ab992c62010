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

/** Below this many octets a loop is faster than a call: text of short dotted lines. */
const SHORT = 64;

export function createDotStuffer(): DotStuffer {
  // The octet before; a message begins as if a line had just ended.
  let before = LF;

  return {
    push(octets) {
      const places = lacking(octets, before);
      const fit = places.length === 0 ? octets : filled(octets, places, before);
      before = octets.at(-1) ?? before;
      return fit;
    },
    end() {
      if (before === CR) return Buffer.from('\n.\r\n');
      return Buffer.from(before === LF ? '.\r\n' : '\r\n.\r\n');
    },
  };
}

/** Before which octets something must be put in, in order. */
function lacking(octets: Uint8Array, before: number): number[] {
  const places: number[] = [];
  const { length } = octets;
  if (length > 0 && missing(octets[0] as number, before) !== '') places.push(0);

  // A loop over octets and no search for line ends: its pace hardly depends on what a sender puts into the message.
  for (let at = afterText(octets, 0); at < length; at = afterText(octets, at + 1)) {
    // Only in front of a line end and behind one can anything be missing.
    const octet = octets[at] as number;
    if (octet === LF && at > 0 && octets[at - 1] !== CR) places.push(at);
    if (octet !== LF && octet !== CR) continue;
    if (at + 1 < length && octets[at + 1] !== LF && missing(octets[at + 1] as number, octet) !== '')
      places.push(at + 1);
  }
  return places;
}

/** The next octet from `at` on that may be a line end. Four in a step: twice as fast, and every octet of all mail comes by here. */
function afterText(octets: Uint8Array, from: number): number {
  const { length } = octets;
  let at = from;
  while (
    at + 3 < length &&
    (octets[at] as number) > CR &&
    (octets[at + 1] as number) > CR &&
    (octets[at + 2] as number) > CR &&
    (octets[at + 3] as number) > CR
  )
    at += 4;
  while (at < length && (octets[at] as number) > CR) at += 1;
  return at;
}

/** What must be put in between two octets. */
function missing(octet: number, before: number): '' | '.' | '\r' | '\n' | '\n.' {
  if (octet === LF) return before === CR ? '' : '\r';
  if (before === CR) return octet === DOT ? '\n.' : '\n';
  return octet === DOT && before === LF ? '.' : '';
}

/** A copy, as large as it must be: fresh memory is dear. */
function filled(octets: Uint8Array, places: readonly number[], before: number): Uint8Array {
  const previous = (at: number) => (at === 0 ? before : (octets[at - 1] as number));
  const added = places.map((at) => missing(octets[at] as number, previous(at)));
  const out = Buffer.allocUnsafe(added.reduce((sum, put) => sum + put.length, octets.length));
  let from = 0;
  let to = 0;
  for (const [index, place] of places.entries()) {
    to = copied(octets, from, place, out, to);
    from = place;
    const put = added[index] ?? '';
    for (let at = 0; at < put.length; at += 1) out[to++] = put.charCodeAt(at);
  }
  copied(octets, from, octets.length, out, to);
  return out;
}

/** Copies `[from, end)` to `to` in `out`; answers with the place behind it. */
function copied(octets: Uint8Array, from: number, end: number, out: Uint8Array, to: number): number {
  if (end - from > SHORT) out.set(octets.subarray(from, end), to);
  else for (let at = from; at < end; at += 1) out[to + at - from] = octets[at] as number;
  return to + end - from;
}
