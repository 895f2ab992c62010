/**
 * What any engine of the store promises (store.ts), as a suite that each of them runs. `open` opens the same store again when
 * it is given the same home.
 */
import { describe } from 'vitest';
import type { Clock } from '../../src/daemon/base/clock.ts';
import type { Store } from '../../src/daemon/store/store.ts';
import { describeAttempts } from './contract-attempts.ts';
import { describeBodies } from './contract-bodies.ts';
import { describeLedger } from './contract-ledger.ts';
import { describeLists } from './contract-lists.ts';
import { describeMemos } from './contract-memos.ts';
import { describeQueue } from './contract-queue.ts';
import { describeRing } from './contract-ring.ts';
import { describeSessions } from './contract-sessions.ts';
import { describeWork } from './contract-work.ts';

export type Open = (home: string, clock?: Clock) => Promise<Store>;

export function describeStore(name: string, open: Open): void {
  describe(name, () => {
    describeLedger(open);
    describeAttempts(open);
    describeSessions(open);
    describeMemos(open);
    describeBodies(open);
    describeQueue(open);
    describeLists(open);
    describeWork(open);
    describeRing(open);
  });
}
