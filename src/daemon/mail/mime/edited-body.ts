/** A body with some octets left out and some put in, read through from the original: it costs no memory and no file. */
import type { Body } from '../body.ts';

/** From `start` up to `end` (offsets of the original) stands `insert` instead. */
export interface Edit {
  start: number;
  end: number;
  insert: Uint8Array;
}

/** `edits` in the order of their places, none over another. */
export function editedBody(body: Body, edits: readonly Edit[]): Body {
  if (edits.length === 0) return body;
  return {
    bytes: body.bytes + edits.reduce((sum, { start, end, insert }) => sum + insert.length - (end - start), 0),
    chunks: () => edited(body.chunks(), edits),
  };
}

/** The same edits on octets in memory, the beginning of the body: those that lie behind them are left out. */
export function editedOctets(octets: Uint8Array, edits: readonly Edit[]): Uint8Array {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const { start, end, insert } of edits) {
    if (start > octets.length) break;
    pieces.push(octets.subarray(at, start), insert);
    at = end;
  }
  pieces.push(octets.subarray(Math.min(at, octets.length)));
  return Buffer.concat(pieces);
}

async function* edited(chunks: AsyncIterable<Uint8Array>, edits: readonly Edit[]): AsyncIterable<Uint8Array> {
  let next = 0;
  let offset = 0; // of the chunk's first octet
  let inserted = false; // what stands in place of edits[next] was given out
  for await (const chunk of chunks) {
    let at = 0;
    while (at < chunk.length) {
      const edit = edits[next];
      if (edit === undefined || edit.start >= offset + chunk.length) {
        yield chunk.subarray(at);
        break;
      }
      const from = Math.max(edit.start - offset, at);
      if (from > at) yield chunk.subarray(at, from);
      if (!inserted && edit.insert.length > 0) yield edit.insert;
      inserted = true;
      at = Math.max(from, Math.min(edit.end - offset, chunk.length));
      if (edit.end - offset > chunk.length) break;
      next++;
      inserted = false;
    }
    offset += chunk.length;
  }
  if (!inserted) for (const { insert } of edits.slice(next)) if (insert.length > 0) yield insert;
}
