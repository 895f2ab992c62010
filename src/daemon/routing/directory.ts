/** Who has which address and which keyword, and whose mail he takes: tables, so that thousands of recipients cost a message no more than ten. */
import { foldName } from '../base/blanks.ts';
import { normalAddress } from '../mail/address.ts';
import { foldWord } from '../mail/mask.ts';
import type { RoutingRecipient } from './settings.ts';

/** A recipient and its place in the configuration. */
export interface Listed {
  at: number;
  recipient: RoutingRecipient;
}

/** Every answer is of the recipients that take mail of that account. */
export interface Directory {
  /** By the address that goes to it, and by its others (S86). */
  withAddress(address: string, account: string): Listed[];
  /** S84. */
  withKeyword(keyword: string, account: string): Listed[];
  /** Those who take all of it (S90). */
  takingAll(account: string): Listed[];
  /** Those who take what nobody else takes (S89). */
  takingLeftovers(account: string): Listed[];
  readonly addresses: string[];
  readonly keywords: string[];
}

export function createDirectory(recipients: readonly RoutingRecipient[]): Directory {
  const listed = recipients.map((recipient, at) => ({ at, recipient }));
  const serves = createServing(listed);
  const byAddress = grouped(listed, ({ address, otherAddresses }) => [address, ...otherAddresses].map(addressKey));
  const byKeyword = grouped(listed, ({ keywords }) => keywords.map(foldWord));
  const everything = byAccount(listed.filter(({ recipient }) => recipient.forwardAll));
  const leftovers = byAccount(listed.filter(({ recipient }) => recipient.takesUnroutable));

  return {
    withAddress: (address, account) => serves(byAddress.get(addressKey(address)), account),
    withKeyword: (keyword, account) => serves(byKeyword.get(foldWord(keyword)), account),
    takingAll: everything,
    takingLeftovers: leftovers,
    addresses: [...byAddress.keys()],
    keywords: [...byKeyword.keys()],
  };
}

/** The form in which addresses are compared here and in masks. */
const addressKey = (address: string): string => foldWord(normalAddress(address));

/** Leaves those that take mail of the account. */
function createServing(listed: Listed[]): (found: Listed[] | undefined, account: string) => Listed[] {
  const accounts = listed.map(({ recipient }) => new Set(recipient.accounts.map(foldName)));
  return (found = [], account) => {
    const name = foldName(account);
    return found.filter(({ at }) => accounts[at]?.size === 0 || accounts[at]?.has(name));
  };
}

function grouped(listed: Listed[], keysOf: (recipient: RoutingRecipient) => string[]): Map<string, Listed[]> {
  const groups = new Map<string, Listed[]>();
  for (const one of listed) {
    for (const key of new Set(keysOf(one.recipient))) {
      const group = groups.get(key);
      if (group) group.push(one);
      else groups.set(key, [one]);
    }
  }
  return groups;
}

/** Where each mailbox is one person's, there are as many recipients that take all as there are accounts: those are looked up, too. */
function byAccount(listed: Listed[]): (account: string) => Listed[] {
  const everywhere = listed.filter(({ recipient }) => recipient.accounts.length === 0);
  const groups = grouped(listed, ({ accounts }) => accounts.map(foldName));
  return (account) => [...everywhere, ...(groups.get(foldName(account)) ?? [])];
}
