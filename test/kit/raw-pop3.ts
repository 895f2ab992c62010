/** POP3 with nothing in between: lines go out, and the bytes that come back are shown as they are. A witness in tests. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { until } from './until.ts';

export interface RawPop3 extends AsyncDisposable {
  /** SHA-256 of the server's certificate; undefined without TLS. */
  readonly fingerprint256: string | undefined;
  /** Sends a line; returns the line that answers it, without its CRLF. */
  ask(line: string): Promise<string>;
  /** Sends a line; returns the lines that follow its +OK, dots un-stuffed. Throws on -ERR. */
  askForLines(line: string): Promise<Buffer>;
}

export interface RawPop3Options {
  /** On 127.0.0.1. */
  readonly port: number;
  readonly tls?: { readonly mode: 'stls' | 'implicit'; readonly caFile: string };
}

/** Connects, and is past the greeting and STLS. Throws when the server's certificate is not of that authority. */
export async function openPop3({ port, tls }: RawPop3Options): Promise<RawPop3> {
  const socket = connect({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  if (tls === undefined) return await greeted(converse(socket));

  if (tls.mode === 'stls') await upgrade(converse(socket));
  const secured = connectTls({ socket, host: '127.0.0.1', ca: await readFile(tls.caFile) });
  await once(secured, 'secureConnect');
  const { fingerprint256 } = secured.getPeerCertificate();
  const conversation = converse(secured);
  return tls.mode === 'stls' ? session(conversation, fingerprint256) : await greeted(conversation, fingerprint256);
}

interface Conversation {
  readonly socket: Socket;
  say(line: string): void;
  /** What came up to and with `end`; throws when the server hangs up before. */
  hear(end: string): Promise<Buffer>;
  leave(): void;
}

function converse(socket: Socket): Conversation {
  let pending = Buffer.alloc(0);
  const keep = (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
  };
  socket.on('data', keep);
  socket.on('error', () => {}); // the hearing tells of it

  const heard = (end: string) => {
    const at = pending.indexOf(end, 0, 'latin1');
    if (at === -1 && (socket.readableEnded || socket.destroyed))
      throw new Error(`Hung up after: ${pending.toString('latin1')}`);
    if (at === -1 && !refused(pending)) return undefined;

    const length = at === -1 ? pending.length : at + end.length;
    const taken = pending.subarray(0, length);
    pending = pending.subarray(length);
    return taken;
  };
  return {
    socket,
    say: (line) => socket.write(`${line}\r\n`),
    hear: async (end) => await until(`POP3: ${JSON.stringify(end)}`, () => heard(end)),
    leave: () => socket.off('data', keep),
  };
}

function refused(answer: Buffer): boolean {
  return /^-ERR.*\r\n$/.test(answer.toString('latin1'));
}

async function greeted(conversation: Conversation, fingerprint256?: string): Promise<RawPop3> {
  await conversation.hear('\r\n');
  return session(conversation, fingerprint256);
}

async function upgrade(conversation: Conversation): Promise<void> {
  await conversation.hear('\r\n');
  conversation.say('STLS');
  const answer = await conversation.hear('\r\n');
  if (!answer.toString().startsWith('+OK')) throw new Error(`STLS: ${answer.toString()}`);
  conversation.leave();
}

function session(pop3: Conversation, fingerprint256: string | undefined): RawPop3 {
  return {
    fingerprint256,
    async ask(line) {
      pop3.say(line);
      return (await pop3.hear('\r\n')).subarray(0, -2).toString('latin1');
    },
    async askForLines(line) {
      pop3.say(line);
      const answer = (await pop3.hear('\r\n.\r\n')).toString('latin1');
      if (!answer.startsWith('+OK')) throw new Error(`${line}: ${answer}`);

      const lines = answer.slice(answer.indexOf('\r\n'), -'.\r\n'.length);
      return Buffer.from(lines.replaceAll('\r\n..', '\r\n.').slice(2), 'latin1');
    },
    async [Symbol.asyncDispose]() {
      pop3.socket.destroy();
    },
  };
}
