/** Selection, scrolling and tags of the page Queue; they survive a refresh, a filter's end and a resize (T11). Pure. */
import type { QueuedMessage } from '../../protocol/model.ts';
import { queueRows, topIn } from '../layout.ts';
import type { QueueRange, Shown, Size, Ui, World } from './model.ts';
import type { Movement } from './step.ts';

/** Tags that the gateway takes in one call. */
const MOST_TAGGED = 10_000;
/** Messages that the gateway gives in one answer. */
const MOST_ROWS = 1_000;

export function moveQueue({ world, size }: Shown, ui: Ui, movement: Movement): Ui {
  const last = Math.max(0, (world.queue.total ?? 0) - 1);
  const { cursor } = ui.queue;
  const wanted = 'by' in movement ? cursor + movement.by : movement.to === 'first' ? 0 : last;
  return withCursor(ui, world.queue, Math.max(0, Math.min(last, wanted)), size);
}

/** The message under the cursor, if the gateway has told it yet. */
export function selectedMessage({ queue }: World, ui: Ui): QueuedMessage | null {
  return queue.rows[ui.queue.cursor - queue.from] ?? null;
}

export function toggleTag(shown: Shown, ui: Ui): Ui {
  const message = selectedMessage(shown.world, ui);
  if (message === null) return ui;
  const tagged = new Map(ui.queue.tagged);
  if (!tagged.delete(message.id) && tagged.size < MOST_TAGGED) {
    tagged.set(message.id, { bytes: message.bytes, recipients: message.recipients.length });
  }
  // The cursor goes on, so that a row of messages is tagged by pressing space again and again.
  return moveQueue(shown, { ...ui, queue: { ...ui.queue, tagged } }, { by: 1 });
}

export function untagged(ui: Ui, ids: readonly string[]): Ui {
  if (!ids.some((id) => ui.queue.tagged.has(id))) return ui;
  const tagged = new Map([...ui.queue.tagged].filter(([id]) => !ids.includes(id)));
  return { ...ui, queue: { ...ui.queue, tagged } };
}

/** After an answer: the selected message stays selected, on the same row of the screen, wherever it stands in the queue now. */
export function reconciled(ui: Ui, range: QueueRange, size: Size): Ui {
  const { cursor, cursorId, top } = ui.queue;
  const last = Math.max(0, (range.total ?? 0) - 1);
  const found = cursorId === null ? -1 : range.rows.findIndex(({ id }) => id === cursorId);
  const index = found < 0 ? Math.min(cursor, last) : range.from + found;
  return withCursor({ ...ui, queue: { ...ui.queue, top: Math.max(0, top + index - cursor) } }, range, index, size);
}

/** The part of the queue that is to be asked for: the visible rows and a screen of them before and after. */
export function wantedRange(ui: Ui, size: Size): { filter: string; offset: number; limit: number } {
  const rows = Math.max(1, queueRows(size));
  const offset = Math.max(0, ui.queue.top - rows);
  return { filter: ui.queue.filter, offset, limit: Math.min(MOST_ROWS, rows * 3) };
}

/** The range has every row that is on the screen. */
export function covers(range: QueueRange, ui: Ui, size: Size): boolean {
  if (range.total === null || range.filter !== ui.queue.filter) return false;
  const until = Math.min(range.total, ui.queue.top + queueRows(size));
  return range.from <= ui.queue.top && range.from + range.rows.length >= until;
}

/** Where the screen starts: the cursor is always on it, and it has no blank rows while there are messages for them. */
export function topFor(at: { top: number; cursor: number; total: number }, size: Size): number {
  return topIn(at, queueRows(size));
}

function withCursor(ui: Ui, range: QueueRange, cursor: number, size: Size): Ui {
  const cursorId = range.rows[cursor - range.from]?.id ?? null;
  const top = topFor({ top: ui.queue.top, cursor, total: range.total ?? cursor + 1 }, size);
  return { ...ui, queue: { ...ui.queue, cursor, cursorId, top } };
}
