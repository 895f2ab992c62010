/** "Try to listen for outgoing message now" (S103): is the port ours, and does a client of it get through? */
import { connect, createServer, type Socket } from 'node:net';
import { hostname } from 'node:os';
import type { ResultOf } from '../../protocol/commands.ts';
import { type Clock, type Duration, seconds } from '../base/clock.ts';

export interface TryListenerParts {
  clock: Clock;
  stop: AbortSignal;
  /** As configured; null is any. */
  address: string | null;
  /** The port that the listener has or wants. */
  port: number;
  /** Whether our own listener says that it has the port. */
  listening: boolean;
}

export type ListenerTried = ResultOf<'test.listener'>;

/** On this machine nothing takes longer. */
const PATIENCE: Duration = seconds(10);

/** Octets of a reply: a server that says more is none of ours. */
const LONGEST_REPLY = 4_096;

/** The lines of S103, to the letter where all is well. */
export async function tryListener(parts: TryListenerParts): Promise<ListenerTried> {
  const { address, port, listening } = parts;
  if (await isFree(address, port)) {
    const dialogue = ['*** The port could be opened for listening: nothing listens there.'];
    return { ok: false, dialogue, advice: listening ? RESTART : NOT_LISTENING };
  }

  const dialogue = [
    '*** The port could not be opened for listening.',
    `*** Now trying SMTP connection to port ${port}...`,
  ];
  const why = await speak(parts, dialogue);
  dialogue.push('*** The SMTP connection has been closed');
  if (why !== null) return { ok: false, dialogue, advice: why };
  return listening ? { ok: true, dialogue, advice: '' } : { ok: false, dialogue, advice: OTHERS };
}

const RESTART = 'The gateway believes that it listens, and does not: look into its operational log, and restart it.';
const NOT_LISTENING =
  'The gateway does not listen: Enabled in [Outgoing mail] is off, or the address is none of this machine. Set it to <any available> (S102).';
const OTHERS =
  'Another service has the port: stop it, or choose another port in [Outgoing mail] and the same one in the mail server (S104).';

function isFree(address: string | null, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, exclusive: true, ...(address === null ? {} : { host: address }) }, () =>
      server.close(() => resolve(true)),
    );
  });
}

/** Null: greeted, HELO answered. */
async function speak({ address, port, clock, stop }: TryListenerParts, dialogue: string[]): Promise<string | null> {
  const own = address === null || address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address;
  const socket = connect({ host: own, port });
  const timer = clock.after(PATIENCE, () => socket.destroy(new Error(`no answer within ${PATIENCE / 1_000} s`)));
  const stopped = () => socket.destroy(new Error('stopped'));
  stop.addEventListener('abort', stopped, { once: true });
  try {
    const replies = repliesOf(socket);
    dialogue.push(await next(replies));
    const helo = `HELO ${hostname()}`;
    socket.write(`${helo}\r\n`);
    dialogue.push(helo, await next(replies));
    socket.write('QUIT\r\n');
    dialogue.push('QUIT');
    await next(replies).catch(() => ''); // some hang up without a word
    return null;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    dialogue.push(`*** ${why}`);
    return `The connection did not come about: ${why}. A firewall on this machine may stand between (S105).`;
  } finally {
    timer.cancel();
    stop.removeEventListener('abort', stopped);
    socket.destroy();
  }
}

/** The lines that the server says; throws what the socket says when it breaks. */
async function* repliesOf(socket: Socket): AsyncGenerator<string> {
  let text = '';
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    text += chunk.toString('latin1');
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      yield text.slice(0, end).replace(/\r$/, '');
      text = text.slice(end + 1);
    }
    if (text.length > LONGEST_REPLY) throw new Error('it sends a line without end: that is no SMTP server');
  }
}

async function next(replies: AsyncGenerator<string>): Promise<string> {
  const { value, done } = await replies.next();
  if (done) throw new Error('it closed the connection without an answer');
  return value;
}
