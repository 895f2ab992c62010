/**
 * Messages that callers send in parts, to try routing or rules on them: each in a file of its own, under a name of ours, until it is
 * used, has waited for too long, or the link closes. All of them together are bounded.
 */
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { appendFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CallError } from '../../protocol/errors.ts';
import type { Clock, Timer } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { TriedMessage } from './gateway.ts';
import type { ControlLimits } from './limits.ts';

export interface Uploads {
  /** Adds octets to an upload, or begins one; resolves with the octets that it has. Parts are kept in the order of the calls. */
  add(upload: string, part: Uint8Array): Promise<number>;
  /** Takes a whole upload out; its file goes when it is disposed. Throws a CallError when there is none. */
  take(upload: string): Promise<TriedMessage & AsyncDisposable>;
  close(): Promise<void>;
}

interface Upload {
  file: string;
  bytes: number;
  written: Promise<void>;
  expiry: Timer | null;
}

interface UploadParts {
  clock: Clock;
  log: Log;
  limits: Pick<ControlLimits, 'uploads' | 'uploadOctets' | 'uploadsKept'>;
}

/** `folder` exists, and is nobody else's to read. */
export function createUploads(folder: string, { clock, log, limits }: UploadParts): Uploads {
  const uploads = new Map<string, Upload>();
  let room = limits.uploadOctets;

  function begin(): Upload {
    if (uploads.size >= limits.uploads)
      throw new CallError('refused', `There are ${limits.uploads} uploads already; try later.`);
    return { file: join(folder, `upload-${randomUUID()}`), bytes: 0, written: Promise.resolve(), expiry: null };
  }

  /** Asked twice, it gives its room back once. */
  async function remove(upload: Upload): Promise<void> {
    await upload.written.catch(() => {}); // whoever sent it has heard of it
    await rm(upload.file, { force: true });
    room += upload.bytes;
    upload.bytes = 0;
  }

  function drop(name: string, upload: Upload): Promise<void> {
    upload.expiry?.cancel();
    if (uploads.get(name) === upload) uploads.delete(name);
    return remove(upload);
  }

  function expire(name: string, upload: Upload): void {
    drop(name, upload).catch((error: unknown) => log.error('An upload cannot be removed.', error));
  }

  async function add(name: string, part: Uint8Array): Promise<number> {
    const upload = uploads.get(name) ?? begin();
    if (part.length > room) {
      await drop(name, upload);
      throw new CallError('refused', `Uploads take ${limits.uploadOctets} octets at most, all of them together.`);
    }
    uploads.set(name, upload);
    room -= part.length;
    upload.bytes += part.length;
    const { bytes } = upload;
    upload.expiry?.cancel();
    upload.expiry = clock.after(limits.uploadsKept, () => expire(name, upload));
    upload.written = upload.written.then(() => appendFile(upload.file, part, { mode: 0o600 }));
    try {
      await upload.written;
    } catch (error) {
      await drop(name, upload);
      throw error;
    }
    return bytes;
  }

  return {
    add,
    async take(name) {
      const upload = uploads.get(name);
      if (upload === undefined) throw new CallError('not_found', 'There is no such upload; send the message again.');
      uploads.delete(name);
      upload.expiry?.cancel();
      await upload.written;
      const { bytes } = upload;
      return {
        bytes,
        chunks: () => createReadStream(upload.file),
        [Symbol.asyncDispose]: () => remove(upload),
      };
    },
    async close() {
      await Promise.all([...uploads].map(([name, upload]) => drop(name, upload)));
    },
  };
}
