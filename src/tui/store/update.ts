/** What a key does: where the reader stands afterwards, and what is to be asked of the gateway. Pure; `actions` does the asking. */
import type { Command } from '../keymap.ts';
import { textRows } from '../layout.ts';
import { helpRows } from '../view/help.ts';
import { accountPageRows } from '../view/account.ts';
import { messageRows } from '../view/message.ts';
import { moveAccounts, selectAccount, selectedAccount } from './accounts.ts';
import { alertsOf } from './alerts.ts';
import { answerGiven, openAnswer } from './answer.ts';
import { confirmEnter, confirmYes, openConfirm } from './confirm.ts';
import { fieldErased, filterKept, filterLeft, openFilter } from './field.ts';
import { moveLog, toSession } from './move-log.ts';
import { type Page, pages, type QueueAction, type Shown, traceOrder, type Ui } from './model.ts';
import { logPageOf, placeOf } from './moment.ts';
import { moveQueue, selectedMessage, toggleTag } from './move-queue.ts';
import { signInLeft } from './sign-in.ts';
import type { Effect, Movement, Step } from './step.ts';

export function press(shown: Shown, command: Command): Step {
  const ui = settled(shown.ui);
  const stay = (next: Ui): Step => ({ ui: next, effects: [] });
  switch (command) {
    case 'page.dashboard':
    case 'page.session':
    case 'page.outbound':
    case 'page.queue':
    case 'page.accounts':
    case 'page.traces':
      return stay(toPage(ui, command.slice('page.'.length) as Page));
    case 'page.next':
      return stay(toPage(ui, neighbour(ui.page, 1)));
    case 'page.previous':
      return stay(toPage(ui, neighbour(ui.page, -1)));
    case 'move.up':
      return stay(moved(shown, ui, { by: -1 }));
    case 'move.down':
      return stay(moved(shown, ui, { by: 1 }));
    case 'move.pageUp':
      return stay(moved(shown, ui, { by: -textRows(shown.size) }));
    case 'move.pageDown':
      return stay(moved(shown, ui, { by: textRows(shown.size) }));
    case 'move.first':
      return stay(moved(shown, ui, { to: 'first' }));
    case 'move.last':
      return stay(moved(shown, ui, { to: 'last' }));
    case 'session.earlier':
      return stay(toSession(shown, ui, 'earlier'));
    case 'session.later':
      return stay(toSession(shown, ui, 'later'));
    case 'log.errors':
      return stay(onLog(ui, (view) => ({ ...view, errorsOnly: !view.errorsOnly })));
    case 'log.wrap':
      return stay(onLog(ui, (view) => ({ ...view, wrapped: !view.wrapped })));
    case 'alert.open':
      return stay(openAlert(shown, ui));
    case 'message.open': {
      const message = selectedMessage(shown.world, ui);
      return stay(message === null ? ui : { ...ui, message: { id: message.id, top: 0 } });
    }
    case 'queue.tag':
      return stay(toggleTag(shown, ui));
    case 'queue.untag':
      return stay({ ...ui, queue: { ...ui.queue, tagged: new Map() } });
    case 'queue.hold':
    case 'queue.release':
    case 'queue.retry':
    case 'queue.drop':
      return stay(openConfirm(shown, ui, command.slice('queue.'.length) as QueueAction));
    case 'confirm.yes':
      return confirmYes(ui);
    case 'confirm.enter':
      return confirmEnter(ui);
    case 'confirm.leave':
      return stay({ ...ui, prompt: null });
    case 'account.open':
      return stay(selectedAccount(shown.world, ui) === null ? ui : { ...ui, account: { top: 0 } });
    case 'account.trigger':
      return onAccount(shown, ui, (account) => ({ do: 'trigger', accounts: [account] }));
    case 'account.trace':
      return onAccount(shown, ui, (account) => ({ do: 'trace', trace: 'pop3', on: !traces(shown, account), account }));
    case 'account.signin':
      return onAccount(shown, ui, (account) => ({ do: 'signin', account }));
    case 'account.answer':
      return stay(openAnswer(shown, ui));
    case 'answer.give':
      return answerGiven(ui);
    case 'signin.cancel':
    case 'signin.close':
      return signInLeft(ui);
    case 'trace.toggle':
      return toggledTrace(shown, ui);
    case 'trace.lines':
      return stay({ ...ui, traces: { ...ui.traces, pane: 'lines' } });
    case 'trace.list':
      return stay({ ...ui, traces: { ...ui.traces, pane: 'list' } });
    case 'filter.open':
      return stay(openFilter(ui));
    case 'filter.keep':
      return stay(filterKept(ui));
    case 'filter.leave':
      return stay(filterLeft(ui));
    case 'field.erase':
      return stay(fieldErased(ui, 'last'));
    case 'field.empty':
      return stay(fieldErased(ui, 'all'));
    case 'back':
      return stay(wentBack(ui));
    case 'help':
      return stay({ ...ui, help: ui.help === null ? { top: 0, filter: '' } : null });
    case 'session.trigger':
      return { ui, effects: [{ do: 'trigger' }] };
    case 'link.retry':
      return { ui, effects: [{ do: 'retryLink' }] };
    case 'suspend':
      return { ui, effects: [{ do: 'suspend' }] };
    case 'quit':
      // A sign-in that nobody watches any more could be finished unseen.
      return { ui, effects: [...signInLeft(ui).effects, { do: 'quit' }] };
  }
}

/** A notice that was read goes with the next key; one that is pending stays. */
function settled(ui: Ui): Ui {
  return ui.notice === null || ui.notice.kind === 'pending' ? ui : { ...ui, notice: null };
}

function toPage(ui: Ui, page: Page): Ui {
  return { ...ui, page, help: null, message: null, account: null };
}

function neighbour(page: Page, by: number): Page {
  return pages[(pages.indexOf(page) + by + pages.length) % pages.length] ?? page;
}

function moved(shown: Shown, ui: Ui, movement: Movement): Ui {
  const place = placeOf(ui);
  if (place === 'help' && ui.help !== null) {
    return { ...ui, help: { ...ui.help, top: movedTop(ui.help.top, helpRows(shown).length, shown, movement) } };
  }
  if (place === 'message' && ui.message !== null) {
    const top = movedTop(ui.message.top, messageRows(shown).length, shown, movement);
    return { ...ui, message: { ...ui.message, top } };
  }
  if (place === 'account' && ui.account !== null) {
    const top = movedTop(ui.account.top, accountPageRows(shown).length, shown, movement);
    return { ...ui, account: { top } };
  }
  if (ui.page === 'accounts') return moveAccounts(shown, ui, movement);
  if (ui.page === 'queue') return moveQueue(shown, ui, movement);
  if (ui.page === 'dashboard') {
    const cursor = movedIndex(ui.dashboard.cursor, alertsOf(shown.world).length, movement);
    return { ...ui, dashboard: { cursor } };
  }
  if (ui.page === 'traces' && ui.traces.pane === 'list') {
    return { ...ui, traces: { ...ui.traces, cursor: movedIndex(ui.traces.cursor, traceOrder.length, movement) } };
  }
  return moveLog(shown, ui, movement);
}

function movedTop(top: number, length: number, { size }: Shown, movement: Movement): number {
  const last = Math.max(0, length - textRows(size));
  if ('to' in movement) return movement.to === 'first' ? 0 : last;
  return Math.max(0, Math.min(last, Math.min(top, last) + movement.by));
}

function movedIndex(index: number, length: number, movement: Movement): number {
  const last = Math.max(0, length - 1);
  if ('to' in movement) return movement.to === 'first' ? 0 : last;
  return Math.max(0, Math.min(last, index + movement.by));
}

function onLog(ui: Ui, change: (view: Ui['logs']['session']) => Ui['logs']['session']): Ui {
  const page = logPageOf(ui);
  return page === null ? ui : { ...ui, logs: { ...ui.logs, [page]: change(ui.logs[page]) } };
}

function openAlert(shown: Shown, ui: Ui): Ui {
  const alert = alertsOf(shown.world)[ui.dashboard.cursor];
  if (alert === undefined) return ui;
  const there = toPage(ui, alert.page);
  return alert.account === null ? there : selectAccount(there, alert.account);
}

function onAccount({ world }: Shown, ui: Ui, effect: (account: string) => Effect): Step {
  const account = selectedAccount(world, ui);
  return { ui, effects: account === null ? [] : [effect(account.status.name)] };
}

/** On for this account alone; a trace of everything is narrowed to it. */
function traces({ world }: Shown, account: string): boolean {
  const pop3 = world.gateway?.traces.pop3;
  return pop3?.on === true && pop3.account === account;
}

function toggledTrace(shown: Shown, ui: Ui): Step {
  const trace = traceOrder[ui.traces.cursor] ?? 'pop3';
  const on = shown.world.gateway?.traces[trace].on ?? false;
  return { ui, effects: [{ do: 'trace', trace, on: !on }] };
}

/** Closes what lies on top, else clears the filter: Esc never quits and never discards (T24). */
function wentBack(ui: Ui): Ui {
  if (ui.help !== null) return ui.help.filter === '' ? { ...ui, help: null } : { ...ui, help: { top: 0, filter: '' } };
  if (ui.page === 'queue' && ui.message !== null) return { ...ui, message: null };
  if (ui.page === 'accounts' && ui.account !== null) return { ...ui, account: null };
  return filterLeft(ui);
}
