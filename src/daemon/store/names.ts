/** The names of queued messages: handed out without a wait, from numbers that were reserved on disk a block at a time. */
import type { Link } from './link.ts';

export interface Names {
  /** A number that no message has had. */
  take(): number;
}

/** Numbers left when more are asked for. */
const FEW = 128;

export async function openNames(link: Link): Promise<Names> {
  let { from: next, end } = await link.call('queue.names', { above: 0 });
  let asking = false;

  /**
   * A number past `end` is good all the same. Its message lies in the queue, where the next start sees it, until a call that
   * comes after the reservation takes it out.
   */
  async function reserve(): Promise<void> {
    asking = true;
    try {
      while (next + FEW >= end) end = (await link.call('queue.names', { above: next })).end;
    } catch {
      // The store tells its trouble itself; the next name asks again.
    }
    asking = false;
  }

  return {
    take() {
      if (!asking && next + FEW >= end) void reserve();
      next += 1;
      return next - 1;
    },
  };
}
