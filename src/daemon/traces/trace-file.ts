/** One trace file of S91, S93, S94: appended to, readable by its owner alone, turned over once at a size (`FILE.1`). */
import { createWriteStream, fstatSync, openSync, renameSync, type WriteStream } from 'node:fs';
import { type Clock, type Duration, seconds } from '../base/clock.ts';

export interface TraceFile {
  readonly path: string;
  /** Appends a line. A disk that refuses it costs the trace, never mail. */
  append(line: string): void;
  /** Resolves once all that was appended has been written. */
  close(): Promise<void>;
}

/** Octets that wait for the disk; beyond them a trace loses lines rather than the gateway its memory (I20). */
const MOST_WAITING = 8 * 1_048_576;

/** A file that cannot be written rests: each line of a conversation would find the same. */
const TRY_AGAIN: Duration = seconds(5);

export interface TraceFileOptions {
  /** Octets at which it turns over. */
  limit: number;
  clock: Clock;
  /** Hears once that it cannot be written, and (null) that it can again. */
  trouble(error: Error | null): void;
}

interface Open {
  stream: WriteStream;
  size: number;
}

export function openTraceFile(path: string, { limit, clock, trouble }: TraceFileOptions): TraceFile {
  const closing = new Set<Promise<void>>();
  let current: Open | null = null;
  let lost = 0;
  let failing = false;
  let restsUntil = Number.NEGATIVE_INFINITY;

  function failed(error: Error): void {
    restsUntil = clock.monotonic() + TRY_AGAIN;
    if (!failing) trouble(error);
    failing = true;
  }

  function written(error?: Error | null): void {
    if (error || !failing) return;
    failing = false;
    trouble(null);
  }

  function attempt<T>(work: () => T): T | null {
    try {
      return work();
    } catch (error) {
      failed(error as Error);
      return null;
    }
  }

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
    const rests = clock.monotonic() < restsUntil;
    if (!rests) current ??= attempt(open);
    if (rests || current === null || current.stream.writableLength > MOST_WAITING) {
      lost += 1;
      return;
    }
    const file = current;
    const text = lost > 0 ? `** ${lost} lines were lost: the disk did not take them\n${line}\n` : `${line}\n`;
    lost = 0;
    file.stream.write(text, written);
    file.size += Buffer.byteLength(text);
    if (file.size >= limit) attempt(() => turnOver(file));
  }

  return {
    path,
    append,
    async close() {
      if (current) end(current);
      current = null;
      await Promise.all(closing);
    },
  };
}
