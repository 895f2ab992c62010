/** What needs a person: the alerts, and what is wrong now; newest first. Pure. */
import type { Page, World } from './model.ts';

/** `account`: the one that it is about, to be selected on its page. */
export type Alert = { at: string | null; about: string; message: string; page: Page; account: string | null };

export function alertsOf({ gateway }: World): Alert[] {
  if (gateway === null) return [];
  const names = new Set(gateway.accounts.map(({ name }) => name));
  const placed = (about: string, key: string): Pick<Alert, 'page' | 'account'> =>
    names.has(about) ? { page: 'accounts', account: about } : { page: pageOf(key), account: null };
  const alerts = gateway.alerts.map(({ at, about, message }) => ({ at, about, message, ...placed(about, about) }));
  const told = new Set(gateway.alerts.map(({ key }) => key));
  const problems = gateway.problems
    .filter(({ key }) => !told.has(key))
    .map(({ key, message }) => ({ at: null, about: subjectOf(key), message, ...placed(subjectOf(key), key) }));
  return [...problems, ...alerts.toReversed()];
}

/** A problem's key is `listener` or `account:sales`: the screen shows what it is about. */
function subjectOf(key: string): string {
  return key.slice(key.search(/[:.]/) + 1);
}

function pageOf(about: string): Page {
  if (/^(queue|relay|transfer|disk)/.test(about)) return 'queue';
  return 'session';
}
