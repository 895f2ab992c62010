/** A thread that takes messages apart as the real one does, but fails at some as they say: it dies, hangs, grows, or reads no further. */
import { parentPort } from 'node:worker_threads';
import { PartFinder } from '../../src/daemon/mail/mime/part-finder.ts';
import type { Asked } from '../../src/daemon/rules/thread-calls.ts';

parentPort?.on('message', ({ message, octets, last }: Asked) => {
  const text = Buffer.from(octets).toString('latin1');
  if (text.includes('die')) throw new Error('as it was told to');
  if (text.includes('hang')) for (;;);
  if (text.includes('read no further')) return;
  if (text.includes('grow')) for (const grown: string[] = []; ; ) grown.push('x'.repeat(grown.length));

  const finder = new PartFinder();
  finder.feed(octets);
  parentPort?.postMessage(last ? { message, scan: finder.end() } : { message, taken: octets.length });
});
