/** The ledger, as the daemon's thread asks for it. */
import type { Attempt } from '../../protocol/model.ts';
import { entryOf, type LedgerRow, rowOf } from './ledger-row.ts';
import type { Link } from './link.ts';
import type { Ledger, LedgerEntry } from './store.ts';

/** Entries read by one call: between two of them the store's thread answers others, and the daemon's does its work. */
const AT_A_TIME = 2_000;

export function openSqliteLedger(link: Link): Ledger {
  return {
    async load(account) {
      const entries = new Map<string, LedgerEntry>();
      let found: LedgerRow[];
      let after = '';
      do {
        found = await link.call('ledger.load', { account, after, limit: AT_A_TIME });
        for (const row of found) entries.set(row[0], entryOf(row));
        after = found.at(-1)?.[0] ?? after;
      } while (found.length === AT_A_TIME);
      return entries;
    },
    async remember(account, entries) {
      await link.call('ledger.remember', { account, rows: entries.map(rowOf) });
    },
    async forget(account, uidls) {
      await link.call('ledger.forget', { account, uidls });
    },
    async noteAttempt(account, uidl, attempt) {
      await link.call('ledger.noteAttempt', { account, uidl, attempt: JSON.stringify(attempt) });
    },
    async attempts(account, uidl) {
      const found = await link.call('ledger.attempts', { account, uidl });
      return found.map((json) => JSON.parse(json) as Attempt);
    },
    async rename(account, renamed) {
      await link.call('ledger.rename', { account, renamed });
    },
  };
}
