/** The octets of a message as they leave for the internal server: a bare CR or LF is a CRLF there (POP21), so who looks into it first is to see the same. */

export async function* asItLeaves(chunks: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let endedInCr = false;
  for await (const chunk of chunks) {
    const text: string =
      (endedInCr ? '\r' : '') + Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1');
    endedInCr = text.endsWith('\r');
    const whole = endedInCr ? text.slice(0, -1) : text;
    if (whole === '') continue;
    yield Buffer.from(BARE.test(whole) ? whole.replace(/\r\n|\r|\n/g, '\r\n') : whole, 'latin1');
  }
  if (endedInCr) yield Buffer.from('\r\n');
}

const BARE = /\r(?!\n)|(?<!\r)\n/;
