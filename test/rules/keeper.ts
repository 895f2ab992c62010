/** A program that puts messages into a quarantine, and says of each `ack ID N` once it is durable, or `fail N full|no WHY`. For the tests of faults. */
import { systemClock } from '../../src/daemon/base/clock.ts';
import { silentLog } from '../../src/daemon/base/log.ts';
import { bodyOf } from '../../src/daemon/mail/body.ts';
import { openQuarantine } from '../../src/daemon/rules/quarantine.ts';
import { StoreFailure } from '../../src/daemon/store/store.ts';
import { keptMessage } from './held.ts';

const [home = '', count = '1'] = process.argv.slice(2);

try {
  const quarantine = await openQuarantine(home, { log: silentLog });
  process.stdout.write('open\n');
  for (let n = 0; n < Number(count); n++) {
    const { text, ...held } = keptMessage(n, systemClock.now());
    try {
      const id = await quarantine.put({ ...held, body: bodyOf(Buffer.from(text)) });
      process.stdout.write(`ack ${id} ${n}\n`);
    } catch (error) {
      if (!(error instanceof StoreFailure)) throw error;
      process.stdout.write(`fail ${n} ${error.full ? 'full' : 'no'} ${error.message}\n`);
    }
  }
} catch (error) {
  if (!(error instanceof StoreFailure)) throw error;
  process.stdout.write(`unopened ${error.full ? 'full' : 'no'} ${error.message}\n`);
}
