/** Programs that are run for us head a group of their own, so that what they started ends with them. */
import type { ChildProcess } from 'node:child_process';
import { constants } from 'node:os';

/** SIGKILL to whatever is left of the group of a child that was started `detached`; that there is nobody is well, too. */
export function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, constants.signals.SIGKILL);
  } catch {
    // ESRCH: all have ended.
  }
}
