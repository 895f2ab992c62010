/** Stands for the store's thread: it counts, and dies when it is asked to. */
import { parentPort } from 'node:worker_threads';
import type { Asked, Told } from '../../src/daemon/store/calls.ts';

let count = 0;
const tell = (told: Told) => parentPort?.postMessage(told);

parentPort?.on('message', (asked: Asked) => {
  if ('close' in asked) {
    tell({ closed: null });
    parentPort?.close();
    return;
  }
  for (const [call, , takes] of asked.calls) {
    if (takes === 'die') throw new Error('this thread was asked to die');
    count += 1;
    tell({ answers: [[call, null, count]] });
  }
});
tell({ opened: null });
