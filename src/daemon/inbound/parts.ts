/** What the inbound walk is told of an account, and what it hands on to: all of it is given by the composition root. */
import type { EventOf } from '../../protocol/events.ts';
import type { Alerts } from '../base/alerts.ts';
import type { Bus } from '../base/bus.ts';
import type { Clock, Duration, Instant } from '../base/clock.ts';
import type { Dialogue } from '../base/dialogue.ts';
import type { Body } from '../mail/body.ts';
import type { Header } from '../mail/header-block.ts';
import type { Pop3Opened, Pop3Server } from '../pop3/mailbox.ts';
import type { RecipientResult } from '../smtp/conversation.ts';
import type { Ledger, Memos } from '../store/store.ts';

export interface InboundAccount {
  name: string;
  server: Pop3Server;
  /** It logs in with an access token, which takes the place of the password when it is opened (G06). */
  byToken: boolean;
  /** Milliseconds of silence. */
  sessionTimeout: number;
  /** S54. */
  keepOnServer: boolean;
  /** What nobody takes and falls to whoever takes such mail stays on the server (S56). */
  keepUnroutable: boolean;
  /** What stays there is deleted so long after it was first seen (S57); 0: never. */
  deleteAfter: Duration;
  /** Octets; 0: no limit of its own. */
  maxBytes: number;
  /** The sender of a message that is too large is told, too (S67). */
  notifySender: boolean;
}

/** A fetched message on its way to the internal server. */
export interface Letter {
  sender: string;
  body: Body;
  headerOctets: Uint8Array;
}

export interface RoutedTo {
  /** `keepOnServer`: whoever it is wants its messages to stay on the POP3 server (S55). */
  recipients: { address: string; why: string; keepOnServer: boolean }[];
  unroutable: boolean;
}

export interface Handed {
  results: RecipientResult[];
  /** Why nothing was said to the internal server at all; null when it was spoken to. */
  unreached: string | null;
  /** What was said for this message, secrets masked (G02). */
  transcript: string[];
}

export interface ExaminedMessage {
  header: Header;
  headerOctets: Uint8Array;
  body: Body;
  account: string;
  recipients: string[];
}

/** What the look into a message comes to (S78-S81); the bodies in it can be read for as long as the examined one can. */
export type ContentVerdict =
  | { does: 'pass'; body: Body; headerOctets: Uint8Array; changes: string[] }
  | { does: 'redirect'; to: string; body: Body; headerOctets: Uint8Array; changes: string[]; rule: string; why: string }
  | { does: 'quarantine' | 'drop'; rule: string; why: string }
  /** Nobody can say now: it stays on the server, and the next session asks again. */
  | { does: 'wait'; why: string };

export interface ContentCheck {
  /** False: nothing is looked at. */
  readonly active: boolean;
  examine(message: ExaminedMessage, stop: AbortSignal): Promise<ContentVerdict>;
  /** Who it was that stopped a message, by what the verdict calls the rule. */
  stoppedBy(rule: string): StoppedBy;
}

export type StoppedBy = EventOf<'message.refused'>['by'];

/** A message that goes into quarantine. */
export interface Quarantined {
  account: string;
  uidl: string;
  /** The envelope sender; empty for the null one. */
  sender: string;
  /** Who would have had it and has not had it yet: whom a release serves. */
  recipients: string[];
  from: string;
  subject: string;
  bytes: number;
  /** The rule that stopped it, or who did. */
  rule: string;
  why: string;
  at: Instant;
  body: Body;
}

export interface OversizeNotice {
  account: string;
  session: number;
  uidl: string;
  bytes: number;
  limit: number;
  setBy: EventOf<'message.oversize'>['setBy'];
  header: Header;
  recipients: string[];
  /** Null: the sender is not to be told, or the message has none. */
  sender: string | null;
}

export interface InboundParts {
  /** One at a time in a mailbox; null: an operator is inside. */
  gate: { enterForSession(account: string): { leave(): void } | null };
  /** Who listens to the POP3 dialogue of an account (S91). */
  trace(account: InboundAccount): Dialogue;
  /** `cut` ends the mailbox at once, wherever it is. */
  open(account: InboundAccount, how: { dialogue: Dialogue; cut: AbortSignal }): Promise<Pop3Opened>;
  route(header: Header, account: string): RoutedTo;
  /** A name of the routing of now: what nobody took is not fetched again before this changes. */
  readonly routingFingerprint: string;
  /** Received fields of a message that goes round in a loop have more (I22). */
  readonly mostReceived: number;
  /** Speaks to the internal server, so that its size limit is known (S64); why that was not possible, or null. */
  meet(): Promise<string | null>;
  /** The largest message that the internal server takes, by the configuration and by its EHLO; octets, 0: none, or not known. */
  limits(): { configuration: number; mailServer: number };
  /** Octets of a message that the disk has room for, as it is now; 0: any message fits, or nobody can say (G13). Never rejects. */
  room(): Promise<number>;
  content: ContentCheck;
  /** Hands over to these addresses; answers for each of them. */
  deliver(letter: Letter, addresses: string[], unroutable: boolean): Promise<Handed>;
  /** The internal server's name, for the tries that are kept with a message. */
  readonly internalServer: string;
  /** Does this refusal of the internal server mean spam (S75, S76)? */
  isSpamRefusal(refusal: { code: number | null; reply: string }): boolean;
  /** Durable when it resolves, with the message's id there; put twice, it is one. Rejects with StoreFailure. */
  quarantine: { put(message: Quarantined): Promise<string> };
  /** Tells by mail that a message is too large (S65, S67); `failed`: why somebody could not be told, or null. Never rejects for that. */
  notices: { oversize(notice: OversizeNotice): Promise<{ told: string[]; failed: string | null }> };
  /** Hears of a bug in one account's walk. */
  crashed(account: string, error: unknown): void;
  ledger: Ledger;
  memos: Pick<Memos, 'get' | 'put' | 'all'>;
  alerts: Alerts;
  bus: Bus;
  clock: Clock;
}
