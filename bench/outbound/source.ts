/** Postfix's smtp-source: who hands messages over, in several sessions side by side. */
import { join } from 'node:path';
import { startChild } from '../processes.ts';

export interface Load {
  readonly messages: number;
  /** Side by side. */
  readonly sessions: number;
  /** Octets of a message. */
  readonly octets: number;
  /** `new`: a connection for each message; `kept`: one for all messages of a session. */
  readonly connection: 'new' | 'kept';
}

/** Hands them over; resolves, when the last was accepted, with the seconds that took, or with null when one was refused. */
export async function handOver(
  port: number,
  { messages, sessions, octets, connection }: Load,
  folder: string,
): Promise<number | null> {
  const began = performance.now();
  const child = await startChild(
    [
      ...(['smtp-source', '-4', ...(connection === 'kept' ? ['-d'] : [])] as const),
      ...['-s', String(sessions), '-l', String(octets), '-m', String(messages)],
      ...['-f', 'sender@out.test', '-t', 'rcpt@dest.test', `inet:127.0.0.1:${port}`],
    ],
    { logFile: join(folder, 'source.out') },
  );
  const code = await child.ended;
  return code === 0 ? (performance.now() - began) / 1_000 : null;
}
