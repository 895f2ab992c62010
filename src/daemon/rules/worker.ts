/** The thread that takes messages apart, one at a time, so that no message, however built, holds up the mail. Started by thread.ts; bundled as `dist/rules-worker.js`. */
import { parentPort } from 'node:worker_threads';
import { PartFinder } from '../mail/mime/part-finder.ts';
import type { Asked, Told } from './thread-calls.ts';

const port = parentPort;
if (port === null) throw new Error('worker.ts is the entry of a thread, not a program');

const tell = (told: Told) => port.postMessage(told);

let current = { message: 0, finder: new PartFinder() };

port.on('message', ({ message, octets, last }: Asked) => {
  if (message !== current.message) current = { message, finder: new PartFinder() };
  const { finder } = current;
  const more = finder.feed(octets);
  if (last || !more) tell({ message, scan: finder.end() });
  else tell({ message, taken: octets.length });
});
