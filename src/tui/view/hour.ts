/** The last hour: a sparkline and a number for each flow; what nobody watched is blank, and the heading says since when. */
import type { Shown } from '../store/model.ts';
import { flows, hourIsWhole, lastHour } from '../store/rates.ts';
import { texts } from '../text/texts.ts';
import { sparkline } from '../widgets/sparkline.ts';
import { clockTime, count, UNKNOWN } from './format.ts';
import { cell, fill, type Row, span } from './row.ts';

/** Five minutes a column. */
const COLUMNS = 12;

export function hourPart({ world, look, now }: Shown, width: number): Row[] {
  const say = texts[look.language];
  const { rates } = world;
  const since =
    rates.since === null || hourIsWhole(rates, now) ? '' : `   ${say.watchedSince(clockTime(rates.since, now, look))}`;
  const heading = fill([span(` ${say.lastHour}`, 'strong'), span(since, 'dim')], width);
  const rows = flows.map((flow) => {
    const hour = lastHour(rates, flow, now, COLUMNS);
    const line = look.plain ? '' : sparkline(hour.columns, look.ascii ? 'ascii' : 'block');
    const total = hour.total === null ? UNKNOWN : count(hour.total, look.language);
    return fill(
      [
        span('   '),
        cell(say.flows[flow], 11),
        span(line === '' ? '' : ` ${line} `, 'good'),
        cell(total, 9, 'strong', 'right'),
      ],
      width,
    );
  });
  return [heading, ...rows];
}
