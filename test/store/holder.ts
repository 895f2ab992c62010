/** A process of its own that takes the lock of a home (its argument) and keeps it, or says by whom it is refused. */
import { writeSync } from 'node:fs';
import { lockHome } from '../../src/daemon/store/lock.ts';

const lock = await lockHome(process.argv[2] ?? '');
writeSync(1, lock.ok ? 'held\n' : `refused ${lock.pid}\n`);
if (lock.ok) setInterval(() => {}, 1_000_000); // until it is killed
