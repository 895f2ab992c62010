/** A question to SpamAssassin's spamd: one connection a message, as spamd has it (spamd/PROTOCOL, SYMBOLS). */
import { connect, type Socket } from 'node:net';
import { type Clock, minutes, seconds } from '../base/clock.ts';
import type { Body } from '../mail/body.ts';
import { readSpamdReply, type SpamdReply } from './spamd-reply.ts';

/** A connection that is not there by then will not be. */
const CONNECTS_WITHIN = seconds(5);

/** For all of it: spamd gives a message up after five minutes, and mail should not wait as long. */
const ANSWERS_WITHIN = minutes(1);

/** Octets of an answer: a few hundred, were it not for somebody else at that port. */
const LONGEST_ANSWER = 65_536;

/** What spamd thinks of the message; or why it did not say. Never rejects for what spamd does; rejects when the body cannot be read. */
export async function askSpamd(
  { host, port }: { host: string; port: number },
  { body, clock }: { body: Body; clock: Clock },
  stop: AbortSignal,
): Promise<SpamdReply> {
  if (stop.aborted) return { ok: false, why: 'the gateway is stopping' };
  const socket = connect({ host, port, noDelay: true });
  const over = Promise.withResolvers<SpamdReply>();
  const cut = (why: string) => over.resolve({ ok: false, why });
  const connecting = clock.after(CONNECTS_WITHIN, () => cut(`no connection within ${CONNECTS_WITHIN / 1_000} seconds`));
  const answering = clock.after(ANSWERS_WITHIN, () => cut(`no answer within ${ANSWERS_WITHIN / 1_000} seconds`));
  const stopped = () => cut('the gateway is stopping');
  stop.addEventListener('abort', stopped, { once: true });
  socket.once('connect', () => connecting.cancel());
  hear(socket, over.resolve);
  try {
    const sent = send(socket, body);
    sent.catch(() => {});
    return await Promise.race([over.promise, sent.then(() => over.promise)]);
  } finally {
    connecting.cancel();
    answering.cancel();
    stop.removeEventListener('abort', stopped);
    socket.destroy();
  }
}

function hear(socket: Socket, tell: (reply: SpamdReply) => void): void {
  const pieces: Buffer[] = [];
  let octets = 0;
  socket.on('data', (piece) => {
    octets += piece.length;
    if (octets > LONGEST_ANSWER) tell({ ok: false, why: 'its answer has no end' });
    else pieces.push(piece);
  });
  // It closes when all is said.
  socket.once('end', () => tell(readSpamdReply(Buffer.concat(pieces).toString('latin1'))));
  socket.once('error', ({ message }) => tell({ ok: false, why: message }));
  socket.once('close', () => tell({ ok: false, why: 'it has closed the connection' }));
}

async function send(socket: Socket, body: Body): Promise<void> {
  let open = true;
  let drained: (() => void) | null = null;
  socket.on('drain', () => drained?.());
  socket.once('close', () => {
    open = false;
    drained?.();
  });

  socket.write(`SYMBOLS SPAMC/1.5\r\nContent-length: ${body.bytes}\r\n\r\n`);
  for await (const chunk of body.chunks()) {
    if (!open) return;
    if (socket.write(chunk)) continue;
    await new Promise<void>((resolve) => {
      drained = resolve;
      if (!open) resolve();
    });
  }
  if (open) socket.end();
}
