/** The accounts of the morning as `accounts.list` tells them: a password refused, mail too large and stuck, a sign-in that ends soon. */
import type { AccountDetail, AccountStatus } from '../../../src/protocol/model.ts';
import { ago } from './facts.ts';

const MB = 1_048_576;

/** An account with nothing special about it. */
export function accountNamed(name: string, parts: Partial<AccountDetail> = {}): AccountDetail {
  return {
    name,
    state: 'ok',
    lastSuccessAt: ago(10),
    consecutiveErrors: 0,
    lastError: null,
    left: 0,
    oversize: 0,
    stuck: 0,
    note: '',
    enabled: true,
    host: 'pop.isp.com',
    port: 995,
    security: 'tls',
    user: name,
    authentication: 'auto',
    comment: '',
    keepOnServer: false,
    oauth2: null,
    signIn: null,
    limit: { bytes: 20 * MB, setBy: 'mail server' },
    limits: { account: 0, mailServer: 20 * MB, configuration: 25 * MB, disk: 0 },
    tooLarge: [],
    renumbered: null,
    nextAt: ago(0),
    ...parts,
  };
}

const special: Record<string, Partial<AccountDetail>> = {
  info: {
    user: 'info@company.com',
    limit: { bytes: 10 * MB, setBy: 'account' },
    limits: { account: 10 * MB, mailServer: 20 * MB, configuration: 25 * MB, disk: 0 },
    tooLarge: [
      { uidl: 'u1', bytes: 12 * MB, from: 'a@b.com', subject: 'Plans of the second floor' },
      { uidl: 'u2', bytes: 15 * MB, from: 'c@d.com', subject: 'Photos\r\n of the fair' },
      { uidl: 'u3', bytes: 31 * MB, from: 'e@f.com', subject: 'All of it' },
    ],
  },
  support: { limit: { bytes: 0, setBy: 'nobody' }, limits: { account: 0, mailServer: 0, configuration: 0, disk: 0 } },
  compta: {
    authentication: 'xoauth2',
    host: 'outlook.office365.com',
    user: 'compta@company.com',
    comment: 'Invoices of the suppliers',
    keepOnServer: true,
    oauth2: 'microsoft',
    signIn: { signedIn: true, user: 'compta@company.com', expiresAt: ago(-6 * 24 * 60) },
  },
};

/** With the states that the events have told, where they are known. */
export function accountsOf(told?: readonly AccountStatus[]): AccountDetail[] {
  const names = told?.map(({ name }) => name) ?? ['sales', 'info', 'support', 'compta'];
  return names.map((name) => {
    const status = told?.find((account) => account.name === name);
    return accountNamed(name, { ...special[name], ...status });
  });
}

/** A mailbox whose messages all have new UIDLs: an answer is waited for (I06). */
export const renumbered: Partial<AccountDetail> = { renumbered: { known: 14, gone: 12, fresh: 12 } };
