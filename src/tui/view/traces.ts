/** The page Traces: the three protocol traces, on or off and for what, and their lines as they come. */
import type { TraceName, TraceStatus } from '../../protocol/model.ts';
import type { GatewayState } from '../../protocol/state.ts';
import { logRows, traceHead } from '../layout.ts';
import type { Look } from '../look.ts';
import { type Shown, traceOrder } from '../store/model.ts';
import type { Text } from '../text/text.ts';
import { texts } from '../text/texts.ts';
import { type Cell, type Column, fitColumns, tableRow } from '../widgets/table.ts';
import { clockTime, UNKNOWN } from './format.ts';
import { logLines, logStanding } from './log.ts';
import { blank, fill, firstThatFits, reversed, type Row, type Span, span, spread } from './row.ts';
import { remote } from './width.ts';

const ids = ['trace', 'state', 'scope', 'until', 'file'] as const;
type ColumnId = (typeof ids)[number];

const columns: readonly Column<ColumnId>[] = [
  { id: 'trace', width: 13 },
  { id: 'state', width: 8 },
  { id: 'scope', width: 10, share: 1 },
  { id: 'until', width: 12 },
  { id: 'file', width: 14, share: 1 },
];

export function tracesPage(shown: Shown, gateway: GatewayState): Row[] {
  const { ui, size, look } = shown;
  const say = texts[look.language];
  const { heads, linesTitle } = traceHead(size);
  const width = size.columns - 4;
  const fitted = fitColumns(columns, ['file', 'until'], width);
  const headCells = Object.fromEntries(ids.map((id) => [id, { text: say.traceColumns[id], tone: 'dim' }])) as Record<
    ColumnId,
    Cell
  >;
  const inList = ui.traces.pane === 'list';
  const rows = traceOrder.map((trace, index) => {
    const selected = inList && index === ui.traces.cursor;
    const cells = cellsOf(trace, gateway.traces[trace], shown);
    const row = fill([span(selected ? ' ▸ ' : '   '), ...tableRow(fitted, cells, width)], size.columns);
    return selected ? reversed(row) : row;
  });
  const list = [
    fill([span(` ${say.places.traces}`, 'strong')], size.columns),
    ...(heads ? [fill([span('   '), ...tableRow(fitted, headCells, width)], size.columns)] : []),
    ...rows,
  ];
  const title = spread(
    [{ text: ` ${say.traceLines} `, tone: 'strong', reverse: !inList }],
    logStanding(shown, 'traces'),
    size.columns,
  );
  const below = linesTitle ? [blank(size.columns), title] : [];
  return logRows('traces', size) > 0 ? [...list, ...below, ...logLines(shown, 'traces', say.noTraceLines)] : list;
}

function cellsOf(trace: TraceName, status: TraceStatus, shown: Shown): Record<ColumnId, Cell> {
  const { look, now } = shown;
  const say = texts[look.language];
  return {
    trace: { text: say.traces[trace], tone: 'strong' },
    state: status.on ? { text: `● ${say.on}`, tone: 'good' } : { text: `○ ${say.off}` },
    scope: { text: status.on ? scopeOf(status, say, look) : UNKNOWN },
    until: { text: endOf(status, now, say, look) },
    file: { text: status.file === '' ? UNKNOWN : remote(baseName(status.file), look) },
  };
}

function scopeOf({ account, peer, whole }: TraceStatus, say: Text, look: Look): string {
  const who = account ?? peer;
  const scope = who === null ? say.everything : remote(who, look);
  return whole ? `${scope}, ${say.wholeBodies}` : scope;
}

function endOf({ on, until, sessions }: TraceStatus, now: number, say: Text, look: Look): string {
  if (!on) return UNKNOWN;
  if (until !== null) return clockTime(until, now, look);
  return sessions === null ? UNKNOWN : say.forSessions(sessions);
}

function baseName(file: string): string {
  return file.slice(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1);
}

/** ` Traces   POP3 on for support until 10:46 · inbound SMTP off · outbound SMTP off`. */
export function tracesLine({ look, now, size }: Shown, gateway: GatewayState): Row {
  const say = texts[look.language];
  const parts = (short: boolean): Span[] =>
    traceOrder.flatMap((trace, index) => {
      const status = gateway.traces[trace];
      if (short && !status.on) return [];
      const separator = index === 0 ? '' : ' · ';
      const words = [
        say.traces[trace],
        status.on ? say.on : say.off,
        ...(status.on ? limits(status, now, say, look) : []),
      ];
      return [span(separator, 'dim'), span(words.join(' '), status.on ? 'good' : 'plain')];
    });
  const heading = span(` ${say.tracesHeading}   `, 'strong');
  return firstThatFits(
    [
      [heading, ...parts(false)],
      [heading, ...parts(true)],
    ],
    size.columns,
  );
}

function limits({ account, peer, until, sessions }: TraceStatus, now: number, say: Text, look: Look): string[] {
  const who = account ?? peer;
  return [
    ...(who === null ? [] : [say.forWhom(remote(who, look))]),
    ...(until === null ? [] : [say.until(clockTime(until, now, look))]),
    ...(until !== null || sessions === null ? [] : [say.forSessions(sessions)]),
  ];
}
