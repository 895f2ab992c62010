/** The page Queue: only the rows on the screen are drawn, whatever the queue holds. */
import type { QueuedMessage } from '../../protocol/model.ts';
import { pageRows, queueRows } from '../layout.ts';
import type { Look } from '../look.ts';
import type { Shown } from '../store/model.ts';
import { topFor } from '../store/move-queue.ts';
import type { Text } from '../text/text.ts';
import { texts } from '../text/texts.ts';
import { type Cell, type Column, fitColumns, tableRow } from '../widgets/table.ts';
import { age, count, size, UNKNOWN } from './format.ts';
import { filledUp, fill, reversed, type Row, type Span, span, spread, type Tone } from './row.ts';
import { remote } from './width.ts';

const ids = ['id', 'state', 'age', 'size', 'try', 'sender', 'recipient', 'reply'] as const;
type ColumnId = (typeof ids)[number];

/** In the order in which they go on a narrow screen. */
const drop: readonly ColumnId[] = ['try', 'size', 'sender', 'reply', 'age'];

const columns: readonly Column<ColumnId>[] = [
  { id: 'id', width: 8 },
  { id: 'state', width: 8 },
  { id: 'age', width: 7, align: 'right' },
  { id: 'size', width: 7, align: 'right' },
  { id: 'try', width: 5, align: 'right' },
  { id: 'sender', width: 16, share: 3 },
  { id: 'recipient', width: 12, share: 6 },
  { id: 'reply', width: 18, share: 4 },
];

const stateTones: Record<QueuedMessage['state'], Tone> = {
  waiting: 'plain',
  sending: 'good',
  deferred: 'warn',
  held: 'strong',
};

/** Marks of selection and tag before each row. */
const MARKS = 3;

export function queuePage(shown: Shown): Row[] {
  const { world, ui, size: screen, look } = shown;
  const say = texts[look.language];
  const width = screen.columns - MARKS - 1;
  const fitted = fitColumns(columns, drop, width);
  const heads = Object.fromEntries(ids.map((id) => [id, { text: say.columns[id], tone: 'dim' }])) as Record<
    ColumnId,
    Cell
  >;
  const head = fill([span('   '), ...tableRow(fitted, heads, width)], screen.columns);
  const { total } = world.queue;
  const cursor = Math.min(ui.queue.cursor, Math.max(0, (total ?? 0) - 1));
  const top = topFor({ top: ui.queue.top, cursor, total: total ?? 0 }, screen);
  const height = queueRows(screen);
  const visible = Math.max(0, Math.min(height, (total ?? 0) - top));
  const rows = Array.from({ length: visible }, (_, index) => {
    const at = top + index;
    return messageRow(shown, fitted, world.queue.rows[at - world.queue.from], at === cursor);
  });
  if (rows.length === 0) rows.push(fill([span(`   ${emptyText(shown, say)}`, 'dim')], screen.columns));
  return filledUp([title(shown, say), head, ...rows], pageRows(screen), screen.columns);
}

function title({ world, ui, look, size: screen }: Shown, say: Text): Row {
  const { total, filter, wrong } = world.queue;
  const counts = world.gateway?.queue;
  const all = counts === undefined ? null : counts.waiting + counts.sending + counts.deferred + counts.held;
  const number = (value: number | null): string => (value === null ? UNKNOWN : count(value, look.language));
  const shownCount = filter === '' || all === null ? number(total) : say.ofTotal(number(total), number(all));
  const tagged = ui.queue.tagged.size;
  const left: Span[] = [span(` ${say.places.queue}`, 'strong'), span(`   ${shownCount}`)];
  if (tagged > 0) left.push(span(`   ${say.tagged(count(tagged, look.language))}`, 'strong'));
  if (ui.queue.filter !== '') left.push(span(`   ${say.filter(remote(ui.queue.filter, look))}`, 'warn'));
  if (wrong !== null) left.push(span(`   ✗ ${remote(wrong, look)}`, 'wrong'));
  const { cursor } = ui.queue;
  const place = total === null || total === 0 ? '' : say.ofTotal(number(Math.min(cursor + 1, total)), number(total));
  return spread(left, place === '' ? [] : [span(`${place} `, 'dim')], screen.columns);
}

function emptyText({ world, ui }: Shown, say: Text): string {
  if (world.queue.total === null || world.queue.filter !== ui.queue.filter) return say.loading;
  return world.queue.filter === '' ? say.nothingWaits : say.nothingMatches;
}

function messageRow(
  { ui, look, size: screen, now }: Shown,
  fitted: readonly Column<ColumnId>[],
  message: QueuedMessage | undefined,
  selected: boolean,
): Row {
  const mark = selected ? '▸' : ' ';
  if (message === undefined) return fill([span(` ${mark} …`, 'dim')], screen.columns);
  const tag = ui.queue.tagged.has(message.id) ? '*' : ' ';
  const cells = cellsOf(message, now, look);
  const row = fill(
    [span(`${tag}${mark} `, 'strong'), ...tableRow(fitted, cells, screen.columns - MARKS)],
    screen.columns,
  );
  return selected ? reversed(row) : row;
}

function cellsOf(message: QueuedMessage, now: number, look: Look): Record<ColumnId, Cell> {
  const say = texts[look.language];
  const [first, ...others] = message.recipients;
  const more = others.length === 0 ? '' : ` +${count(others.length, look.language)}`;
  return {
    id: { text: remote(message.id, look), tone: 'strong' },
    state: { text: say.states[message.state], tone: stateTones[message.state] },
    age: { text: age(message.queuedAt, now, look.language) },
    size: { text: size(message.bytes, look.language) },
    try: { text: count(message.attempts, look.language) },
    sender: { text: message.sender === '' ? '<>' : remote(message.sender, look) },
    recipient: { text: first === undefined ? UNKNOWN : `${remote(first.address, look)}${more}` },
    reply: { text: message.lastReply === null ? UNKNOWN : remote(message.lastReply, look) },
  };
}
