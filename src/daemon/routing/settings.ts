/** What routing is told, and how the configuration says it. Pure. */
import type { Config } from '../config/config.ts';

export interface RoutingSettings {
  /** In the order of the configuration, which is the order of the answers. */
  recipients: readonly RoutingRecipient[];
  accounts: readonly RoutingAccount[];
  masks: readonly RoutingMask[];
}

/** What routing asks of a configured recipient. */
export interface RoutingRecipient {
  name: string;
  /** Where its mail goes. */
  address: string;
  otherAddresses: readonly string[];
  keywords: readonly string[];
  /** The accounts whose mail it takes; empty: all. */
  accounts: readonly string[];
  /** S90. */
  forwardAll: boolean;
  /** S89. */
  takesUnroutable: boolean;
  /** Messages that it was given stay on the POP3 server (S55). */
  keepOnServer: boolean;
}

export interface RoutingAccount {
  name: string;
  /** The envelope header that decides (S83); null: To and Cc (S82). */
  searchHeader: string | null;
  /** What a value must contain before keywords are compared (S85); empty: nothing. */
  addressValidation: string;
}

/** A line of [Envelope information Header Masks] (S87). */
export interface RoutingMask {
  header: string;
  compares: 'keyword' | 'address';
  /** With `*`, and one `{KW}` or `{Addr}` (S88). */
  mask: string;
}

export function routingSettings(config: Config): RoutingSettings {
  return {
    recipients: config.recipients.map((recipient) => ({
      name: recipient.name,
      address: recipient.address,
      otherAddresses: recipient.otherAddresses,
      keywords: recipient.keywords,
      accounts: recipient.accounts,
      forwardAll: recipient.forwardAll,
      takesUnroutable: recipient.takesUnroutable,
      keepOnServer: recipient.keepOnServer,
    })),
    accounts: config.accounts.map(({ name, searchHeader, addressValidation }) => ({
      name,
      searchHeader,
      addressValidation,
    })),
    masks: config.headerMasks.map(({ header, compares, mask }) => ({ header, compares, mask })),
  };
}
