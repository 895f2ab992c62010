/** The octets of queued messages, as rows of at most 64 KB; those on their way in are drafts until their entry is there. */
import { createHash, hash, type Hash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { rows } from './database.ts';
import { Refused } from './failure.ts';

/** Octets of a row: a large body streams through memory in pieces of this size. */
const CHUNK = 65_536;

/** Rows of one body: with them, a place has room for the number of the part. 4 GiB. */
export const MOST_PARTS = 65_536;

export interface Bodies {
  /** Appends to a draft, which begins with its first octets. */
  draft(n: number, octets: Uint8Array): void;
  /** The last octets, of a draft or of a body that comes whole; gives what the body came to. */
  finish(n: number, octets: Uint8Array, drafted: boolean): { bytes: number; digest: string };
  part(n: number, part: number): Uint8Array | null;
  head(n: number, octets: number): Uint8Array;
  /** At most `limit` octets from `offset` on; fewer at the end. */
  range(n: number, offset: number, limit: number): Uint8Array;
  remove(n: number): void;
  discard(n: number): void;
  /** Removes the drafts that nobody goes on with, and says how many. */
  sweep(): number;
}

interface Draft {
  parts: number;
  bytes: number;
  hash: Hash;
}

export function openBodies(db: DatabaseSync): Bodies {
  const insert = db.prepare('INSERT INTO chunk (place, octets) VALUES (?, ?)');
  const one = db.prepare('SELECT octets FROM chunk WHERE place = ?');
  const lengths = rows(db, 'SELECT length(octets) FROM chunk WHERE place >= ? AND place < ? ORDER BY place');
  const erase = db.prepare('DELETE FROM chunk WHERE place >= ? AND place < ?');
  const begin = db.prepare('INSERT INTO draft (n) VALUES (?)');
  const end = db.prepare('DELETE FROM draft WHERE n = ?');
  const every = db.prepare('SELECT n FROM draft');
  const drafts = new Map<number, Draft>();

  const remove = (n: number) => {
    erase.run(n * MOST_PARTS, (n + 1) * MOST_PARTS);
  };

  /** Writes rows from part `from` on, and gives the number of the next one. */
  function write(n: number, from: number, octets: Uint8Array): number {
    let part = from;
    for (let at = 0; at < octets.length; at += CHUNK) {
      if (part >= MOST_PARTS) throw new Refused('the message is larger than the queue takes (4 GiB)');
      insert.run(n * MOST_PARTS + part, octets.subarray(at, at + CHUNK));
      part += 1;
    }
    return part;
  }

  function append(n: number, draft: Draft, octets: Uint8Array): void {
    draft.parts = write(n, draft.parts, octets);
    draft.bytes += octets.length;
    draft.hash.update(octets);
  }

  function part(n: number, number: number): Uint8Array | null {
    return (one.get(n * MOST_PARTS + number)?.['octets'] as Uint8Array | undefined) ?? null;
  }

  return {
    draft(n, octets) {
      const known = drafts.get(n);
      const draft = known ?? { parts: 0, bytes: 0, hash: createHash('sha256') };
      // Out of the map until it is written: a draft that could not be is broken for good, its digest would be wrong.
      drafts.delete(n);
      if (known === undefined) begin.run(n);
      append(n, draft, octets);
      drafts.set(n, draft);
    },
    finish(n, octets, drafted) {
      if (!drafted) {
        write(n, 0, octets);
        return { bytes: octets.length, digest: hash('sha256', octets, 'hex') };
      }

      const draft = drafts.get(n);
      if (draft === undefined) throw new Refused('the first part of the message was lost when the disk failed');
      drafts.delete(n);
      append(n, draft, octets);
      end.run(n);
      return { bytes: draft.bytes, digest: draft.hash.digest('hex') };
    },
    part,
    head(n, octets) {
      const found: Uint8Array[] = [];
      let bytes = 0;
      for (let number = 0; bytes < octets; number += 1) {
        const next = part(n, number);
        if (next === null) break;
        found.push(next);
        bytes += next.length;
      }
      return Buffer.concat(found).subarray(0, octets);
    },
    range(n, offset, limit) {
      const found: Uint8Array[] = [];
      let at = 0;
      const all = lengths.all(n * MOST_PARTS, (n + 1) * MOST_PARTS) as unknown as [number][];
      for (const [number, [length]] of all.entries()) {
        if (at + length > offset && at < offset + limit) {
          const octets = part(n, number) ?? new Uint8Array();
          found.push(octets.subarray(Math.max(0, offset - at), offset + limit - at));
        }
        at += length;
      }
      return Buffer.concat(found);
    },
    remove,
    discard(n) {
      drafts.delete(n);
      // No draft any more: the commit of which its caller heard nothing good was made all the same, and the body has an entry.
      if (end.run(n).changes > 0) remove(n);
    },
    sweep() {
      const left = every
        .all()
        .map((row) => row['n'] as number)
        .filter((n) => !drafts.has(n));
      for (const n of left) {
        remove(n);
        end.run(n);
      }
      return left.length;
    },
  };
}
