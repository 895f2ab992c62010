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

/** 4.4.7: delivery time expired (RFC 3463 §3.5). */
const EXPIRED = '4.4.7';

const UNANSWERED = 'The relay gave no answer for this recipient.';

/** Has its fate; it is never sent again. */
export function isFinal({ state }: QueuedRecipient): boolean {
  return state === 'sent' || state === 'failed';
}

/** `gaveUpAfter`: the message has been tried for that long, and what is deferred now is failed; null: not yet. */
export function judge(
  recipients: QueuedRecipient[],
  results: RecipientResult[],
  gaveUpAfter: Duration | null,
): Verdict {
  const said = new Map(results.map((result) => [result.address, result]));
  const tried = recipients.filter((recipient) => !isFinal(recipient));
  const judged = recipients.map((recipient) =>
    isFinal(recipient) ? recipient : fated(recipient, said.get(recipient.address), gaveUpAfter),
  );

  const now = (state: QueuedRecipient['state']) =>
    judged
      .filter((recipient, i) => recipient.state === state && tried.includes(recipients[i] as QueuedRecipient))
      .map(({ address, reply }) => ({ address, reply: reply ?? '' }));
  const fates = { sent: now('sent'), failed: now('failed'), deferred: now('deferred') };
  const lastReply = (fates.deferred[0] ?? fates.failed[0] ?? fates.sent[0])?.reply ?? null;
  return { recipients: judged, ...fates, final: judged.every(isFinal), lastReply, summary: summaryOf(fates) };
}

function fated(
  recipient: QueuedRecipient,
  result: RecipientResult | undefined,
  gaveUpAfter: Duration | null,
): QueuedRecipient {
  const { outcome, reply } = result ?? { outcome: 'deferred', reply: UNANSWERED };
  switch (outcome) {
    case 'sent':
    case 'failed':
      return { ...recipient, state: outcome, reply };
    case 'deferred':
      if (gaveUpAfter === null) return { ...recipient, state: 'deferred', reply };
      return { ...recipient, state: 'failed', reply: `${EXPIRED} Given up after ${hoursOf(gaveUpAfter)}: ${reply}` };
  }
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
