/** What the SMTP tests have in common: a peer on loopback, an envelope, a dialogue that is written down. */
import { type Clock, systemClock } from '../../src/daemon/base/clock.ts';
import type { Dialogue } from '../../src/daemon/base/dialogue.ts';
import { openSmtp } from '../../src/daemon/smtp/client.ts';
import type {
  Envelope,
  RecipientResult,
  SmtpConversation,
  SmtpFailure,
  SmtpPeer,
} from '../../src/daemon/smtp/conversation.ts';
import type { Lookup } from '../../src/daemon/smtp/dial.ts';

export const never: AbortSignal = new AbortController().signal;

export function peerAt(port: number, differing: Partial<SmtpPeer> = {}): SmtpPeer {
  return {
    name: 'relay',
    host: '127.0.0.1',
    port,
    security: 'none',
    fingerprint: null,
    caFile: null,
    login: null,
    ehloName: 'gateway.example',
    ...differing,
  };
}

export function envelopeTo(addresses: string[], differing: Partial<Envelope> = {}): Envelope {
  return {
    sender: 'anna@firma.example',
    recipients: addresses.map((address) => ({ address, notify: [], orcpt: null })),
    ret: null,
    envid: null,
    eightBit: false,
    smtpUtf8: false,
    ...differing,
  };
}

export interface WrittenDialogue extends Dialogue {
  readonly lines: string[];
}

export function writtenDialogue(bodies: Dialogue['bodies'] = 'none'): WrittenDialogue {
  const lines: string[] = [];
  return { lines, bodies, tell: (direction, line) => lines.push(`${direction} ${line}`) };
}

export interface Opening {
  readonly clock?: Clock;
  readonly dialogue?: Dialogue;
  readonly stop?: AbortSignal;
  readonly lookup?: Lookup;
}

/** Opens; the test is about what comes then. */
export async function openTo(peer: SmtpPeer, opening: Opening = {}): Promise<SmtpConversation> {
  const opened = await open(peer, opening);
  if (!opened.ok) throw new Error(`It did not open: ${opened.failure.message}`);
  return opened.conversation;
}

/** Fails to open; the test is about how. */
export async function failureOf(peer: SmtpPeer, opening: Opening = {}): Promise<SmtpFailure> {
  const opened = await open(peer, opening);
  if (opened.ok) throw new Error('It opened.');
  return opened.failure;
}

function open(peer: SmtpPeer, opening: Opening) {
  return openSmtp(peer, { clock: systemClock, dialogue: writtenDialogue(), stop: never, ...opening });
}

/** `sent 250 2.0.0 Ok`, one for each recipient. */
export function summary(results: readonly RecipientResult[]): string[] {
  return results.map(({ outcome, reply }) => `${outcome} ${reply}`);
}
