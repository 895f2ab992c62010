/** One message while it comes in: up to IN_MEMORY in memory, past that in a temporary file; its digest and its header block. */
import { createHash, type Hash, hash, randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { IN_MEMORY, LARGEST_MESSAGE, LONGEST_HEADER_BLOCK } from '../base/limits.ts';
import type { FetchedBody } from './mailbox.ts';
import { Pieces } from './pieces.ts';
import type { TextSink } from './reader.ts';

/** Octets that are written at once. */
const WRITE = 262_144;

/** Octets that are read back at once: little enough to be short-lived garbage. */
const READ = 131_072;

export interface IncomingOptions {
  /** The folder of the temporary file. */
  readonly scratch: string;
  /** Octets; 0: no limit of the account's own. */
  readonly maxBytes: number;
}

/** Takes a message; `whole()` once its final dot came, or `discard()`. Rejects when the disk does. */
export class Incoming implements TextSink {
  readonly #scratch: string;
  readonly #limit: number;
  readonly #pieces = new Pieces();
  #bytes = 0;
  #tooLong = false;
  #file: { readonly handle: FileHandle; readonly hash: Hash; readonly header: Buffer } | null = null;

  constructor({ scratch, maxBytes }: IncomingOptions) {
    this.#scratch = scratch;
    this.#limit = maxBytes === 0 ? LARGEST_MESSAGE : Math.min(maxBytes, LARGEST_MESSAGE);
  }

  /** Octets past the limit. */
  get excess(): number {
    return Math.max(0, this.#bytes - this.#limit);
  }

  /** It is longer than allowed: nothing of it is kept any more. */
  get tooLong(): boolean {
    return this.#tooLong;
  }

  take(data: Buffer): Promise<void> | undefined {
    this.#bytes += data.length;
    if (this.#tooLong) return undefined;
    if (this.#bytes > this.#limit) {
      this.#tooLong = true;
      return this.discard();
    }
    this.#pieces.add(data);
    return this.#pieces.length > (this.#file === null ? IN_MEMORY : WRITE) ? this.#write() : undefined;
  }

  async whole(): Promise<FetchedBody> {
    if (this.#file === null) return inMemory(this.#pieces.list);

    await this.#write();
    const { handle, hash: digest, header } = this.#file;
    return inFile(handle, { bytes: this.#bytes, header, digest: digest.digest('hex') });
  }

  async discard(): Promise<void> {
    this.#pieces.clear();
    const file = this.#file;
    this.#file = null;
    await file?.handle.close();
  }

  async #write(): Promise<void> {
    const pieces = this.#pieces.list;
    this.#file ??= {
      handle: await openTemporary(this.#scratch),
      hash: createHash('sha256'),
      // A copy: the header block is kept longer than the first packets.
      header: Buffer.from(headerOf(pieces)),
    };
    this.#pieces.clear();
    for (const piece of pieces) this.#file.hash.update(piece);
    await append(this.#file.handle, pieces);
  }
}

/** The header block of a message, up to and without its empty line, as far as its first LONGEST_HEADER_BLOCK octets go. */
export function headerOf(pieces: readonly Buffer[]): Buffer {
  const first = pieces[0] ?? Buffer.alloc(0);
  const end = endOfHeader(first.subarray(0, LONGEST_HEADER_BLOCK));
  if (end !== -1) return first.subarray(0, end);

  const start = pieces.length > 1 ? Buffer.concat(pieces, Math.min(total(pieces), LONGEST_HEADER_BLOCK)) : first;
  const block = start.subarray(0, LONGEST_HEADER_BLOCK);
  const found = endOfHeader(block);
  return found === -1 ? block : block.subarray(0, found);
}

/**
 * The place of the empty line, -1 where there is none. A bare LF ends a line here too: it leaves as CRLF (POP21), and who
 * receives the message is to see the same header as we do.
 */
function endOfHeader(block: Buffer): number {
  if (block[0] === 0x0a || (block[0] === 0x0d && block[1] === 0x0a)) return 0;

  const crlf = block.indexOf('\n\r\n');
  const lf = (crlf === -1 ? block : block.subarray(0, crlf + 1)).indexOf('\n\n');
  const end = lf === -1 ? crlf : lf;
  return end === -1 ? -1 : end + 1;
}

function total(pieces: readonly Buffer[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

function inMemory(pieces: readonly Buffer[]): FetchedBody {
  return {
    bytes: total(pieces),
    header: headerOf(pieces),
    digest: digestOf(pieces),
    async *chunks() {
      yield* pieces;
    },
    async [Symbol.asyncDispose]() {},
  };
}

function digestOf(pieces: readonly Buffer[]): string {
  // In one call where it goes: half the cost for a small message.
  if (pieces.length === 1) return hash('sha256', pieces[0] as Buffer, 'hex');

  const digest = createHash('sha256');
  for (const piece of pieces) digest.update(piece);
  return digest.digest('hex');
}

function inFile(handle: FileHandle, known: Pick<FetchedBody, 'bytes' | 'header' | 'digest'>): FetchedBody {
  let open = true;
  return {
    ...known,
    async *chunks() {
      let at = 0;
      while (at < known.bytes) {
        const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(READ), 0, READ, at);
        if (bytesRead === 0) throw new Error(`A temporary file ends at ${at}, it should have ${known.bytes} octets`);
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    },
    async [Symbol.asyncDispose]() {
      if (!open) return;
      open = false;
      await handle.close();
    },
  };
}

/** Its name goes at once, and the file itself with its handle: no crash leaves anybody's mail lying about. */
async function openTemporary(folder: string): Promise<FileHandle> {
  const path = join(folder, `pop3-${randomUUID()}.tmp`);
  const handle = await open(path, 'wx+', 0o600);
  try {
    await unlink(path);
  } catch (error) {
    await handle.close();
    throw error;
  }
  return handle;
}

async function append(handle: FileHandle, pieces: readonly Buffer[]): Promise<void> {
  let { bytesWritten: done } = await handle.writev([...pieces]);
  // A disk that is nearly full takes a part; the next write then says why.
  for (const piece of pieces) {
    if (done < piece.length) await handle.writeFile(piece.subarray(done));
    done = Math.max(0, done - piece.length);
  }
}
