/** The audit trail in `mailgate.db`, in the store's thread: it only grows. */
import type { DatabaseSync } from 'node:sqlite';
import type { Handlers } from './calls.ts';

export function openAudit(db: DatabaseSync): Handlers<'audit'> {
  const insert = db.prepare('INSERT INTO audit (at, by, method, what, reason, result) VALUES (?, ?, ?, ?, ?, ?)');

  return {
    'audit.record': ({ at, by, method, what, reason, result }) => {
      insert.run(at, by, method, what, reason, result);
      return null;
    },
  };
}
