/**
 * Mailboxes that people look into: each is opened when it is asked for, kept open between two calls, and left after a while without
 * any, or at once when a session comes (base/gate.ts). One call at a time in each. Left without QUIT, a server deletes nothing.
 */
import { CallError } from '../../protocol/errors.ts';
import { type Clock, type Duration, minutes, seconds, type Timer } from '../base/clock.ts';
import { type Dialogue, noDialogue } from '../base/dialogue.ts';
import type { Comer, Inside, MailboxGate } from '../base/gate.ts';
import type { Account } from '../config/config.ts';
import { listingOf } from '../inbound/plan.ts';
import type { ListedMessage, OpenMailbox, Pop3Failure, Pop3Opened, Pop3Result } from '../pop3/mailbox.ts';
import type { LedgerEntry } from '../store/store.ts';
import { asCallError, Occupied, occupied } from './answers.ts';
import type { Numbered } from './mailbox-choice.ts';
import type { Label } from './mailbox-message.ts';

export interface Visit extends Numbered {
  readonly account: Account;
  readonly mailbox: OpenMailbox;
  /** In the server's order. */
  readonly listing: readonly ListedMessage[];
  /** Entries of the messages that were asked for: see `know`. Nobody else changes them while we are inside. */
  readonly ledger: Map<string, LedgerEntry>;
  /** By number, what TOP has told. */
  readonly labels: Map<number, Label>;
  /** By number, who has had DELE sent for it. */
  readonly marked: Map<number, string>;
}

export interface VisitParts {
  /** Opens a mailbox; the signal ends it at any time. */
  open(account: string, dialogue: Dialogue, stop: AbortSignal): Promise<Pop3Opened>;
  gate: MailboxGate;
  clock: Clock;
  stop: AbortSignal;
}

export interface Visits {
  /**
   * Does something in the mailbox, which is opened if it is not; once more on a new connection when the one that was kept has died.
   * `fresh`: what has come meanwhile is to be seen, too. Throws a CallError when it cannot be done.
   */
  inside<T>(account: Account, how: { fresh: boolean }, work: (visit: Visit) => Promise<Pop3Result<T>>): Promise<T>;
  /** Null where it is not open: then it stays closed. */
  ifOpen<T>(account: Account, work: (visit: Visit | null) => Promise<T>): Promise<T>;
  /** Ends it without QUIT: nothing is deleted, and the mailbox is free. */
  end(visit: Visit): void;
  /** Leaves a mailbox in which nothing is marked, in good order: the server has it free when this resolves. */
  leave(visit: Visit): Promise<void>;
  close(): void;
}

/** A mailbox is left after so long without a call: a person reads for a while, and the server locks it until then. */
const IDLE: Duration = minutes(2);

/** A listing that is older is made anew for who wants a fresh one; pages of one list come faster than that. */
const FRESH: Duration = seconds(10);

interface Opened extends Visit {
  readonly inside: Inside;
  readonly abort: AbortController;
  readonly openedAt: Duration;
  idle: Timer | null;
  busy: boolean;
  over: 'no' | 'ended' | 'yielded';
}

export function createVisits(parts: VisitParts): Visits {
  const { clock, gate } = parts;
  const open = new Map<string, Opened>();
  const turns = new Map<string, Promise<unknown>>();
  let closed = false;

  function inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
    const result = (turns.get(name) ?? Promise.resolve()).then(work);
    const turn = result.catch(() => {});
    turns.set(name, turn);
    void turn.then(() => turns.get(name) === turn && turns.delete(name));
    return result;
  }

  function end(visit: Opened, how: 'ended' | 'yielded' = 'ended'): void {
    if (visit.over !== 'no') return;
    visit.over = how;
    visit.idle?.cancel();
    visit.abort.abort();
    visit.mailbox.destroy();
    visit.inside.leave();
    open.delete(visit.account.name);
  }

  /** Throws a CallError when it cannot be opened. */
  async function enter(account: Account): Promise<Opened> {
    if (closed) throw new CallError('stopping', 'The gateway is stopping.');
    if (account.problem !== null) throw new CallError('refused', account.problem);
    const abort = new AbortController();
    let visit: Opened | null = null;
    const inside = gate.enterForBrowser(account.name, (to) => {
      if (visit) return yieldTo(visit, to);
      if (to === 'session') abort.abort();
      return to === 'session';
    });
    if (!inside) throw occupied(account.name);

    try {
      visit = await opened(parts, account, { inside, abort });
    } catch (error) {
      inside.leave();
      throw abort.signal.aborted ? tookOver(account.name) : error;
    }
    if (abort.signal.aborted) {
      visit.mailbox.destroy();
      throw tookOver(account.name);
    }
    open.set(account.name, visit);
    return visit;
  }

  /** A session goes first, unless something is marked: that is not lost without a word. Another person waits until a call is done. */
  function yieldTo(visit: Opened, to: Comer): boolean {
    if (visit.marked.size > 0 || (to === 'browser' && visit.busy)) return false;
    end(visit, 'yielded');
    return true;
  }

  async function leave(visit: Opened): Promise<void> {
    await visit.mailbox.quit(); // whatever it answers: nothing was marked
    end(visit);
  }

  /** Nobody but a session ends it meanwhile; from its end on the idle time runs. */
  async function busy<T>(visit: Opened, work: () => Promise<T>): Promise<T> {
    visit.idle?.cancel();
    visit.busy = true;
    try {
      return await work();
    } finally {
      visit.busy = false;
      if (visit.over === 'no') visit.idle = clock.after(IDLE, () => end(visit));
    }
  }

  async function worked<T>(visit: Opened, work: (visit: Visit) => Promise<Pop3Result<T>>): Promise<Pop3Result<T>> {
    const result = await busy(visit, () => work(visit));
    if (!result.ok && result.failure.kind !== 'refused') end(visit); // of any other kind, and the connection is over
    return result;
  }

  async function inside<T>(
    account: Account,
    fresh: boolean,
    work: (visit: Visit) => Promise<Pop3Result<T>>,
  ): Promise<T> {
    let kept = open.get(account.name);
    if (kept && kept.marked.size === 0 && isStale(kept, account, fresh)) {
      await leave(kept);
      kept = undefined;
    }
    const marked = kept?.marked.size ?? 0;
    const visit = kept ?? (await enter(account));
    const first = await worked(visit, work);
    if (first.ok) return first.value;
    if (visit.over === 'yielded') throw tookOver(account.name);
    if (visit.over === 'no') throw asCallError(first.failure);
    if (marked > 0) throw takenBack(first.failure, marked);
    if (!kept) throw asCallError(first.failure);

    const again = await enter(account);
    const second = await worked(again, work);
    if (second.ok) return second.value;
    throw again.over === 'yielded' ? tookOver(account.name) : asCallError(second.failure);
  }

  function isStale(visit: Opened, account: Account, fresh: boolean): boolean {
    return visit.account !== account || (fresh && clock.monotonic() - visit.openedAt > FRESH);
  }

  return {
    inside: (account, { fresh }, work) => inTurn(account.name, () => inside(account, fresh, work)),
    ifOpen: (account, work) =>
      inTurn(account.name, async () => {
        const visit = open.get(account.name);
        return visit ? await busy(visit, () => work(visit)) : await work(null);
      }),
    end: (visit) => end(visit as Opened),
    leave: (visit) => leave(visit as Opened),
    close() {
      closed = true;
      for (const visit of open.values()) end(visit);
    },
  };
}

/** Lists the mailbox on a new connection. Throws a CallError when that is not possible. */
async function opened(
  { open, clock, stop }: VisitParts,
  account: Account,
  { inside, abort }: Pick<Opened, 'inside' | 'abort'>,
): Promise<Opened> {
  const answer = await open(account.name, noDialogue, AbortSignal.any([stop, abort.signal]));
  if (!answer.ok) throw asCallError(answer.failure);

  const { mailbox } = answer;
  try {
    const listed = await mailbox.list();
    if (!listed.ok) throw asCallError(listed.failure);
    return {
      ...{ account, mailbox, listing: listed.value, ...numbered(listed.value) },
      ...{ ledger: new Map(), labels: new Map(), marked: new Map() },
      ...{ inside, abort, openedAt: clock.monotonic(), idle: null, busy: false, over: 'no' },
    };
  } catch (error) {
    mailbox.destroy();
    throw error;
  }
}

function numbered(listing: ListedMessage[]): Numbered {
  const { unsure } = listingOf(listing);
  return {
    byNumber: new Map(listing.map((message) => [message.number, message])),
    byUidl: new Map(listing.filter(({ uidl }) => !unsure.has(uidl)).map((message) => [message.uidl, message])),
    unsure,
  };
}

function tookOver(account: string): CallError {
  return new Occupied(account, `A session of ${account} has taken over the mailbox; try again when it has finished.`);
}

function takenBack({ message }: Pop3Failure, marked: number): CallError {
  const what = `${marked} ${marked === 1 ? 'message that was' : 'messages that were'} marked for deletion`;
  return new CallError('conflict', `${message}. Nothing was deleted: ${what} stay. List the mailbox again.`);
}
