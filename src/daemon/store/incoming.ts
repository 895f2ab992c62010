/**
 * A body on its way into the queue. A small one waits in memory and travels with its entry in one call; of a large one,
 * pieces are written as drafts as it comes, so that it costs the same memory however long it is.
 */
import type { Duration } from '../base/clock.ts';
import { addCells, addedEntry, idOf } from './entry-row.ts';
import type { Link } from './link.ts';
import type { IncomingBody, StoreFailure } from './store.ts';

/** Octets that wait in memory before a piece is written; while it is, as many again may come. */
const PIECE = 262_144;

/** `running`: the running time, whose place at the commit is when the entry is born. */
export function receiveBody(link: Link, n: number, running: () => Duration): IncomingBody & { readonly id: string } {
  const id = idOf(n);
  let chunks: Uint8Array[] = [];
  let waiting = 0;
  let total = 0;
  let writing: Promise<unknown> | null = null;
  let broken: StoreFailure | null = null;
  let ended = false;

  const open = () => {
    if (ended) throw new Error(`${id} was committed or discarded already`);
    if (broken !== null) throw broken;
  };

  /** Waits for the piece before, then sends what waits. It fails for good: the digest would not be that of the message. */
  async function writePiece(): Promise<void> {
    await writing;
    open();
    const piece = chunks;
    chunks = [];
    waiting = 0;
    writing = link.call('queue.draft', { n }, piece);
    writing.catch((failure: StoreFailure) => {
      broken = failure;
    });
  }

  return {
    id,
    async write(chunk) {
      open();
      chunks.push(chunk);
      waiting += chunk.length;
      total += chunk.length;
      if (waiting >= PIECE) await writePiece();
    },
    async commit(entry) {
      open();
      ended = true;
      const drafted = writing !== null;
      await writing;
      const born = running();
      const digest = await link.call('queue.add', addCells(n, entry, drafted, born), chunks);
      chunks = [];
      writing = null; // no draft any more
      return addedEntry(id, entry, { bytes: total, digest }, born);
    },
    async discard() {
      ended = true;
      chunks = [];
      const drafted = writing;
      writing = null;
      if (drafted === null) return;

      await drafted.catch(() => {});
      await link.call('queue.discard', { n });
    },
  };
}
