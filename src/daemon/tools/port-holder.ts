/** Who has a TCP port (S104): out of /proc, where this is Linux and the process may be looked at. */
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** What a look into /proc may cost on a busy machine. */
const MOST_PROCESSES = 5_000;

const LISTENING = '0A';

/** `postfix/master (process 812)`; null when that cannot be known. */
export async function holderOf(port: number, proc = '/proc'): Promise<string | null> {
  const inode = await listeningInode(port, proc);
  if (inode === null) return null;

  const entries = await readdir(proc).catch(() => []);
  for (const pid of entries.filter((name) => /^\d+$/.test(name)).slice(0, MOST_PROCESSES)) {
    if (await holds(join(proc, pid, 'fd'), inode)) return `${await nameOf(join(proc, pid))} (process ${pid})`;
  }
  return null;
}

/** The names of the processes that run here. */
export async function processNames(proc = '/proc'): Promise<string[]> {
  const entries = await readdir(proc).catch(() => []);
  const pids = entries.filter((name) => /^\d+$/.test(name)).slice(0, MOST_PROCESSES);
  return await Promise.all(pids.map((pid) => nameOf(join(proc, pid))));
}

/** A line of /proc/net/tcp: `0: 00000000:09C4 00000000:0000 0A … inode`. */
async function listeningInode(port: number, proc: string): Promise<string | null> {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  for (const table of ['net/tcp', 'net/tcp6']) {
    const text = await readFile(join(proc, table), 'utf8').catch(() => '');
    for (const line of text.split('\n')) {
      const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
      if (local.endsWith(wanted) && state === LISTENING && inode) return inode;
    }
  }
  return null;
}

async function holds(folder: string, inode: string): Promise<boolean> {
  const fds = await readdir(folder).catch(() => []);
  for (const fd of fds) {
    const target = await readlink(join(folder, fd)).catch(() => '');
    if (target === `socket:[${inode}]`) return true;
  }
  return false;
}

async function nameOf(process: string): Promise<string> {
  return (await readFile(join(process, 'comm'), 'utf8').catch(() => '')).trim();
}
