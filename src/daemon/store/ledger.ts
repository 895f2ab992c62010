/** The ledger of seen messages in `mailgate.db`, in the store's thread, with the dialogues of tries that failed. */
import type { DatabaseSync } from 'node:sqlite';
import type { Handlers } from './calls.ts';
import { rows } from './database.ts';
import { KNOWN_COLUMNS, LEDGER_COLUMNS, type LedgerRow } from './ledger-row.ts';
import { ATTEMPTS_KEPT } from './store.ts';

type Some<M extends keyof Handlers<'ledger'>> = Pick<Handlers<'ledger'>, M>;

export function openLedger(db: DatabaseSync): Omit<Handlers<'ledger'>, 'ledger.probe'> {
  return { ...entries(db), ...deletion(db), ...attempts(db), ...renaming(db) };
}

function entries(db: DatabaseSync): Some<'ledger.known' | 'ledger.entries' | 'ledger.remember' | 'ledger.forget'> {
  const known = rows(
    db,
    `SELECT json_group_array(json_array(${KNOWN_COLUMNS}) ORDER BY uidl)
     FROM (SELECT ${KNOWN_COLUMNS} FROM ledger WHERE account = ? AND uidl > ? ORDER BY uidl LIMIT ?)`,
  );
  const entry = rows(db, `SELECT ${LEDGER_COLUMNS} FROM ledger WHERE account = ? AND uidl = ?`);
  const put = db.prepare(
    `INSERT OR REPLACE INTO ledger (account, ${LEDGER_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const forget = ['ledger', 'ledger_attempt'].map((table) =>
    db.prepare(`DELETE FROM ${table} WHERE account = ? AND uidl = ?`),
  );
  const forgetAll = ['ledger', 'ledger_attempt'].map((table) => db.prepare(`DELETE FROM ${table} WHERE account = ?`));

  return {
    'ledger.known': ({ account, after, limit }) => {
      const [json] = known.get(account, after, limit) as unknown as [string];
      return json;
    },
    'ledger.entries': ({ account, uidls }) =>
      uidls
        .map((uidl) => entry.get(account, uidl) as unknown as LedgerRow | undefined)
        .filter((row) => row !== undefined),
    'ledger.remember': ({ account, rows: remembered }) => {
      for (const row of remembered) put.run(account, ...row);
      return null;
    },
    'ledger.forget': ({ account, uidls }) => {
      if (uidls === null) for (const statement of forgetAll) statement.run(account);
      for (const uidl of uidls ?? []) for (const statement of forget) statement.run(account, uidl);
      return null;
    },
  };
}

function deletion(db: DatabaseSync): Some<'ledger.noteDeleted'> {
  const note = db.prepare(
    `UPDATE ledger SET extras = json_set(iif(extras = '', '{}', extras), '$.deletedAt', CAST(? AS INTEGER))
     WHERE account = ? AND uidl = ?`,
  );
  return {
    'ledger.noteDeleted': ({ account, uidls, at }) => {
      for (const uidl of uidls) note.run(at, account, uidl);
      return null;
    },
  };
}

function attempts(db: DatabaseSync): Some<'ledger.noteAttempt' | 'ledger.attempts'> {
  const last = rows(db, 'SELECT max(k) FROM ledger_attempt WHERE account = ? AND uidl = ?');
  const note = db.prepare('INSERT INTO ledger_attempt (account, uidl, k, attempt) VALUES (?, ?, ?, ?)');
  const drop = db.prepare('DELETE FROM ledger_attempt WHERE account = ? AND uidl = ? AND k <= ?');
  const read = rows(db, 'SELECT attempt FROM ledger_attempt WHERE account = ? AND uidl = ? ORDER BY k');

  return {
    'ledger.noteAttempt': ({ account, uidl, attempt }) => {
      const [had] = last.get(account, uidl) as unknown as [number | null];
      const k = (had ?? 0) + 1;
      note.run(account, uidl, k, attempt);
      drop.run(account, uidl, k - ATTEMPTS_KEPT);
      return null;
    },
    'ledger.attempts': ({ account, uidl }) => (read.all(account, uidl) as unknown as [string][]).map(([json]) => json),
  };
}

/** Where entries wait while their new names are made free: no account is called so. */
const NOWHERE = '';

function renaming(db: DatabaseSync): Some<'ledger.rename'> {
  const tables = ['ledger', 'ledger_attempt'].map((table) => ({
    move: db.prepare(`UPDATE ${table} SET account = ?, uidl = ? WHERE account = ? AND uidl = ?`),
    remove: db.prepare(`DELETE FROM ${table} WHERE account = ? AND uidl = ?`),
  }));
  const known = db.prepare('SELECT 1 FROM ledger WHERE account = ? AND uidl = ?');

  return {
    'ledger.rename': ({ account, renamed }) => {
      // First all of them out of the way: the new UIDL of one may be the old one of another.
      const parked = new Map<string, string>();
      for (const { from, to } of renamed) {
        if (known.get(account, from) === undefined) continue;
        const place = `${parked.size}`;
        for (const { move } of tables) move.run(NOWHERE, place, account, from);
        parked.set(place, to);
      }
      for (const [place, to] of parked) {
        for (const { move, remove } of tables) {
          remove.run(account, to);
          move.run(account, to, NOWHERE, place);
        }
      }
      return null;
    },
  };
}
