/** Queue entries as a screen has them. */
import type { QueuedMessage, Rest, TrashedMessage } from '../../protocol/model.ts';
import { days, type Instant } from '../base/clock.ts';
import type { QueueEntry } from '../store/store.ts';

/** Null for one in the trash. */
export function messageOf(entry: QueueEntry): QueuedMessage | null {
  const { id, state, sender, subject, bytes, priority, attempts, lastReply, relay } = entry;
  if (state === 'dropped') return null;
  const due = state === 'waiting' || state === 'deferred';
  return {
    hold: entry.hold && restOf(entry.hold),
    ...{ id, state, sender, recipients: recipientsOf(entry), subject, bytes, priority, attempts, lastReply, relay },
    queuedAt: written(entry.queuedAt),
    nextAttemptAt: due ? written(entry.nextAttemptAt) : null,
  };
}

/** `keepDays`: how long the trash is kept. */
export function trashedOf(entry: QueueEntry, keepDays: number): TrashedMessage {
  const { id, sender, subject, bytes } = entry;
  // An entry of the first format does not say who dropped it, nor when.
  const { by, reason, at } = entry.drop ?? { by: '', reason: '', at: entry.queuedAt };
  return {
    ...{ id, sender, subject, bytes, recipients: recipientsOf(entry) },
    queuedAt: written(entry.queuedAt),
    droppedAt: written(at),
    ...{ by, reason },
    expiresAt: written(at + days(keepDays)),
  };
}

export const restOf = ({ by, reason, until }: { by: string; reason: string; until: Instant | null }): Rest => ({
  ...{ by, reason },
  until: until === null ? null : written(until),
});

export const written = (at: Instant): string => new Date(at).toISOString();

const recipientsOf = ({ recipients }: QueueEntry): QueuedMessage['recipients'] =>
  recipients.map(({ address, state, reply }) => ({ address, state, reply }));
