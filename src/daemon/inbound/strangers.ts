/** A UIDL that is listed again after its message was to be deleted: who it is, is asked before anything is done with it (POP16). */
import { readHeader } from '../mail/header-block.ts';
import { labelOf } from '../mail/message.ts';
import type { OpenMailbox, Pop3Result } from '../pop3/mailbox.ts';
import type { Plan } from './plan.ts';
import { entriesNamed, knownAmong, type Visit } from './visit.ts';

/**
 * Who may be another than the ledger takes it for: the server was told to delete a message, and lists its UIDL again, with its size.
 * It may have kept it, or never have heard QUIT; or it has given the name anew. Deleted unseen, a new message under an old name would be lost (POP16). The Message-ID says who it is;
 * where it cannot, the message is fetched, and its digest does.
 */
export async function strangersAmong(
  visit: Visit,
  mailbox: OpenMailbox,
  { remove, kept }: Plan,
): Promise<Pop3Result<Set<number>>> {
  const { stop } = visit;
  const strangers = new Set<number>();
  const settled = [...remove.map(({ message }) => message), ...kept];
  const suspects = knownAmong(visit, settled, ({ deletedAt }) => deletedAt !== null);
  const entries = await entriesNamed(visit, suspects);
  const named = [...entries].filter(([, { messageId }]) => messageId !== '').map(([number]) => number);
  const tops = await topsOf(mailbox, named, stop);
  if (!tops.ok) return tops;

  for (const [number, { messageId }] of entries) {
    const top = tops.value.get(number);
    if (!top || labelOf(readHeader(top)).messageId !== messageId) strangers.add(number);
  }
  return { ok: true, value: strangers };
}

/** Headers that are asked for between two looks whether to stop. */
const AT_A_TIME = 256;

/** Those that the server gives, until somebody says stop. */
async function topsOf(
  mailbox: OpenMailbox,
  numbers: readonly number[],
  stop: AbortSignal,
): Promise<Pop3Result<Map<number, Uint8Array>>> {
  const all = new Map<number, Uint8Array>();
  for (let from = 0; from < numbers.length && !stop.aborted; from += AT_A_TIME) {
    const tops = await mailbox.tops(numbers.slice(from, from + AT_A_TIME), 0);
    if (!tops.ok) return tops;
    for (const [number, header] of tops.value) all.set(number, header);
  }
  return { ok: true, value: all };
}
