/** The embedded default engine: three SQLite databases in the home, owned by a thread of their own that commits in groups. */
import { join } from 'node:path';
import { type Clock, seconds, type Timer } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { type Link, startLink } from './link.ts';
import { openNames } from './names.ts';
import { openRunningTime } from './running.ts';
import { openSqliteLedger } from './sqlite-ledger.ts';
import { openSqliteQueue } from './sqlite-queue.ts';
import { openSqliteRing } from './sqlite-ring.ts';
import type { Damaged } from './queue-work.ts';
import type { Memos, Sessions, Store, StoreFailure } from './store.ts';

/** While the store does not work, this often something is written to see whether it does again. */
const PROBE_EVERY = seconds(5);

/**
 * Opens the store of a home, and makes what is not there yet. Rejects with `StoreFailure` when it cannot be used: it says
 * which file and why, and nothing in it was changed. The caller holds the home (lock.ts).
 */
export async function openStore(home: string, tools: { clock: Clock; log: Log }): Promise<Store> {
  const trouble = createTrouble(tools.clock, probe);
  const entry = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './store-worker.js', import.meta.url);
  const damage = createDamage();
  const link = await startLink({ ...tools, entry, home, trouble: trouble.tell, damaged: damage.tell });

  function probe(): void {
    // What they come to is told by the thread itself.
    for (const method of ['queue.probe', 'ledger.probe', 'ring.probe'] as const)
      link.call(method, null).catch(() => {});
  }

  let closed = false;
  try {
    const ring = await openSqliteRing(link, tools.clock);
    const running = await openRunningTime(link, tools.clock);
    const queue = openSqliteQueue({
      ...{ link, running, names: await openNames(link) },
      corrupt: join(home, 'Outgoing', 'corrupt'),
      damaged: (damaged) => damage.tell([damaged]),
    });
    return {
      ledger: openSqliteLedger(link),
      queue,
      ring,
      audit: {
        async record(entry) {
          await link.call('audit.record', entry);
        },
      },
      sessions: openSqliteSessions(link),
      memos: openSqliteMemos(link),
      nextSession: () => link.call('counter.next', 'session'),
      onTrouble: trouble.onTrouble,
      onDamaged: damage.onDamaged,
      async [Symbol.asyncDispose]() {
        if (closed) return;
        closed = true;
        trouble.close();
        await ring
          .close()
          .catch((failure: unknown) => tools.log.error('the last events could not be written', failure));
        await running.close();
        await link.close();
      },
    };
  } catch (failure) {
    await link.close();
    throw failure;
  }
}

function openSqliteSessions(link: Link): Sessions {
  return {
    async record(row) {
      await link.call('session.record', row);
    },
    get: (session) => link.call('session.get', { session }),
    list: (offset, limit) => link.call('session.list', { offset, limit }),
    forgetFiles: (before) => link.call('session.forgetFiles', { before }),
    async trim(before) {
      await link.call('session.trim', { before });
    },
  };
}

function openSqliteMemos(link: Link): Memos {
  return {
    get: (name) => link.call('memo.get', { name }),
    async put(name, text) {
      await link.call('memo.put', { name, text });
    },
    all: async (prefix) => new Map(await link.call('memo.all', { prefix })),
  };
}

/** What the thread finds while it starts is kept for the first who listens. */
function createDamage() {
  const listeners = new Set<(damaged: Damaged) => void>();
  let untold: Damaged[] = [];
  return {
    tell(damaged: Damaged[]) {
      if (listeners.size === 0) untold.push(...damaged);
      for (const listener of listeners) damaged.forEach((one) => listener(one));
    },
    onDamaged(listener: (damaged: Damaged) => void) {
      listeners.add(listener);
      untold.forEach((one) => listener(one));
      untold = [];
      return () => void listeners.delete(listener);
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
