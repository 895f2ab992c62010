/**
 * Line ends of a body that streams by: every bare CR and bare LF becomes CRLF, so that no two systems behind us can disagree
 * on where a message ends (SMTP smuggling, CLI18). It also says what it saw, so that a policy may refuse instead. Pure.
 */
const CR = 0x0d;
const LF = 0x0a;

export interface LineEnds {
  /** The octets that may go on. A CR at the very end is held back until its neighbour is known. */
  feed(chunk: Uint8Array): Uint8Array;
  /** What was held back. */
  end(): Uint8Array;
  /** A bare CR or LF was seen. */
  readonly bare: boolean;
  /** An octet above 0x7F was seen: the body needs 8BITMIME. */
  readonly eightBit: boolean;
}

const NOTHING = new Uint8Array(0);
const CRLF = Uint8Array.of(CR, LF);

export function createLineEnds(): LineEnds {
  let heldCr = false;
  let bare = false;
  let eightBit = false;

  function feed(chunk: Uint8Array): Uint8Array {
    if (chunk.length === 0) return NOTHING;
    const text = heldCr ? joined(chunk) : chunk;
    heldCr = text[text.length - 1] === CR;
    const whole = heldCr ? text.subarray(0, -1) : text;

    const { bares, high } = survey(whole);
    eightBit ||= high;
    if (bares === 0) return whole;
    bare = true;
    return repaired(whole, bares);
  }

  return {
    feed,
    end() {
      if (!heldCr) return NOTHING;
      heldCr = false;
      bare = true;
      return CRLF;
    },
    get bare() {
      return bare;
    },
    get eightBit() {
      return eightBit;
    },
  };
}

/** A message as it leaves: every line ends in CRLF (POP21), so that who looks into it first sees what its reader will. */
export async function* asItLeaves(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const ends = createLineEnds();
  for await (const chunk of chunks) {
    const whole = ends.feed(chunk);
    if (whole.length > 0) yield whole;
  }
  const last = ends.end();
  if (last.length > 0) yield last;
}

function joined(chunk: Uint8Array): Uint8Array {
  const text = new Uint8Array(chunk.length + 1);
  text[0] = CR;
  text.set(chunk, 1);
  return text;
}

function survey(text: Uint8Array): { bares: number; high: boolean } {
  let bares = 0;
  let high = false;
  for (let i = 0; i < text.length; i++) {
    const octet = text[i] as number;
    if (octet > 0x7f) high = true;
    else if (octet === LF && text[i - 1] !== CR) bares += 1;
    else if (octet === CR && text[i + 1] !== LF) bares += 1;
  }
  return { bares, high };
}

function repaired(text: Uint8Array, bares: number): Uint8Array {
  const out = new Uint8Array(text.length + bares);
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const octet = text[i] as number;
    if (octet === LF && text[i - 1] !== CR) out[length++] = CR;
    out[length++] = octet;
    if (octet === CR && text[i + 1] !== LF) out[length++] = LF;
  }
  return out;
}
