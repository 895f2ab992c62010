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

/**
 * Who gets a message of `account`: whoever takes all of it (S90); else whoever is named in To or Cc (S82); else whoever takes
 * what nobody else takes (S89).
 */
export function route(header: Header, account: string, recipients: RoutingRecipient[]): Routed {
  const candidates = recipients.filter((recipient) => takesFrom(recipient, account));

  const everything = candidates.filter((recipient) => recipient.forwardAll);
  if (everything.length > 0) return { recipients: distinct(everything.map(takesAll)), unroutable: false };

  const fields = FIELDS.map((name): [string, string[]] => [name, addressesIn(header.values(name))]);
  const named = candidates.flatMap((recipient) => namedIn(fields, recipient));
  if (named.length > 0) return { recipients: distinct(named), unroutable: false };

  const leftovers = candidates.filter((recipient) => recipient.takesUnroutable);
  return { recipients: distinct(leftovers.map(takesLeftovers)), unroutable: true };
}

function takesFrom(recipient: RoutingRecipient, account: string): boolean {
  if (recipient.accounts.length === 0) return true;
  return recipient.accounts.some((name) => name.toLowerCase() === account.toLowerCase());
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

function namedIn(fields: [string, string[]][], recipient: RoutingRecipient): RoutedRecipient[] {
  const own = new Set([recipient.address, ...recipient.otherAddresses].map(normalAddress));
  for (const [field, addresses] of fields) {
    const match = addresses.find((address) => own.has(normalAddress(address)));
    if (match) return [{ name: recipient.name, address: recipient.address, why: `${field} names ${match}` }];
  }
  return [];
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
