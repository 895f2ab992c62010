/** The queue on the Dashboard: its counts, what is being sent, and what has happened since the start. */
import type { GatewayState } from '../../protocol/state.ts';
import type { Look } from '../look.ts';
import type { Shown } from '../store/model.ts';
import { texts } from '../text/texts.ts';
import { type Cell, type Column, fitColumns, tableRow } from '../widgets/table.ts';
import { age, clockTime, count, duration, size, UNKNOWN } from './format.ts';
import { cell, fill, firstThatFits, type Row, span } from './row.ts';
import { remote } from './width.ts';

const counts = ['waiting', 'sending', 'deferred', 'held', 'size', 'oldest'] as const;
type CountId = (typeof counts)[number];

export function queuePart({ look, now }: Shown, gateway: GatewayState, width: number): Row[] {
  const say = texts[look.language];
  const { queue, listener } = gateway;
  const where = listener === null ? `✗ ${say.notListening}` : say.listening(`${listener.address}:${listener.port}`);
  const clients = gateway.connected > 0 ? `, ${say.clients(gateway.connected)}` : '';
  const heading = fill(
    [
      span(` ${say.queueHeading}`, 'strong'),
      ...rests(gateway, look),
      span(`   ${where}${clients}`, listener === null ? 'wrong' : 'dim'),
    ],
    width,
  );
  const wide = width >= 60 ? 9 : 8;
  const columns = fitColumns(
    counts.map((id): Column<CountId> => ({ id, width: wide, align: 'right' })),
    ['size', 'sending'],
    width - 3,
  );
  const number = (value: number): Cell => ({ text: count(value, look.language), tone: value > 0 ? 'strong' : 'plain' });
  const values: Record<CountId, Cell> = {
    waiting: number(queue.waiting),
    sending: number(queue.sending),
    deferred: number(queue.deferred),
    held: number(queue.held),
    size: { text: size(queue.bytes, look.language) },
    oldest: { text: queue.oldestAt === null ? UNKNOWN : age(queue.oldestAt, now, look.language) },
  };
  const heads = Object.fromEntries(counts.map((id) => [id, { text: say.queueCounts[id], tone: 'dim' }])) as Record<
    CountId,
    Cell
  >;
  return [
    heading,
    inset(tableRow(columns, heads, width - 3), width),
    inset(tableRow(columns, values, width - 3), width),
  ];
}

/** In front of all else: whoever comes in the morning sees why nothing leaves. */
function rests({ sendingPaused, frozen }: GatewayState, look: Look): Row {
  const say = texts[look.language];
  return [
    ...(sendingPaused === null ? [] : [span(`   ! ${say.sendingPaused(remote(sendingPaused.by, look))}`, 'warn')]),
    ...(frozen === null ? [] : [span(`   ! ${say.allHeld(remote(frozen.by, look))}`, 'warn')]),
  ];
}

/** The same counts on one line, for a page of a few rows. */
export function queueLine({ look, now, size: screen }: Shown, gateway: GatewayState): Row {
  const { queue, listener } = gateway;
  const say = texts[look.language];
  const heading = span(` ${say.queueHeading}`, 'strong');
  const part = (id: CountId, value: string): Row => [span(`  ${say.queueCounts[id]} `, 'dim'), span(value, 'strong')];
  const number = (id: 'waiting' | 'sending' | 'deferred' | 'held'): Row => part(id, count(queue[id], look.language));
  const oldest = queue.oldestAt === null ? [] : part('oldest', age(queue.oldestAt, now, look.language));
  const closed = listener === null ? [span(`  ✗ ${say.notListening}`, 'wrong')] : [];
  const resting = rests(gateway, look);
  const least = [heading, ...resting, ...number('waiting'), ...number('deferred'), ...number('held')];
  return firstThatFits(
    [
      [
        heading,
        ...resting,
        ...number('waiting'),
        ...number('sending'),
        ...number('deferred'),
        ...number('held'),
        ...oldest,
        ...closed,
      ],
      [...least, ...closed],
      least,
    ],
    screen.columns,
  );
}

function inset(row: Row, width: number): Row {
  return fill([span('  '), ...row], width);
}

/** Running transfers: name, relay, how long, size, subject. Empty when nothing is being sent. */
export function sendingPart({ look, now, size: screen }: Shown, { transfers }: GatewayState): Row[] {
  const say = texts[look.language];
  if (transfers.length === 0) return [];
  const heading = fill(
    [span(` ${say.sendingNow}`, 'strong'), span(`   ${count(transfers.length, look.language)}`)],
    screen.columns,
  );
  const rows = transfers.map(({ id, relay, startedAt, bytes, subject }) =>
    fill(
      [
        span('   '),
        cell(remote(id, look), 8, 'strong'),
        span('  '),
        cell(remote(relay, look), Math.max(12, Math.floor(screen.columns / 4))),
        span('  '),
        cell(duration(startedAt, now), 7, 'plain', 'right'),
        span('  '),
        cell(size(bytes, look.language), 8, 'plain', 'right'),
        span(`   ${remote(subject, look)}`, 'dim'),
      ],
      screen.columns,
    ),
  );
  return [heading, ...rows];
}

/** ` Since 09:12   downloaded 412   delivered 411 …`, those that have happened first to stay on a narrow screen. */
export function sincePart({ look, now, size: screen }: Shown, gateway: GatewayState): Row[] {
  const say = texts[look.language];
  const { counters } = gateway;
  const label = (id: keyof typeof counters): string => {
    switch (id) {
      case 'downloaded':
      case 'delivered':
      case 'accepted':
      case 'sent':
        return say.flows[id];
      case 'returned':
      case 'dropped':
      case 'refused':
        return say[id];
    }
  };
  const row = (ids: readonly (keyof typeof counters)[]): Row => [
    span(` ${say.since(clockTime(gateway.gateway.startedAt, now, look))}`, 'strong'),
    ...ids.flatMap((id) => [span(`   ${label(id)} `, 'dim'), span(count(counters[id], look.language))]),
  ];
  const main = ['downloaded', 'delivered', 'accepted', 'sent'] as const;
  return [
    firstThatFits(
      [
        row([...main, 'refused', 'returned', 'dropped']),
        row([...main, 'returned']),
        row(main),
        row(['delivered', 'sent']),
      ],
      screen.columns,
    ),
  ];
}
