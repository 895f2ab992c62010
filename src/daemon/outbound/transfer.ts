/**
 * One queued message on its way out. The order of the steps is the promise (reliability.md §6.1); a crash between two of them
 * costs what stands beside them, and nothing else:
 *
 *   1  the claim: this attempt and the time of the next one are on disk    (crash: tried again at that time, I15)
 *   2  the peer's 250 to the final dot                                     (crash before 3: one duplicate, X06, X07)
 *   3  what became of each recipient is on disk
 *   4  the report on those of whom somebody is to be told is durable       (crash before 5: no second report, X08)
 *   5  the message leaves the queue, when nobody of it waits any more
 *
 * Where everybody has it and nobody is to be told, 3 and 5 are one step.
 */
import type { Bus } from '../base/bus.ts';
import type { Clock, Duration, Instant } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { RecipientResult } from '../smtp/conversation.ts';
import type { EntryChange, Queue, QueuedRecipient, QueueEntry } from '../store/store.ts';
import type { Answered } from './attempt.ts';
import { persist } from './persist.ts';
import { heldProblem } from './problems.ts';
import type { Way } from './relay.ts';
import { asConfirmed, asReported, owesConfirmation, type Reporter, wantsReport } from './reporter.ts';
import { type Chance, nextAttempt } from './schedule.ts';
import type { SendingSettings } from './settings.ts';
import { IN_A_LOOP } from './loop.ts';
import { isFinal, judge, type Verdict } from './verdict.ts';

export interface TransferParts {
  queue: Queue;
  bus: Bus;
  clock: Clock;
  log: Log;
  reporter: Reporter;
  chance: Chance;
  settings: Pick<SendingSettings, 'retry' | 'whatRelayCannotTake'>;
}

/** A claimed message, and how far it has come. */
export interface Underway {
  /** As the queue has it. */
  entry: QueueEntry;
  readonly way: Way;
  /** On the monotonic clock. */
  readonly started: Duration;
  /** Why the gateway holds it when all has been tried; null: it does not. */
  hold: string | null;
  unreadable: boolean;
  pause: Duration;
}

export function setOut(entry: QueueEntry, way: Way, clock: Clock): Underway {
  return { entry, way, started: clock.monotonic(), hold: null, unreadable: false, pause: 0 };
}

/** Steps 4 and 5 of an earlier attempt that a crash left undone; false: nothing remains to be sent. */
export async function madeWhole(underway: Underway, parts: TransferParts, stop: AbortSignal): Promise<boolean> {
  const { entry } = underway;
  if (entry.recipients.every(isFinal)) {
    await finish(entry, '', parts, stop);
    return false;
  }
  if (!isToBeTold(entry.recipients)) return true;

  await tellSender(entry, '', parts, stop);
  const recipients = asTold(entry.recipients);
  await persist('mark', () => parts.queue.change([entry.id], ['sending'], { recipients }), parts, stop);
  underway.entry = { ...entry, recipients };
  return true;
}

/** Steps 3 to 5. `more`: other recipients of it are being tried still; each answer is durable at once (X07). */
export async function settle(
  underway: Underway,
  tried: Answered,
  { more }: { more: boolean },
  parts: TransferParts,
  stop: AbortSignal,
): Promise<void> {
  const { entry, way } = underway;
  const { clock, queue, bus } = parts;
  const results = tried.results.map((result) => kept(result, tried, underway, parts.settings));
  const judged = judge(entry.recipients, tried.asked, results);
  const verdict = tried.confirms ? { ...judged, recipients: asConfirmed(judged.recipients) } : judged;
  underway.unreadable ||= tried.unreadable;
  underway.pause = Math.max(underway.pause, tried.pause);

  if (!more && isDelivered(verdict.recipients)) {
    await persist('remove', () => queue.remove([entry.id]), parts, stop); // 3, 5
    tellVerdict(entry, verdict, { tried, next: clock.now() }, bus);
    bus.tell({ type: 'queue.removed', id: entry.id, result: 'sent' });
    return;
  }

  const change = await changeFor(underway, verdict, more, parts);
  const record = {
    at: new Date(clock.now() - Math.round(clock.monotonic() - underway.started)).toISOString(),
    ms: Math.round(clock.monotonic() - underway.started),
    relay: tried.peer.name,
    result: verdict.summary,
    transcript: tried.transcript,
  };
  await persist('settle', () => queue.settle(entry.id, change, record), parts, stop); // 3
  underway.entry = { ...entry, ...change };
  tellVerdict(entry, verdict, { tried, next: change.nextAttemptAt ?? entry.nextAttemptAt }, bus);
  if (more) return;

  tellHeld(underway.entry, bus);
  if (change.state === 'sending') await finish({ ...underway.entry, relay: way.name }, tried.peer.host, parts, stop); // 4, 5
}

/** Nobody waits for it, and nobody is to be told. */
const isDelivered = (recipients: QueuedRecipient[]): boolean =>
  recipients.every((recipient) => recipient.state === 'sent' && !owesConfirmation(recipient));

/** A failure that is not the message's own keeps its recipient waiting, and the message is held when all has been tried. */
function kept(
  result: RecipientResult,
  { lacks, peer }: Answered,
  underway: Underway,
  { whatRelayCannotTake }: TransferParts['settings'],
): RecipientResult {
  if (result.outcome !== 'failed') return result;
  if (isOwnLoop(result.reply)) underway.hold = `It came back to us from ${peer.name}: ${result.reply}`;
  else if (lacks !== null && whatRelayCannotTake === 'hold') underway.hold = `${peer.name} cannot take it: ${lacks}`;
  else return result;
  return { ...result, outcome: 'deferred' };
}

/** REL21: our own listener's words, as a relay passes them on that leads back to us. Another's 5.4.6 is about a loop of its own. */
function isOwnLoop(reply: string): boolean {
  return /\b5\.4\.6\b/.test(reply) && reply.includes(IN_A_LOOP);
}

/** What is to be true of the entry once this attempt is on disk. `sending` means that steps 4 and 5 follow at once, or more attempts. */
async function changeFor(
  { entry, way, hold, unreadable, pause }: Underway,
  verdict: Verdict,
  more: boolean,
  { queue, clock, chance, settings }: TransferParts,
): Promise<EntryChange> {
  const { recipients, lastReply } = verdict;
  const said = { relay: way.name, ...(lastReply === null ? {} : { lastReply }) };
  if (more) return { ...said, recipients, state: 'sending' };

  const now = clock.now();
  const nextAttemptAt = Math.max(nextAttempt(entry, now, settings.retry, chance), now + Math.ceil(pause));
  // I12: the store holds a message whose octets are not those that came. That stands.
  const stored = unreadable ? await queue.get(entry.id).catch(() => null) : null;
  if (stored?.state === 'held') return { ...said, nextAttemptAt, state: 'held', hold: stored.hold };
  if (entry.reportOn !== null && verdict.failed.length > 0)
    return { ...said, nextAttemptAt, ...heldReport(recipients, verdict.failed[0]?.reply ?? '') };

  const due: Instant = recipients.every(isFinal) ? now : nextAttemptAt;
  if (due === now || isToBeTold(recipients)) return { ...said, recipients, state: 'sending', nextAttemptAt: due };
  return { ...said, recipients, nextAttemptAt, ...waiting(hold) };
}

const waiting = (hold: string | null): EntryChange =>
  hold === null ? { state: 'deferred' } : { state: 'held', hold: { by: 'gateway', reason: hold, until: null } };

/** REL20: no report on a report. It is kept for the operator; a release tries it again. */
export function heldReport(recipients: QueuedRecipient[], why: string): EntryChange {
  return {
    recipients: recipients.map((one) => (one.state === 'failed' ? { ...one, state: 'deferred' } : one)),
    ...waiting(`The report was refused: ${why}`),
  };
}

const isToBeTold = (recipients: QueuedRecipient[]): boolean =>
  recipients.some((recipient) => wantsReport(recipient) || owesConfirmation(recipient));

const asTold = (recipients: QueuedRecipient[]): QueuedRecipient[] => asConfirmed(asReported(recipients));

async function tellSender(entry: QueueEntry, host: string, parts: TransferParts, stop: AbortSignal): Promise<void> {
  if (!isToBeTold(entry.recipients)) return;
  await persist('report', () => parts.reporter.report(entry, host), parts, stop);
  await persist('confirm', () => parts.reporter.confirm(entry, host), parts, stop);
}

/** Steps 4 and 5 of a claimed message, as often as it takes: each may be repeated after a crash. `host`: who said so last. */
export async function finish(entry: QueueEntry, host: string, parts: TransferParts, stop: AbortSignal): Promise<void> {
  const { queue, bus } = parts;
  const { id } = entry;
  await tellSender(entry, host, parts, stop); // 4

  if (!entry.recipients.every(isFinal)) {
    const change = { state: 'deferred', recipients: asTold(entry.recipients) } as const;
    await persist('mark', () => queue.change([id], ['sending'], change), parts, stop);
    return;
  }
  const result = await persist('result', () => resultOf(entry, queue), parts, stop);
  await persist('remove', () => queue.remove([id]), parts, stop); // 5
  bus.tell({ type: 'queue.removed', id, result });
}

async function resultOf({ id, recipients }: QueueEntry, queue: Queue): Promise<'sent' | 'returned' | 'dropped'> {
  if (recipients.every(({ state }) => state === 'sent')) return 'sent';
  return (await queue.reportOn(id)) === null ? 'dropped' : 'returned';
}

function tellVerdict(
  { id, bytes }: QueueEntry,
  { sent, failed, deferred, final }: Verdict,
  { tried, next }: { tried: Answered; next: Instant },
  bus: Bus,
): void {
  const relay = tried.peer.name;
  if (sent.length > 0) bus.tell({ type: 'transfer.sent', id, relay, bytes, recipients: sent, final });
  if (failed.length > 0) bus.tell({ type: 'transfer.failed', id, relay, recipients: failed });
  if (deferred.length === 0) return;
  const recipients = deferred.map(({ address }) => address);
  const nextAttemptAt = new Date(next).toISOString();
  bus.tell({ type: 'transfer.deferred', id, relay, recipients, reason: deferred[0]?.reply ?? '', nextAttemptAt });
}

/** Whoever looks after the gateway is to see it: nothing happens to it by itself. */
export function tellHeld({ id, state, hold }: Pick<QueueEntry, 'id' | 'state' | 'hold'>, bus: Bus): void {
  if (state !== 'held') return;
  bus.tell({ type: 'problem.raised', key: heldProblem(id), message: `${id} is held. ${hold?.reason ?? ''}` });
}
