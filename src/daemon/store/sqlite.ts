/** The embedded default engine: three SQLite databases in the home, owned by a thread of their own that commits in groups. */
import { type Clock, seconds, type Timer } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { type Link, startLink } from './link.ts';
import { openNames } from './names.ts';
import { openSqliteQueue } from './sqlite-queue.ts';
import { openSqliteRing } from './sqlite-ring.ts';
import type { Ledger, LedgerEntry, Store, StoreFailure } from './store.ts';

/** While the store does not work, this often something is written to see whether it does again. */
const PROBE_EVERY = seconds(5);

/** Ledger entries read or written by one call. */
const AT_A_TIME = 2_000;

/**
 * Opens the store of a home, and makes what is not there yet. Rejects with `StoreFailure` when it cannot be used: it says
 * which file and why, and nothing in it was changed. The caller holds the home (lock.ts).
 */
export async function openStore(home: string, tools: { clock: Clock; log: Log }): Promise<Store> {
  const trouble = createTrouble(tools.clock, probe);
  const entry = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './store-worker.js', import.meta.url);
  const link = await startLink({ ...tools, entry, home, trouble: trouble.tell });

  function probe(): void {
    // What they come to is told by the thread itself.
    for (const method of ['queue.probe', 'ledger.probe', 'ring.probe'] as const)
      link.call(method, null).catch(() => {});
  }

  let closed = false;
  try {
    const ring = await openSqliteRing(link, tools.clock);
    const queue = openSqliteQueue(link, await openNames(link));
    return {
      ledger: openSqliteLedger(link),
      queue,
      ring,
      audit: {
        async record(entry) {
          await link.call('audit.record', entry);
        },
      },
      nextSession: () => link.call('counter.next', 'session'),
      onTrouble: trouble.onTrouble,
      async [Symbol.asyncDispose]() {
        if (closed) return;
        closed = true;
        trouble.close();
        await ring
          .close()
          .catch((failure: unknown) => tools.log.error('the last events could not be written', failure));
        await link.close();
      },
    };
  } catch (failure) {
    await link.close();
    throw failure;
  }
}

function openSqliteLedger(link: Link): Ledger {
  return {
    async load(account) {
      const entries = new Map<string, LedgerEntry>();
      let found: LedgerEntry[];
      let after = '';
      do {
        found = await link.call('ledger.load', { account, after, limit: AT_A_TIME });
        for (const entry of found) entries.set(entry.uidl, entry);
        after = found.at(-1)?.uidl ?? after;
      } while (found.length === AT_A_TIME);
      return entries;
    },
    async remember(account, entries) {
      await link.call('ledger.remember', { account, entries });
    },
    async forget(account, uidls) {
      await link.call('ledger.forget', { account, uidls });
    },
  };
}

interface Trouble {
  tell: (trouble: StoreFailure | null) => void;
  onTrouble: (listener: (trouble: StoreFailure | null) => void) => void;
  close: () => void;
}

/** Tells the store's trouble to who listens, and asks for a probe now and then while there is any. */
function createTrouble(clock: Clock, probe: () => void): Trouble {
  const listeners = new Set<(trouble: StoreFailure | null) => void>();
  let timer: Timer | null = null;

  function look(): void {
    timer = clock.after(PROBE_EVERY, () => {
      probe();
      look();
    });
  }

  return {
    tell(trouble) {
      timer?.cancel();
      timer = null;
      if (trouble !== null) look();
      for (const listener of listeners) listener(trouble);
    },
    onTrouble(listener) {
      listeners.add(listener);
    },
    close() {
      timer?.cancel();
    },
  };
}
