/**
 * What rests until somebody says otherwise, or for a time: the queue that keeps what it takes (`Hold all`, live), and the sending.
 * It is on disk before it is told, and outlives a restart.
 */
import type { Fact } from '../../protocol/events.ts';
import type { Rest } from '../../protocol/model.ts';
import type { Bus } from '../base/bus.ts';
import { type Clock, type Instant, minutes, wait } from '../base/clock.ts';
import type { Memos, QueueEntry } from '../store/store.ts';
import { restOf } from './shown.ts';

interface Resting {
  by: string;
  reason: string;
  until: Instant | null;
}

/** `until` is a time of the wall clock, which may jump: it is compared this often at least (I17). */
const LOOK = minutes(1);

export interface RestParts {
  memos: Pick<Memos, 'get' | 'put'>;
  bus: Bus;
  clock: Clock;
}

export interface RestSwitch {
  /** Null: nothing rests. */
  now(): Resting | null;
  /** Durable when it resolves. `until`: over by itself then; null: not before somebody says so. */
  set(on: boolean, until: Instant | null, by: string, reason: string): Promise<Rest | null>;
  /** A loop for `Tasks.run`: ends what has a time. */
  run(stop: AbortSignal): Promise<void>;
}

export interface Freeze extends RestSwitch {
  /** How what is taken now is to be held; null: it is not. */
  hold(): QueueEntry['hold'];
}

/** `configured`: `Hold all` of the configuration is on, whatever was said before the restart. */
export async function createFreeze({ configured, ...parts }: RestParts & { configured: boolean }): Promise<Freeze> {
  const standing = configured ? { by: 'configuration', reason: 'Hold all', until: null } : null;
  const rest = await restSwitch(parts, 'queue.frozen', standing, (frozen, by, reason) => ({
    ...{ type: 'queue.frozen', frozen, by, reason },
  }));
  return {
    ...rest,
    hold() {
      const frozen = rest.now();
      return frozen && { by: frozen.by, reason: frozen.reason, until: null }; // what it held stays held
    },
  };
}

/** `obey` is called with what rests at once and at every change: the sender pauses, or goes on. */
export async function createPause({
  obey,
  ...parts
}: RestParts & { obey: (on: boolean) => void }): Promise<RestSwitch> {
  const rest = await restSwitch(parts, 'sending.pause', null, (paused, by, reason) => {
    obey(paused !== null);
    return { type: 'transfer.paused', paused, by, reason };
  });
  return rest;
}

async function restSwitch(
  { memos, bus, clock }: RestParts,
  memo: string,
  standing: Resting | null,
  fact: (rest: Rest | null, by: string, reason: string) => Fact,
): Promise<RestSwitch> {
  let resting = standing ?? kept(await memos.get(memo));
  const ends = () => resting?.until ?? Number.POSITIVE_INFINITY;
  const isOver = () => ends() <= clock.now();
  if (isOver()) resting = null;
  if (resting !== null) bus.tell(fact(restOf(resting), resting.by, resting.reason));

  async function set(on: boolean, until: Instant | null, by: string, reason: string): Promise<Rest | null> {
    const next = on ? { by, reason, until } : null;
    if (next === null && resting === null) return null;
    await memos.put(memo, next && JSON.stringify(next));
    resting = next;
    const rest = next && restOf(next);
    bus.tell(fact(rest, by, reason));
    return rest;
  }

  return {
    now: () => (isOver() ? null : resting),
    set,
    async run(stop) {
      while (!stop.aborted) {
        if (isOver()) await set(false, null, 'expiry', 'its time was over');
        const left = Math.max(0, ends() - clock.now());
        await wait(clock, Math.min(left, LOOK), stop).catch(() => {});
      }
    },
  };
}

/** Null: nothing that this version wrote. */
function kept(memo: string | null): Resting | null {
  if (memo === null) return null;
  const { by, reason, until } = JSON.parse(memo) as Record<keyof Resting, unknown>;
  const known = typeof by === 'string' && typeof reason === 'string' && (until === null || typeof until === 'number');
  return known ? { by, reason, until } : null;
}
