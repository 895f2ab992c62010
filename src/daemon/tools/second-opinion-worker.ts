/**
 * An independent POP3 client, in a thread of its own: node-pop3 throws where nobody can catch, and may block (a thread is ended, and
 * takes nothing along). Started by second-opinion.ts; bundled as `dist/second-opinion-worker.js`.
 */
import { parentPort } from 'node:worker_threads';
import Pop3Command from 'node-pop3';
import type { Errand, Heard } from './second-opinion.ts';

parentPort?.once('message', (errand: Errand) => void run(errand));

async function run({ server, number }: Errand): Promise<void> {
  const client = new Pop3Command({
    ...{ host: server.host, port: server.port, tls: server.tls, user: server.user, password: server.password },
    ...(server.tls ? { servername: server.host, tlsOptions: server.ca === null ? {} : { ca: server.ca } } : {}),
  });
  client.on('error', (error: Error) => say({ failed: wordsOf(error) }));
  client.on('warn', () => {});
  try {
    await client.connect();
    await client.command('USER', server.user);
    await client.command('PASS', server.password);
    say({ at: 'logged in' });
    const [reply, stream] = await client.command('RETR', number);
    say({ at: `+OK ${reply}` });
    let octets = 0;
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      octets += chunk.length;
      say({ octets });
    }
    say({ whole: octets });
    await client.command('QUIT').catch(() => {});
  } catch (error) {
    say({ failed: wordsOf(error) });
  }
}

function say(heard: Heard): void {
  parentPort?.postMessage(heard);
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
