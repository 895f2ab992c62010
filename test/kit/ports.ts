/** Ports of 127.0.0.1 that nobody listens on. */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

// Below the range that systems take the near end of outgoing connections from (32768 on Linux): else a connection made
// between this look and the server's start could sit on the port.
const FIRST = 12_000;
const LAST = 32_000;
const given = new Set<number>();

/** A port that is free now, and that this process did not give out before. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, LAST);
    if (given.has(port) || !(await isFree(port))) continue;

    given.add(port);
    return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
