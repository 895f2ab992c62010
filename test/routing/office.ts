/** The office that the routing tests write to: who is there, and its one catch-all mailbox. */
import type { RoutingAccount, RoutingRecipient, RoutingSettings } from '../../src/daemon/routing/settings.ts';

export const who = (name: string, more: Partial<RoutingRecipient> = {}): RoutingRecipient => ({
  name,
  address: `${name}@company.com`,
  otherAddresses: [],
  keywords: [],
  accounts: [],
  forwardAll: false,
  takesUnroutable: false,
  keepOnServer: false,
  ...more,
});

export const sales = who('sales', {
  otherAddresses: ['info@company.com', 'sales@societe.fr'],
  keywords: ['sales', 'vente'],
});
export const anna = who('anna', { keywords: ['anna'] });
export const pierre = who('pierre', { keywords: ['pierre'] });
export const jean = who('jean', { keywords: ['jean-pierre'] });
export const boss = who('boss', { accounts: ['catchall'], forwardAll: true });
export const postmaster = who('postmaster', { takesUnroutable: true });

export const catchall = (searchHeader: string | null = null, addressValidation = ''): RoutingAccount => ({
  name: 'catchall',
  searchHeader,
  addressValidation,
});

/** `Delivered-To=*-{KW}@*`, as the description writes it (S88). */
export function masks(...lines: string[]): RoutingSettings['masks'] {
  return lines.map((line) => {
    const [header = '', mask = ''] = line.split('=');
    return { header, mask, compares: mask.includes('{KW}') ? 'keyword' : 'address' };
  });
}

export const office = (
  recipients: RoutingRecipient[],
  account: RoutingAccount = catchall(),
  ...lines: string[]
): RoutingSettings => ({ recipients, accounts: [account], masks: masks(...lines) });
