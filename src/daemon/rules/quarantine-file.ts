/** Files of the quarantine: written beside their place, synced, renamed, and the folder synced (I03, I08). */
import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, open, readFile, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Body } from '../mail/body.ts';
import { StoreFailure } from '../store/store.ts';

/** Octets that are read at once. */
const READ = 131_072;

/** A failure of the disk as the store's callers know it; a bug stays what it is. */
export function diskFailure(error: unknown): unknown {
  const { code, message, syscall } = error as NodeJS.ErrnoException;
  if (error instanceof StoreFailure || syscall === undefined) return error;
  return new StoreFailure(`Quarantine: ${message}`, code === 'ENOSPC' || code === 'EDQUOT', error);
}

export interface Temporary extends AsyncDisposable {
  /** SHA-256 of what was written, hex. */
  digest: string;
  bytes: number;
  /** It is synced by then; its new name is once the folder is. */
  rename(path: string): Promise<void>;
}

/** A file of its own with the body in it, synced. Disposing it removes it, unless it was renamed. */
export async function writtenTemporary(folder: string, body: Body): Promise<Temporary> {
  const path = join(folder, `${randomUUID()}.tmp`);
  const digest = createHash('sha256');
  let bytes = 0;
  await written(path, async (file) => {
    for await (const chunk of body.chunks()) {
      digest.update(chunk);
      bytes += chunk.length;
      await file.writeFile(chunk);
    }
  });

  let ours = true;
  return {
    digest: digest.digest('hex'),
    bytes,
    async rename(to) {
      await rename(path, to);
      ours = false;
    },
    async [Symbol.asyncDispose]() {
      if (ours) await unlink(path);
    },
  };
}

/** Replaces a file with this text, all or nothing; durable, with every rename in the folder before it, when it resolves. */
export async function writeDurably(folder: string, path: string, text: string): Promise<void> {
  await syncFolder(folder); // what the text speaks of is there first
  const temporary = join(folder, `${randomUUID()}.tmp`);
  await written(temporary, (file) => file.writeFile(text));
  await rename(temporary, path);
  await syncFolder(folder);
}

export async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, 'r');
  await handle.sync();
}

/** A body whose chunks are read from the file each time; null when it is not there. */
export async function fileBody(path: string): Promise<Body | null> {
  const bytes = await whenThere(async () => {
    await using file = await open(path, 'r');
    return (await file.stat()).size;
  });
  return bytes === null ? null : { bytes, chunks: () => chunksOf(path, bytes) };
}

/** The first octets of a file; null when it is not there. */
export async function readStart(path: string, octets: number): Promise<Uint8Array | null> {
  return await whenThere(async () => {
    await using file = await open(path, 'r');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(octets, (await file.stat()).size)));
    return buffer.subarray(0, bytesRead);
  });
}

export async function readJson(
  path: string,
): Promise<{ is: 'read'; value: unknown } | { is: 'missing' } | { is: 'damaged' }> {
  const text = await whenThere(() => readFile(path, 'utf8'));
  if (text === null) return { is: 'missing' };
  try {
    return { is: 'read', value: JSON.parse(text) as unknown };
  } catch {
    return { is: 'damaged' };
  }
}

async function written(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await write(file);
    await file.sync();
    await file.close();
  } catch (error) {
    await file.close().catch(() => {}); // what failed first is what is told
    await unlink(path).catch(() => {});
    throw error;
  }
}

async function* chunksOf(path: string, bytes: number): AsyncIterable<Uint8Array> {
  try {
    await using file = await open(path, 'r');
    for (let at = 0; at < bytes; ) {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(READ), 0, READ, at);
      if (bytesRead === 0)
        throw new StoreFailure(`Quarantine: ${path} ends at ${at}, it should have ${bytes} octets`, false);
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } catch (error) {
    throw diskFailure(error);
  }
}

async function whenThere<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
