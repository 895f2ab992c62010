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

/** Octets between two places, in the mean, below which a loop over all of them is faster than copies of what lies between. */
const DENSE = 32;

export function createDotStuffer(): DotStuffer {
  // The octet before; a message begins as if a line had just ended.
  let before = LF;

  return {
    push(octets) {
      const places = lacking(octets, before);
      const fit = places === 'many' ? filledThroughout(octets, before) : filled(octets, places, before);
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
function lacking(octets: Uint8Array, before: number): number[] | 'many' {
  const places: number[] = [];
  const { length } = octets;
  const most = length / DENSE;
  if (length > 0 && missing(octets[0] as number, before) !== '') places.push(0);

  // A loop over octets and no search for line ends: its pace hardly depends on what a sender puts into the message.
  for (let at = afterText(octets, 0); at < length; at = afterText(octets, at + 1)) {
    // Only in front of a line end and behind one can anything be missing.
    const octet = octets[at] as number;
    if (octet === LF && at > 0 && octets[at - 1] !== CR) places.push(at);
    if (octet !== LF && octet !== CR) continue;
    if (at + 1 < length && octets[at + 1] !== LF && missing(octets[at + 1] as number, octet) !== '')
      places.push(at + 1);
    if (places.length > most) return 'many';
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

/** The same octets where nothing is missing, else a copy, no larger than it must be: fresh memory is dear. */
function filled(octets: Uint8Array, places: readonly number[], before: number): Uint8Array {
  if (places.length === 0) return octets;

  const missingAt = (at: number) => missing(octets[at] as number, at === 0 ? before : (octets[at - 1] as number));
  const out = Buffer.allocUnsafe(places.reduce((size, place) => size + missingAt(place).length, octets.length));
  let from = 0;
  let to = 0;
  for (const place of places) {
    out.set(octets.subarray(from, place), to);
    to = put(missingAt(place), out, to + place - from);
    from = place;
  }
  out.set(octets.subarray(from), to);
  return out;
}

/** The same for what consists of line ends and dots, octet by octet. */
function filledThroughout(octets: Uint8Array, before: number): Uint8Array {
  // Two octets are put in only before a dot that follows a bare CR, before which none was: never more than twice as many.
  const out = Buffer.allocUnsafe(2 * octets.length + 2);
  let to = 0;
  let last = before;
  for (let at = 0; at < octets.length; at += 1) {
    const octet = octets[at] as number;
    to = put(missing(octet, last), out, to);
    out[to++] = octet;
    last = octet;
  }
  return out.subarray(0, to);
}

/** Writes it to `at`; answers with the place behind it. */
function put(text: string, out: Uint8Array, at: number): number {
  for (let n = 0; n < text.length; n += 1) out[at + n] = text.charCodeAt(n);
  return at + text.length;
}
