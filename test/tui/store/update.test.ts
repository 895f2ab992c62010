import { describe, expect, test } from 'vitest';
import type { Command } from '../../../src/tui/keymap.ts';
import { selectedAccount } from '../../../src/tui/store/accounts.ts';
import { firstUi, type Shown, type Ui } from '../../../src/tui/store/model.ts';
import { reconciled } from '../../../src/tui/store/move-queue.ts';
import { press } from '../../../src/tui/store/update.ts';
import { queueOf } from '../kit/facts.ts';
import { shownOf } from '../kit/shown.ts';

function pressed(shown: Shown, ...commands: Command[]): Ui {
  return commands.reduce((ui, command) => press({ ...shown, ui }, command).ui, shown.ui);
}
const queueAt = (ui: Partial<Ui['queue']>, rows = 14, size: [number, number] = [80, 14]): Shown =>
  shownOf({
    size,
    ui: { page: 'queue', queue: { ...firstUi.queue, ...ui } },
    world: { queue: { filter: '', total: rows, from: 0, rows: queueOf(rows), wrong: null } },
  });

describe('moving in the queue', () => {
  test('T21 by the line, by the page, to the ends; the selected row is always on the screen', () => {
    const shown = queueAt({}, 40);
    expect(pressed(shown, 'move.down', 'move.down', 'move.up').queue.cursor).toBe(1);
    expect(pressed(shown, 'move.up').queue).toMatchObject({ cursor: 0, top: 0 });
    expect(pressed(shown, 'move.pageDown').queue).toMatchObject({ cursor: 8, top: 2 });
    expect(pressed(shown, 'move.last').queue).toMatchObject({ cursor: 39, top: 33 });
    expect(pressed(shown, 'move.last', 'move.down').queue.cursor).toBe(39);
    expect(pressed(shown, 'move.last', 'move.first').queue).toMatchObject({ cursor: 0, top: 0 });
  });

  test('T11 the selected message stays selected, on its row, when others leave the queue before it', () => {
    const shown = queueAt({}, 40);
    const ui = pressed(shown, 'move.pageDown', 'move.pageDown', 'move.pageDown');
    const rows = queueOf(40).slice(5);
    const after = reconciled(ui, { filter: '', total: 35, from: 0, rows, wrong: null }, shown.size);
    expect(rows[after.queue.cursor]?.id).toBe(ui.queue.cursorId);
    expect(after.queue.cursor - after.queue.top).toBe(ui.queue.cursor - ui.queue.top);
  });

  test('T11 when it has left itself, the selection stays at its place', () => {
    const shown = queueAt({}, 14);
    const ui = pressed(shown, 'move.last');
    const after = reconciled(ui, { filter: '', total: 3, from: 0, rows: queueOf(3), wrong: null }, shown.size);
    expect(after.queue).toMatchObject({ cursor: 2, cursorId: 'Pmg1F7D' });
  });

  test('space tags and goes on, twice on the same takes the tag away', () => {
    const ui = pressed(queueAt({}), 'queue.tag', 'queue.tag', 'move.up', 'queue.tag');
    expect([...ui.queue.tagged.keys()]).toEqual(['Pmg1F7B']);
    expect(pressed({ ...queueAt({}), ui }, 'queue.untag').queue.tagged.size).toBe(0);
  });
});

describe('T27 before queued mail is changed', () => {
  test('the question is about the tagged messages, with their sum', () => {
    const ui = pressed(queueAt({}), 'queue.tag', 'queue.tag', 'queue.drop');
    expect(ui.prompt).toMatchObject({
      is: 'confirm',
      action: 'drop',
      ids: ['Pmg1F7B', 'Pmg1F7C'],
      bytes: 17_333,
      recipients: 2,
    });
  });

  test('or about the selected one', () => {
    const ui = pressed(queueAt({}), 'move.down', 'queue.hold');
    expect(ui.prompt).toMatchObject({ action: 'hold', ids: ['Pmg1F7C'], subject: 'Rechnung Nr. 4711 für März' });
  });

  test('nothing is asked about an empty queue', () => {
    expect(pressed(queueAt({}, 0), 'queue.drop', 'message.open', 'queue.tag')).toMatchObject({
      prompt: null,
      message: null,
    });
  });
});

describe('T24 Esc', () => {
  test('closes what lies on top, then clears the filter, then does nothing', () => {
    const shown = queueAt({ filter: 'held' });
    const ui = pressed(shown, 'message.open', 'help');
    expect(ui).toMatchObject({ message: { id: 'Pmg1F7B' }, help: { top: 0 } });
    const one = pressed({ ...shown, ui }, 'back');
    expect(one).toMatchObject({ help: null, message: { id: 'Pmg1F7B' } });
    const two = pressed({ ...shown, ui: one }, 'back');
    expect(two).toMatchObject({ message: null, queue: { filter: 'held' } });
    const three = pressed({ ...shown, ui: two }, 'back');
    expect(three.queue.filter).toBe('');
    expect(press({ ...shown, ui: three }, 'back').effects).toEqual([]);
  });
});

describe('the other pages', () => {
  test('T21 Tab goes round the pages', () => {
    const shown = shownOf();
    expect(pressed(shown, 'page.next').page).toBe('session');
    expect(pressed(shown, 'page.previous').page).toBe('traces');
    expect(pressed(shown, 'page.previous', 'page.next').page).toBe('dashboard');
  });

  test('an alert opens the page that it is about', () => {
    const account = pressed(shownOf(), 'alert.open');
    expect(account).toMatchObject({ page: 'accounts', accounts: { name: 'support' } });
    expect(selectedAccount(shownOf().world, account)?.status.name).toBe('support');
    expect(pressed(shownOf(), 'move.down', 'alert.open').page).toBe('queue');
    expect(pressed(shownOf({ told: [] }), 'alert.open').page).toBe('dashboard');
  });

  test('the selected trace is switched to what it is not', () => {
    const shown = shownOf({ ui: { page: 'traces' } });
    expect(press(shown, 'trace.toggle').effects).toEqual([{ do: 'trace', trace: 'pop3', on: false }]);
    const ui = pressed(shown, 'move.down');
    expect(press({ ...shown, ui }, 'trace.toggle').effects).toEqual([{ do: 'trace', trace: 'smtp-in', on: true }]);
  });

  test('T21 on page Traces the arrows scroll the lines once the reader went there', () => {
    const shown = shownOf({ ui: { page: 'traces' }, size: [80, 16] });
    const ui = pressed(shown, 'trace.lines', 'move.up');
    expect(ui.traces.cursor).toBe(0);
    expect(ui.logs.traces.scroll.following).toBe(false);
    expect(pressed({ ...shown, ui }, 'move.last').logs.traces.scroll.following).toBe(true);
  });

  test('the log goes back to where the session before started', () => {
    const shown = shownOf({ ui: { page: 'session' }, size: [80, 20] });
    const { lines } = shown.world.logs.session;
    const topText = (ui: Ui): string | undefined => {
      const { scroll } = ui.logs.session;
      return scroll.following ? undefined : lines.find(({ place }) => place === scroll.top)?.text;
    };
    const first = pressed(shown, 'session.earlier');
    expect(topText(first)).toBe('[11:59] Session 12 started (4 accounts).');
    const second = pressed({ ...shown, ui: first }, 'session.earlier');
    expect(topText(second)).toBe('[11:50] Session 11 started (4 accounts).');
    expect(topText(pressed({ ...shown, ui: second }, 'session.later'))).toBe(
      '[11:59] Session 12 started (4 accounts).',
    );
  });

  test('a notice that was read goes with the next key, one that is pending stays', () => {
    const notice = (kind: 'done' | 'pending'): Shown => shownOf({ ui: { notice: { kind, text: 'x', until: null } } });
    expect(pressed(notice('done'), 'move.down').notice).toBeNull();
    expect(pressed(notice('pending'), 'move.down').notice).not.toBeNull();
  });

  test('help and message scroll no further than their last line', () => {
    const shown = shownOf({ size: [80, 20] });
    const open = pressed(shown, 'help', 'move.last');
    const last = open.help?.top ?? 0;
    expect(last).toBeGreaterThan(10);
    expect(pressed({ ...shown, ui: open }, 'move.down', 'move.pageDown').help?.top).toBe(last);
    expect(pressed({ ...shown, ui: open }, 'move.up').help?.top).toBe(last - 1);
  });
});
