/** S89: a message that could not be routed says so at the start of its subject. Everything else of it stays octet for octet. */
import type { Body } from './body.ts';

const CRLF = Buffer.from('\r\n');

/** The body with `prefix ` in front of its subject; a message without a Subject field gets one. `header` is its header block. */
export function withSubjectPrefix(body: Body, header: Uint8Array, prefix: string): Body {
  const { at, insert } = insertion(header, prefix);
  return {
    bytes: body.bytes + insert.length,
    chunks: () => inserted(body.chunks(), at, insert),
  };
}

/** Where to put what: behind `Subject:` and the blanks that follow it, or as a field of its own at the very start. */
function insertion(header: Uint8Array, prefix: string): { at: number; insert: Buffer } {
  const text = Buffer.from(header.buffer, header.byteOffset, header.byteLength).toString('latin1');
  const field = /(^|\n)subject[ \t]*:[ \t]*/i.exec(text);
  if (field) return { at: field.index + field[0].length, insert: Buffer.from(`${prefix} `) };
  return { at: 0, insert: Buffer.concat([Buffer.from(`Subject: ${prefix}`), CRLF]) };
}

async function* inserted(chunks: AsyncIterable<Uint8Array>, at: number, insert: Uint8Array): AsyncIterable<Uint8Array> {
  let seen = 0;
  let done = false;
  for await (const chunk of chunks) {
    if (done || seen + chunk.length < at) {
      yield chunk;
    } else {
      const cut = at - seen;
      if (cut > 0) yield chunk.subarray(0, cut);
      yield insert;
      if (cut < chunk.length) yield chunk.subarray(cut);
      done = true;
    }
    seen += chunk.length;
  }
  if (!done) yield insert;
}
