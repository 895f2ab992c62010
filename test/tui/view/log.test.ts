import { describe, expect, test } from 'vitest';
import type { LogView } from '../../../src/tui/store/model.ts';
import { firstUi } from '../../../src/tui/store/model.ts';
import { logLines, logStanding } from '../../../src/tui/view/log.ts';
import { textOf } from '../../../src/tui/view/row.ts';
import { lines, shownOf } from '../kit/shown.ts';

function shownWith(view: Partial<LogView>, size: [number, number] = [80, 12]) {
  const session: LogView = { ...firstUi.logs.session, ...view };
  return shownOf({ size, ui: { page: 'session', logs: { ...firstUi.logs, session } } });
}
const standing = (view: Partial<LogView>): string => textOf(logStanding(shownWith(view), 'session')).trimEnd();

describe('a log page', () => {
  test('ends with the last line while it follows', () => {
    expect(lines(logLines(shownWith({}), 'session', '')).at(-1)).toBe(
      ' [11:59] POP3 [sales] Delivered to: <sales@company.com> (250 2.6.0 Queued mail …',
    );
    expect(standing({})).toBe('following · 117 lines');
  });

  test('T37 says how many lines have come since the reader scrolled up, and which key follows again', () => {
    const { lines: all } = shownWith({}).world.logs.session;
    const top = all[10]?.place ?? 0;
    const before = all.at(-5)?.place ?? 0;
    expect(standing({ scroll: { following: false, top, heldAt: before } })).toBe('+4 new · G follows · 117 lines');
    expect(lines(logLines(shownWith({ scroll: { following: false, top, heldAt: before } }), 'session', ''))[0]).toBe(
      ` ${all[10]?.text ?? ''}`.slice(0, 79) + ((all[10]?.text.length ?? 0) > 79 ? '…' : ''),
    );
  });

  test('T16 errors only: the lines that carry ***', () => {
    const rows = lines(logLines(shownWith({ errorsOnly: true }), 'session', ''));
    expect(rows.filter((row) => row !== '')).toHaveLength(3);
    expect(rows.every((row) => row === '' || row.includes('***'))).toBe(true);
    expect(standing({ errorsOnly: true })).toBe('errors only · following · 3 of 117 lines');
  });

  test('a filter says how many lines of how many it lets through', () => {
    expect(standing({ filter: '!/deliver/' })).toBe('filter: !/deliver/ · following · 68 of 117 lines');
  });

  test('long lines are cut, or wrapped under their text', () => {
    const wrapped = lines(logLines(shownWith({ wrapped: true, filter: '/listening/' }, [60, 12]), 'session', ''));
    expect(wrapped.slice(0, 2)).toEqual([
      ' [09:10] Now queuing outbound messages in',
      '        /srv/mailgate/Outgoing; listening on TCP port 2500.',
    ]);
  });

  test('each account keeps one colour, an error is red as a whole', () => {
    const rows = logLines(shownWith({}, [120, 140]), 'session', '');
    const tonesOf = (text: string): Set<string> =>
      new Set(rows.flatMap((row) => row.filter((piece) => piece.text === text).map(({ tone }) => tone)));
    expect(tonesOf('[sales]').size).toBe(1);
    const error = rows.find((row) => textOf(row).includes('***'));
    expect(error?.map(({ tone }) => tone) ?? []).toContain('wrong');
  });

  test('an empty page says so', () => {
    const shown = shownOf({ told: [], size: [80, 12], ui: { page: 'session' } });
    expect(lines(logLines(shown, 'session', 'Nothing yet.'))).toEqual(['   Nothing yet.', '', '', '', '', '']);
  });
});
