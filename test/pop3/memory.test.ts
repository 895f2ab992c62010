/** A large message goes through in flat memory: to its file while it comes, and out of it in pieces (I20). */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import type { OpenMailbox } from '../../src/daemon/pop3/mailbox.ts';
import { type Act, hears, says, sends, stalls, startMisbehavingPop3 } from '../kit/misbehaving-pop3.ts';
import { openedAt } from '../kit/pop3-download.ts';
import { scratchFolder } from '../kit/scratch.ts';
import { entered } from './acts.ts';

const MEGABYTE = 1_000_000;
const LINE = `${'m'.repeat(98)}\r\n`;

test('I20: 50 MB are fetched, and read through twice, in memory that does not grow with them', async () => {
  await using scratch = await scratchFolder('large');
  // The server is in this process too: it sends one and the same megabyte, so that only the client can grow.
  const megabyte = sends(LINE.repeat(MEGABYTE / LINE.length));
  const large = (number: number, megabytes: number): Act[] => [
    ...[hears(`RETR ${number}`), says('+OK'), ...Array.from({ length: megabytes }, () => megabyte), says('.')],
    ...[hears('NOOP'), says('+OK')],
  ];
  await using server = await startMisbehavingPop3([[...entered(), ...large(1, 10), ...large(2, 50), stalls]]);
  const mailbox = await openedAt({ port: server.port, scratch: scratch.path });
  // The first one fills what any message of this kind needs.
  await readThrough(mailbox, 1, () => {});

  const before = process.memoryUsage.rss();
  let most = before;
  const bytes = await readThrough(mailbox, 2, () => {
    most = Math.max(most, process.memoryUsage.rss());
  });

  expect(bytes).toBe(50 * MEGABYTE);
  expect((most - before) / MEGABYTE).toBeLessThan(40);
});

/** Fetches a message and reads its file twice; `look` runs at every piece. */
async function readThrough(mailbox: OpenMailbox, number: number, look: () => void): Promise<number> {
  let bytes = 0;
  for await (const retrieved of mailbox.retrieve([number], { maxBytes: 0 })) {
    if (retrieved.kind !== 'message') throw new Error(retrieved.kind);
    await using body = retrieved.body;
    look();
    for (let time = 0; time < 2; time += 1) {
      const digest = createHash('sha256');
      for await (const chunk of body.chunks()) {
        digest.update(chunk);
        look();
      }
      expect(digest.digest('hex')).toBe(body.digest);
    }
    bytes = body.bytes;
  }
  return bytes;
}
