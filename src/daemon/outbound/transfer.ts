/**
 * One queued message on its way out. The order of the steps is the promise (reliability.md §6.1); a crash between two of them
 * costs what stands beside them, and nothing else:
 *
 *   1  the claim: this attempt and the time of the next one are on disk    (crash: tried again at that time, I15)
 *   2  the relay's 250 to the final dot                                    (crash before 3: one duplicate, X06, X07)
 *   3  what became of each recipient is on disk
 *   4  the report on those who failed is in the queue, durable             (crash before 5: no second report, X08)
 *   5  the message leaves the queue, when nobody of it waits any more
 */
import type { Bus } from '../base/bus.ts';
import type { Clock, Duration, Instant } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { SmtpPeer } from '../smtp/conversation.ts';
import type { EntryChange, Queue, QueueEntry } from '../store/store.ts';
import { attempt, type AttemptParts, type Tried } from './attempt.ts';
import { persist } from './persist.ts';
import { heldProblem } from './problems.ts';
import { asReported, type Reporter, wantsReport } from './reporter.ts';
import { ageOf, type Chance, expired, longestStep, nextAttempt } from './schedule.ts';
import type { SendingSettings } from './settings.ts';
import { isFinal, judge, type Verdict } from './verdict.ts';

export interface TransferParts extends AttemptParts {
  queue: Queue;
  bus: Bus;
  clock: Clock;
  log: Log;
  reporter: Reporter;
  chance: Chance;
  settings: Pick<SendingSettings, 'retry' | 'giveUpAfter'>;
}

type Answered = Extract<Tried, { kind: 'answered' }>;

/**
 * `claimed` comes from a claim: step 1 is done. `stop` cuts it short; a message whose dot was not sent stays in the queue.
 * Answers `untried` when nothing was said to anybody: the claim is to be taken back.
 */
export async function transfer(
  claimed: QueueEntry,
  peer: SmtpPeer,
  parts: TransferParts,
  stop: AbortSignal,
): Promise<'done' | 'untried'> {
  const entry = await afterCrash(claimed, peer, parts, stop);
  if (!entry) return 'done';

  const { clock, queue } = parts;
  const at = clock.now();
  const started = clock.monotonic();
  const tried = await attempt(entry, peer, parts, stop); // 2
  if (tried.kind === 'untried') return 'untried';

  const verdict = judge(entry.recipients, tried.results, await givesUp(entry, tried, parts));
  const change = await changeFor(entry, verdict, { peer, tried }, parts);
  const record = {
    at: new Date(at).toISOString(),
    ms: Math.round(clock.monotonic() - started),
    relay: peer.name,
    result: verdict.summary,
    transcript: tried.transcript,
  };
  await persist('settle', () => queue.settle(entry.id, change, record), parts, stop); // 3
  tellVerdict(entry, verdict, { change, peer }, parts);
  if (change.state === 'sending') await finish({ ...entry, ...change }, peer, parts, stop); // 4, 5
  return 'done';
}

/** Steps 4 and 5 of an earlier attempt that a crash left undone; null: nothing remains to be sent. */
async function afterCrash(
  entry: QueueEntry,
  peer: SmtpPeer,
  parts: TransferParts,
  stop: AbortSignal,
): Promise<QueueEntry | null> {
  if (entry.recipients.every(isFinal)) {
    await finish(entry, peer, parts, stop);
    return null;
  }
  if (!entry.recipients.some(wantsReport)) return entry;

  await persist('report', () => parts.reporter.report(entry, peer.host), parts, stop);
  const recipients = asReported(entry.recipients);
  await persist('mark', () => parts.queue.change([entry.id], ['sending'], { recipients }), parts, stop);
  return { ...entry, recipients };
}

/** The time after which it is given up, if that has passed; null: there is another try. */
async function givesUp(entry: QueueEntry, tried: Answered, parts: TransferParts): Promise<Duration | null> {
  const { queue, clock, settings } = parts;
  if (tried.unreadable) return null; // our own disk: nobody is told that the message could not be delivered
  if (tried.results.every(({ outcome }) => outcome !== 'deferred')) return null;
  if (entry.attempts * longestStep(settings.retry) < settings.giveUpAfter) return null; // too young, however it is counted
  const before = await queue.attempts(entry.id).catch(() => null);
  if (before === null) return null;

  const attemptsAt = before.map(({ at }) => Date.parse(at));
  const age = ageOf(entry.queuedAt, attemptsAt, clock.now(), settings.retry);
  return expired(age, settings.giveUpAfter) ? settings.giveUpAfter : null;
}

type Settled = EntryChange & { nextAttemptAt: Instant };

/** What is to be true of the entry once this attempt is on disk. `sending` means that steps 4 and 5 follow at once. */
async function changeFor(
  entry: QueueEntry,
  verdict: Verdict,
  { peer, tried }: { peer: SmtpPeer; tried: Answered },
  { queue, clock, chance, settings }: TransferParts,
): Promise<Settled> {
  const now = clock.now();
  const next = Math.max(nextAttempt(entry, now, settings.retry, chance), now + tried.pause);
  const said = { lastReply: verdict.lastReply, relay: peer.name, nextAttemptAt: next };

  // I12: the store holds a message whose octets are not those that came. That stands.
  const stored = tried.unreadable ? await queue.get(entry.id).catch(() => null) : null;
  if (stored?.state === 'held') return { ...said, state: 'held', hold: stored.hold };
  if (entry.reportOn !== null && verdict.failed.length > 0) return { ...said, ...heldReport(verdict) };

  const { recipients, final } = verdict;
  if (final) return { ...said, recipients, state: 'sending', nextAttemptAt: now };
  return { ...said, recipients, state: recipients.some(wantsReport) ? 'sending' : 'deferred' };
}

/** REL20: no report on a report. It is kept for the operator; a release tries it again. */
function heldReport({ recipients, failed }: Verdict): EntryChange {
  return {
    state: 'held',
    recipients: recipients.map((one) => (one.state === 'failed' ? { ...one, state: 'deferred' } : one)),
    hold: { by: 'gateway', reason: `The report was refused: ${failed[0]?.reply}`, until: null },
  };
}

/** Steps 4 and 5, as often as it takes: each may be repeated after a crash. */
async function finish(entry: QueueEntry, peer: SmtpPeer, parts: TransferParts, stop: AbortSignal): Promise<void> {
  const { queue, bus, reporter } = parts;
  const { id } = entry;
  await persist('report', () => reporter.report(entry, peer.host), parts, stop); // 4

  if (!entry.recipients.every(isFinal)) {
    const recipients = asReported(entry.recipients);
    await persist('mark', () => queue.change([id], ['sending'], { state: 'deferred', recipients }), parts, stop);
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
  { change, peer }: { change: Settled; peer: SmtpPeer },
  { bus }: TransferParts,
): void {
  const relay = peer.name;
  if (sent.length > 0) bus.tell({ type: 'transfer.sent', id, relay, bytes, recipients: sent, final });
  if (failed.length > 0) bus.tell({ type: 'transfer.failed', id, relay, recipients: failed });
  if (deferred.length > 0) {
    const nextAttemptAt = new Date(change.nextAttemptAt).toISOString();
    const recipients = deferred.map(({ address }) => address);
    bus.tell({ type: 'transfer.deferred', id, relay, recipients, reason: deferred[0]?.reply ?? '', nextAttemptAt });
  }
  if (change.state !== 'held') return;
  bus.tell({ type: 'problem.raised', key: heldProblem(id), message: `${id} is held. ${change.hold?.reason ?? ''}` });
}
