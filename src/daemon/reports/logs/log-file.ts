/**
 * The file of one session log while it grows: lines come from the bus at any rate and are written in batches; what the disk does not
 * take waits, bounded, and a log that grows beyond all measure keeps its beginning and its last lines. It never throws while lines
 * come: trouble with the disk is told, and costs at most lines of a log.
 *
 * Two heading lines stand first. The second one says which session it is, so it is known last: a place of fixed size is kept for it,
 * and a full disk cannot keep a log from getting its name.
 */
import { type FileHandle, open, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, type Duration, seconds, type Timer } from '../../base/clock.ts';

export interface LogFile {
  /** Without its line end. */
  add(line: string): void;
  /** The second heading line from now on. */
  entitle(title: string): void;
  /** Writes what waits. False when the disk did not take it. */
  flush(): Promise<boolean>;
  /** The same for the last time, the last lines of a log that was cut too. */
  finish(): Promise<boolean>;
  /** Gives the finished file its name. False when that could not be done. */
  keep(name: string): Promise<boolean>;
  discard(): Promise<void>;
  readonly path: string;
  /** Lines that the disk has not taken. */
  unwritten(): string;
  readonly empty: boolean;
}

export interface LogFileOptions {
  folder: string;
  /** Its name while it grows. */
  name: string;
  /** The first line. */
  heading: string;
  /** The second one, as long as no other is known. */
  title: string;
  /** Octets that are there already: the file is gone on with. 0: it is made with the first line. */
  size: number;
  leftOut(lines: number): string;
  clock: Clock;
  trouble(error: Error | null): void;
}

/** Octets of the second heading line with its line end. */
const SECOND_HEADING = 120;

/** Characters of one log on disk. A session of 100,000 messages has about 30 MB of lines; its beginning and its end say what went wrong. */
const LONGEST_LOG = 16 * 1_048_576;
/** Lines at the end of a log that was cut. */
const LAST_LINES = 500;
/** Characters that wait for a disk that does not take them. */
const MOST_WAITING = 8 * 1_048_576;
/** Characters that are worth a write of their own; fewer wait a moment for more. */
const BATCH = 65_536;
const PATIENCE: Duration = seconds(1);
/** After a write that failed: each line of a session would find the same. */
const TRY_AGAIN: Duration = seconds(5);

export function openLogFile(options: LogFileOptions): LogFile {
  const { folder, heading, clock, trouble } = options;
  let path = join(folder, options.name);
  let title: string | null = options.title; // null: as it stands there
  let handle: FileHandle | null = null;
  let position = options.size;
  let waiting: string[] = [];
  let waits = 0;
  let length = options.size;
  let lost = 0;
  const last: string[] = [];
  let timer: Timer | null = null;
  let working = Promise.resolve(true);
  let over = false;

  function add(line: string): void {
    const full = length > LONGEST_LOG || waits > MOST_WAITING;
    if (full || last.length > 0) {
      last.push(line);
      if (last.length > LAST_LINES) {
        last.shift();
        lost += 1;
      }
      return;
    }
    queue(line);
    if (waits > BATCH) soon(0);
    else soon(PATIENCE);
  }

  function queue(line: string): void {
    waiting.push(line);
    waits += line.length + 1;
    length += line.length + 1;
  }

  function soon(delay: Duration): void {
    if (over || (timer && delay > 0)) return;
    timer?.cancel();
    timer = clock.after(delay, () => {
      timer = null;
      void write();
    });
  }

  function write(): Promise<boolean> {
    working = working.then(async () => {
      try {
        await writeWaiting();
        trouble(null);
        return true;
      } catch (error) {
        trouble(error as Error);
        soon(TRY_AGAIN);
        return false;
      }
    });
    return working;
  }

  async function writeWaiting(): Promise<void> {
    handle ??= await open(path, position === 0 ? 'w' : 'r+', 0o600);
    if (position === 0) position = await put(handle, `${heading}\n${padded('')}`, 0);
    if (title !== null) await put(handle, padded(title), Buffer.byteLength(heading) + 1);
    title = null;

    const count = waiting.length; // more come while these are written
    if (count === 0) return;
    position = await put(handle, `${waiting.join('\n')}\n`, position);
    waiting = waiting.slice(count);
    waits = waiting.reduce((sum, line) => sum + line.length + 1, 0);
  }

  async function finish(): Promise<boolean> {
    over = true;
    timer?.cancel();
    if (lost > 0) queue(options.leftOut(lost));
    for (const line of last.splice(0)) queue(line);
    lost = 0;
    return await write();
  }

  async function close(): Promise<void> {
    over = true;
    timer?.cancel();
    await working;
    const open = handle;
    handle = null;
    await open?.close().catch(trouble);
  }

  return {
    add,
    entitle(text) {
      title = text;
      soon(PATIENCE);
    },
    flush: write,
    finish,
    async keep(name) {
      await close();
      try {
        await rename(path, join(folder, name));
        path = join(folder, name);
        return true;
      } catch (error) {
        trouble(error as Error);
        return false;
      }
    },
    async discard() {
      await close();
      await unlink(path).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') trouble(error);
      });
    },
    get path() {
      return path;
    },
    unwritten: () => waiting.join('\n'),
    get empty() {
      return length === 0 && last.length === 0;
    },
  };
}

/** All of it, at a place; answers with the place after it. */
async function put(handle: FileHandle, text: string, position: number): Promise<number> {
  const octets = Buffer.from(text);
  for (let done = 0; done < octets.length; ) {
    const { bytesWritten } = await handle.write(octets, done, octets.length - done, position + done);
    done += bytesWritten;
  }
  return position + octets.length;
}

/** Exactly SECOND_HEADING octets. */
function padded(heading: string): string {
  let text = heading;
  while (Buffer.byteLength(text) > SECOND_HEADING - 1) text = text.slice(0, -1);
  return `${text}${' '.repeat(SECOND_HEADING - 1 - Buffer.byteLength(text))}\n`;
}
