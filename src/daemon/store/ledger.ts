/** The ledger of seen messages in `mailgate.db`, in the store's thread. */
import type { DatabaseSync } from 'node:sqlite';
import type { Handlers } from './calls.ts';
import type { LedgerEntry } from './store.ts';

type Row = [
  uidl: string,
  bytes: number,
  firstSeenAt: number,
  deliveredAt: number | null,
  deliveredTo: string,
  messageId: string,
  digest: string,
  lastError: string,
  failures: number,
];

const COLUMNS = 'uidl, bytes, first_seen_at, delivered_at, delivered_to, message_id, digest, last_error, failures';

export function openLedger(db: DatabaseSync): Omit<Handlers<'ledger'>, 'ledger.probe'> {
  const load = db.prepare(`SELECT ${COLUMNS} FROM ledger WHERE account = ? AND uidl > ? ORDER BY uidl LIMIT ?`);
  load.setReturnArrays(true);
  const put = db.prepare(`INSERT OR REPLACE INTO ledger (account, ${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const forget = db.prepare('DELETE FROM ledger WHERE account = ? AND uidl = ?');
  const forgetAll = db.prepare('DELETE FROM ledger WHERE account = ?');

  return {
    'ledger.load': ({ account, after, limit }) => (load.all(account, after, limit) as unknown as Row[]).map(entryOf),
    'ledger.remember': ({ account, entries }) => {
      for (const entry of entries) put.run(account, ...rowOf(entry));
      return null;
    },
    'ledger.forget': ({ account, uidls }) => {
      if (uidls === null) forgetAll.run(account);
      for (const uidl of uidls ?? []) forget.run(account, uidl);
      return null;
    },
  };
}

const rowOf = (entry: LedgerEntry): Row => [
  entry.uidl,
  entry.bytes,
  entry.firstSeenAt,
  entry.deliveredAt,
  JSON.stringify(entry.deliveredTo),
  entry.messageId,
  entry.digest,
  entry.lastError,
  entry.failures,
];

function entryOf(row: Row): LedgerEntry {
  const [uidl, bytes, firstSeenAt, deliveredAt, deliveredTo, messageId, digest, lastError, failures] = row;
  return {
    uidl,
    bytes,
    firstSeenAt,
    deliveredAt,
    deliveredTo: JSON.parse(deliveredTo) as string[],
    messageId,
    digest,
    lastError,
    failures,
  };
}
