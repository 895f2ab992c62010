/** The SQLite engine keeps the contract of the store. */
import { systemClock } from '../../src/daemon/base/clock.ts';
import { silentLog } from '../../src/daemon/base/log.ts';
import { openStore } from '../../src/daemon/store/sqlite.ts';
import { describeStore } from './contract.ts';

describeStore('SQLite', (home, clock = systemClock) => openStore(home, { clock, log: silentLog }));
