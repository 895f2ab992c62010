/**
 * A damaged queue database (I12), in the store's thread: it is moved to `corrupt/` as it is, what can be read of it goes into a new
 * one, and messages whose octets are not those that came are written out beside it. It is never begun anew without a word.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { type DatabasePlan, openDatabase } from './database.ts';
import { DamagedFile } from './failure.ts';
import type { Damaged } from './queue-work.ts';
import { salvage } from './salvage.ts';

/** Octets of a database that is checked whole at every start: some 100 ms. A larger one is checked when a read has found damage. */
const CHECKED_AT_START = 64 * 1_048_576;

export interface Rescue {
  /** Throws `DamagedFile` for what no file of ours can be; takes up a rescue that a crash has interrupted. */
  look(): void;
  /** Throws `DamagedFile` unless it is sound as far as it is looked at. */
  check(db: DatabaseSync, how: 'as at a start' | 'whole'): void;
  /** After it a sound database is in its place. */
  mend(why: string): void;
}

export function queueRescue(plan: DatabasePlan, tell: (damaged: Damaged[]) => void): Rescue {
  const { file } = plan;
  const folder = join(dirname(file), 'corrupt');
  /** While it is there, the rescue is not over: it becomes the new database at the end. */
  const fresh = `${file}.rescue`;

  function mend(why: string): void {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    rmSync(fresh, { force: true });
    closeSync(openSync(fresh, 'a', 0o600));
    syncFolder(dirname(file));
    const kept = moveAway();
    rebuild(kept, why);
  }

  /** The log first: a database without its log is older, a log without its database is nothing. */
  function moveAway(): string {
    const kept = join(folder, nextName(folder, basename(file)));
    if (existsSync(`${file}-wal`)) renameSync(`${file}-wal`, `${kept}-wal`);
    rmSync(`${file}-shm`, { force: true });
    renameSync(file, kept);
    syncFolder(folder);
    syncFolder(dirname(file));
    return kept;
  }

  function rebuild(kept: string, why: string): void {
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${fresh}${suffix}`, { force: true });
    closeSync(openSync(fresh, 'a', 0o600));
    const db = openDatabase({ ...plan, file: fresh }, 'refuse');
    let told: Damaged[];
    try {
      const { recovered, damaged } = lstatSync(kept).isFile() ? salvage(kept, db, folder) : NOTHING;
      const many = `${recovered} ${recovered === 1 ? 'message was' : 'messages were'} recovered`;
      told = [{ id: basename(file), reason: `${why}; ${many}`, file: basename(kept) }, ...damaged];
      db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } finally {
      db.close();
    }
    renameSync(fresh, file);
    syncFolder(dirname(file));
    tell(told);
  }

  return {
    look() {
      if (existsSync(fresh) && !isThere(file)) {
        const last = newestName(folder, basename(file));
        if (last !== null) rebuild(join(folder, last), 'its rescue was interrupted');
      }
      rmSync(fresh, { force: true });
      if (!isThere(file)) return;

      const found = lstatSync(file);
      if (!found.isFile()) throw new DamagedFile(found.isDirectory() ? 'it was a folder' : 'it was no plain file');
      if (found.uid !== process.geteuid?.()) throw new DamagedFile('it belonged to somebody else');
      if (found.size === 0 && !existsSync(`${file}-wal`)) throw new DamagedFile('it was empty');
    },
    check(db, how) {
      const pages = Number(db.prepare('PRAGMA page_count').get()?.['page_count']);
      const size = Number(db.prepare('PRAGMA page_size').get()?.['page_size']);
      if (how === 'as at a start' && pages * size > CHECKED_AT_START) return;
      const found = db.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
      if (found !== 'ok') throw new DamagedFile(String(found).split('\n').at(-1) ?? 'it was damaged');
    },
    mend,
  };
}

const NOTHING = { recovered: 0, damaged: [] as Damaged[] };

/** Also a link to nothing is there. */
const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

const numbersOf = (folder: string, name: string): number[] =>
  (existsSync(folder) ? readdirSync(folder) : [])
    .map((found) => (found.startsWith(`${name}.`) ? Number(found.slice(name.length + 1)) : Number.NaN))
    .filter((number) => Number.isSafeInteger(number));

const nextName = (folder: string, name: string): string => `${name}.${Math.max(0, ...numbersOf(folder, name)) + 1}`;

function newestName(folder: string, name: string): string | null {
  const numbers = numbersOf(folder, name);
  return numbers.length === 0 ? null : `${name}.${Math.max(...numbers)}`;
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}
