/** The ledger, as the daemon's thread asks for it. */
import type { Attempt } from '../../protocol/model.ts';
import { entryOf, knownOf, type KnownRow, rowOf } from './ledger-row.ts';
import type { Link } from './link.ts';
import type { KnownMessage, Ledger, LedgerEntry } from './store.ts';

/** Rows that one call is about: between two of them the store's thread answers others, and the daemon's does its work. */
const AT_A_TIME = 2_000;

export function openSqliteLedger(link: Link): Ledger {
  return {
    async known(account) {
      const known = new Map<string, KnownMessage>();
      let rows: KnownRow[];
      let after = '';
      do {
        rows = JSON.parse(await link.call('ledger.known', { account, after, limit: AT_A_TIME })) as KnownRow[];
        for (const row of rows) known.set(row[0], knownOf(row));
        after = rows.at(-1)?.[0] ?? after;
      } while (rows.length === AT_A_TIME);
      return known;
    },
    async entries(account, uidls) {
      const entries = new Map<string, LedgerEntry>();
      for (const some of portions(uidls)) {
        for (const row of await link.call('ledger.entries', { account, uidls: some }))
          entries.set(row[0], entryOf(row));
      }
      return entries;
    },
    async remember(account, entries) {
      await link.call('ledger.remember', { account, rows: entries.map(rowOf) });
    },
    async forget(account, uidls) {
      if (uidls === null) await link.call('ledger.forget', { account, uidls });
      for (const some of portions(uidls ?? [])) await link.call('ledger.forget', { account, uidls: some });
    },
    async noteDeleted(account, uidls, at) {
      for (const some of portions(uidls)) await link.call('ledger.noteDeleted', { account, uidls: some, at });
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

function* portions(uidls: readonly string[]): Iterable<string[]> {
  for (let from = 0; from < uidls.length; from += AT_A_TIME) yield uidls.slice(from, from + AT_A_TIME);
}
