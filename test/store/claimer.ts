/** A process of its own that claims what is due in a home at an instant (its arguments), says `claimed`, and does no more. */
import { writeSync } from 'node:fs';
import { systemClock } from '../../src/daemon/base/clock.ts';
import { silentLog } from '../../src/daemon/base/log.ts';
import { openStore } from '../../src/daemon/store/sqlite.ts';
import { RETRY } from './mail.ts';

const [, , home = '', now] = process.argv;
const { queue } = await openStore(home, { clock: systemClock, log: silentLog });
const claimed = await queue.claim(Number(now), 10, RETRY);
writeSync(1, claimed.length === 1 ? 'claimed\n' : 'nothing is due\n');
