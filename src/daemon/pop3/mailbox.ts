/** What the inbound walk knows of a POP3 mailbox that is open; `client.ts` opens one. */
import type { Duration } from '../base/clock.ts';
import type { Secret } from '../base/secret.ts';
import type { Body } from '../mail/body.ts';

export interface Pop3Server {
  host: string;
  port: number;
  /** `stls` and `tls` never fall back to clear text (I25, POP06). */
  security: 'none' | 'stls' | 'tls';
  fingerprint: string | null;
  caFile: string | null;
  user: string;
  password: Secret;
  authentication: 'auto' | 'user' | 'plain' | 'login' | 'apop' | 'xoauth2';
  /** How the token of xoauth2 is said; absent: as the server is known to want it, else in one line if that is short enough. */
  xoauth2?: Xoauth2Form;
}

/** With the AUTH, as its initial response, or when the server asks for it (RFC 5034 §4). */
export type Xoauth2Form = 'in one line' | 'in two steps';

export interface Pop3Failure {
  kind:
    | 'unreachable'
    | 'timeout'
    | 'tls'
    | 'login'
    | 'in-use'
    | 'temporary'
    | 'protocol'
    | 'disconnected'
    | 'refused'
    | 'stopped';
  /** What the log shows after `*** Error: `; no secret in it. A cut is
   *  `Unexpected disconnection from POP3 server: The server has closed the connection` (S71). */
  message: string;
  /** For so long the server wants to be left alone (LOGIN-DELAY, RFC 2449 §8.1.1); absent: it did not say so. */
  restFor?: Duration;
}

export type Pop3Result<T> = { ok: true; value: T } | { ok: false; failure: Pop3Failure };

/** One line of the listing: LIST and UIDL put together. */
export interface ListedMessage {
  number: number;
  /** Octets, as LIST says: a hint (POP20). */
  bytes: number;
  /** Empty when the server has no UIDL, or a blank one (POP12, POP14). */
  uidl: string;
}

/** One message out of a pipelined RETR. */
export type Retrieved =
  | { kind: 'message'; number: number; body: FetchedBody }
  /** `-ERR` to this RETR alone; the others go on (POP22). */
  | { kind: 'refused'; number: number; reply: string }
  /** Longer than allowed; what followed was read away, or the session had to end (POP20). */
  | { kind: 'oversize'; number: number }
  /** The session is over; nothing after this one came. */
  | { kind: 'broken'; number: number; failure: Pop3Failure };

/** A message that came whole, up to its final dot. Its temporary file goes when it is disposed. */
export interface FetchedBody extends Body, AsyncDisposable {
  /** The header block up to and without the empty line, at most LONGEST_HEADER_BLOCK octets of it. */
  readonly header: Uint8Array;
  /** SHA-256 of all octets, hex. */
  readonly digest: string;
}

export interface OpenMailbox {
  /** STAT's or LIST's totals. */
  readonly messages: number;
  readonly octets: number;
  list(): Promise<Pop3Result<ListedMessage[]>>;
  top(number: number, lines: number): Promise<Pop3Result<Uint8Array>>;
  /** TOP for each, pipelined: by number the first LONGEST_HEADER_BLOCK octets of what came. Those that were refused are missing. */
  tops(numbers: number[], lines: number): Promise<Pop3Result<Map<number, Uint8Array>>>;
  /** Fetches in this order with RETRs in flight; the consumer's pace is the peer's (backpressure). */
  retrieve(numbers: number[], limits: { maxBytes: number }): AsyncIterable<Retrieved>;
  /** DELE for each, pipelined; answers with those that were answered +OK. They are gone only after quit() is ok. */
  delete(numbers: number[]): Promise<Pop3Result<number[]>>;
  /** RSET: takes every DELE of this session back. */
  undelete(): Promise<Pop3Result<null>>;
  /** QUIT: ok only when the server answered +OK (I05). */
  quit(): Promise<Pop3Result<null>>;
  /** Closes without QUIT: the server deletes nothing (RFC 1939 §6). */
  destroy(): void;
}

export type Pop3Opened = { ok: true; mailbox: OpenMailbox } | { ok: false; failure: Pop3Failure };
