/**
 * One daemon a home (I14). The lock is SQLite's exclusive lock on `mailgate.lock`, held for as long as the process lives: the
 * system frees it with the process, however that ends. `mailgate.pid` beside it only names the holder.
 */
import { closeSync, existsSync, openSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export type HomeLock =
  | { ok: true; release(): Promise<void> }
  /** Somebody else holds it: the process `pid`, null when it has not said so yet. */
  | { ok: false; pid: number | null };

const BUSY = 5; // sqlite.org/rescode.html

/** The open databases of the locks that are held: one that nobody refers to would be closed by the garbage collector. */
const held = new Set<DatabaseSync>();

/**
 * Never waits. Rejects when the home cannot be written. As long as the lock is held nothing else in this process may open and
 * close `mailgate.lock`: that would free it (POSIX locks belong to a process, fcntl(2)).
 */
export async function lockHome(home: string): Promise<HomeLock> {
  const file = join(home, 'mailgate.lock');
  const named = join(home, 'mailgate.pid');
  const db = lock(file);
  if (db === null) return { ok: false, pid: await holder(named) };

  // Written beside and renamed, so that nobody reads half a number.
  await writeFile(`${named}.new`, `${process.pid}\n`, { mode: 0o600 });
  await rename(`${named}.new`, named);
  return {
    ok: true,
    async release() {
      await rm(named, { force: true });
      held.delete(db);
      db.close();
    },
  };
}

/** Null when it is held. */
function lock(file: string): DatabaseSync | null {
  if (!existsSync(file)) closeSync(openSync(file, 'a', 0o600));
  const db = new DatabaseSync(file, { timeout: 0 });
  try {
    db.exec('BEGIN EXCLUSIVE');
    held.add(db);
    return db;
  } catch (error) {
    db.close();
    if ((error as { errcode?: number }).errcode === BUSY) return null;
    throw error;
  }
}

async function holder(named: string): Promise<number | null> {
  const text = await readFile(named, 'utf8').catch(() => '');
  const pid = Number.parseInt(text, 10);
  return Number.isSafeInteger(pid) && isAlive(pid) ? pid : null;
}

/** The name of a holder before may still stand there while the new one writes its own. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
