/**
 * The Dashboard: is something wrong, what is going on, what can I do. When the screen shrinks, it loses first the lines of the
 * traces, then the counts since the start, the last hour, what is being sent, and last the mailboxes (T09).
 */
import { phrases } from '../../protocol/phrases.ts';
import type { GatewayState } from '../../protocol/state.ts';
import { pageRows } from '../layout.ts';
import { alertsOf } from '../store/alerts.ts';
import type { Shown } from '../store/model.ts';
import { texts } from '../text/texts.ts';
import { clockTime, count } from './format.ts';
import { hourPart } from './hour.ts';
import { mailboxCount, mailboxRows, sessionHeading } from './mailboxes.ts';
import { queueLine, queuePart, sendingPart, sincePart } from './queue-part.ts';
import { blank, cell, fill, filledUp, reversed, type Row, span, spread } from './row.ts';
import { share, type Wish } from './sections.ts';
import { tracesLine } from './traces.ts';
import { remote, remoteLine } from './width.ts';

/** From this width on the last hour stands beside the queue. */
const TWO_COLUMNS = 100;

/** Alerts shown before other parts give way; the others are reached by scrolling. */
const MOST_ALERTS = 5;

type Part = Wish & { draw: (rows: number) => Row[] };

export function dashboard(shown: Shown, gateway: GatewayState): Row[] {
  const height = pageRows(shown.size);
  const wide = shown.size.columns >= TWO_COLUMNS;
  const session: Part = {
    least: 1,
    wants: 1,
    most: 1,
    needed: true,
    spaced: false,
    draw: () => [sessionHeading(shown, gateway)],
  };
  const mailboxes: Part = {
    least: 1,
    // Many mailboxes leave the other parts half of the page.
    wants: Math.min(mailboxCount(gateway), Math.max(4, Math.floor(height / 2))),
    most: mailboxCount(gateway),
    needed: true,
    spaced: !isShort(shown),
    draw: (rows) => mailboxRows(shown, gateway, rows),
  };
  const queue = isShort(shown)
    ? needed(fixed([queueLine(shown, gateway)]))
    : wide
      ? besideHour(shown, gateway)
      : needed(fixed(queuePart(shown, gateway, shown.size.columns)));
  const alerts = alertPart(shown);
  const sending = listed(sendingPart(shown, gateway));
  const hour = wide ? null : fixed(hourPart(shown, shown.size.columns));
  const since = fixed(sincePart(shown, gateway));
  const traces = fixed([tracesLine(shown, gateway)]);

  const important = [session, queue, alerts, mailboxes, sending, hour, since, traces].filter((part) => part !== null);
  const { rows, spaced } = share(important, height);
  const order = [session, mailboxes, queue, sending, hour, alerts, since, traces].filter((part) => part !== null);
  const drawn = order.flatMap((part) => {
    const given = rows[important.indexOf(part)] ?? 0;
    if (given === 0) return [];
    const lines = part.draw(given);
    return spaced && part.spaced ? [blank(shown.size.columns), ...lines] : lines;
  });
  return filledUp(drawn, height, shown.size.columns);
}

/** A page of a few rows: no headings, no tables. */
function isShort({ size }: Shown): boolean {
  return pageRows(size) < 10;
}

function fixed(rows: Row[]): Part {
  const height = rows.length;
  return { least: height, wants: height, most: height, needed: false, spaced: true, draw: () => rows };
}

function needed(part: Part): Part {
  return { ...part, needed: true, spaced: part.least > 1 };
}

/** Drawn from its heading and first row on. */
function listed(rows: Row[]): Part | null {
  if (rows.length === 0) return null;
  const height = rows.length;
  return {
    least: Math.min(2, height),
    wants: height,
    most: height,
    needed: false,
    spaced: true,
    draw: (given) => rows.slice(0, given),
  };
}

function besideHour(shown: Shown, gateway: GatewayState): Part {
  const right = 46;
  const left = shown.size.columns - right;
  const queue = queuePart(shown, gateway, left);
  const hour = hourPart(shown, right);
  const height = Math.max(queue.length, hour.length);
  const rows = Array.from({ length: height }, (_, index) => [
    ...(queue[index] ?? blank(left)),
    ...(hour[index] ?? blank(right)),
  ]);
  const draw = (given: number): Row[] => rows.slice(0, given);
  return { least: queue.length, wants: height, most: height, needed: true, spaced: true, draw };
}

function alertPart(shown: Shown): Part {
  const { world, ui, look, size, now } = shown;
  const say = texts[look.language];
  const alerts = alertsOf(world);
  const number = span(`   ${count(alerts.length, look.language)}`, 'wrong');
  const heading = fill([span(` ${say.alertsHeading}`, 'strong'), number], size.columns);
  if (alerts.length === 0) {
    const calm = fill([span(` ${say.alertsHeading}`, 'strong'), span(`   ${say.noAlerts}`, 'dim')], size.columns);
    return fixed([calm]);
  }
  const cursor = Math.min(ui.dashboard.cursor, alerts.length - 1);
  const rows = alerts.map((alert, index) => {
    const time = alert.at === null ? '' : clockTime(alert.at, now, look);
    const selected = index === cursor;
    const left: Row = [
      span(selected ? ' ▸ ' : '   '),
      cell(time, time.length > 5 ? 11 : 5, 'dim'),
      span('  '),
      cell(remote(alert.about, look), size.columns < 60 ? 8 : 12, 'strong'),
      span(` ! ${remoteLine(phrases[look.language].reason(alert.message), look)}`, 'wrong'),
    ];
    const opens =
      selected && size.columns >= 80
        ? [span(`${say.keyNames['enter']} ${say.pages[alert.page]}`, 'dim'), span(' ')]
        : [];
    const row = spread(left, opens, size.columns);
    return selected ? reversed(row) : row;
  });
  if (isShort(shown)) {
    return {
      least: 1,
      wants: rows.length,
      most: rows.length,
      needed: true,
      spaced: false,
      draw: (given) => around(rows, cursor, given),
    };
  }
  return {
    least: 2,
    wants: 1 + Math.min(rows.length, MOST_ALERTS),
    most: 1 + rows.length,
    needed: true,
    spaced: true,
    draw: (given) => [heading, ...around(rows, cursor, given - 1)],
  };
}

/** As many rows as fit, the selected one among them. */
function around(rows: readonly Row[], cursor: number, height: number): Row[] {
  const top = Math.max(0, Math.min(cursor, rows.length - height));
  return rows.slice(top, top + height);
}
