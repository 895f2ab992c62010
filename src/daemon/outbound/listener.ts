/**
 * The listener for outgoing mail (S99-S103): holds the port, says so, and when another service has it tries again until it is
 * free. Everything else of the gateway goes on meanwhile (S104).
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { seconds, type Timer, wait } from '../base/clock.ts';
import { QueueServer, type ServerParts } from './queue-server.ts';
import type { ListenerSettings } from './settings.ts';

export interface Listener extends AsyncDisposable {
  /** The port it listens on; null while it cannot. */
  readonly port: number | null;
  /** Tells its clients, lets those in the middle of a message finish for a while, and frees the port. */
  close(): Promise<void>;
}

/** How often a port that another service has is tried again. */
export const TRY_AGAIN = seconds(30);

/** A message that is on its way in at the stop has this long to arrive (I27: 30 s in all). */
const LAST_MESSAGE = seconds(10);

const PROBLEM = 'listener';

/** Resolves after the first try, whether the port could be had or not. */
export async function openListener(settings: ListenerSettings, parts: ServerParts): Promise<Listener> {
  const { bus, clock, log } = parts;
  const server = new QueueServer(settings, parts);
  const address = settings.address ?? '<any available>';
  let port: number | null = null;
  let failure = '';
  let retry: Timer | null = null;
  let closing: Promise<void> | null = null;

  async function tryToListen(): Promise<void> {
    try {
      server.server.listen({ port: settings.port, ...(settings.address === null ? {} : { host: settings.address }) });
      await once(server.server, 'listening');
    } catch (error) {
      failed(error as NodeJS.ErrnoException);
      return;
    }
    if (closing) server.server.close();
    else opened((server.server.address() as AddressInfo).port);
  }

  function opened(bound: number): void {
    port = bound;
    bus.tell({ type: 'listener.opened', folder: settings.folder, address, port: bound });
    if (failure !== '') bus.tell({ type: 'problem.cleared', key: PROBLEM });
    failure = '';
  }

  function failed(error: NodeJS.ErrnoException): void {
    const taken = error.code === 'EADDRINUSE';
    const reason = taken ? 'another service uses it' : error.message;
    if (reason !== failure) {
      failure = reason;
      bus.tell({ type: 'listener.failed', address, port: settings.port, reason, taken });
      bus.tell({ type: 'problem.raised', key: PROBLEM, message: problemText(settings.port, reason, taken) });
    }
    if (closing) return;
    retry = clock.after(TRY_AGAIN, () => {
      tryToListen().catch((unexpected: unknown) => log.error('the listener', unexpected));
    });
  }

  async function close(): Promise<void> {
    retry?.cancel();
    const wasOpen = port;
    port = null;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const client of server.clients) if (!client.receiving) client.dismiss();

    const enough = new AbortController();
    const patience = wait(clock, LAST_MESSAGE, enough.signal).catch(() => {});
    await Promise.race([closed, patience]);
    enough.abort();
    for (const client of server.clients) client.destroy();
    await closed;
    if (wasOpen !== null) bus.tell({ type: 'listener.closed', port: wasOpen });
  }

  await tryToListen();
  return {
    get port() {
      return port;
    },
    close: () => (closing ??= close()),
    [Symbol.asyncDispose]: () => (closing ??= close()),
  };
}

/** The line at the end of commands.md. */
function problemText(port: number, reason: string, taken: boolean): string {
  if (!taken) return `Cannot listen on TCP port ${port}: ${reason}`;
  return `Cannot listen on TCP port ${port}: another service uses it. Stop that service, or choose another port here and in the mail server.`;
}
