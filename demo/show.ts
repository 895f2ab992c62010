/** The demo on a terminal: the real screen on the real gateway, with mail that keeps coming in and going out. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { anotherMessage, outgoing } from './samples.ts';
import { type DemoWorld, programPath } from './world.ts';

/** Milliseconds between two new messages in the mailbox, and between two outgoing ones. */
const IN_EVERY = 3_000;
const OUT_EVERY = 8_000;

/** Shows the screen until its reader leaves it, or `stop` comes. */
export async function show(
  world: DemoWorld,
  env: Readonly<Record<string, string | undefined>>,
  stop: AbortSignal,
): Promise<number> {
  let n = 0;
  const coming = setInterval(() => world.pop3.add('office', anotherMessage(++n)), IN_EVERY);
  const going = setInterval(() => {
    // The operator may pause or stop the gateway: then this one is not sent.
    world.send({ ...outgoing.sent, subject: `${outgoing.sent.subject} (${n})` }).catch(() => {});
  }, OUT_EVERY);

  try {
    for (const sample of [outgoing.later, outgoing.refused, outgoing.sent]) {
      if (!stop.aborted) await world.send(sample);
    }
    return await screen(world.socket, env, stop);
  } finally {
    clearInterval(coming);
    clearInterval(going);
  }
}

/** A process of its own, as always: a terminal that stops reading stops no server of the demo. */
async function screen(
  socket: string,
  env: Readonly<Record<string, string | undefined>>,
  stop: AbortSignal,
): Promise<number> {
  // Ctrl-C while all of it was starting: nobody would tell the screen any more.
  if (stop.aborted) return 0;
  const child = spawn(process.execPath, [programPath(), 'watch', '--gateway', socket], {
    env,
    stdio: 'inherit',
  });
  const end = () => child.kill('SIGTERM');
  stop.addEventListener('abort', end, { once: true });
  const [code] = (await once(child, 'exit')) as [number | null];
  stop.removeEventListener('abort', end);
  return stop.aborted ? 0 : (code ?? 1);
}
