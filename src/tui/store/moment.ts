/** Where the reader stands and which keys work there. Pure. */
import type { Moment, Place } from '../keymap.ts';
import { selectedAccount } from './accounts.ts';
import { alertsOf } from './alerts.ts';
import type { LogPage, Shown, Ui, World } from './model.ts';

export function placeOf(ui: Ui): Place {
  if (ui.prompt !== null) return ui.prompt.is;
  if (ui.help !== null) return 'help';
  if (ui.page === 'queue' && ui.message !== null) return 'message';
  if (ui.page === 'accounts' && ui.account !== null) return 'account';
  return ui.page;
}

export function momentOf({ world, ui, readOnly }: Pick<Shown, 'world' | 'ui' | 'readOnly'>): Moment {
  const account = ui.page === 'accounts' ? selectedAccount(world, ui) : null;
  return {
    place: placeOf(ui),
    lost: world.link.is === 'lost',
    tagged: ui.queue.tagged.size > 0,
    filtered: filterOf(ui) !== '',
    alerts: alertsOf(world).length > 0,
    one: ui.prompt?.is === 'confirm' && ui.prompt.ids.length === 1,
    oauth2: (account?.detail?.oauth2 ?? null) !== null,
    renumbered: (account?.detail?.renumbered ?? null) !== null,
    over: ui.prompt?.is === 'signin' && ui.prompt.stage.is === 'over',
    readOnly: isReadOnly(world, readOnly),
  };
}

/** By wish, or because the gateway allows no more. */
export function isReadOnly({ link }: World, asked: boolean): boolean {
  return asked || (link.is === 'live' && link.role === 'viewer');
}

export function logPageOf(ui: Ui): LogPage | null {
  return ui.page === 'session' || ui.page === 'outbound' || ui.page === 'traces' ? ui.page : null;
}

/** The filter in force on the present page. */
function filterOf(ui: Ui): string {
  if (ui.page === 'queue') return ui.queue.filter;
  if (ui.page === 'accounts') return ui.accounts.filter;
  const log = logPageOf(ui);
  return log === null ? '' : ui.logs[log].filter;
}
