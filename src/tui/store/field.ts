/** The field of a filter: opened, typed into, kept, left. Pure. */
import { matcherOf } from './filter.ts';
import { follow } from './log-window.ts';
import type { LogPage, Prompt, Ui } from './model.ts';
import { placeOf } from './moment.ts';

/** A filter is a line, not a letter. */
const LONGEST_FILTER = 200;
/** Longer than any of the words that answer, so that one too many is seen. */
const LONGEST_ANSWER = 12;
const graphemes = new Intl.Segmenter();

export function openFilter(ui: Ui): Ui {
  const place = placeOf(ui);
  if (place === 'help') return withField(ui, 'help', ui.help?.filter ?? '');
  if (place === 'queue') return withField(ui, 'queue', ui.queue.filter);
  if (place === 'accounts') return withField(ui, 'accounts', ui.accounts.filter);
  if (place === 'session' || place === 'outbound' || place === 'traces') {
    return withField(ui, place, ui.logs[place].filter);
  }
  return ui;
}

/** Typed or pasted text: one line, newlines made harmless (T26). */
export function typedInto(ui: Ui, text: string): Ui {
  const { prompt } = ui;
  if (prompt === null) return ui;
  if (prompt.is === 'confirm') {
    if (prompt.ids.length === 1 || !/^\d+$/.test(text)) return ui;
    return { ...ui, prompt: { ...prompt, typed: (prompt.typed + text).slice(-9) } };
  }
  if (prompt.is === 'signin') return ui;
  if (prompt.is === 'answer') {
    if (!/^[A-Za-z]+$/.test(text)) return ui;
    return { ...ui, prompt: { ...prompt, typed: (prompt.typed + text).slice(0, LONGEST_ANSWER) } };
  }
  const line = text.replaceAll(/\p{Cc}+/gu, ' ');
  return changed(ui, prompt, (prompt.text + line).slice(0, LONGEST_FILTER));
}

export function fieldErased(ui: Ui, what: 'last' | 'all'): Ui {
  const { prompt } = ui;
  if (prompt === null) return ui;
  if (prompt.is === 'signin') return ui;
  if (prompt.is !== 'filter') {
    return { ...ui, prompt: { ...prompt, typed: what === 'all' ? '' : prompt.typed.slice(0, -1) } };
  }
  const last = [...graphemes.segment(prompt.text)].at(-1)?.index ?? 0;
  return changed(ui, prompt, what === 'all' ? '' : prompt.text.slice(0, last));
}

export function filterKept(ui: Ui): Ui {
  return { ...ui, prompt: null };
}

/** Closes the field and takes the filter of the page away. */
export function filterLeft(ui: Ui): Ui {
  const closed = { ...ui, prompt: null };
  const on = ui.prompt?.is === 'filter' ? ui.prompt.on : ui.page;
  return on === 'dashboard' ? closed : applied(closed, on, '');
}

type Field = Extract<Prompt, { is: 'filter' }>;

function withField(ui: Ui, on: Field['on'], text: string): Ui {
  return { ...ui, prompt: { is: 'filter', on, text, before: text } };
}

/** Filters live. A regular expression that is not finished is none: the filter before it stays, the field says so. */
function changed(ui: Ui, prompt: Field, text: string): Ui {
  const next = { ...ui, prompt: { ...prompt, text } };
  const understood = prompt.on === 'queue' || matcherOf(text) !== null;
  return understood ? applied(next, prompt.on, text.trim()) : next;
}

function applied(ui: Ui, on: Field['on'], filter: string): Ui {
  switch (on) {
    case 'queue':
      return filter === ui.queue.filter ? ui : { ...ui, queue: { ...ui.queue, filter, cursor: 0, top: 0 } };
    case 'accounts':
      return filter === ui.accounts.filter ? ui : { ...ui, accounts: { ...ui.accounts, filter, top: 0 } };
    case 'help':
      return ui.help === null ? ui : { ...ui, help: { top: 0, filter } };
    case 'session':
    case 'outbound':
    case 'traces':
      return onLog(ui, on, filter);
  }
}

function onLog(ui: Ui, page: LogPage, filter: string): Ui {
  const view = ui.logs[page];
  const scroll = filter === view.filter ? view.scroll : follow;
  return { ...ui, logs: { ...ui.logs, [page]: { ...view, filter, scroll } } };
}
