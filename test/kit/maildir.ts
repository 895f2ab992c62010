/** Maildir folders (one file a message), read and written byte for byte. */
import { chown, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Who owns mail: no service may touch mail as root, so beside a root test run it is `nobody`. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

const NOBODY: Owner = { uid: 65_534, gid: 65_534 };

export const mailOwner: Owner =
  process.getuid?.() === 0 ? NOBODY : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

export async function createMaildir(folder: string): Promise<void> {
  for (const path of [folder, ...['new', 'cur', 'tmp'].map((part) => join(folder, part))]) {
    await mkdir(path, { recursive: true });
    await chown(path, mailOwner.uid, mailOwner.gid);
  }
}

let delivered = 0;

/** Puts a message into `new/`, whole at once, named so that it comes after those put there before. */
export async function putMessage(folder: string, bytes: Uint8Array): Promise<void> {
  delivered += 1;
  const seconds = Math.floor(Date.now() / 1000);
  const name = `${seconds}.M${String(delivered).padStart(6, '0')}P${process.pid}.localhost`;
  const written = join(folder, 'tmp', name);
  await writeFile(written, bytes);
  await chown(written, mailOwner.uid, mailOwner.gid);
  await rename(written, join(folder, 'new', name));
}

/** All messages, oldest first, as they are stored. */
export async function readMessages(folder: string): Promise<Buffer[]> {
  for (;;) {
    const found = await Promise.all(['new', 'cur'].map(async (part) => await filesOf(join(folder, part))));
    const files = found.flat().toSorted((a, b) => compareNames(a.name, b.name));
    const messages = await Promise.all(files.map(async ({ path }) => await readFile(path).catch(() => undefined)));
    const whole = messages.filter((message) => message !== undefined);
    // A server that looks at its mail moves it from new/ to cur/: look again.
    if (whole.length === messages.length) return whole;
  }
}

interface MessageFile {
  readonly name: string;
  readonly path: string;
}

async function filesOf(folder: string): Promise<MessageFile[]> {
  return (await readdir(folder)).map((name) => ({ name, path: join(folder, name) }));
}

/** By the time in the name (seconds, then Mmicroseconds), as all who write Maildirs put it. */
function compareNames(a: string, b: string): number {
  const [first, second] = [timeIn(a), timeIn(b)];
  return first.seconds - second.seconds || first.micros - second.micros;
}

function timeIn(name: string): { readonly seconds: number; readonly micros: number } {
  const [, seconds = '0', micros = '0'] = /^(\d+)\.[^.]*?M(\d+)/.exec(name) ?? [];
  return { seconds: Number(seconds), micros: Number(micros) };
}
