/**
 * A process of its own that puts messages into the queue of a home and says what it was told: `ack ID SHA-256`, `fail full`,
 * `fail io`, `trouble`, `well`, `done`. What goes wrong in the store must not end it. Tests trace it, break its disk, kill it.
 */
import { randomBytes } from 'node:crypto';
import { openSync, writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { systemClock } from '../../src/daemon/base/clock.ts';
import { silentLog } from '../../src/daemon/base/log.ts';
import { openStore } from '../../src/daemon/store/sqlite.ts';
import { type Store, StoreFailure } from '../../src/daemon/store/store.ts';
import { newEntry, sha256 } from './mail.ts';

const { values } = parseArgs({
  options: {
    home: { type: 'string', default: '' },
    /** Messages on their way at once, and how many times. */
    writers: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '1' },
    octets: { type: 'string', default: '200' },
    /** A file to which a message's mark (which stands in its body) is written once its commit has resolved. */
    marks: { type: 'string' },
    /** Large bodies that are begun and never committed. */
    unfinished: { type: 'string', default: '0' },
  },
});
const marks = values.marks === undefined ? null : openSync(values.marks, 'a');

const say = (line: string) => writeSync(1, `${line}\n`);

const store = await openStore(values.home, { clock: systemClock, log: silentLog }).catch((error) => {
  tellFailure(error);
  return null;
});
if (store !== null) await work(store);
say('done');

async function work(store: Store): Promise<void> {
  store.onTrouble((trouble) => say(trouble === null ? 'well' : 'trouble'));
  for (let i = 0; i < Number(values.unfinished); i += 1) {
    const incoming = store.queue.receive();
    await incoming.write(randomBytes(300_000));
    await incoming.write(randomBytes(300_000));
  }
  for (let round = 0; round < Number(values.rounds); round += 1) {
    await Promise.all(Array.from({ length: Number(values.writers) }, (_, writer) => put(store, round, writer)));
  }
  await store[Symbol.asyncDispose]();
}

async function put(store: Store, round: number, writer: number): Promise<void> {
  const mark = `mark-${round}-${writer}-end`;
  const body = Buffer.concat([Buffer.from(`Subject: ${mark}\r\n\r\n`), randomBytes(Number(values.octets))]);
  const incoming = store.queue.receive();
  try {
    await incoming.write(body);
    const { id } = await incoming.commit(newEntry());
    if (marks !== null) writeSync(marks, `${mark}\n`);
    say(`ack ${id} ${sha256(body)}`);
  } catch (error) {
    tellFailure(error);
  }
}

function tellFailure(error: unknown): void {
  if (!(error instanceof StoreFailure)) throw error;
  say(error.full ? 'fail full' : 'fail io');
}
