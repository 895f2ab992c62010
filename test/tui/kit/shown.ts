/** What a frame is drawn from, without a link: the fold of some facts, with parts replaced. */
import { linesOf } from '../../../src/protocol/lines.ts';
import { apply, emptyState } from '../../../src/protocol/state.ts';
import type { Look } from '../../../src/tui/look.ts';
import { append, emptyLog, linesAt } from '../../../src/tui/store/log.ts';
import { firstUi, type Shown, type Ui, type World } from '../../../src/tui/store/model.ts';
import { countEvent, noRates } from '../../../src/tui/store/rates.ts';
import type { Row } from '../../../src/tui/view/row.ts';
import { textOf } from '../../../src/tui/view/row.ts';
import { accountsOf } from './accounts.ts';
import { morning, NOON, queueOf, stamped, type Told } from './facts.ts';

export const plainLook: Look = { language: 'en', ascii: false, color: true, plain: false, zone: 'utc' };

export type Parts = {
  told?: readonly Told[];
  world?: Partial<World>;
  ui?: Partial<Ui>;
  look?: Partial<Look>;
  size?: [number, number];
  now?: number;
  readOnly?: boolean;
};

export function shownOf({
  told = morning(),
  world,
  ui,
  look,
  size = [120, 40],
  now = NOON,
  readOnly,
}: Parts = {}): Shown {
  const [columns, rows] = size;
  const events = stamped(told);
  const logs = { session: emptyLog(), outbound: emptyLog(), traces: emptyLog() };
  const rates = noRates(Date.parse(events[0]?.at ?? ''));
  const full = { ...plainLook, ...look };
  for (const event of events) {
    countEvent(rates, event);
    const page = /^(queue|transfer)/.test(event.type) ? 'outbound' : event.type === 'trace.line' ? 'traces' : 'session';
    const starts = event.type === 'session.started' ? event.session : null;
    append(logs[page], linesAt(event.seq, linesOf(event, full.language, { zone: 'UTC' }), starts));
  }
  return {
    world: {
      target: '/srv/mailgate/control.sock',
      link: { is: 'live', role: 'admin', skew: 0 },
      gateway: events.reduce(apply, emptyState),
      heardAt: NOON,
      logs,
      rates,
      queue: { filter: '', total: 14, from: 0, rows: queueOf(14), wrong: null },
      opened: null,
      accounts: { details: accountsOf(), wrong: null },
      ...world,
    },
    ui: { ...firstUi, ...ui },
    look: full,
    size: { columns, rows },
    now,
    readOnly: readOnly ?? false,
  };
}

/** The rows as text, without the blanks at their ends. */
export function lines(rows: readonly Row[]): string[] {
  return rows.map((row) => textOf(row).trimEnd());
}
