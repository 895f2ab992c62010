/** What the smtp-server package can take at most: with nothing done for a message, and with a file synced for each (bare-server.ts). */
import { join } from 'node:path';
import { listening, startChild } from '../processes.ts';
import { running, type Server } from './servers.ts';

export const ceilings: readonly Server[] = [
  bare('bare smtp-server, discards', 'discard'),
  bare('bare smtp-server, syncs a file', 'fsync'),
];

function bare(name: string, mode: 'discard' | 'fsync'): Server {
  return {
    name,
    kind: 'ceiling',
    most: Number.POSITIVE_INFINITY,
    async start({ folder, port }) {
      const script = join(import.meta.dirname, 'bare-server.ts');
      const logFile = join(folder, 'out');
      const child = await startChild([process.execPath, script, String(port), mode, folder], { logFile });
      await listening(port, child);
      return { ...running(child), taken: async () => await child.stop().then(() => Number.parseInt(child.log(), 10)) };
    },
  };
}
