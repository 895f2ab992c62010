/** Messages for the tests of the store. */
import { createHash } from 'node:crypto';
import type { NewEntry, Queue, QueueEntry, Store } from '../../src/daemon/store/store.ts';

export const NOON = Date.UTC(2026, 10, 24, 12);

export const RETRY = [60_000, 300_000, 900_000];

export const sha256 = (octets: Uint8Array): string => createHash('sha256').update(octets).digest('hex');

export const recipient = (address: string): QueueEntry['recipients'][number] => ({
  address,
  state: 'waiting',
  reply: null,
  notify: [],
  orcpt: null,
});

export function newEntry(given: Partial<NewEntry> = {}): NewEntry {
  return {
    sender: 'anna@firma.example',
    recipients: [recipient('bert@kunde.example')],
    subject: 'A sample message',
    messageId: '<1@firma.example>',
    priority: 'normal',
    queuedAt: NOON,
    peer: 'exch1 [192.0.2.5]',
    dsn: { ret: null, envid: null },
    smtpUtf8: false,
    eightBit: false,
    hold: null,
    reportOn: null,
    ...given,
  };
}

/** Takes a message in, as the listener does. */
export async function put(
  queue: Queue,
  given: Partial<NewEntry> = {},
  body: Uint8Array | string = 'Subject: A sample message\r\n\r\nHello\r\n',
): Promise<QueueEntry> {
  const incoming = queue.receive();
  await incoming.write(Buffer.from(body));
  return await incoming.commit(newEntry(given));
}

/** Opens it again after this, as the next start of the daemon does. */
export async function reopened(store: Store, open: () => Promise<Store>): Promise<Store> {
  await store[Symbol.asyncDispose]();
  return await open();
}

export async function bodyOf(queue: Queue, id: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of queue.read(id)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
