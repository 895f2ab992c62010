/** Our POP3 client as a test uses it: opened with few words, everything told to the dialogue kept, and a whole download as lines. */
import { tmpdir } from 'node:os';
import type { Dialogue } from '../../src/daemon/base/dialogue.ts';
import { minutes, systemClock } from '../../src/daemon/base/clock.ts';
import { Secret } from '../../src/daemon/base/secret.ts';
import type { Body } from '../../src/daemon/mail/body.ts';
import { openMailbox, type Pop3Tools } from '../../src/daemon/pop3/client.ts';
import type { OpenMailbox, Pop3Failure, Pop3Opened, Pop3Server, Retrieved } from '../../src/daemon/pop3/mailbox.ts';

/** In every login of these tests; nothing that is told may hold it. */
export const CANARY = 'k4nary-in-the-coal-m1ne';

export interface Recorder extends Dialogue {
  bodies: 'none' | 'head' | 'whole';
  /** `> USER anna`, `< +OK`, `* connected to …`. */
  readonly told: string[];
}

export function recorder(bodies: Recorder['bodies'] = 'none'): Recorder {
  const told: string[] = [];
  return { bodies, told, tell: (direction, line) => told.push(`${direction} ${line}`) };
}

export type Opening = Partial<Omit<Pop3Server, 'password'>> &
  Partial<Pop3Tools> & { readonly port: number; readonly password?: string };

/** Clear text to 127.0.0.1 as `anna`, unless said otherwise. */
export async function openAt(options: Opening): Promise<Pop3Opened> {
  const { password = CANARY, clock, dialogue, stop, sessionTimeout, scratch, ...server } = options;
  return await openMailbox(
    {
      host: '127.0.0.1',
      security: 'none',
      fingerprint: null,
      caFile: null,
      user: 'anna',
      authentication: 'auto',
      ...server,
      password: new Secret(password),
    },
    {
      clock: clock ?? systemClock,
      dialogue: dialogue ?? recorder(),
      stop: stop ?? new AbortController().signal,
      sessionTimeout: sessionTimeout ?? minutes(3),
      scratch: scratch ?? tmpdir(),
    },
  );
}

/** Throws when it does not open. */
export async function openedAt(options: Opening): Promise<OpenMailbox> {
  const opened = await openAt(options);
  if (!opened.ok) throw new Error(`${opened.failure.kind}: ${opened.failure.message}`);
  return opened.mailbox;
}

/** Throws when it opens. */
export async function failureAt(options: Opening): Promise<Pop3Failure> {
  const opened = await openAt(options);
  if (opened.ok) throw new Error('The mailbox opened.');
  return opened.failure;
}

export async function bytesOf(body: Body): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body.chunks()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export interface Downloaded {
  /** What happened, a line each: `message 1: 40 octets`, `broken 2: disconnected: …`, `quit: ok`. */
  readonly lines: string[];
  /** The messages that came, by number. */
  readonly messages: ReadonlyMap<number, Buffer>;
}

/** The usual session: all messages are fetched, those that came whole are deleted, QUIT; none is deleted once one broke. */
export async function download(options: Opening & { readonly maxBytes?: number }): Promise<Downloaded> {
  const { maxBytes = 0, ...opening } = options;
  const lines: string[] = [];
  const messages = new Map<number, Buffer>();
  const opened = await openAt(opening);
  if (!opened.ok) return { lines: [failed('open', opened.failure)], messages };

  const { mailbox } = opened;
  const listed = await mailbox.list();
  if (!listed.ok) return { lines: [failed('list', listed.failure)], messages };

  for await (const retrieved of mailbox.retrieve(
    listed.value.map(({ number }) => number),
    { maxBytes },
  )) {
    lines.push(await take(retrieved, messages));
  }
  await leave(mailbox, [...messages.keys()], lines);
  return { lines, messages };
}

async function take(retrieved: Retrieved, messages: Map<number, Buffer>): Promise<string> {
  switch (retrieved.kind) {
    case 'message': {
      await using body = retrieved.body;
      messages.set(retrieved.number, await bytesOf(body));
      return `message ${retrieved.number}: ${body.bytes} octets`;
    }
    case 'refused':
      return `refused ${retrieved.number}: ${retrieved.reply}`;
    case 'oversize':
      return `oversize ${retrieved.number}`;
    case 'broken':
      return failed(`broken ${retrieved.number}`, retrieved.failure);
  }
}

async function leave(mailbox: OpenMailbox, numbers: number[], lines: string[]): Promise<void> {
  if (lines.some((line) => line.startsWith('broken'))) {
    mailbox.destroy();
    return;
  }
  const deleted = await mailbox.delete(numbers);
  lines.push(deleted.ok ? `deleted: ${deleted.value.join(' ') || 'none'}` : failed('delete', deleted.failure));
  const left = await mailbox.quit();
  lines.push(left.ok ? 'quit: ok' : failed('quit', left.failure));
}

function failed(what: string, { kind, message }: Pop3Failure): string {
  return `${what}: ${kind}: ${message}`;
}
