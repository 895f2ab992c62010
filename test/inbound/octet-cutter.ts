/** Stands between our POP3 client and a server, and hangs up after the octet of the test's choosing. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface OctetCutter extends AsyncDisposable {
  readonly port: number;
  /** Octets of the server that have gone through since the last `cutNextAfter`. */
  readonly passed: number;
  /** Of the next connection: so many octets of the server come through, then it is hung up on both sides. Those after it are whole. */
  cutNextAfter(octets: number): void;
}

export async function startOctetCutter(to: number): Promise<OctetCutter> {
  const sockets = new Set<Socket>();
  let next = Number.POSITIVE_INFINITY;
  let passed = 0;

  const server = createServer((client) => {
    let left = next;
    next = Number.POSITIVE_INFINITY;
    const upstream = connect({ port: to, host: '127.0.0.1' });
    for (const socket of [client, upstream]) {
      sockets.add(socket.setNoDelay(true));
      socket.on('error', () => {}); // the other side goes with it
      socket.once('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (octets: Buffer) => upstream.write(octets));
    upstream.on('data', (octets: Buffer) => {
      const through = octets.subarray(0, left);
      left -= through.length;
      passed += through.length;
      if (through.length === octets.length) client.write(through);
      else client.end(through);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    port: (server.address() as AddressInfo).port,
    get passed() {
      return passed;
    },
    cutNextAfter(octets) {
      next = octets;
      passed = 0;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
