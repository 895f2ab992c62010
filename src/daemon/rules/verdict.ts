/** What the look into a message's content comes to (S78-S81), as the inbound walk is told it. */
import type { Body } from '../mail/body.ts';
import type { Header } from '../mail/header-block.ts';

/** A fetched message that is about to be handed over. */
export interface Examined {
  header: Header;
  /** The header block up to and without its empty line, at most LONGEST_HEADER_BLOCK octets of it. */
  headerOctets: Uint8Array;
  body: Body;
  account: string;
  /** The addresses that routing gave; masks of `To` are held against them too. */
  recipients: string[];
}

/**
 * The bodies in it are views of the examined one, with some octets left out and some put in: nothing lies in memory or in a file
 * for them, and each can be read for as long as the examined one can.
 */
export type Verdict =
  /** `changes`: what is different about the message now, or was left undone, a sentence's part each, for the log. */
  | { does: 'pass'; body: Body; headerOctets: Uint8Array; changes: string[]; why: string }
  | { does: 'redirect'; to: string; body: Body; headerOctets: Uint8Array; changes: string[]; rule: string; why: string }
  | { does: 'quarantine' | 'drop'; rule: string; why: string }
  /** Somebody could not say: the message stays on the POP3 server, and the next session asks again (unknown means temporary). */
  | { does: 'wait'; why: string };

export interface ContentCheck extends AsyncDisposable {
  /** False: no rule, no scanner, no SpamAssassin is configured, and nothing is looked at. */
  readonly active: boolean;
  /** Never rejects for what a message, a scanner or spamd does; rejects when the body cannot be read. */
  examine(message: Examined, stop: AbortSignal): Promise<Verdict>;
}

/** What a verdict names in place of a rule when it was not one of the person's own. */
export const SCANNER = '[Scanner]';
export const SPAM_ASSASSIN = '[SpamAssassin]';
