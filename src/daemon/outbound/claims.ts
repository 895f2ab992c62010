/** Claimed messages that cannot go now: handed back without an attempt, in as few steps as can be. */
import type { Instant } from '../base/clock.ts';
import type { Queue, QueueEntry } from '../store/store.ts';
import { clamped } from './schedule.ts';

const PAGE = 500;

/** Due again at `at`; the claim counted an attempt that was none. `why` is what the queue shows as its last reply. */
export async function postpone(queue: Queue, entries: QueueEntry[], at: Instant, why: string | null): Promise<void> {
  const groups = Map.groupBy(entries, ({ attempts, recipients }) => {
    const state = recipients.some((recipient) => recipient.state !== 'waiting') ? 'deferred' : 'waiting';
    return `${state} ${attempts}`;
  });
  for (const [key, group] of groups) {
    const state = key.startsWith('deferred') || why !== null ? 'deferred' : 'waiting';
    const attempts = Math.max(0, (group[0]?.attempts ?? 1) - 1);
    const change = { state, attempts, nextAttemptAt: at, ...(why === null ? {} : { lastReply: why }) } as const;
    await queue.change(
      group.map(({ id }) => id),
      ['sending'],
      change,
    );
  }
}

/** Plans that a clock, since then set back, had made for a far future are pulled in (I17). Answers how many. */
export async function pullIn(queue: Queue, now: Instant, retry: number[]): Promise<number> {
  const far: string[] = [];
  for (let offset = 0; ; offset += PAGE) {
    const { entries } = await queue.list({ states: ['waiting', 'deferred'] }, offset, PAGE);
    far.push(...entries.filter(({ nextAttemptAt: at }) => clamped(at, now, retry) < at).map(({ id }) => id));
    if (entries.length < PAGE) break;
  }
  for (let at = 0; at < far.length; at += PAGE) {
    await queue.change(far.slice(at, at + PAGE), ['waiting', 'deferred'], { nextAttemptAt: now });
  }
  return far.length;
}
