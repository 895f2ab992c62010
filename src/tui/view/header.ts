/** The two lines above the page: which gateway, is the link live, how much waits; the tabs, and what needs a person (T32). */
import { alertsOf } from '../store/alerts.ts';
import { digitOf, type Link, pages, type Shown } from '../store/model.ts';
import { isReadOnly } from '../store/moment.ts';
import type { Text } from '../text/text.ts';
import { texts } from '../text/texts.ts';
import { age, count, exactTime, UNKNOWN } from './format.ts';
import { blank, dimmed, firstThatFits, type Row, type Span, span, spread, widthOf } from './row.ts';
import { cells, cut, remote } from './width.ts';

const GAP = span('   ');
/** Between the parts of a line that is short of room. */
const NARROW = span('  ');
/** A clock that is off by this much makes ages and times wrong enough to be said. */
const SKEW_SAID = 2_000;

export function header(shown: Shown): Row[] {
  const { columns } = shown.size;
  return [firstThatFits(candidates(shown), columns), tabs(shown), rule(shown)];
}

/** A rule across the screen; for screen readers a blank line. */
export function rule({ size, look }: Shown): Row {
  return look.plain ? blank(size.columns) : [span('─'.repeat(size.columns), 'dim')];
}

/** The first line, from the richest to the barest. */
function candidates(shown: Shown): Row[] {
  const { world, look, size, readOnly } = shown;
  const say = texts[look.language];
  const name = remote(world.gateway?.gateway.name || world.target, look);
  const program = [span(' '), span('MailGate', 'strong'), span('  ')];
  const role = roleOf(world.link, isReadOnly(world, readOnly), say);
  const skew = skewOf(world.link);
  const line = (start: Row, title: string, link: Row, right: readonly Row[], gap = GAP): Row => {
    const named = title === '' ? [] : [span(title, 'strong')];
    const left = [...start, ...joined([named, link, role, skew], gap)];
    const shownRight = joined(right, gap);
    const missing = size.columns - widthOf(left) - widthOf(shownRight) - 1;
    return missing < 2
      ? [...left, span('  '), ...shownRight, span(' ')]
      : spread(left, [...shownRight, span(' ')], size.columns);
  };
  const [full, short] = linkParts(shown, say);
  const [queued, held, oldest] = queueParts(shown, say);
  const time = timePart(shown, say);
  const bare = shown.world.link.is === 'lost' ? [time] : [queued, held];
  const taken = [short, role, skew, ...bare].filter((part) => part.length > 0);
  const bareRoom = size.columns - 2 - widthOf(joined(taken, NARROW)) - cells(NARROW.text);
  return [
    line(program, name, full, [queued, held, oldest, time]),
    line(program, name, full, [queued, held, oldest, bareTime(shown)]),
    line([span(' ')], name, full, [queued, held, oldest, bareTime(shown)]),
    line([span(' ')], name, full, [queued, held, bareTime(shown)]),
    line([span(' ')], name, short, bare),
    line([span(' ')], name, short, bare, NARROW),
    line([span(' ')], cut(name, Math.max(4, bareRoom)), short, bare, NARROW),
    line([span(' ')], '', short, bare, NARROW),
  ];
}

function linkParts({ world: { link }, now, look }: Shown, say: Text): [Row, Row] {
  switch (link.is) {
    case 'live': {
      const live = [span('● ', 'good'), span(say.live)];
      return [live, live];
    }
    case 'connecting': {
      const connecting = [span('○ ', 'warn'), span(say.connecting, 'warn')];
      return [connecting, connecting];
    }
    case 'lost': {
      if (link.trying) return same([span('✗ ', 'wrong'), span(say.reconnectingNow, 'wrong')]);
      if (link.retryAt === null) return same([span('✗ ', 'wrong'), span(say.lost, 'wrong')]);
      const seconds = Math.max(1, Math.ceil((link.retryAt - now) / 1_000));
      const sign: Span = span(look.plain ? '' : '✗ ', 'wrong');
      return [
        [sign, span(say.reconnectingIn(seconds), 'wrong')],
        [sign, span(say.inSeconds(seconds), 'wrong')],
      ];
    }
  }
}

function same(row: Row): [Row, Row] {
  return [row, row];
}

function roleOf(link: Link, readOnly: boolean, say: Text): Row {
  if (readOnly) return [span(say.readOnly, 'warn')];
  return link.is === 'live' ? [span(say.roles[link.role])] : [];
}

function skewOf(link: Link): Row {
  if (link.is !== 'live' || Math.abs(link.skew) <= SKEW_SAID) return [];
  const seconds = Math.round(link.skew / 1_000);
  return [span(`! ${seconds > 0 ? '+' : ''}${seconds} s`, 'warn')];
}

function queueParts({ world, now, look }: Shown, say: Text): [Row, Row, Row] {
  const queue = world.gateway?.queue;
  if (queue === undefined) return [[], [], []];
  const queued = queue.waiting + queue.sending + queue.deferred + queue.held;
  const lost = world.link.is === 'lost';
  const part = (label: string, value: string): Row => {
    const row = [span(`${label} `, 'dim'), span(value, 'strong')];
    return lost ? dimmed(row) : row;
  };
  const oldest =
    queue.oldestAt === null ? UNKNOWN : age(queue.oldestAt, lost ? (world.heardAt ?? now) : now, look.language);
  return [
    part(say.queued, count(queued, look.language)),
    queue.held > 0 ? part(say.held, count(queue.held, look.language)) : [],
    queue.oldestAt === null ? [] : part(say.oldest, oldest),
  ];
}

/** When the gateway last told something: an idle gateway has a clock that stands still, and so has its screen (T04). */
function timePart(shown: Shown, say: Text): Row {
  const { world, look } = shown;
  if (world.heardAt === null) return [];
  const time = exactTime(world.heardAt, look);
  return world.link.is === 'lost' ? [span(say.asOf(time), 'warn')] : [span(say.lastEvent(time), 'dim')];
}

function bareTime(shown: Shown): Row {
  const { world, look } = shown;
  if (world.link.is === 'lost') return timePart(shown, texts[look.language]);
  return world.heardAt === null ? [] : [span(exactTime(world.heardAt, look), 'dim')];
}

function joined(parts: readonly Row[], gap: Span): Row {
  const there = parts.filter((part) => part.length > 0);
  return there.flatMap((part, index) => (index === 0 ? part : [gap, ...part]));
}

/** Pages by name, or by digit where the names do not fit; the present one in reverse. */
function tabs(shown: Shown): Row {
  const { ui, look, size, world } = shown;
  const say = texts[look.language];
  const alerts = alertsOf(world).length;
  const right: Row = alerts === 0 ? [] : [span(`! ${say.alerts(alerts)}`, 'wrong'), span(' ')];
  const tabRow = (gap: string, named: (current: boolean) => boolean): Row =>
    pages.flatMap((page) => {
      const current = page === ui.page;
      const label = named(current) ? `${digitOf[page]} ${say.pages[page]}` : digitOf[page];
      const tab = { text: ` ${label} `, tone: current ? 'strong' : 'plain', reverse: current } as const;
      return [tab, span(gap)];
    });
  const rows = [tabRow(' ', () => true), tabRow('', () => true), tabRow('', (current) => current)];
  const fits = rows.find((row) => widthOf(row) + widthOf(right) + 1 <= size.columns) ?? rows.at(-1) ?? [];
  return spread(fits, right, size.columns);
}
