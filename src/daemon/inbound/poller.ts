/**
 * When sessions run: by each account's interval, and when an operator asks (S50). One session at a time; a trigger joins it. Accounts
 * that take long are asked to end once others have waited for a turn of their own (I19); they go on in the next session.
 */
import type { Bus } from '../base/bus.ts';
import { type Clock, type Duration, type Instant, minutes, type Timer } from '../base/clock.ts';
import type { SessionReport } from '../../protocol/commands.ts';
import type { AccountOutcome, Progress, SessionOutcome } from './session.ts';
import { afterSetBack, firstSlot, nextSlot, patienceOf, type Slot, type Timed } from './timetable.ts';
import type { MailboxReport } from './visit.ts';

export type Trigger = 'schedule' | 'operator' | 'once';

export interface PollerParts {
  accounts: Timed[];
  nextSession(): Promise<number>;
  /** Runs one session of these accounts to its end. `stop` is gentle. */
  session(
    session: number,
    accounts: string[],
    trigger: Trigger,
    stop: AbortSignal,
    watch: Watch,
  ): Promise<SessionOutcome>;
  bus: Bus;
  clock: Clock;
}

export interface Watch extends Progress {
  /** The connections of those that are still under way end now. */
  cut: AbortSignal;
}

/** A session that was asked for. */
export interface Triggered {
  session: number;
  joined: boolean;
  /** Accounts that were left out because their login was refused, and may lock (POP03). */
  lockedOut: string[];
  finished: Promise<SessionReport>;
}

export type TriggerAnswer =
  | { ok: true; triggered: Triggered }
  | { ok: false; why: 'unknown' | 'none' | 'locked' | 'stopping'; message: string };

export interface Poller {
  /** `accounts` null: all that are enabled. A named account is fetched even if it is disabled in the timetable by interval 0. */
  trigger(accounts: string[] | null, trigger: Trigger, force: boolean): Promise<TriggerAnswer>;
  /** When an account is fetched next by itself; null: not by itself. */
  nextAt(account: string): Instant | null;
  /** The supervised loop. When it is stopped the session under way ends gently, and no other begins. */
  run(stop: AbortSignal): Promise<void>;
}

/** The wall clock may jump: no sleep is longer, and each look compares it with the monotonic one (I17). */
const LONGEST_SLEEP = minutes(1);
const JUMP = minutes(1);

/** Who was asked to end and has not is cut off after so long: most messages, also large ones, are through by then. */
const GRACE: Duration = minutes(10);

interface Running {
  session: number;
  accounts: string[];
  startedAt: Instant;
  /** Accounts whose visit has begun and is not over. */
  underWay: Set<string>;
  /** Accounts whose visit is over. */
  over: Set<string>;
  /** Asks those that are under way to end; heard once. */
  end(): void;
  ending: boolean;
  outcome: Promise<SessionOutcome>;
}

export function createPoller(parts: PollerParts): Poller {
  const { clock, bus } = parts;
  const accounts = new Map(parts.accounts.map((account) => [account.name, account]));
  const slots = new Map(
    parts.accounts.map((account): [string, Slot] => [account.name, firstSlot(account, clock.now())]),
  );
  const stopping = new AbortController();
  let running: Running | null = null;
  let starting: Promise<unknown> = Promise.resolve();
  let announced: Instant | null | undefined;
  let wake = () => {};
  let wall = clock.now();
  let steady = clock.monotonic();

  /** One start after the other: a session's number is taken before the next trigger looks whether one runs. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = starting.then(work);
    starting = turn.catch(() => {});
    return turn;
  }

  async function start(names: string[], trigger: Trigger): Promise<Running> {
    const session = await parts.nextSession();
    const [ending, cutting] = [new AbortController(), new AbortController()];
    let grace: Timer | null = null;
    const [underWay, over] = [new Set<string>(), new Set<string>()];
    const watch: Watch = {
      cut: cutting.signal,
      began: (account) => underWay.add(account),
      ended(report) {
        underWay.delete(report.account);
        over.add(report.account);
        reschedule([report]);
      },
    };
    const stop = AbortSignal.any([stopping.signal, ending.signal]);
    const outcome = parts.session(session, names, trigger, stop, watch).finally(() => {
      grace?.cancel();
      running = null;
    });
    const started: Running = {
      ...{ session, accounts: names, startedAt: clock.now(), underWay, over, ending: false, outcome },
      end() {
        started.ending = true;
        ending.abort(new Error('others have waited long enough'));
        grace = clock.after(GRACE, () => cutting.abort(new Error('others have waited long enough')));
      },
    };
    running = started;
    const told = (reports: AccountOutcome[]) => reschedule(reports.filter(({ account }) => !over.has(account)));
    outcome.then(
      ({ mailboxes }) => told(mailboxes),
      () => told(names.map(crashed)), // whoever waits for the outcome hears of it; the timetable goes on
    );
    return started;
  }

  function reschedule(mailboxes: AccountOutcome[]): void {
    for (const report of mailboxes) {
      const account = accounts.get(report.account);
      const slot = slots.get(report.account);
      if (account && slot) slots.set(report.account, nextSlot(account, slot, report, clock.now()));
    }
    wake();
  }

  /** When those that are under way have kept an account waiting that is due; null: nobody waits. */
  function waitedTooLongAt({ startedAt, underWay, ending }: Running): Instant | null {
    if (ending) return null;
    const times = [...slots].flatMap(([name, { nextAt }]) => {
      const account = accounts.get(name);
      if (!account || nextAt === null || underWay.has(name)) return [];
      return [Math.max(nextAt, startedAt + patienceOf(account))];
    });
    return times.length === 0 ? null : Math.min(...times);
  }

  function heedWaiting(): void {
    const at = running && waitedTooLongAt(running);
    if (at !== null && at <= clock.now()) running?.end();
  }

  /** A clock that was set forward makes everything due at once, which does no harm; one that was set back must not keep it waiting. */
  function heedClock(): void {
    const drift = clock.now() - wall - (clock.monotonic() - steady);
    wall = clock.now();
    steady = clock.monotonic();
    if (drift > -JUMP) return;
    for (const account of accounts.values()) {
      const slot = slots.get(account.name);
      if (slot) slots.set(account.name, afterSetBack(account, slot, -drift, wall));
    }
  }

  /** Who has waited longest comes first: the slow ones that were asked to end do not stand in the way again. */
  function due(now: Instant): string[] {
    const waiting = [...slots].flatMap(([name, { nextAt }]) =>
      nextAt !== null && nextAt <= now ? [{ name, nextAt }] : [],
    );
    return waiting.toSorted((a, b) => a.nextAt - b.nextAt).map(({ name }) => name);
  }

  function earliest(): Instant | null {
    const times = [...slots.values()].flatMap(({ nextAt }) => (nextAt === null ? [] : [nextAt]));
    return times.length === 0 ? null : Math.min(...times);
  }

  function announce(nextAt: Instant | null): void {
    if (announced === nextAt) return;
    announced = nextAt;
    bus.tell({ type: 'session.scheduled', nextAt: nextAt === null ? null : new Date(nextAt).toISOString() });
  }

  /** Resolves when the timetable may have something due, or something changed. */
  function nextTurn(stop: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      let timer: Timer | null = null;
      const done = () => {
        timer?.cancel();
        stop.removeEventListener('abort', done);
        resolve();
      };
      wake = done;
      const nextAt = running ? waitedTooLongAt(running) : earliest();
      announce(earliest());
      if (nextAt !== null) timer = clock.after(Math.min(nextAt - clock.now(), LONGEST_SLEEP), done);
      stop.addEventListener('abort', done, { once: true });
    });
  }

  function chosen(
    names: string[] | null,
    force: boolean,
  ): { names: string[]; lockedOut: string[] } | { unknown: string } {
    const wanted = names ?? [...accounts.values()].filter(({ enabled }) => enabled).map(({ name }) => name);
    const unknown = wanted.find((name) => !accounts.has(name));
    if (unknown !== undefined) return { unknown };
    const lockedOut = force ? [] : wanted.filter((name) => (slots.get(name)?.refusedLogins ?? 0) > 0);
    return { names: wanted.filter((name) => !lockedOut.includes(name)), lockedOut };
  }

  async function trigger(wanted: string[] | null, how: Trigger, force: boolean): Promise<TriggerAnswer> {
    if (stopping.signal.aborted) return { ok: false, why: 'stopping', message: 'The gateway is stopping.' };
    const choice = chosen(wanted, force);
    if ('unknown' in choice) return { ok: false, why: 'unknown', message: `There is no account "${choice.unknown}".` };
    const { names, lockedOut } = choice;
    if (names.length === 0) return nothingToDo(lockedOut);

    const current = running;
    if (current && joinable(current, names, wanted)) return answer(current, true, lockedOut);
    // Not all of these accounts are in the running session, or one was named that has had its turn there: theirs comes right after it.
    if (current) {
      await current.outcome.catch(() => {});
      return await trigger(wanted, how, force);
    }
    return answer(await start(names, how), false, lockedOut);
  }

  function joinable({ accounts: present, over }: Running, names: string[], wanted: string[] | null): boolean {
    return names.every((name) => present.includes(name) && !(wanted !== null && over.has(name)));
  }

  async function run(stop: AbortSignal): Promise<void> {
    stop.addEventListener('abort', () => stopping.abort(stop.reason), { once: true });
    while (!stop.aborted) {
      heedClock();
      heedWaiting();
      const names = running ? [] : due(clock.now());
      if (names.length > 0) await inTurn(async () => running ?? (await start(names, 'schedule')));
      await nextTurn(stop);
    }
    await starting;
    await running?.outcome.catch(() => {}); // a session under way ends as it should (I27)
  }

  return {
    trigger: (names, how, force) => inTurn(() => trigger(names, how, force)),
    run,
    nextAt: (account) => slots.get(account)?.nextAt ?? null,
  };
}

function crashed(account: string): MailboxReport {
  return {
    account,
    messages: 0,
    bytes: 0,
    errors: ['The session failed.'],
    failures: 1,
    login: 'untried',
    cutShort: false,
  };
}

function answer(running: Running, joined: boolean, lockedOut: string[]): TriggerAnswer {
  const { session } = running;
  const finished = running.outcome.then(({ report }) => report);
  finished.catch(() => {}); // told by the session itself; whoever waits sees it too
  return { ok: true, triggered: { session, joined, lockedOut, finished } };
}

function nothingToDo(lockedOut: string[]): TriggerAnswer {
  if (lockedOut.length === 0) return { ok: false, why: 'none', message: 'No POP3 account is configured and enabled.' };
  return {
    ok: false,
    why: 'locked',
    message: `The POP3 server refused the login of ${lockedOut.join(', ')}. Correct the password; --force tries it all the same, and may lock the account.`,
  };
}
