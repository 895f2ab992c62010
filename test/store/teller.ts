/** A process of its own that tells events to the ring of a home (its argument) without end, and says `told N`. Tests kill it. */
import { writeSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { systemClock } from '../../src/daemon/base/clock.ts';
import { silentLog } from '../../src/daemon/base/log.ts';
import { openStore } from '../../src/daemon/store/sqlite.ts';

const { ring } = await openStore(process.argv[2] ?? '', { clock: systemClock, log: silentLog });

for (let seq = ring.lastSeq + 1; ; seq += 1) {
  ring.append({ type: 'gateway.ready', seq, at: new Date().toISOString() });
  if (seq % 500 === 0) await ring.flush();
  if (seq % 10 !== 0) continue;
  writeSync(1, `told ${seq}\n`);
  await turn();
}
