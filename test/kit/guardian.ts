/**
 * A child that outlives this process by a moment, to end what it has left behind: a worker whose test took too long is
 * killed without a word, and so is one at Ctrl-C. The end of the pipe tells the guardian, whatever the way.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';

const SCRIPT = `
groups=
while read -r verb group; do
  case $verb in
    watch) groups="$groups $group" ;;
    forget)
      kept=
      for other in $groups; do [ "$other" = "$group" ] || kept="$kept $other"; done
      groups=$kept ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group"; done`;

let guardian: ChildProcess | undefined;

/** From now on the process group is ended with this process. */
export function watchOver(group: number): void {
  guardian ??= startGuardian();
  guardian.stdin?.write(`watch ${group}\n`);
}

/** It has ended, and its number may be given to others. */
export function forget(group: number): void {
  guardian?.stdin?.write(`forget ${group}\n`);
}

/** In a session of its own, where no Ctrl-C reaches it; nothing here waits for it. */
function startGuardian(): ChildProcess {
  const child = spawn('sh', ['-c', SCRIPT], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  child.unref();
  (child.stdin as Socket).unref();
  return child;
}
