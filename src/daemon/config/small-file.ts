/** Reads a file that should be small, and says in words why it cannot (CFG01). It never waits for a FIFO. */
import { constants, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

export type SmallFile =
  | {
      readonly ok: true;
      readonly bytes: Uint8Array;
      /** Whether anybody but its owner may read it, or its owner is neither us nor root. */
      readonly exposed: Exposure | null;
    }
  /** `missing`: it is not there, which for some files is an answer. */
  | { readonly ok: false; readonly missing: boolean; readonly why: string };

/** Why a secret in a file is none, as the rest of "the file …". */
export type Exposure = string;

/** Reads up to `most` octets; `me` is our user id, where the system has such ids. */
export async function readSmallFile(path: string, most: number, me = process.getuid?.()): Promise<SmallFile> {
  try {
    // Not to block: opening a FIFO for reading waits for a writer otherwise.
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return await readOpen(file, most, me);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    return { ok: false, missing: code === 'ENOENT', why: whyNot(code) };
  }
}

/** The words for an error code of the system. */
export function whyNot(code: string): string {
  switch (code) {
    case 'ENOENT':
      return 'is not there';
    case 'EACCES':
    case 'EPERM':
      return 'cannot be read: permission denied';
    case 'ELOOP':
      return 'is a symbolic link in a loop';
    case 'ENOTDIR':
      return 'cannot be read: a part of its path is no folder';
    case 'ENXIO':
      return 'is no regular file';
    default:
      return `cannot be read: ${code || 'unknown error'}`;
  }
}

/** Who else may read a file of that mode and owner. Root may read each file anyway, so a file of root's is nobody else's. */
export function exposureOf(stats: Pick<Stats, 'mode' | 'uid'>, me: number | undefined): Exposure | null {
  if ((stats.mode & 0o077) !== 0) {
    return `can be read by others (mode ${(stats.mode & 0o777).toString(8).padStart(4, '0')})`;
  }
  if (me !== undefined && stats.uid !== me && stats.uid !== 0) return 'belongs to another user';
  return null;
}

async function readOpen(file: FileHandle, most: number, me: number | undefined): Promise<SmallFile> {
  const stats = await file.stat();
  if (stats.isDirectory()) return { ok: false, missing: false, why: 'is a folder' };
  if (!stats.isFile()) return { ok: false, missing: false, why: 'is no regular file' };
  if (stats.size > most) return tooLarge(most);

  const bytes = await readUpTo(file, most + 1);
  if (bytes.length > most) return tooLarge(most);

  return { ok: true, bytes, exposed: exposureOf(stats, me) };
}

const tooLarge = (most: number): SmallFile => ({
  ok: false,
  missing: false,
  why: `is larger than ${most} octets, which is no file of this kind`,
});

/** The size that a file claims may change while it is read: the limit holds whatever it says. */
async function readUpTo(file: FileHandle, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(Math.min(65_536, most - length)));
    if (bytesRead === 0 || length >= most) return Buffer.concat(chunks);

    chunks.push(buffer.subarray(0, bytesRead));
    length += bytesRead;
  }
}
