/** What a ledger has, for tests: the program itself never holds every entry of an account. */
import type { Ledger, LedgerEntry } from '../../src/daemon/store/store.ts';

/** Every entry of an account, by UIDL, in the order of UIDLs. */
export async function wholeLedger(ledger: Ledger, account: string): Promise<Map<string, LedgerEntry>> {
  return await ledger.entries(account, [...(await ledger.known(account)).keys()]);
}
