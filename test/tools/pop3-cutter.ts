/** Stands between a POP3 client and a server as a scanner does, and hangs up in the middle of one message. */
import { connect, createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

export interface CutterOptions {
  /** The server's port. */
  to: number;
  /** The message that it cannot digest. */
  message: number;
  /** Octets of the message that it lets pass. */
  after: number;
  /** Only clients that say this line are cut; everyone, if it is left out. */
  onlyWhoSays?: string;
}

export async function startPop3Cutter({ to, message, after, onlyWhoSays = '' }: CutterOptions) {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect({ port: to, host: '127.0.0.1' });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => {
        client.destroy();
        upstream.destroy();
        sockets.delete(socket);
      });
    }
    let said = '';
    let left = Number.POSITIVE_INFINITY;
    client.on('data', (octets: Buffer) => {
      said += octets.toString('latin1');
      if (said.includes(`RETR ${message}\r\n`) && said.includes(onlyWhoSays)) left = after;
      upstream.write(octets);
    });
    upstream.on('data', (octets: Buffer) => {
      if (octets.length <= left) {
        left -= octets.length;
        client.write(octets);
        return;
      }
      client.end(octets.subarray(0, left));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
