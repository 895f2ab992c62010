/**
 * Is there room for one more message? The disk is looked at once a second, never for a message; `disk` is a problem while it is
 * nearly full, so that what is queued already can still be sent and settled (I10, I11, CLI29).
 */
import type { Bus } from '../base/bus.ts';
import { type Clock, type Duration, seconds, type Timer } from '../base/clock.ts';
import type { Refusal } from './refusal.ts';

/** What is free where the queue lies. */
export interface Free {
  octets: number;
  /** Files that can still be made. */
  inodes: number;
}

export interface RoomParts {
  /** Null: nobody can say. */
  look(): Promise<Free | null>;
  /** Octets that have to be free: 1.5 times the largest message, for its body and its journal (I10). */
  need: number;
  /** Octets in the queue. */
  queued(): number;
  /** 0: as many as the disk has room for. */
  maxQueuedBytes: number;
  clock: Clock;
  bus: Bus;
}

export interface Room {
  /** Null: a message of that many octets (null: unsaid) may come. From the last look; it never waits. */
  refusal(declared: number | null): Refusal | null;
  close(): void;
}

export const LOOK_EVERY: Duration = seconds(1);

/** Files that the store and the logs may have to make while nothing more is taken. */
export const FEWEST_INODES = 16;

const PROBLEM = 'disk';

const DISK_FULL: Refusal = { code: 452, text: '4.3.1 Insufficient system storage, try again later' };
const QUEUE_FULL: Refusal = { code: 452, text: '4.3.1 The queue is full, try again later' };

/** Looks at once; until that is done, there is room. */
export function createRoom({ look, need, queued, maxQueuedBytes, clock, bus }: RoomParts): Room {
  let scarce: string | null = null;
  let timer: Timer | null = null;
  let closed = false;

  async function lookAround(): Promise<void> {
    note(await look().catch(() => null));
    if (!closed) timer = clock.after(LOOK_EVERY, () => void lookAround());
  }

  function note(free: Free | null): void {
    if (closed || free === null) return;
    const before = scarce;
    scarce = scarcity(free, need);
    if (before === null && scarce !== null) bus.tell({ type: 'problem.raised', key: PROBLEM, message: scarce });
    if (before !== null && scarce === null) bus.tell({ type: 'problem.cleared', key: PROBLEM });
  }

  void lookAround();
  return {
    refusal(declared) {
      if (scarce !== null) return DISK_FULL;
      return maxQueuedBytes > 0 && queued() + (declared ?? 0) >= maxQueuedBytes ? QUEUE_FULL : null;
    },
    close() {
      closed = true;
      timer?.cancel();
    },
  };
}

function scarcity({ octets, inodes }: Free, need: number): string | null {
  if (octets < need) {
    return `The disk of the outgoing queue is full or cannot be written: ${megabytes(octets)} MB are free, ${megabytes(need)} MB are needed. Mail servers are told to try again later.`;
  }
  if (inodes < FEWEST_INODES) {
    return `The disk of the outgoing queue has no room for more files: ${inodes} are left. Mail servers are told to try again later.`;
  }
  return null;
}

function megabytes(octets: number): string {
  return (octets / 1_048_576).toFixed(0);
}
