/** What a server says and hears before the part that a test is about, and our client on such a server. */
import type { OpenMailbox, Retrieved } from '../../src/daemon/pop3/mailbox.ts';
import { type Act, hears, type MisbehavingPop3, says, sends, startMisbehavingPop3 } from '../kit/misbehaving-pop3.ts';
import { bytesOf, CANARY, openedAt, type Opening } from '../kit/pop3-download.ts';

export interface Entering {
  /** What STAT says. */
  readonly messages?: number;
  readonly octets?: number;
  readonly pipelining?: boolean;
}

/** Greeting, CAPA, USER, PASS and STAT. */
export function entered({ messages = 1, octets = 100, pipelining = true }: Entering = {}): Act[] {
  return [
    says('+OK ready'),
    hears('CAPA'),
    sends(`+OK\r\nUSER\r\nUIDL\r\n${pipelining ? 'PIPELINING\r\n' : ''}.\r\n`),
    hears('USER anna'),
    says('+OK'),
    hears(`PASS ${CANARY}`),
    says('+OK'),
    hears('STAT'),
    says(`+OK ${messages} ${octets}`),
  ];
}

/** A multi-line reply of these lines. */
export const text = (...lines: string[]): Act => sends(['+OK', ...lines, '.', ''].join('\r\n'));

/** LIST and UIDL, pipelined, for messages 1, 2 … of these sizes. */
export function listed(...sizes: number[]): Act[] {
  return [
    hears('LIST'),
    hears('UIDL'),
    text(...sizes.map((octets, index) => `${index + 1} ${octets}`)),
    text(...sizes.map((_, index) => `${index + 1} id-${index + 1}`)),
  ];
}

/** The text of every failure that a cut brings. */
export const S71 = 'Unexpected disconnection from POP3 server: The server has closed the connection';

/** A message of 11 octets. */
export const M = 'A: b\r\n\r\nx\r\n';

/** The answer to RETR; the message has no dots at the start of a line. */
export const sent = (message: string): Act => sends(`+OK ${message.length} octets\r\n${message}.\r\n`);

interface Opened extends AsyncDisposable {
  readonly mailbox: OpenMailbox;
  readonly server: MisbehavingPop3;
}

/** A server that plays these acts, and our client logged in there. */
export async function openOn(acts: readonly Act[], extra: Partial<Opening> = {}): Promise<Opened> {
  const server = await startMisbehavingPop3([[...acts]]);
  const mailbox = await openedAt({ port: server.port, ...extra });
  return { mailbox, server, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** All that a retrieval gives, bodies as LATIN-1. */
export async function retrieve(mailbox: OpenMailbox, numbers: number[], maxBytes = 0): Promise<(string | Retrieved)[]> {
  const came: (string | Retrieved)[] = [];
  for await (const retrieved of mailbox.retrieve(numbers, { maxBytes })) {
    if (retrieved.kind !== 'message') {
      came.push(retrieved);
      continue;
    }
    await using body = retrieved.body;
    came.push((await bytesOf(body)).toString('latin1'));
  }
  return came;
}
