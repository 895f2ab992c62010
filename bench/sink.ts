/** Postfix's smtp-sink: the internal server that takes everything and counts it. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { accepts, listening, startChild } from './processes.ts';

export interface Sink extends AsyncDisposable {
  /** Messages whose final dot it has answered. */
  messages(): number;
}

/** How many sessions it takes at a time. */
const SESSIONS = '500';

const END = 400; // octets of its output in which its newest count surely stands

export async function startSink(
  folder: string,
  { port, speaks }: { port: number; speaks: 'SMTP' | 'LMTP' },
): Promise<Sink> {
  // smtp-sink shares its port (SO_REUSEPORT): a forgotten one would take half of the mail unseen.
  if (await accepts(port)) throw new Error(`Somebody listens on port ${port} already.`);

  const logFile = join(folder, `sink-${port}.out`);
  const asWhom = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const lmtp = speaks === 'LMTP' ? ['-L'] : [];
  const child = await startChild(
    ['smtp-sink', '-4', '-c', '-m', SESSIONS, ...asWhom, ...lmtp, '-h', 'sink.test', `127.0.0.1:${port}`, SESSIONS],
    { logFile },
  );
  await listening(port, child);

  const output = openSync(logFile, 'r');
  const tail = Buffer.alloc(END);
  return {
    messages() {
      const octets = readSync(output, tail, 0, END, Math.max(0, fstatSync(output).size - END));
      const counts = [...tail.toString('latin1', 0, octets).matchAll(/mesg=(\d+)/g)];
      return Number(counts.at(-1)?.[1] ?? 0);
    },
    async [Symbol.asyncDispose]() {
      await child.stop();
      closeSync(output);
    },
  };
}
