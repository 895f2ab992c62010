/**
 * A program: `bare-server.ts PORT discard|fsync FOLDER`. The smtp-server package alone, which takes every message and forgets
 * it, or writes it to a file and syncs that first. Of the package's own it lacks only the 100 ms for which each connection
 * waits for its greeting: they would be all that is measured. At its end it says how many messages it took.
 */
import { open, rename } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { SMTPConnection, type SMTPConnectionOptions } from 'smtp-server/lib/smtp-connection.js';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerOptions } from 'smtp-server';

const [port = '', mode = '', folder = ''] = process.argv.slice(2);

class Connection extends SMTPConnection {
  override init(): void {
    this._setListeners(() => this.connectionReady());
  }
}

class Server extends SMTPServer {
  override connect(socket: Socket, options?: SMTPConnectionOptions | null): void {
    const client = new Connection(this, socket, options ?? null);
    this.connections.add(client);
    client.on('error', (error: Error) => this._onError(error));
    client.init();
  }
}

const options: SMTPServerOptions = {
  disabledCommands: ['AUTH', 'STARTTLS'],
  authOptional: true,
  disableReverseLookup: true,
  logger: false,
  size: 50_000_000,
};

let taken = 0;

type Answer = Parameters<SMTPServer['onData']>[2];

async function take(stream: SMTPServerDataStream, answer: Answer): Promise<void> {
  const parts: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) if (mode === 'fsync') parts.push(chunk);
  taken += 1;
  if (mode === 'fsync') await keep(parts, join(folder, String(taken)));
  answer(null, 'OK');
}

async function keep(parts: Buffer[], file: string): Promise<void> {
  const handle = await open(`${file}.new`, 'wx', 0o600);
  await handle.writev(parts);
  await handle.sync();
  await handle.close();
  await rename(`${file}.new`, file);
}

const server = new Server({
  ...options,
  onData(stream, _session, callback) {
    void take(stream, callback); // what it throws ends the program, and with it the run
  },
});
server.on('error', (error) => process.stderr.write(`${error.message}\n`));
server.listen(Number(port), '127.0.0.1');
process.on('SIGTERM', () => {
  process.stdout.write(`${taken} taken\n`);
  process.exit(0);
});
