/** What went wrong in a database: with one call only, or with the database itself. */
import type { Failure } from './calls.ts';

/** A call that cannot be done, for a reason that its caller is told; the others of its group go on. */
export class Refused extends Error {
  override name = 'Refused';
}

/** A database file that is not what we wrote (I12). */
export class DamagedFile extends Error {
  override name = 'DamagedFile';
}

// SQLite's primary result codes (sqlite.org/rescode.html). With these the connection, or the disk below it, is in doubt.
const BROKEN: ReadonlySet<number> = new Set([
  2, // INTERNAL
  3, // PERM
  5, // BUSY: somebody else holds the database for longer than we wait
  6, // LOCKED
  7, // NOMEM
  8, // READONLY
  10, // IOERR
  11, // CORRUPT
  13, // FULL
  14, // CANTOPEN
  15, // PROTOCOL
  22, // NOLFS
  26, // NOTADB
]);
const FULL = 13;

/** SQLite's primary result code of an error; 0 when it is none of SQLite's. */
function codeOf(error: unknown): number {
  const { errcode } = error as { errcode?: unknown };
  return typeof errcode === 'number' ? errcode & 0xff : 0;
}

/** The database cannot go on with this connection (I09). */
export const isBroken = (error: unknown): boolean => error instanceof DamagedFile || BROKEN.has(codeOf(error));

/** The file is not what we wrote: CORRUPT, NOTADB, or found so by a look at it. */
export const isDamage = (error: unknown): boolean =>
  error instanceof DamagedFile || codeOf(error) === 11 || codeOf(error) === 26;

/** `what` names the database or the call that failed. */
export function failureOf(error: unknown, what: string): Failure {
  const { message, code, errstr } = error as { message: string; code?: string; errstr?: string };
  const detail = errstr !== undefined && !message.includes(errstr) ? `${message} (${errstr})` : message;
  return { message: `${what}: ${detail}`, full: codeOf(error) === FULL || code === 'ENOSPC' };
}
