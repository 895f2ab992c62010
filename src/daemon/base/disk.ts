/** The disk under a folder. */
import { constants } from 'node:fs';
import { access, statfs } from 'node:fs/promises';

/** Octets that a program without privileges may still write there; null: nobody can say. */
export async function freeOctets(folder: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return null;
  }
}

/** As `freeOctets`, with the files that can still be made there; a disk that cannot be written, or not any more, has room for nothing (I11). */
export async function freeRoom(folder: string): Promise<{ octets: number; inodes: number } | null> {
  try {
    const { bavail, bsize, files, ffree } = await statfs(folder);
    await access(folder, constants.W_OK);
    // Some file systems make inodes as they go, and have no number of them.
    return { octets: bavail * bsize, inodes: files === 0 ? Number.POSITIVE_INFINITY : ffree };
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EROFS' ? { octets: 0, inodes: 0 } : null;
  }
}
