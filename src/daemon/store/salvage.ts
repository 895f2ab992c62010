/** What can be read of a damaged queue database, row by row: a page that cannot be read costs what lies on it, and no more. */
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { MOST_PARTS } from './bodies.ts';
import { openCounters } from './counters.ts';
import { idOf } from './entry-row.ts';
import type { Damaged } from './queue-work.ts';
import type { QueueEntry } from './store.ts';
import { loadTally } from './tally.ts';

/** Numbers between two readable rows that are asked for one by one. */
const MOST_GUESSES = 10_000;

/** Names that are passed over when it cannot be read which were given out. */
const NAMES_LOST = 65_536;

type Row = Record<string, string | number | null>;

/** Copies what is whole into a new database of the present format; of what is not, the octets go to files in `folder`. */
export function salvage(file: string, fresh: DatabaseSync, folder: string): { recovered: number; damaged: Damaged[] } {
  const damaged: Damaged[] = [];
  let old: DatabaseSync | null = null;
  try {
    fillUp(file);
    old = new DatabaseSync(file);
    return copyAll(
      old,
      fresh,
      (n, reason, row) => damaged.push(writeOut(old as DatabaseSync, n, { reason, row, folder })),
      damaged,
    );
  } catch (error) {
    if (old !== null && !isReadFault(error)) throw error; // the new one cannot be written: nothing was rescued
    return { recovered: 0, damaged };
  } finally {
    attempt(() => old?.close());
  }
}

/** SQLite reads nothing at all of a file that is shorter than its header says: what was cut off becomes empty pages. */
function fillUp(file: string): void {
  const header = Buffer.alloc(100); // https://www.sqlite.org/fileformat.html#the_database_header
  const descriptor = openSync(file, 'r+');
  try {
    const read = readSync(descriptor, header, 0, header.length, 0);
    if (read < header.length || header.toString('latin1', 0, 15) !== 'SQLite format 3') return;
    const size = header.readUInt16BE(16) * header.readUInt32BE(28);
    if (fstatSync(descriptor).size < size) ftruncateSync(descriptor, size);
  } finally {
    closeSync(descriptor);
  }
}

type Drop = (n: number, reason: string, row: Row | null) => void;

function copyAll(old: DatabaseSync, fresh: DatabaseSync, drop: Drop, damaged: Damaged[]) {
  const tally = loadTally(fresh);
  const known = new Set<number>();
  let recovered = 0;
  fresh.exec('BEGIN');
  for (const n of readableNumbers(old)) {
    known.add(n);
    const row = attempt(() => old.prepare('SELECT * FROM entry WHERE n = ?').get(n) as Row | undefined) ?? null;
    const fault = row === null ? 'its envelope cannot be read' : copyEntry(old, fresh, row);
    if (fault !== null || row === null) {
      drop(n, fault ?? '', row);
      continue;
    }
    tally.moved(null, row['state'] as QueueEntry['state'], Number(row['bytes']));
    recovered += 1;
  }
  for (const n of strayBodies(old, known)) drop(n, 'its envelope is lost', null);
  copyReports(old, fresh);
  tally.write();
  copyCounters(old, fresh, Math.max(0, ...known));
  fresh.exec('COMMIT');
  return { recovered, damaged };
}

/** The numbers of entries from both ends towards the damage, and what can be met inside it. */
function readableNumbers(old: DatabaseSync): Set<number> {
  const found = new Set<number>();
  const walk = (sql: string, start: number): number => {
    for (let at = start; ; ) {
      const next = attempt(() => old.prepare(sql).get(at)?.['n'] as number | undefined);
      if (next === undefined) return at;
      found.add(next);
      at = next;
    }
  };
  const low = walk('SELECT n FROM entry WHERE n > ? ORDER BY n LIMIT 1', 0);
  const high = walk('SELECT n FROM entry WHERE n < ? ORDER BY n DESC LIMIT 1', Number.MAX_SAFE_INTEGER);
  const one = attempt(() => old.prepare('SELECT n FROM entry WHERE n = ?'));
  for (let n = low + 1; n < Math.min(high, low + MOST_GUESSES); n += 1) {
    if (attempt(() => one?.get(n)) !== undefined) found.add(n);
  }
  // An index has the number, too, where the row is lost.
  for (const state of ['waiting', 'sending', 'deferred', 'held', 'dropped']) {
    attempt(() => {
      for (const row of old.prepare('SELECT n FROM entry INDEXED BY entry_state WHERE state = ?').iterate(state))
        found.add(row['n'] as number);
    });
  }
  return new Set([...found].toSorted((a, b) => a - b));
}

/** Null, or why it is no message any more. */
function copyEntry(old: DatabaseSync, fresh: DatabaseSync, row: Row): string | null {
  const n = Number(row['n']);
  for (const column of ['recipients', 'extras', 'hold']) {
    const json = row[column];
    if (json !== null && json !== undefined && attempt(() => JSON.parse(String(json)) as unknown) === undefined)
      return 'its envelope cannot be read';
  }
  fresh.exec('SAVEPOINT message');
  const fault = copyBody(old, fresh, row);
  if (fault === null) {
    const columns = Object.keys(row);
    const marks = columns.map(() => '?').join(', ');
    fresh.prepare(`INSERT INTO entry (${columns.join(', ')}) VALUES (${marks})`).run(...Object.values(row));
    const tries = attempt(() => old.prepare('SELECT k, attempt FROM attempt WHERE n = ?').all(n)) ?? [];
    const put = fresh.prepare('INSERT INTO attempt (n, k, attempt) VALUES (?, ?, ?)');
    for (const one of tries) put.run(n, one['k'] as number, one['attempt'] as string);
  } else fresh.exec('ROLLBACK TO message');
  fresh.exec('RELEASE message');
  return fault;
}

function copyBody(old: DatabaseSync, fresh: DatabaseSync, row: Row): string | null {
  const n = Number(row['n']);
  const put = fresh.prepare('INSERT INTO chunk (place, octets) VALUES (?, ?)');
  const hash = createHash('sha256');
  let bytes = 0;
  for (const [part, octets] of partsOf(old, n)) {
    put.run(n * MOST_PARTS + part, octets);
    hash.update(octets);
    bytes += octets.length;
  }
  if (bytes !== row['bytes']) return `${bytes} octets of ${row['bytes']} are there`;
  return hash.digest('hex') === row['digest'] ? null : 'its octets are not those that were received (SHA-256)';
}

/** As far as they can be read in a row. */
function* partsOf(old: DatabaseSync, n: number): Generator<[part: number, octets: Uint8Array]> {
  const one = attempt(() => old.prepare('SELECT octets FROM chunk WHERE place = ?'));
  for (let part = 0; one !== undefined; part += 1) {
    const octets = attempt(() => one.get(n * MOST_PARTS + part)?.['octets'] as Uint8Array | undefined);
    if (octets === undefined) return;
    yield [part, octets];
  }
}

/** Bodies that have no entry any more; what was on its way in has none yet, and its client was told nothing. */
function strayBodies(old: DatabaseSync, known: ReadonlySet<number>): number[] {
  const drafts = new Set(
    (attempt(() => old.prepare('SELECT n FROM draft').all()) ?? []).map((row) => row['n'] as number),
  );
  const strays: number[] = [];
  for (let at = 0; ; ) {
    const sql = 'SELECT place FROM chunk WHERE place >= ? ORDER BY place LIMIT 1';
    const place = attempt(() => old.prepare(sql).get(at)?.['place'] as number | undefined);
    if (place === undefined) return strays;
    const n = Math.floor(place / MOST_PARTS);
    if (!known.has(n) && !drafts.has(n)) strays.push(n);
    at = (n + 1) * MOST_PARTS;
  }
}

function copyReports(old: DatabaseSync, fresh: DatabaseSync): void {
  const put = fresh.prepare('INSERT OR REPLACE INTO report (original, report) VALUES (?, ?)');
  const reports = attempt(() => old.prepare('SELECT original, report FROM report').all()) ?? [];
  for (const one of reports) put.run(one['original'] as string, one['report'] as string);
}

/** A name is never given twice (S19), whatever else is lost. */
function copyCounters(old: DatabaseSync, fresh: DatabaseSync, highest: number): void {
  const counters = openCounters(fresh);
  const rows = attempt(() => old.prepare('SELECT name, value FROM counter').all());
  for (const row of rows ?? []) counters.set(row['name'] as string, row['value'] as number);
  const least = highest + (rows === undefined ? NAMES_LOST : 1);
  if (counters.read('name') < least) counters.set('name', least);
}

/** What is left of a message as a file of its name, and beside it why. */
function writeOut(
  old: DatabaseSync,
  n: number,
  { reason, row, folder }: { reason: string; row: Row | null; folder: string },
): Damaged {
  const id = idOf(n);
  const file = `${id}.tmp`;
  const descriptor = openSync(join(folder, file), 'w', 0o600);
  try {
    for (const [, octets] of partsOf(old, n)) writeSync(descriptor, octets);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  writeFileSync(join(folder, `${id}.reason`), `${JSON.stringify({ id, reason, entry: row }, null, 2)}\n`, {
    mode: 0o600,
    flush: true,
  });
  return { id, reason, file };
}

/** Undefined where the old database cannot be read. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

const isReadFault = (error: unknown): boolean => {
  const { errcode } = error as { errcode?: number };
  return errcode === 26 || errcode === 14; // it is no database at all: NOTADB, CANTOPEN
};
