/** One trace file of S91, S93, S94: appended to, readable by its owner alone, turned over once at a size (`FILE.1`). */
import { createWriteStream, fstatSync, openSync, renameSync, type WriteStream } from 'node:fs';

export interface TraceFile {
  readonly path: string;
  /** Appends a line. A disk that refuses it is told to `failed`, and costs the trace, never mail. */
  append(line: string): void;
  /** Resolves once all that was appended has been written. */
  close(): Promise<void>;
}

/** Octets that wait for the disk; beyond them a trace loses lines rather than the gateway its memory (I20). */
const MOST_WAITING = 8 * 1_048_576;

interface Open {
  stream: WriteStream;
  size: number;
}

/** `limit` in octets. */
export function openTraceFile(path: string, limit: number, failed: (error: Error) => void): TraceFile {
  const closing = new Set<Promise<void>>();
  let current: Open | null = null;
  let lost = 0;

  function open(): Open {
    const fd = openSync(path, 'a', 0o600);
    const stream = createWriteStream(path, { fd });
    stream.on('error', (error) => {
      failed(error);
      if (current?.stream === stream) current = null;
    });
    return { stream, size: fstatSync(fd).size };
  }

  function end({ stream }: Open): void {
    const ended = new Promise<void>((resolve) => {
      stream.once('close', resolve);
      stream.end();
    }).finally(() => closing.delete(ended));
    closing.add(ended);
  }

  /** The full file keeps its descriptor: what still waits lands in `FILE.1`. */
  function turnOver(full: Open): void {
    renameSync(path, `${path}.1`);
    current = null;
    end(full);
  }

  function append(line: string): void {
    current ??= open();
    if (current.stream.writableLength > MOST_WAITING) {
      lost += 1;
      return;
    }
    const text = lost > 0 ? `** ${lost} lines were lost: the disk is too slow for them\n${line}\n` : `${line}\n`;
    lost = 0;
    current.stream.write(text);
    current.size += Buffer.byteLength(text);
    if (current.size >= limit) turnOver(current);
  }

  return {
    path,
    append(line) {
      try {
        append(line);
      } catch (error) {
        failed(error as Error);
      }
    },
    async close() {
      if (current) end(current);
      current = null;
      await Promise.all(closing);
    },
  };
}
