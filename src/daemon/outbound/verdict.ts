/** What an attempt makes of a message: each recipient's fate, and whether anybody is left to wait for. Pure. */
import type { Duration } from '../base/clock.ts';
import { hours } from '../base/clock.ts';
import type { RecipientResult } from '../smtp/conversation.ts';
import type { QueuedRecipient } from '../store/store.ts';

export interface Verdict {
  recipients: QueuedRecipient[];
  sent: { address: string; reply: string }[];
  failed: { address: string; reply: string }[];
  deferred: { address: string; reply: string }[];
  /** Nobody waits any more. */
  final: boolean;
  lastReply: string | null;
  /** For the list of attempts: `sent`, `deferred: 451 …`, `1 sent, 2 failed: 550 …`. */
  summary: string;
}

const UNANSWERED = 'The relay gave no answer for this recipient.';

/** Has its fate; it is never sent again. */
export function isFinal({ state }: QueuedRecipient): boolean {
  return state === 'sent' || state === 'failed';
}

/** What `results` make of the recipients that were `asked` for (by address); all others stay as they are. Who was asked for and has no
 *  result was not answered, and waits. */
export function judge(recipients: QueuedRecipient[], asked: ReadonlySet<string>, results: RecipientResult[]): Verdict {
  const said = new Map(results.map((result) => [result.address, result]));
  const fates: Pick<Verdict, 'sent' | 'failed' | 'deferred'> = { sent: [], failed: [], deferred: [] };
  const judged = recipients.map((recipient) => {
    if (isFinal(recipient) || !asked.has(recipient.address)) return recipient;
    const { outcome, reply } = said.get(recipient.address) ?? { outcome: 'deferred', reply: UNANSWERED };
    fates[outcome].push({ address: recipient.address, reply });
    return { ...recipient, state: outcome, reply };
  });
  const lastReply = (fates.deferred[0] ?? fates.failed[0] ?? fates.sent[0])?.reply ?? null;
  return { recipients: judged, ...fates, final: judged.every(isFinal), lastReply, summary: summaryOf(fates) };
}

/** It was tried for that long: who waits has failed, with the last word about it (4.4.7: delivery time expired, RFC 3463 §3.5). */
export function givenUp(recipients: QueuedRecipient[], after: Duration, why: string): QueuedRecipient[] {
  return recipients.map((recipient) => {
    if (isFinal(recipient)) return recipient;
    const reply = `4.4.7 Given up after ${hoursOf(after)}: ${recipient.reply ?? why}`;
    return { ...recipient, state: 'failed', reply };
  });
}

function hoursOf(duration: Duration): string {
  const count = Math.round((duration / hours(1)) * 10) / 10;
  return `${count} ${count === 1 ? 'hour' : 'hours'}`;
}

function summaryOf({ sent, failed, deferred }: Pick<Verdict, 'sent' | 'failed' | 'deferred'>): string {
  const kinds = Object.entries({ sent, deferred, failed }).filter(([, list]) => list.length > 0);
  const reply = deferred[0]?.reply ?? failed[0]?.reply;
  const counts = kinds.map(([kind, list]) => (kinds.length === 1 ? kind : `${list.length} ${kind}`)).join(', ');
  return reply === undefined ? counts : `${counts}: ${reply}`;
}

/** Every one of them gets the same answer: there was no conversation, or the message does not fit. */
export function allOf(
  recipients: { address: string }[],
  outcome: RecipientResult['outcome'],
  reply: string,
  code: number | null = null,
): RecipientResult[] {
  return recipients.map(({ address }) => ({ address, outcome, reply, code }));
}
