/** For whom is a message? Pure: its header and its account in, recipients out, each with the reason (S82, S89, S90, G07). */
import { addressesIn, normalAddress } from '../mail/address.ts';
import type { Header } from '../mail/header-block.ts';

/** What routing asks of a configured recipient. */
export interface RoutingRecipient {
  name: string;
  address: string;
  otherAddresses: string[];
  /** The accounts whose mail it takes; empty: all. */
  accounts: string[];
  forwardAll: boolean;
  takesUnroutable: boolean;
}

export interface RoutedRecipient {
  name: string;
  address: string;
  why: string;
}

export interface Routed {
  recipients: RoutedRecipient[];
  /** Nobody was found: it goes to those who take such mail, with S89's prefix, or to nobody. */
  unroutable: boolean;
}

/** S89. */
export const UNROUTABLE_PREFIX = '[Man.Distr]';

/** The fields that decide by default (S82), in the order in which they are asked. */
const FIELDS = ['To', 'Cc'];

export type Route = (header: Header, account: string) => Routed;

/**
 * Who gets a message of an account: whoever takes all of it (S90); else whoever is named in To or Cc (S82); else whoever takes
 * what nobody else takes (S89). Addresses are looked up, so that thousands of recipients cost a message no more than ten.
 */
export function createRouter(recipients: readonly RoutingRecipient[]): Route {
  const tables = new Map<string, Table>();
  return (header, account) => {
    const key = account.toLowerCase();
    const table = tables.get(key) ?? tableFor(key, recipients);
    tables.set(key, table);
    return routed(header, table);
  };
}

/** What an account's messages are routed by. */
interface Table {
  everything: RoutedRecipient[];
  /** By normal address: who has it, in the order of the configuration. */
  owners: Map<string, { at: number; recipient: RoutingRecipient }[]>;
  leftovers: RoutedRecipient[];
}

function tableFor(account: string, recipients: readonly RoutingRecipient[]): Table {
  const candidates = recipients.filter((recipient) => takesFrom(recipient, account));
  const owners: Table['owners'] = new Map();
  for (const [at, recipient] of candidates.entries()) {
    for (const address of new Set([recipient.address, ...recipient.otherAddresses].map(normalAddress)))
      owners.set(address, [...(owners.get(address) ?? []), { at, recipient }]);
  }
  return {
    everything: distinct(candidates.filter(({ forwardAll }) => forwardAll).map(takesAll)),
    owners,
    leftovers: distinct(candidates.filter(({ takesUnroutable }) => takesUnroutable).map(takesLeftovers)),
  };
}

function routed(header: Header, { everything, owners, leftovers }: Table): Routed {
  if (everything.length > 0) return { recipients: everything, unroutable: false };

  const named = new Map<number, RoutedRecipient>();
  for (const field of FIELDS) {
    for (const written of addressesIn(header.values(field))) {
      for (const { at, recipient } of owners.get(normalAddress(written)) ?? []) {
        const { name, address } = recipient;
        if (!named.has(at)) named.set(at, { name, address, why: `${field} names ${written}` });
      }
    }
  }
  if (named.size === 0) return { recipients: leftovers, unroutable: true };

  const inOrder = [...named].toSorted(([a], [b]) => a - b).map(([, recipient]) => recipient);
  return { recipients: distinct(inOrder), unroutable: false };
}

function takesFrom(recipient: RoutingRecipient, account: string): boolean {
  return recipient.accounts.length === 0 || recipient.accounts.some((name) => name.toLowerCase() === account);
}

function takesAll({ name, address }: RoutingRecipient): RoutedRecipient {
  return { name, address, why: 'takes all messages of this account (Forward all messages)' };
}

function takesLeftovers({ name, address }: RoutingRecipient): RoutedRecipient {
  return {
    name,
    address,
    why: `no recipient is named in To or Cc; takes unroutable messages, as ${UNROUTABLE_PREFIX}`,
  };
}

/** One address gets one message, however many recipients share it. */
function distinct(recipients: RoutedRecipient[]): RoutedRecipient[] {
  const seen = new Set<string>();
  return recipients.filter(({ address }) => {
    const key = normalAddress(address);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
