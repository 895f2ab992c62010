/**
 * One database and its groups. All calls that wait run in one transaction with one sync at its end; then all are answered.
 * A call that cannot be done is undone alone. A database that fails costs the whole group (I09): nothing of it may be relied
 * on, its connection is closed, and it works again only once a new one has been opened and checked.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { type Failure, type Handler, type Handlers, type Method, readOnly, type WiredAnswer } from './calls.ts';
import { type DatabasePlan, openDatabase } from './database.ts';
import { DamagedFile, failureOf, isBroken, isDamage } from './failure.ts';
import type { Rescue } from './rescue.ts';

/** A call whose octets have been found in its message. */
export type Call = [call: number, method: Method, takes: unknown, octets: Uint8Array];

/** The handlers of one open database, and what they hold in memory about it. */
export interface Parts<P extends string> {
  handlers: Handlers<P>;
  /** What is held in memory, before a call and back to there when it is undone. */
  keep?: () => number[];
  restore?: (kept: number[]) => void;
  beforeCommit?: () => void;
}

export interface ShelfPlan<P extends string> extends DatabasePlan {
  name: string;
  open: (db: DatabaseSync) => Parts<P>;
  /** What is done about a file that is damaged; absent: it is refused. */
  rescue?: Rescue;
}

export interface Shelf {
  /** Answers every call, in order, each durable; never throws. */
  run(calls: Call[]): WiredAnswer[];
  /** What is better done after the answers: moves what was written from the write-ahead log into the database, now and then. */
  tidy(): void;
  /** Why the database does not work; null when it does. Failed until a group was written again. */
  readonly trouble: Failure | null;
  /** Gives why it could not be closed well; what was answered is safe all the same. */
  close(): Failure | null;
}

interface Opened {
  db: DatabaseSync;
  parts: Parts<string> & { handlers: Record<string, Handler<Method> | undefined> };
  begin: StatementSync;
  beginWriting: StatementSync;
  commit: StatementSync;
  mark: StatementSync;
  undo: StatementSync;
  release: StatementSync;
  checkpoint: StatementSync;
}

/**
 * Octets of the write-ahead log that make a checkpoint worth its two syncs. What is sent and removed before that never
 * reaches the database file; a crash reads at most this much back.
 */
const CHECKPOINT_AFTER = 16 * 1_048_576;

/** Octets that a call writes beside those that it brings: about two pages of rows and indexes. A guess will do. */
const WRITTEN_BY_A_CALL = 16_384;

/** Opens the database; throws when it cannot be used. */
export function openShelf<P extends string>(plan: ShelfPlan<P>): Shelf {
  let opened: Opened | null = open(plan, 'started');
  let trouble: Failure | null = null;
  let written = 0;
  /** A sync may have failed since the log was last emptied. */
  let doubtful = false;
  /** A read has found damage: before anything else the whole of it is checked, and mended. */
  let damaged = false;

  /** Closes what failed. The next group opens it again. */
  function fail(error: unknown): Failure {
    trouble = failureOf(error, plan.name);
    damaged ||= isDamage(error);
    doubtful ||= !trouble.full; // a disk that is only full refuses to write, not to sync
    try {
      opened?.db.close();
    } catch {
      // It is in doubt anyway, and a new connection decides what is there.
    }
    opened = null;
    return trouble;
  }

  function run(calls: Call[]): WiredAnswer[] {
    const writes = calls.some(([, method]) => !readOnly.has(method));
    try {
      opened ??= open(plan, damaged ? 'damaged' : doubtful ? 'failed' : 'full');
      doubtful = false;
      damaged = false;
      const answers = transact(opened, calls, writes);
      if (writes) {
        trouble = null;
        written += calls.reduce((sum, [, , , octets]) => sum + octets.length + WRITTEN_BY_A_CALL, 0);
      }
      return answers;
    } catch (error) {
      const failure = fail(error);
      return calls.map(([call]) => [call, failure, null]);
    }
  }

  return {
    run,
    tidy() {
      if (opened === null || written < CHECKPOINT_AFTER) return;
      written = 0;
      try {
        opened.checkpoint.get();
      } catch (error) {
        fail(error);
      }
    },
    get trouble() {
      return trouble;
    },
    close() {
      try {
        if (opened !== null) empty(opened.db, 'closed');
        opened?.db.close();
        return null;
      } catch (error) {
        return fail(error);
      }
    },
  };
}

function transact(opened: Opened, calls: Call[], writes: boolean): WiredAnswer[] {
  (writes ? opened.beginWriting : opened.begin).run();
  const answers = calls.map((call) => answer(opened, call));
  if (writes) opened.parts.beforeCommit?.();
  opened.commit.run();
  return answers;
}

/** Throws only when the database itself is broken. */
function answer(opened: Opened, [call, method, takes, octets]: Call): WiredAnswer {
  const { parts, mark, undo, release } = opened;
  const writes = !readOnly.has(method);
  const kept = writes ? parts.keep?.() : undefined;
  if (writes) mark.run();
  try {
    const gives = parts.handlers[method]?.(takes as never, octets) ?? null;
    if (writes) release.run();
    return [call, null, gives];
  } catch (error) {
    if (isBroken(error)) throw error;

    if (writes) {
      undo.run();
      release.run();
    }
    if (kept !== undefined) parts.restore?.(kept);
    return [call, failureOf(error, method), null];
  }
}

type Before = 'started' | 'full' | 'failed' | 'damaged' | 'closed';

function open<P extends string>(plan: ShelfPlan<P>, before: Before): Opened {
  try {
    return openSound(plan, before);
  } catch (error) {
    if (plan.rescue === undefined || !isDamage(error)) throw error;
    plan.rescue.mend(error instanceof DamagedFile ? error.message : 'it could not be read');
    return openSound(plan, 'full');
  }
}

/** Throws what `isDamage` knows for a file that is not what we wrote. */
function openSound<P extends string>(plan: ShelfPlan<P>, before: Before): Opened {
  if (before === 'started') plan.rescue?.look();
  const db = openNamed(plan, before);
  try {
    if (before === 'started') plan.rescue?.check(db, 'as at a start');
    if (before === 'damaged') plan.rescue?.check(db, 'whole');
    empty(db, before);
    return {
      db,
      parts: plan.open(db) as unknown as Opened['parts'],
      begin: db.prepare('BEGIN'),
      beginWriting: db.prepare('BEGIN IMMEDIATE'),
      commit: db.prepare('COMMIT'),
      mark: db.prepare('SAVEPOINT call'),
      undo: db.prepare('ROLLBACK TO call'),
      release: db.prepare('RELEASE call'),
      checkpoint: db.prepare('PRAGMA wal_checkpoint(PASSIVE)'),
    };
  } catch (error) {
    db.close();
    throw error;
  }
}

/** At the start the whole message is what a person reads: it says which file. */
function openNamed(plan: DatabasePlan, before: Before): DatabaseSync {
  try {
    return openDatabase(plan, before === 'started' ? 'make it' : 'refuse');
  } catch (error) {
    if (error instanceof Error) error.message = `${plan.file}: ${error.message}`;
    throw error;
  }
}

/**
 * Moves the whole write-ahead log into the database file, syncs that, and cuts the log to nothing. After a sync that failed
 * this is what makes the connection trustworthy again: Linux takes pages that it could not write for written, and a later sync
 * of the same log would say that all is well although the log has a hole; what follows the hole would be lost in a power cut.
 */
function empty(db: DatabaseSync, before: Before): void {
  let busy: unknown;
  try {
    busy = db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get()?.['busy'];
  } catch (error) {
    // A full disk has no room for the pages that are new, and no sync has failed: what is queued can still be read.
    if (before === 'full' && failureOf(error, '').full) return;
    throw error;
  }
  if (busy !== 0 && (before === 'failed' || before === 'damaged'))
    throw new Error('somebody else holds the database, so that it cannot be checked');
}
