/** A client of the gateway's port 2500: hands over letters one after the other, and tells apart what is known from what is not. */
import { connect, type Socket } from 'node:net';
import type { Letter } from './letters.ts';

export type Outcome =
  /** 250: the gateway's from now on. */
  | { readonly kind: 'queued'; readonly name: string }
  | { readonly kind: 'refused'; readonly reply: string }
  /** The connection ended before the final dot was sent. */
  | { readonly kind: 'cut' }
  /** It ended after it: the gateway may have the letter, or not (X05). */
  | { readonly kind: 'doubted' };

export interface Submission extends AsyncDisposable {
  send(letter: Letter): Promise<Outcome>;
  /** Sends all but the final dot; `false`: the connection has ended, or the gateway refused something. */
  begin(letter: Letter): Promise<boolean>;
  finish(): Promise<Outcome>;
}

const GONE = null;

/** Past EHLO; null when nobody listens, or not for us. */
export async function openSubmission(port: number): Promise<Submission | null> {
  const socket = connect(port, '127.0.0.1').setNoDelay(true);
  socket.on('error', () => {}); // its end follows
  const reply = repliesOf(socket);
  const ask = async (line: string) => {
    socket.write(`${line}\r\n`);
    return await reply();
  };
  const ready = (await reply())?.startsWith('220') === true && (await ask('EHLO client.example'))?.startsWith('250');
  if (ready !== true) {
    socket.destroy();
    return null;
  }

  let refusal: string | null = GONE;
  const accepted = async (line: string, code: string) => {
    refusal = await ask(line);
    return refusal?.startsWith(code) === true;
  };
  const begin = async ({ sender, to, octets }: Letter) => {
    if (!(await accepted(`MAIL FROM:<${sender}>`, '250'))) return false;
    for (const address of to) if (!(await accepted(`RCPT TO:<${address}>`, '250'))) return false;
    if (!(await accepted('DATA', '354'))) return false;
    socket.write(stuffed(octets));
    return true;
  };
  const finish = async (): Promise<Outcome> => {
    const answer = await ask('.');
    if (answer === GONE) return { kind: 'doubted' };
    const [, name] = /^250 2\.0\.0 Queued as (Pmg\w+)/.exec(answer) ?? [];
    return name === undefined ? { kind: 'refused', reply: answer } : { kind: 'queued', name };
  };
  return {
    begin,
    finish,
    async send(letter) {
      if (await begin(letter)) return await finish();
      return refusal === GONE ? { kind: 'cut' } : { kind: 'refused', reply: refusal };
    },
    async [Symbol.asyncDispose]() {
      socket.destroy();
    },
  };
}

/** Each call gives the next reply, its lines joined; null once the gateway has hung up. */
function repliesOf(socket: Socket): () => Promise<string | null> {
  let pending = '';
  let over = false;
  let changed = Promise.withResolvers<void>();
  socket.on('data', (octets: Buffer) => {
    pending += octets.toString('latin1');
    changed.resolve();
  });
  socket.once('close', () => {
    over = true;
    changed.resolve();
  });

  return async () => {
    for (;;) {
      const whole = /^(?:\d{3}-[^\n]*\n)*\d{3} [^\n]*\n/.exec(pending)?.[0];
      if (whole !== undefined) {
        pending = pending.slice(whole.length);
        return whole.trimEnd();
      }
      if (over) return GONE;
      await changed.promise;
      changed = Promise.withResolvers();
    }
  };
}

function stuffed(octets: Buffer): Buffer {
  return Buffer.from(octets.toString('latin1').replace(/^\./gm, '..'), 'latin1');
}
