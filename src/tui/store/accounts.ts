/** The list of the page Accounts: what is known of each account, which one is selected, and moving in it. Pure. */
import type { AccountDetail, AccountStatus } from '../../protocol/model.ts';
import { accountsRows, topIn } from '../layout.ts';
import { matcherOf } from './filter.ts';
import type { Shown, Ui, World } from './model.ts';
import type { Movement } from './step.ts';

export type AccountRow = {
  /** As the state tells it, event by event: the same that the Dashboard shows. */
  status: AccountStatus;
  /** What the gateway said when it was asked; null: it has not said anything of this account yet. */
  detail: AccountDetail | null;
};

/** All accounts, in the order of the configuration. */
export function accountsOf({ gateway, accounts }: World): AccountRow[] {
  const told = gateway?.accounts ?? [];
  const details = accounts.details ?? [];
  const known = new Set(details.map(({ name }) => name));
  const asked = details.map((detail) => {
    return { status: told.find(({ name }) => name === detail.name) ?? detail, detail };
  });
  const others = told.filter(({ name }) => !known.has(name)).map((status) => ({ status, detail: null }));
  return [...asked, ...others];
}

/** The accounts that the filter lets through: it looks at names, servers, states and errors. */
export function listedAccounts(world: World, { accounts }: Ui): AccountRow[] {
  const rows = accountsOf(world);
  if (accounts.filter === '') return rows;
  const matches = matcherOf(accounts.filter) ?? (() => true);
  return rows.filter(({ status, detail }) => {
    const { name, state, note, lastError } = status;
    const mailbox = detail === null ? '' : `${detail.user}@${detail.host} ${detail.comment}`;
    return matches(`${name} ${state} ${note} ${lastError ?? ''} ${mailbox}`);
  });
}

/** Its place in the list: where its name is, else where it was. */
export function accountIndex(rows: readonly AccountRow[], { accounts }: Ui): number {
  const found = rows.findIndex(({ status }) => status.name === accounts.name);
  return found >= 0 ? found : Math.max(0, Math.min(accounts.cursor, rows.length - 1));
}

export function selectedAccount(world: World, ui: Ui): AccountRow | null {
  const rows = listedAccounts(world, ui);
  return rows[accountIndex(rows, ui)] ?? null;
}

export function moveAccounts({ world, size }: Shown, ui: Ui, movement: Movement): Ui {
  const rows = listedAccounts(world, ui);
  const last = Math.max(0, rows.length - 1);
  const at = accountIndex(rows, ui);
  const wanted = 'by' in movement ? at + movement.by : movement.to === 'first' ? 0 : last;
  const cursor = Math.max(0, Math.min(last, wanted));
  const { list } = accountsRows(size, rows.length);
  const top = topIn({ top: ui.accounts.top, cursor, total: rows.length }, list);
  return { ...ui, accounts: { ...ui.accounts, cursor, name: rows[cursor]?.status.name ?? null, top } };
}

/** The account of that name selected, whatever was filtered before. */
export function selectAccount(ui: Ui, name: string): Ui {
  return { ...ui, accounts: { ...ui.accounts, name, filter: '' } };
}
