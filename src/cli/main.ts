/** The program `mailgate`: hands the process to the command line, and its exit code back. The only place that reads the process. */
import { homedir, userInfo } from 'node:os';
import { runCommand } from './program.ts';
import type { World } from './world.ts';

/** What may still be open when a command is done (a server that closes late) keeps the process no longer than this. */
const LINGER = 2_000;

/** Who reads our output may leave early (`mailgate tail | head`, a terminal that is closed): that is the end, and no failure. */
let outlivesReaders = false;
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
    if (!outlivesReaders) process.exit(0);
  });
}

const world: World = {
  args: process.argv.slice(2),
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  outliveReaders() {
    outlivesReaders = true;
  },
  onInterrupt(heard) {
    process.once('SIGINT', heard);
    return { [Symbol.dispose]: () => void process.off('SIGINT', heard) };
  },
  user: { name: nameOf(), uid: process.getuid?.() ?? -1, home: homedir() },
};
process.exitCode = await runCommand(world);
setTimeout(() => process.exit(), LINGER).unref();

/** A user without an entry in the system's list (a container's) has only a number. */
function nameOf(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? ''}`;
  }
}
