/** The place of the control socket: takes it over from a daemon that died, never from one that lives, and never what is no socket (WS17). */
import { lstat, unlink } from 'node:fs/promises';
import { connect, type Server } from 'node:net';
import { type Clock, seconds } from '../base/clock.ts';

/** `sun_path` of unix(7) has 108 bytes, the last of them a NUL. */
const LONGEST_PATH = 107;
/** A local connect answers at once, or its process is stopped: then it lives. */
const CONNECT_WITHIN = seconds(2);
/** Nobody else may read or write what is created: the socket has mode 0600 from its first moment. */
const PRIVATE = 0o177;

export type Claim = { ok: true } | { ok: false; why: string; busy: boolean };

/** Makes sure that nothing is at `path`, removing a socket that nobody listens on. `busy`: another daemon has it. */
export async function claimSocket(path: string, clock: Clock): Promise<Claim> {
  const octets = Buffer.byteLength(path);
  if (octets > LONGEST_PATH) {
    return refused(
      `The path of the control socket has ${octets} bytes, and the system takes ${LONGEST_PATH}: choose a home with a shorter path, or another Socket in [Remote control]. (${path})`,
    );
  }

  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error) return found.code === 'ENOENT' ? { ok: true } : refused(found.message);
  if (found.isSymbolicLink()) return refused(`${path} is a symbolic link: it is not followed. Remove it.`);
  if (!found.isSocket()) return refused(`${path} is no socket: it is left alone. Remove it, or choose another place.`);
  if (found.uid !== process.getuid?.()) return refused(`${path} belongs to another user.`);

  const answer = await knock(path, clock);
  if (answer === 'ENOENT') return { ok: true };
  if (answer !== 'ECONNREFUSED') return { ok: false, why: `Another daemon listens on ${path}.`, busy: true };

  await unlink(path);
  return { ok: true };
}

/** Listens on `path`, which nobody but this user may open. Rejects with the system's error. */
export function listenPrivately(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => {
      server.off('error', reject);
      resolve();
    });
    const before = process.umask(PRIVATE);
    try {
      server.listen(path); // binds before it returns
    } finally {
      process.umask(before);
    }
  });
}

const refused = (why: string): Claim => ({ ok: false, why, busy: false });

/** `open`, `silent`, or the error's code. */
function knock(path: string, clock: Clock): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const done = (answer: string) => {
      timer.cancel();
      socket.destroy();
      resolve(answer);
    };
    const timer = clock.after(CONNECT_WITHIN, () => done('silent'));
    socket.once('connect', () => done('open'));
    socket.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? 'error'));
  });
}
