/** A damaged message on its way out of the queue (I12): its octets, as far as there are any, and why, durable in `corrupt/` before it goes. */
import { mkdir, open, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Duration } from '../base/clock.ts';
import { entryOf, idOf } from './entry-row.ts';
import type { Link } from './link.ts';

/** Answers with the file's name in `folder`, or null: it is not held any more. Rejects when it could not be written. */
export async function setAside(
  link: Link,
  folder: string,
  n: number,
  { reason, running }: { reason: string; running: Duration },
): Promise<string | null> {
  const row = await link.call('queue.get', { n });
  if (row === null || row[1] !== 'held') return null;

  const id = idOf(n);
  const name = `${id}.tmp`;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeBody(link, n, join(folder, name));
  const why = JSON.stringify({ id, reason, entry: entryOf(row, running) }, null, 2);
  await writeFile(join(folder, `${id}.reason`), `${why}\n`, { mode: 0o600, flush: true });
  await syncFolder(folder);
  const gone = await link.call('queue.erase', { ns: [n], state: 'held' }); // a crash before it: written once more
  return gone.length > 0 ? name : null;
}

async function writeBody(link: Link, n: number, file: string): Promise<void> {
  const part = `${file}.part`;
  {
    await using handle = await open(part, 'w', 0o600);
    for (let number = 0; ; number += 1) {
      const next = await link.call('queue.part', { n, part: number });
      if (next === null || next.octets === null) break;
      await handle.write(next.octets);
    }
    await handle.sync();
  }
  await rename(part, file);
}

async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, 'r');
  await handle.sync();
}
