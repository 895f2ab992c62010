/** What the stages know of an SMTP peer and of a conversation with it; `client.ts` holds one, `pool.ts` keeps them. */
import type { Dialogue } from '../base/dialogue.ts';
import type { Secret } from '../base/secret.ts';
import type { Body } from '../mail/body.ts';

export interface SmtpPeer {
  /** For lines and states: the host, or the name of the relay. */
  name: string;
  host: string;
  /** Its addresses, in the order in which to try them, where they are known already; absent: the host is looked up. */
  addresses?: readonly string[];
  port: number;
  /** `opportunistic`: STARTTLS when offered (direct delivery); `starttls` and `tls` never fall back (I25, REL04). */
  security: 'none' | 'opportunistic' | 'starttls' | 'tls';
  /** SHA-256 of a certificate that is accepted although it cannot be verified; null: verification alone decides. */
  fingerprint: string | null;
  caFile: string | null;
  login: {
    user: string;
    password: Secret;
    mechanism: 'auto' | 'plain' | 'login' | 'cram-md5' | 'xoauth2' | 'none';
    /** Whose access token is put in place of the password whenever a conversation is opened; absent: nobody's. */
    tokenOf?: string;
  } | null;
  /** The name that we say in EHLO. */
  ehloName: string;
}

/** What the peer's EHLO announced (S110, RFC 5321 §4.1.1.1). */
export interface Abilities {
  esmtp: boolean;
  /** We logged in. */
  login: boolean;
  /** RFC 1870; null: not announced, or 0 (no fixed limit). */
  maxSize: number | null;
  dsn: boolean;
  pipelining: boolean;
  eightBitMime: boolean;
  smtpUtf8: boolean;
}

export interface Envelope {
  /** Empty for the null sender. */
  sender: string;
  recipients: EnvelopeRecipient[];
  /** RFC 3461, passed on when the peer offers DSN. */
  ret: 'FULL' | 'HDRS' | null;
  envid: string | null;
  eightBit: boolean;
  smtpUtf8: boolean;
}

export interface EnvelopeRecipient {
  address: string;
  notify: string[];
  orcpt: string | null;
}

export interface RecipientResult {
  address: string;
  /** `deferred`: 4xx, or no answer that can be believed; `failed`: 5xx to this message or recipient. */
  outcome: 'sent' | 'deferred' | 'failed';
  /** The peer's reply on one line, `250 2.6.0 Queued`, or our own words for what went wrong; made short (REL14). */
  reply: string;
  /** The reply's code; null where the peer said none. */
  code: number | null;
}

export interface SendResult {
  recipients: RecipientResult[];
  /** The final dot left us but no reply came: the peer may have the message (X02, X06). */
  outcomeUnknown: boolean;
}

export interface Sending {
  /** What is said of this message; absent: it is told in the dialogue of the whole conversation. */
  dialogue?: Dialogue;
  /** The peer has all of it, and has yet to answer; another message may be begun meanwhile, and its envelope then leaves in the same
   *  packet if that is done in the same turn (RFC 2920 §3.1). Only at a peer that pipelines, and at most once. */
  passed?(): void;
}

export interface SmtpConversation {
  readonly abilities: Abilities;
  /** Can it take another message? */
  readonly usable: boolean;
  /** Hands over one message: never throws for what a peer does, answers for every recipient. Bare CR and LF leave as CRLF. */
  send(envelope: Envelope, body: Body, stop: AbortSignal, sending?: Sending): Promise<SendResult>;
  /** QUIT, politely but not for long; never throws. */
  quit(): Promise<void>;
  destroy(): void;
}

/** Why there is no conversation. Everything here is temporary for the mail: it is our configuration or the peer (REL02, REL06). */
export interface SmtpFailure {
  kind: 'unreachable' | 'timeout' | 'refused' | 'tls' | 'login' | 'protocol' | 'stopped';
  /** For the log: what happened and, where we know it, what to do. No secret in it. */
  message: string;
  reply: string | null;
}

export type SmtpOpened = { ok: true; conversation: SmtpConversation } | { ok: false; failure: SmtpFailure };
