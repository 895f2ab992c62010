/** A body on its way out of the queue: in chunks, the last of which is held back until the digest of all has been compared (I12). */
import { createHash } from 'node:crypto';
import type { BodyPart } from './calls.ts';
import { idOf } from './entry-row.ts';
import type { Link } from './link.ts';
import { StoreFailure } from './store.ts';

/** `damaged` is awaited before the failure is thrown: it takes the entry out of the others' way. */
export async function* readBody(
  link: Link,
  n: number,
  damaged: (reason: string) => Promise<void>,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let held: Uint8Array | null = null;
  let bytes = 0;
  for (let part = 0; ; part += 1) {
    const next: BodyPart | null = await link.call('queue.part', { n, part });
    if (next === null) throw new StoreFailure(`${idOf(n)} is not in the queue`, false);

    if (next.octets !== null) {
      bytes += next.octets.length;
      hash.update(next.octets);
    }
    if (next.octets === null || bytes >= next.bytes) {
      const fault = faultOf(next, bytes, hash.digest('hex'));
      if (fault !== null) {
        await damaged(fault);
        throw new StoreFailure(`${idOf(n)} is damaged: ${fault}`, false);
      }
      if (held !== null) yield held;
      if (next.octets !== null) yield next.octets;
      return;
    }
    if (held !== null) yield held;
    held = next.octets;
  }
}

function faultOf(expected: BodyPart, bytes: number, digest: string): string | null {
  if (bytes !== expected.bytes) return `${bytes} octets of ${expected.bytes} are there`;
  return digest === expected.digest ? null : 'its octets are not those that were received (SHA-256)';
}
