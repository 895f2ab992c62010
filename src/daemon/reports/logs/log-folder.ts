/** The folder `Log/` (S44): what a run before has left there, and what has been there long enough (S46). */
import { mkdir, readdir, readFile, rename, stat, unlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Instant } from '../../base/clock.ts';
import type { Sessions } from '../../store/store.ts';
import { interruptedName, type PartName, readLogName, readPartName, restName } from './log-name.ts';

export interface Left extends PartName {
  /** Its name now. */
  name: string;
  /** Octets. */
  size: number;
}

export interface Leftovers {
  /** What a gentle stop has left: the log goes on. */
  rest: Left | null;
  /** What crashes have left; each has its name as an interrupted log now. */
  interrupted: (Left & { session: number | null })[];
}

/** Files beyond this go although their days are not over: a session every few seconds that fails would fill the folder. */
const MOST_FILES = 10_000;

/** Makes the folder if need be, and sorts what is there. Throws what the disk says. */
export async function takeOver(folder: string): Promise<Leftovers> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const parts = (await readdir(folder)).flatMap((name) => {
    const read = readPartName(name);
    return read ? [{ name, ...read }] : [];
  });
  const rests = parts.filter(({ by }) => by === 'stop').toSorted((a, b) => a.firstSeq - b.firstSeq);
  const rest = rests.pop();
  const interrupted: Leftovers['interrupted'] = [];
  for (const part of [...parts.filter(({ by }) => by === 'crash'), ...rests]) {
    const left = await sized(folder, part);
    if (await isBlank(join(folder, part.name))) await unlink(join(folder, part.name));
    else interrupted.push(await putAside(folder, left));
  }
  return { rest: rest ? await resumed(folder, rest) : null, interrupted };
}

async function sized(folder: string, part: PartName & { name: string }): Promise<Left> {
  return { ...part, size: (await stat(join(folder, part.name))).size };
}

/** It bears the ending of a log that is being written again: a crash from now on is one. */
async function resumed(folder: string, rest: PartName & { name: string }): Promise<Left> {
  const name = rest.name.replace(/\.rest$/, '.part');
  await rename(join(folder, rest.name), join(folder, name));
  return await sized(folder, { ...rest, name });
}

async function putAside(folder: string, left: Left): Promise<Leftovers['interrupted'][number]> {
  const [, title = ''] = (await readFile(join(folder, left.name), 'utf8')).split('\n', 2);
  const name = interruptedName(left);
  await rename(join(folder, left.name), join(folder, name));
  const session = /^Session (\d{1,15})\b/.exec(title)?.[1];
  return { ...left, name, session: session === undefined ? null : Number(session) };
}

/** Only its headings were written, or not even they. */
async function isBlank(path: string): Promise<boolean> {
  return (await readFile(path, 'utf8')).split('\n').length <= 3;
}

/** Leaves the log to the next run. */
export const leftName = restName;

/** S46: deletes the logs of sessions that were over before an instant. A person's own files stay. */
export async function sweep(folder: string, sessions: Sessions, before: Instant): Promise<void> {
  const forgotten = await sessions.forgetFiles(before);
  const logs = (await readdir(folder)).flatMap((name) => {
    const read = readLogName(name);
    return read ? [{ name, ...read }] : [];
  });
  const old = logs.filter(({ at }) => at < before).map(({ name }) => name);
  const surplus = logs.filter(({ at }) => at >= before).toSorted((a, b) => b.at - a.at);
  for (const { name, session } of surplus.slice(MOST_FILES)) {
    const row = session === null ? null : await sessions.get(session);
    if (row) await sessions.record({ ...row, file: null });
    old.push(name);
  }
  for (const name of new Set([...forgotten.map((file) => basename(file)), ...old])) await remove(join(folder, name));
}

async function remove(path: string): Promise<void> {
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error; // somebody was faster
  });
}
