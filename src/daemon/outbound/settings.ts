/** What the outbound walk is told of the configuration; the composition root fills it from `[Outgoing mail]` and `[Relay…]`. */
import type { Duration } from '../base/clock.ts';
import type { Secret } from '../base/secret.ts';
import type { SendAt } from '../config/kinds/times.ts';
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
  /** Messages that one address may hand over in a minute; 0: as many as it likes. */
  maxMessagesPerMinutePerAddress: number;
  /** Octets in the queue beyond which nothing more is taken (452, CLI29); 0: as many as the disk has room for. */
  maxQueuedBytes: number;
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
  /** `[Relay…]` sections without a host: the senders whose mail goes directly to the recipients' mail exchangers (S107). */
  exchangers: ExchangerSettings[];
  /** Name servers to ask, in the form of node:dns; empty: those of the system. */
  dnsServers: string[];
  /** When mail leaves; reports to the internal server always leave at once. */
  sendAt: SendAt;
  /** Where reports go; null: they wait. */
  internalServer: { peer: SmtpPeer; connections: number } | null;
  /** `Retry minutes`; the last one repeats. */
  retry: Duration[];
  giveUpAfter: Duration;
  /** Its sender is told once that a message still waits; null: never. */
  warnAfter: Duration | null;
  /** What is too large for the relay, or needs what it lacks (REL16, CLI14, CLI28). */
  whatRelayCannotTake: 'return' | 'hold';
}

/** Direct delivery for some senders, or for all without a relay of their own. */
export interface ExchangerSettings {
  /** Empty for `[Relay]`. */
  name: string;
  /** As in RelaySettings. */
  senderDomains: string[];
  /** 25; others in tests. */
  port: number;
  tls: 'opportunistic' | 'required' | 'none';
  caFile: string | null;
  /** At a time, to all of them together. */
  connections: number;
  /** The name that we say in EHLO. */
  ehloName: string;
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
