/** Past download sessions in `mailgate.db`, in the store's thread. */
import type { DatabaseSync } from 'node:sqlite';
import type { Handlers } from './calls.ts';
import { rows } from './database.ts';
import type { SessionRow } from './store.ts';

type Row = [
  session: number,
  startedAt: number,
  finishedAt: number,
  messages: number,
  bytes: number,
  errors: number,
  file: string | null,
  firstSeq: number,
  lastSeq: number,
];

const COLUMNS = 'session, started_at, finished_at, messages, bytes, errors, file, first_seq, last_seq';

export function openSessions(db: DatabaseSync): Handlers<'session'> {
  const put = db.prepare(`INSERT OR REPLACE INTO session (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const one = rows(db, `SELECT ${COLUMNS} FROM session WHERE session = ?`);
  const count = rows(db, 'SELECT count(*) FROM session');
  const page = rows(db, `SELECT ${COLUMNS} FROM session ORDER BY session DESC LIMIT ?2 OFFSET ?1`);
  const files = rows(db, 'SELECT file FROM session WHERE finished_at < ? AND file IS NOT NULL ORDER BY session');
  const forget = db.prepare('UPDATE session SET file = NULL WHERE finished_at < ? AND file IS NOT NULL');
  const trim = db.prepare('DELETE FROM session WHERE finished_at < ? AND file IS NULL');

  return {
    'session.record': (row) => {
      put.run(...rowOf(row));
      return null;
    },
    'session.get': ({ session }) => {
      const row = one.get(session) as unknown as Row | undefined;
      return row === undefined ? null : sessionOf(row);
    },
    'session.list': ({ offset, limit }) => {
      const [total] = count.get() as unknown as [number];
      return { total, sessions: (page.all(offset, limit) as unknown as Row[]).map(sessionOf) };
    },
    'session.forgetFiles': ({ before }) => {
      const names = (files.all(before) as unknown as [string][]).map(([file]) => file);
      forget.run(before);
      return names;
    },
    'session.trim': ({ before }) => {
      trim.run(before);
      return null;
    },
  };
}

const rowOf = (row: SessionRow): Row => [
  row.session,
  row.startedAt,
  row.finishedAt,
  row.messages,
  row.bytes,
  row.errors,
  row.file,
  row.firstSeq,
  row.lastSeq,
];

function sessionOf(row: Row): SessionRow {
  const [session, startedAt, finishedAt, messages, bytes, errors, file, firstSeq, lastSeq] = row;
  return { session, startedAt, finishedAt, messages, bytes, errors, file, firstSeq, lastSeq };
}
