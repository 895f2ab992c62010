/**
 * A message without a UIDL of its own on which the session broke (G03, POP12-POP14). It never came whole, so that its content cannot
 * name it. What can: at the first break its size, which only says whose header is to be looked at next time; from then on its header.
 * Numbers name a message for as long as a session lasts (RFC 1939 §5); beyond it one does only where the server has no TOP, or breaks
 * on it, too: whoever is set aside by mistake then is listed as stuck, never deleted.
 */
import { createHash } from 'node:crypto';
import type { ListedMessage, OpenMailbox, Pop3Failure, Pop3Result } from '../pop3/mailbox.ts';
import type { KnownMessage } from '../store/store.ts';
import { hasNameless, isOurKey, type Listing, OURS } from './plan.ts';
import type { Visit } from './visit.ts';

/** Of the first break. */
export const sizeKey = ({ bytes }: ListedMessage): string => `${OURS}size:${bytes}`;

const headerKey = ({ bytes }: ListedMessage, octets: Uint8Array): string =>
  `${OURS}header:${createHash('sha256').update(`${bytes} `).update(octets).digest('hex')}`;

export const placeKey = ({ number, bytes }: ListedMessage): string => `${OURS}place:${number}:${bytes}`;

/** By number: the key of each message that may be one on which a session broke. `broken`: looking at it ended the session. */
export type Recognised =
  | { ok: true; faces: ReadonlyMap<number, string> }
  | { ok: false; failure: Pop3Failure; broken: ListedMessage };

export async function recognised(visit: Visit, mailbox: OpenMailbox, listing: Listing): Promise<Recognised> {
  const faces = new Map<number, string>();
  const sizes = hasNameless(listing) ? brokenSizes(visit.ledger) : new Set<number>();
  if (sizes.size === 0) return { ok: true, faces };

  for (const message of listing.messages) {
    if (visit.stop.aborted) break;
    if (!listing.unsure.has(message.uidl) || !sizes.has(message.bytes)) continue;
    const known = keyAtHand(visit, message);
    if (known !== null) {
      faces.set(message.number, known);
      continue;
    }
    const face = await faceOf(mailbox, message);
    if (!face.ok) return { ...face, broken: message };
    faces.set(message.number, face.value);
  }
  return { ok: true, faces };
}

function brokenSizes(ledger: ReadonlyMap<string, KnownMessage>): Set<number> {
  const sizes = new Set<number>();
  for (const { uidl, bytes, broke } of ledger.values()) if (broke > 0 && isOurKey(uidl)) sizes.add(bytes);
  return sizes;
}

/** Without a look at it: this session has had enough of its size, or its place is all that ever named it. */
function keyAtHand({ ledger, skip }: Visit, message: ListedMessage): string | null {
  if (skip.has(sizeKey(message))) return sizeKey(message);
  return ledger.has(placeKey(message)) ? placeKey(message) : null;
}

async function faceOf(mailbox: OpenMailbox, message: ListedMessage): Promise<Pop3Result<string>> {
  const top = await mailbox.top(message.number, 0);
  if (top.ok) return { ok: true, value: headerKey(message, top.value) };
  return top.failure.kind === 'refused' ? { ok: true, value: placeKey(message) } : top;
}
