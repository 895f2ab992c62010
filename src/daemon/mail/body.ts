/** The octets of a message, readable more than once, whether they lie in memory, in a temporary file or in the queue. */
export interface Body {
  /** Octets as they were received: after dot-unstuffing, with the line ends that came. */
  readonly bytes: number;
  chunks(): AsyncIterable<Uint8Array>;
}

/** A body in memory. */
export function bodyOf(bytes: Uint8Array): Body {
  return {
    bytes: bytes.length,
    async *chunks() {
      yield bytes;
    },
  };
}

/** Octets of a body that is worth keeping while it is on its way: with hundreds of them, memory stays small. */
const LONGEST_KEPT = 65_536;

/** The same body, read from where it lies once if it is small, however often it is read; a failed reading is tried anew. */
export function readOnce(body: Body): Body {
  if (body.bytes > LONGEST_KEPT) return body;
  let reading: Promise<Uint8Array[]> | null = null;
  const read = (): Promise<Uint8Array[]> => {
    reading ??= allOf(body).catch((error: unknown) => {
      reading = null;
      throw error;
    });
    return reading;
  };
  return {
    bytes: body.bytes,
    async *chunks() {
      yield* await read();
    },
  };
}

async function allOf(body: Body): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body.chunks()) chunks.push(chunk);
  return chunks;
}
