/** Scrolling the log pages. Pure. */
import { logRows } from '../layout.ts';
import { rowsOfLine } from '../view/log.ts';
import { heldAt, follow, matching, scrolled, windowOf } from './log-window.ts';
import type { LogPage, LogScroll, Shown, Ui } from './model.ts';
import { logPageOf } from './moment.ts';
import type { Movement } from './step.ts';

export function moveLog(shown: Shown, ui: Ui, movement: Movement): Ui {
  const page = logPageOf(ui);
  if (page === null) return ui;
  const { lines, scroll, window } = presentWindow(shown, ui, page);
  if ('by' in movement) return withScroll(ui, page, scrolled(lines, scroll, window, movement.by));
  return withScroll(ui, page, movement.to === 'last' ? follow : heldAt(lines, scroll, 0));
}

/** To the line with which the session before, or after, the top of the screen starts. */
export function toSession(shown: Shown, ui: Ui, which: 'earlier' | 'later'): Ui {
  if (ui.page !== 'session') return ui;
  const { lines, scroll, window } = presentWindow(shown, ui, 'session');
  const starts = (index: number): boolean => lines[index]?.starts !== null && lines[index] !== undefined;
  const step = which === 'earlier' ? -1 : 1;
  let index = window.from + step;
  while (index >= 0 && index < lines.length && !starts(index)) index += step;
  return starts(index) ? withScroll(ui, 'session', heldAt(lines, scroll, index)) : ui;
}

function presentWindow({ world, look, size }: Shown, ui: Ui, page: LogPage) {
  const view = ui.logs[page];
  const lines = matching(world.logs[page], view);
  const rowsOf = rowsOfLine(view.wrapped, size.columns, look);
  return { lines, scroll: view.scroll, window: windowOf(lines, view.scroll, logRows(page, size), rowsOf) };
}

function withScroll(ui: Ui, page: LogPage, scroll: LogScroll): Ui {
  return { ...ui, logs: { ...ui.logs, [page]: { ...ui.logs[page], scroll } } };
}
