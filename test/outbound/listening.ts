/** A listener on a world's queue, and clients that speak to it octet by octet. */
import { openListener } from '../../src/daemon/outbound/listener.ts';
import type { ListenerSettings } from '../../src/daemon/outbound/settings.ts';
import type { IncomingBody, Queue } from '../../src/daemon/store/store.ts';
import { type RawSmtp, rawSmtp } from './raw-smtp.ts';
import { listenerSettings, openWorld, type World } from './world.ts';

export async function opened(settings: Partial<ListenerSettings> = {}, world?: World) {
  const own = world ?? (await openWorld());
  const listener = await openListener({ ...listenerSettings, ...settings }, own);
  const close = async () => {
    await listener.close();
    if (!world) await own[Symbol.asyncDispose]();
  };
  return { ...own, listener, port: listener.port ?? 0, close, [Symbol.asyncDispose]: close };
}

/** Connected, and past EHLO. */
export async function client(port: number) {
  const smtp = await rawSmtp(port);
  await smtp.reply();
  await smtp.ask('EHLO your-mail-server');
  return smtp;
}

export async function textOf({ queue }: World, id: string): Promise<string> {
  let text = '';
  for await (const chunk of queue.read(id)) text += Buffer.from(chunk).toString('latin1');
  return text;
}

export async function startMessage(smtp: RawSmtp): Promise<void> {
  await smtp.ask('MAIL FROM:<webmaster@pytheas.com>');
  await smtp.ask('RCPT TO:<somebody@somedomain.com>');
  await smtp.ask('DATA');
}

/** Sends a whole message, dot-stuffed already; the reply to it. */
export async function message(smtp: RawSmtp, text: string): Promise<string> {
  await startMessage(smtp);
  await smtp.send(Buffer.from(text, 'latin1'));
  return await smtp.ask('.');
}

export function wrapped(
  queue: Queue,
  wrap: (incoming: ReturnType<Queue['receive']>) => IncomingBody & { id: string },
): Queue {
  return { ...queue, receive: () => wrap(queue.receive()) };
}
