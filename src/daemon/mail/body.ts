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
