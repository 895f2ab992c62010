/** When sessions run: by each account's interval, and when an operator asks (S50). One session at a time; a trigger joins it. */
import type { Bus } from '../base/bus.ts';
import { type Clock, type Instant, minutes, type Timer } from '../base/clock.ts';
import type { SessionReport } from '../../protocol/commands.ts';
import type { SessionOutcome } from './session.ts';
import { afterSetBack, firstSlot, nextSlot, type Slot, type Timed } from './timetable.ts';
import type { MailboxReport } from './visit.ts';

export type Trigger = 'schedule' | 'operator' | 'once';

export interface PollerParts {
  accounts: Timed[];
  nextSession(): Promise<number>;
  /** Runs one session of these accounts to its end. */
  session(session: number, accounts: string[], trigger: Trigger, stop: AbortSignal): Promise<SessionOutcome>;
  bus: Bus;
  clock: Clock;
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
  /** The supervised loop. When it is stopped the session under way ends gently, and no other begins. */
  run(stop: AbortSignal): Promise<void>;
}

/** The wall clock may jump: no sleep is longer, and each look compares it with the monotonic one (I17). */
const LONGEST_SLEEP = minutes(1);
const JUMP = minutes(1);

interface Running {
  session: number;
  accounts: string[];
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
    const outcome = parts.session(session, names, trigger, stopping.signal).finally(() => {
      running = null;
    });
    running = { session, accounts: names, outcome };
    outcome.then(
      ({ mailboxes }) => reschedule(mailboxes),
      () => reschedule(names.map(crashed)), // whoever waits for the outcome hears of it; the timetable goes on
    );
    return running;
  }

  function reschedule(mailboxes: MailboxReport[]): void {
    for (const report of mailboxes) {
      const account = accounts.get(report.account);
      const slot = slots.get(report.account);
      if (account && slot) slots.set(report.account, nextSlot(account, slot, report, clock.now()));
    }
    wake();
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

  function due(now: Instant): string[] {
    return [...slots].filter(([, { nextAt }]) => nextAt !== null && nextAt <= now).map(([name]) => name);
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
      const nextAt = running ? null : earliest();
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
    if (current && names.every((name) => current.accounts.includes(name))) return answer(current, true, lockedOut);
    // Not all of these accounts are in the running session: theirs comes right after it.
    if (current) {
      await current.outcome.catch(() => {});
      return await trigger(wanted, how, force);
    }
    return answer(await start(names, how), false, lockedOut);
  }

  async function run(stop: AbortSignal): Promise<void> {
    stop.addEventListener('abort', () => stopping.abort(stop.reason), { once: true });
    while (!stop.aborted) {
      heedClock();
      const names = running ? [] : due(clock.now());
      if (names.length > 0) await inTurn(async () => running ?? (await start(names, 'schedule')));
      await nextTurn(stop);
    }
    await starting;
    await running?.outcome.catch(() => {}); // a session under way ends as it should (I27)
  }

  return { trigger: (names, how, force) => inTurn(() => trigger(names, how, force)), run };
}

function crashed(account: string): MailboxReport {
  return { account, messages: 0, bytes: 0, errors: ['The session failed.'], failures: 1, login: 'untried' };
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
