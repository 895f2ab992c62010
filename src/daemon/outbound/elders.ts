/**
 * Messages that wait for too long: their senders are told once (`Warn sender after`), and in the end they are given up. By the queue's
 * running time (I17) and from its index, whatever their way is doing: what waits behind a relay that rests grows old as well. It also
 * finishes what an operator returned, whose recipients are all failed.
 */
import type { Bus } from '../base/bus.ts';
import { type Clock, type Duration, minutes, wait } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { QueueWork } from '../store/queue-work.ts';
import { type Queue, type QueueEntry, StoreFailure } from '../store/store.ts';
import type { Reporter } from './reporter.ts';
import type { SendingSettings } from './settings.ts';
import { finish, heldReport, tellHeld, type TransferParts } from './transfer.ts';
import { givenUp, isFinal } from './verdict.ts';

export interface ElderParts extends TransferParts {
  queue: Queue & Partial<Pick<QueueWork, 'runningTime' | 'overdue'>>;
  bus: Bus;
  clock: Clock;
  log: Log;
  reporter: Reporter;
  settings: Pick<SendingSettings, 'retry' | 'whatRelayCannotTake' | 'giveUpAfter' | 'warnAfter'>;
  /** Why nothing goes that way now; empty: nobody knows. */
  whyRests(entry: QueueEntry): string;
}

export interface Elders {
  /** A look each minute, until the stop. */
  run(stop: AbortSignal): Promise<void>;
  /** One look. */
  look(stop: AbortSignal): Promise<void>;
  /** What an operator returned is reported on and leaves, whatever pause there is: these, and more where there were too many to name. */
  finishReturned(returned: { ids: string[]; total: number }, stop: AbortSignal): Promise<void>;
}

const LOOK = minutes(1);

/** Found by one question. */
const PAGE = 200;

export function createElders(parts: ElderParts): Elders {
  const { queue, bus, clock, log, reporter, settings } = parts;

  async function look(stop: AbortSignal): Promise<void> {
    const running = queue.runningTime?.();
    if (running === undefined) return;
    if (settings.warnAfter !== null)
      await each('unwarned', running - settings.warnAfter, (entries) => warn(entries, running, stop), stop);
    await each('any', running - settings.giveUpAfter, (entries) => giveUp(entries, stop), stop);
  }

  /** Pages of what was born before, until a page changes nothing: those are on their way, or being changed by somebody else. */
  async function each(
    which: 'unwarned' | 'any',
    born: Duration,
    work: (entries: QueueEntry[]) => Promise<number>,
    stop: AbortSignal,
  ): Promise<void> {
    while (!stop.aborted) {
      const entries = (await queue.overdue?.(which, born, PAGE)) ?? [];
      if (entries.length === 0) return;
      const changed = await work(entries);
      if (entries.length < PAGE || changed === 0) return;
    }
  }

  /** The report is durable before the message is marked; a crash in between makes no second one (X08). */
  async function warn(entries: QueueEntry[], running: Duration, stop: AbortSignal): Promise<number> {
    const done: string[] = [];
    for (const entry of entries) {
      if (stop.aborted) break;
      const left = settings.giveUpAfter - (running - entry.born);
      if (entry.reportOn === null) await reporter.warn(entry, clock.now() + Math.max(0, left));
      done.push(entry.id);
    }
    const states = ['waiting', 'deferred', 'sending', 'held'] satisfies QueueEntry['state'][];
    return (await queue.change(done, states, { warnedAt: clock.now() })).length;
  }

  async function giveUp(entries: QueueEntry[], stop: AbortSignal): Promise<number> {
    let given = 0;
    for (const entry of entries) {
      if (stop.aborted) break;
      const why = entry.lastReply ?? (parts.whyRests(entry) || 'It could not be tried.');
      const recipients = givenUp(entry.recipients, settings.giveUpAfter, why);
      const lastReply = recipients.findLast(({ state }) => state === 'failed')?.reply ?? why;
      if (entry.reportOn !== null) {
        const held = await queue.change([entry.id], UNCLAIMED, { ...heldReport(recipients, lastReply), lastReply });
        for (const one of held) tellHeld(one, bus);
        given += held.length;
        continue;
      }
      // `sending`: nobody else takes it. A crash here leaves it due again, with everybody final, and it is finished then.
      const [claimed] = await queue.change([entry.id], UNCLAIMED, { state: 'sending', recipients, lastReply });
      if (claimed === undefined) continue;
      tellFailed(entry, claimed);
      await finish(claimed, '', parts, stop);
      given += 1;
    }
    return given;
  }

  function tellFailed(before: QueueEntry, { id, recipients, relay }: QueueEntry): void {
    const failed = recipients.filter((recipient, at) => {
      const was = before.recipients[at];
      return recipient.state === 'failed' && was !== undefined && !isFinal(was);
    });
    if (failed.length === 0) return;
    const told = failed.map(({ address, reply }) => ({ address, reply: reply ?? '' }));
    bus.tell({ type: 'transfer.failed', id, relay, recipients: told });
  }

  async function finishReturned({ ids, total }: { ids: string[]; total: number }, stop: AbortSignal): Promise<void> {
    for (const id of ids) await finishOne(await queue.get(id), stop);
    if (total <= ids.length) return;
    for (let finished = 1; finished > 0 && !stop.aborted; ) {
      const { entries } = await queue.list({ states: UNCLAIMED, reply: RETURNED }, 0, PAGE);
      finished = 0;
      for (const entry of entries) if (await finishOne(entry, stop)) finished += 1;
    }
  }

  async function finishOne(entry: QueueEntry | null, stop: AbortSignal): Promise<boolean> {
    if (stop.aborted || !entry?.recipients.every(isFinal)) return false;
    const [claimed] = await queue.change([entry.id], UNCLAIMED, { state: 'sending' });
    if (claimed === undefined) return false;
    await finish(claimed, '', parts, stop);
    return true;
  }

  return {
    look,
    finishReturned,
    async run(stop) {
      while (!stop.aborted) {
        await look(stop).catch((error: unknown) => {
          if (!(error instanceof StoreFailure)) throw error;
          log.error('the queue cannot be read', error);
        });
        await wait(clock, LOOK, stop).catch(() => {});
      }
    },
  };
}

/** The last reply of what an operator returned (QueueWork.failOpen), as a mask. */
const RETURNED = '5.0.0 Returned by *';

const UNCLAIMED = ['waiting', 'deferred'] satisfies QueueEntry['state'][];
