/** A database file: made private, opened with our settings, brought to the present format, or refused (I29). */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';

export interface DatabasePlan {
  file: string;
  schema: readonly string[];
  /** FULL syncs at every commit; NORMAL only at a checkpoint: a power cut may cost the last commits, never the file. */
  synchronous: 'FULL' | 'NORMAL';
}

/** Milliseconds for which somebody with `sqlite3` at the same file may make us wait; mail stands still meanwhile. */
const BUSY = 2_000;

/** Octets. Measured with 4 KB and 20 KB messages: less CPU than 4,096 both ways, and 16,384 is slower at taking mail out. */
const PAGE = 8_192;

/** KiB of pages kept in memory, per database: the indexes of a long queue, not its bodies. */
const CACHE = 8_192;

/** Throws when the file cannot be used: not there (and not to be made), not to be opened, no database, or written by a newer MailGate. */
export function openDatabase(plan: DatabasePlan, missing: 'make it' | 'refuse'): DatabaseSync {
  if (missing === 'make it') makeFile(plan.file);
  else if (!existsSync(plan.file)) throw new Error('the file is gone'); // a disk that was unmounted, say: SQLite would begin an empty one
  const db = new DatabaseSync(plan.file, { timeout: BUSY });
  try {
    const had = formatOf(db);
    if (had > plan.schema.length) throw newer(plan, had);

    db.exec(`PRAGMA page_size = ${PAGE}`); // counts only while the file is empty
    db.exec('PRAGMA journal_mode = WAL');
    db.exec(`PRAGMA synchronous = ${plan.synchronous}`);
    db.exec(`PRAGMA cache_size = -${CACHE}`);
    db.exec('PRAGMA temp_store = MEMORY'); // a sort never needs room on the disk
    // shelf.ts checkpoints by itself, after it has answered: SQLite's own would do it first, and keep its errors to itself.
    db.exec('PRAGMA wal_autocheckpoint = 0');
    migrate(db, plan.schema, had);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Only the owner may read mail. The file's name is synced here: SQLite does so for its own files only. */
function makeFile(file: string): void {
  if (existsSync(file)) return;

  const folder = dirname(file);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  closeSync(openSync(file, 'a', 0o600));
  for (const path of [folder, dirname(folder)]) {
    const descriptor = openSync(path, 'r');
    fsyncSync(descriptor);
    closeSync(descriptor);
  }
}

const formatOf = (db: DatabaseSync): number =>
  (db.prepare('PRAGMA user_version').get() as { user_version: number }).user_version;

const newer = ({ file, schema }: DatabasePlan, had: number): Error =>
  new Error(
    `it was written by a newer MailGate (format ${had}; this one knows formats up to ${schema.length}), and was not touched. ` +
      `Start that newer MailGate again, or move ${basename(file)} away if what it holds is not wanted`,
  );

function migrate(db: DatabaseSync, schema: readonly string[], had: number): void {
  for (const [step, sql] of schema.entries()) {
    if (step >= had) db.exec(`BEGIN IMMEDIATE; ${sql}; PRAGMA user_version = ${step + 1}; COMMIT`);
  }
}

/** A statement whose rows are arrays: cheaper than objects, and cheaper to hand to the other thread. */
export function rows(db: DatabaseSync, sql: string): StatementSync {
  const statement = db.prepare(sql);
  statement.setReturnArrays(true);
  return statement;
}
