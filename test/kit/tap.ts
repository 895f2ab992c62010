/** A wire to a real server that is listened in on, line by line, and that dies at a line of the test's choosing. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface Line {
  readonly from: 'client' | 'server';
  /** Without its CRLF, as LATIN-1. */
  readonly text: string;
}

export interface Tap extends AsyncDisposable {
  /** On 127.0.0.1: where the client is sent instead. */
  readonly port: number;
}

/**
 * Everything that is said to or by the server on `port` of 127.0.0.1 goes through it. `hears` is asked of each line; after
 * `hold` neither that line nor anything after it, in either direction, reaches the other end of that connection.
 */
export async function startTap(port: number, hears: (line: Line) => 'pass' | 'hold'): Promise<Tap> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect({ port, host: '127.0.0.1' });
    const wire = { held: false };
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket.setNoDelay(true));
      socket.on('error', () => {}); // a peer that was killed resets its connection
      socket.once('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.on('data', byLine(socket === client ? 'client' : 'server', wire, other, hears));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');

  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Passes on whole lines only: both protocols have no others. */
function byLine(from: Line['from'], wire: { held: boolean }, to: Socket, hears: (line: Line) => 'pass' | 'hold') {
  let pending = '';
  return (chunk: Buffer) => {
    const lines = (pending + chunk.toString('latin1')).split('\r\n');
    pending = lines.pop() ?? '';
    for (const text of lines) {
      wire.held ||= hears({ from, text }) === 'hold';
      if (wire.held) return;
      to.write(`${text}\r\n`, 'latin1');
    }
  };
}
