/** Out of quarantine and to its recipients: only what they have had is removed. */
import { LONGEST_HEADER_BLOCK } from '../base/limits.ts';
import type { Body } from '../mail/body.ts';
import type { RecipientResult } from '../smtp/conversation.ts';
import { headerBlockOf } from '../mail/mime/fields.ts';
import type { HeldMessage, Quarantine } from './quarantine.ts';

/** A message on its way out. */
export interface Released {
  message: HeldMessage;
  body: Body;
  headerOctets: Uint8Array;
  /** Whom it goes to. */
  recipients: string[];
}

/** Hands it to the internal server; `unreached`: why nothing was said to it at all. */
export type Deliver = (
  released: Released,
  stop: AbortSignal,
) => Promise<{ results: RecipientResult[]; unreached: string | null }>;

export type Release =
  | { is: 'released'; results: RecipientResult[] }
  /** Who has had it does not get it again; the rest stays. */
  | { is: 'stays'; results: RecipientResult[]; why: string }
  | { is: 'missing' };

/** `to` null: the recipients for whom it is held. Rejects with `StoreFailure` when the disk does. */
export function releaseFrom(
  quarantine: Quarantine,
  deliver: Deliver,
): (id: string, to: string[] | null, stop: AbortSignal) => Promise<Release> {
  const underWay = new Set<string>();

  async function release(id: string, to: string[] | null, stop: AbortSignal): Promise<Release> {
    const message = await quarantine.get(id);
    const body = message === null ? null : await quarantine.open(id);
    const start = body === null ? null : await quarantine.head(id, LONGEST_HEADER_BLOCK);
    if (message === null || body === null || start === null) return { is: 'missing' };

    const recipients = to ?? message.recipients;
    if (recipients.length === 0) return { is: 'stays', results: [], why: 'Nobody is named to release it to.' };

    const { results, unreached } = await deliver(
      { message, body, headerOctets: headerBlockOf(start), recipients },
      stop,
    ); // 1  250
    if (unreached !== null) return { is: 'stays', results: [], why: unreached };

    const sent = new Set(results.filter(({ outcome }) => outcome === 'sent').map(({ address }) => address));
    const left = recipients.filter((address) => !sent.has(address));
    if (left.length === 0) {
      await quarantine.remove([id]); // 2  crash between 1 and 2: it is still held, and a second release delivers it once more (X03)
      return { is: 'released', results };
    }
    if (sent.size > 0) await quarantine.keepFor(id, left);
    const refused = results.find(({ outcome }) => outcome !== 'sent');
    return { is: 'stays', results, why: refused === undefined ? 'Not everybody was answered for.' : refused.reply };
  }

  return async (id, to, stop) => {
    // Two operators with one wish: it is delivered once.
    if (underWay.has(id)) return { is: 'stays', results: [], why: 'It is being released right now.' };
    underWay.add(id);
    try {
      return await release(id, to, stop);
    } finally {
      underWay.delete(id);
    }
  };
}
