/**
 * A copy of each message that left (`Archive folder`): `FOLDER/2026-11-24/Pmg1F7B.eml`, by the day on which it came into the queue. It is
 * written beside its place while the message is read for its way, and gets its name when somebody has had the message: what stands there
 * is whole, on disk, and was sent. What fails here is a problem for people to see; the mail goes on without it.
 */
import { type FileHandle, mkdir, open, readdir, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bus } from '../base/bus.ts';
import type { Instant } from '../base/clock.ts';
import type { Body } from '../mail/body.ts';
import type { QueueEntry } from '../store/store.ts';
import type { Archiving } from './leaving.ts';
import { ARCHIVE } from './problems.ts';

export interface Archive {
  /** Only for messages that somebody is to have outside. */
  archiving(entry: Pick<QueueEntry, 'id' | 'queuedAt'>, body: Body): Archiving;
}

export function createArchive(folder: string, bus: Bus): Archive {
  const swept = sweep(folder);
  let told: string | null = null;
  let copies = 0;

  function failed(error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    const message = `Sent messages are not archived in ${folder}: ${why}`;
    if (told === message) return;
    told = message;
    bus.tell({ type: 'problem.raised', key: ARCHIVE, message });
  }

  function worked(): void {
    if (told === null) return;
    told = null;
    bus.tell({ type: 'problem.cleared', key: ARCHIVE });
  }

  return {
    archiving({ id, queuedAt }, body) {
      const day = join(folder, dayOf(queuedAt));
      copies += 1;
      const path = join(day, `${id}.eml`);
      const begin = async (part: string): Promise<FileHandle> => {
        await swept;
        await mkdir(day, { recursive: true, mode: 0o700 });
        return await open(part, 'wx', 0o600); // nobody else may read mail
      };
      const place = { day, path, part: `${path}.${copies}${PART}`, begin };
      return copyOf(body, place, { failed, worked });
    },
  };
}

interface Place {
  day: string;
  path: string;
  /** Beside it, of this copy alone: the domains of one message may be served side by side. */
  part: string;
  begin(part: string): Promise<FileHandle>;
}

interface Told {
  failed(error: unknown): void;
  worked(): void;
}

function copyOf(body: Body, { day, path, part, begin }: Place, { failed, worked }: Told): Archiving {
  /** A message may be read several times, and for several domains at once: one reading at a time is copied. */
  let copy: 'none' | 'begun' | 'whole' = 'none';
  let file: FileHandle | null = null;
  /** It is known whether the message left: a reading that goes on, or was never ended, is copied no more. */
  let settled = false;
  let kept = false;

  async function* copied(): AsyncIterable<Uint8Array> {
    if (settled || copy !== 'none') {
      yield* body.chunks();
      return;
    }
    copy = 'begun';
    await start();
    let whole = false;
    try {
      for await (const chunk of body.chunks()) {
        if (file !== null) await write(file, chunk);
        yield chunk;
      }
      whole = true;
    } finally {
      if (file === null || !whole) await letGo();
      else await finish(file);
    }
  }

  async function start(): Promise<void> {
    try {
      file = await begin(part);
      if (settled) await letGo();
    } catch (error) {
      failed(error);
    }
  }

  async function write(to: FileHandle, chunk: Uint8Array): Promise<void> {
    try {
      await to.writeFile(chunk);
    } catch (error) {
      if (!settled) failed(error);
      await letGo();
    }
  }

  async function finish(written: FileHandle): Promise<void> {
    try {
      await written.sync();
      await written.close();
      file = null;
      copy = 'whole';
    } catch (error) {
      if (!settled) failed(error);
      await letGo();
    }
  }

  /** Nothing of a half copy stays, nor an open file. */
  async function letGo(): Promise<void> {
    const open = file;
    file = null;
    copy = 'none';
    if (open === null) return;
    await open.close().catch(() => {}); // what failed first is what is told
    await unlink(part).catch(() => {});
  }

  async function keep(): Promise<void> {
    if (kept) return;
    settled = true;
    // The reading that was to be copied broke off, or goes on, and another one reached its end.
    const written = copy === 'whole' ? part : `${part}${PART}`;
    if (written !== part) await letGo();
    try {
      if (written !== part) await copyTo(written);
      await rename(written, path);
      await syncFolder(day);
      kept = true;
      copy = 'none';
      worked();
    } catch (error) {
      failed(error);
      await unlink(written).catch(() => {});
    }
  }

  async function copyTo(place: string): Promise<void> {
    await using whole = await begin(place);
    for await (const chunk of body.chunks()) await whole.writeFile(chunk);
    await whole.sync();
  }

  async function discard(): Promise<void> {
    settled = true;
    const written = copy === 'whole';
    await letGo();
    if (written) await unlink(part).catch(() => {});
  }

  return { body: { bytes: body.bytes, chunks: copied }, keep, discard };
}

const PART = '.part';

/** What attempts left behind that a crash cut short. */
async function sweep(folder: string): Promise<void> {
  const days = await namesIn(folder);
  for (const day of days.filter((name) => /^\d{4}-\d\d-\d\d$/.test(name))) {
    const parts = (await namesIn(join(folder, day))).filter((name) => name.endsWith(PART));
    for (const name of parts) await unlink(join(folder, day, name)).catch(() => {}); // it is in nobody's way
  }
}

/** None where there is no such folder, or it cannot be read: whoever writes there hears why. */
async function namesIn(folder: string): Promise<string[]> {
  return await readdir(folder).catch(() => []);
}

async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, 'r');
  await handle.sync();
}

/** The local day, as in the names of the traces. */
function dayOf(at: Instant): string {
  const date = new Date(at);
  const part = (number: number) => String(number).padStart(2, '0');
  return `${date.getFullYear()}-${part(date.getMonth() + 1)}-${part(date.getDate())}`;
}
