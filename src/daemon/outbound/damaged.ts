/**
 * Damaged messages (I12). The store holds one as soon as it sees that it is not what came in; here it is moved to `corrupt/`, once the
 * attempt that has met it is over, and told with an alarm.
 */
import type { Bus } from '../base/bus.ts';
import { type Clock, minutes, wait } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Damaged, QueueWork } from '../store/queue-work.ts';
import { heldProblem } from './problems.ts';

/** An attempt that cannot read its message is over long before. */
const AFTER = minutes(1);

export interface DamagedParts {
  queue: Pick<QueueWork, 'page' | 'setAside'>;
  /** The store tells them, those of its start too, until it is ended. */
  onDamaged(listener: (damaged: Damaged) => void): () => void;
  bus: Bus;
  clock: Clock;
  log: Log;
}

/** What the store writes into the hold of a damaged message, before the reason. */
const DAMAGED = 'damaged: ';

/** A loop for `Tasks.run`. */
export async function keepDamaged(parts: DamagedParts, stop: AbortSignal): Promise<void> {
  const { queue, bus, clock } = parts;
  const waiting = new Map<string, string>();
  const unlisten = parts.onDamaged((damaged) => {
    if (damaged.file === '') waiting.set(damaged.id, damaged.reason);
    else tell(bus, damaged);
  });
  try {
    for (const [id, reason] of await leftHeld(queue)) waiting.set(id, reason);
    while (!stop.aborted) {
      for (const [id, reason] of [...waiting]) {
        const moved = await move(parts, id, reason);
        if (moved) waiting.delete(id);
      }
      await wait(clock, AFTER, stop).catch(() => {});
    }
  } finally {
    unlisten();
  }
}

/** False when it could not be written: it stays held, and is tried again. */
async function move({ queue, bus, log }: DamagedParts, id: string, reason: string): Promise<boolean> {
  try {
    const file = await queue.setAside(id, reason);
    if (file !== null) tell(bus, { id, reason, file });
    return true;
  } catch (error) {
    log.error('a damaged message could not be moved to corrupt/; it stays held', error, { id });
    return false;
  }
}

/** Those that an earlier run has held. */
async function leftHeld(queue: DamagedParts['queue']): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (let after: Parameters<QueueWork['page']>[1] | null = { after: null }; after !== null; ) {
    const { entries, next } = await queue.page({ states: ['held'], heldBy: 'gateway' }, after, 500);
    for (const { id, hold } of entries) {
      if (hold?.reason.startsWith(DAMAGED)) found.set(id, hold.reason.slice(DAMAGED.length));
    }
    after = next === null ? null : { after: next };
  }
  return found;
}

function tell(bus: Bus, damaged: Damaged): void {
  const { id, reason, file } = damaged;
  bus.tell({ type: 'queue.damaged', id, reason, file });
  bus.tell({
    type: 'problem.raised',
    key: heldProblem(id),
    message: `${id} was damaged (${reason}). What is left of it is in Outgoing/corrupt/${file}.`,
  });
}
