/** What the outbound walk is told of the configuration; the composition root fills it from `[Outgoing mail]` and `[Relay…]`. */
import type { Duration } from '../base/clock.ts';
import type { Secret } from '../base/secret.ts';
import type { SmtpPeer } from '../smtp/conversation.ts';

export interface OutboundSettings {
  listener: ListenerSettings;
  sending: SendingSettings;
  reports: ReportSettings;
}

export interface ListenerSettings {
  /** Null: every address of the machine, S102's `<any available>`. */
  address: string | null;
  /** 0 lets the system choose (tests). */
  port: number;
  /** The folder of the queue, for the line of S51. */
  folder: string;
  /** Our name in Received fields. */
  gatewayName: string;
  /** The two names of S103, `PYTHEAS MailGate` and `PYTHEAS.MailGate`. */
  serverName: string;
  heloName: string;
  /** `Accept from`: who may hand over mail (I23). */
  acceptFrom: { includes(address: string): boolean };
  requireAuthentication: boolean;
  /** `[Outgoing users]`: name and password. Logging in needs TLS (CLI09). */
  users: ReadonlyMap<string, Secret>;
  /** PEM; null: no STARTTLS, and so no AUTH. */
  tls: { certificate: string; key: string } | null;
  maxMessageBytes: number;
  maxRecipients: number;
  maxConnections: number;
  maxConnectionsPerAddress: number;
  /** In DATA. */
  minimumBytesPerSecond: number;
  bareLineEnds: 'normalise' | 'refuse';
  maxReceivedHeaders: number;
  /** `Hold all`: accept and keep until released. */
  holdAll: boolean;
}

export interface SendingSettings {
  /** The first without sender domains is the default; none at all: the queue keeps what it has. */
  relays: RelaySettings[];
  /** Where reports go; null: they wait. */
  internalServer: { peer: SmtpPeer; connections: number } | null;
  /** `Retry minutes`; the last one repeats. */
  retry: Duration[];
  giveUpAfter: Duration;
}

export interface RelaySettings {
  /** Empty for `[Relay]`. */
  name: string;
  peer: SmtpPeer;
  connections: number;
  /** Whose mail goes this way, in lower case; empty: the default relay. */
  senderDomains: string[];
  /** `[Relay login: address]`, by the address in its normal form (normalAddress). */
  logins: ReadonlyMap<string, NonNullable<SmtpPeer['login']>>;
}

export interface ReportSettings {
  gatewayName: string;
  language: 'en' | 'fr';
  /** S115: is it the address of a configured recipient, or one of its others? */
  knownSender(address: string): boolean;
}
