/** A short name for a way of routing: a message that nobody took need not be fetched again until this changes. */
import { createHash } from 'node:crypto';
import { foldName } from '../base/blanks.ts';
import { normalAddress } from '../mail/address.ts';
import { foldWord } from '../mail/mask.ts';
import type { RoutingSettings } from './settings.ts';

/** Counted up when the router itself decides otherwise than before. */
const RULES = 1;

/** Characters: 2⁶⁴ ways of routing; two of the same name would cost a message a wait, not its life. */
const LENGTH = 16;

/**
 * Over all that decides who gets a message; not over what does not: the order, the case, the recipients' names, and whether they
 * keep what they were given.
 */
export function routingFingerprint({ recipients, accounts, masks }: RoutingSettings): string {
  const parts = {
    rules: RULES,
    recipients: sorted(
      recipients.map((recipient) => [
        normalAddress(recipient.address),
        sorted(recipient.otherAddresses.map(normalAddress)),
        sorted(recipient.keywords.map(foldWord)),
        sorted(recipient.accounts.map(foldName)),
        recipient.forwardAll,
        recipient.takesUnroutable,
      ]),
    ),
    accounts: sorted(
      accounts.map(({ name, searchHeader, addressValidation }) => [
        foldName(name),
        searchHeader?.toLowerCase() ?? null,
        foldWord(addressValidation),
      ]),
    ),
    masks: sorted(masks.map(({ header, compares, mask }) => [header.toLowerCase(), compares, foldWord(mask)])),
  };
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, LENGTH);
}

/** By their JSON, so that an order of the same things is no difference. */
function sorted(list: unknown[]): string[] {
  return list.map((item) => JSON.stringify(item)).toSorted();
}
