/**
 * What raises alerts of its own (G05): an account that fails from the threshold on, a login that is refused, an internal server that
 * takes nothing (one alert, however many accounts wait for it), an account without a success for long, mail that waits in the queue
 * for long. It hears the bus; accounts with NoWarning are left in peace (S41).
 */
import type { EventOf, GatewayEvent } from '../../../protocol/events.ts';
import { createAlerts } from '../../base/alerts.ts';
import type { Bus } from '../../base/bus.ts';
import { type Clock, type Duration, hours, type Instant, minutes, type Timer } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Memos, Queue } from '../../store/store.ts';
import { accountPlace, type Faults, MAIL_SERVER } from '../faults.ts';
import type { WatchSettings } from '../settings.ts';
import { words } from '../words.ts';

export interface Watch {
  close(): Promise<void>;
}

export interface WatchParts {
  bus: Bus;
  clock: Clock;
  log: Log;
  memos: Memos;
  faults: Faults;
  queue: Pick<Queue, 'list'>;
}

/** How often ages are looked at. */
const LOOK_EVERY: Duration = minutes(5);

const SUCCESSES = 'watch:successes';
const OLDEST = 'queue:oldest';
const lockedKey = (account: string): string => `locked:${account}`;
const noSuccessKey = (account: string): string => `no-success:${account}`;

/** By account, from when its time without a success is counted. */
type Since = Map<string, Instant | null>;

/** It hears the bus from now on: it is opened before the first fact is told, and after `faults`. */
export async function openWatch(
  settings: WatchSettings,
  { bus, clock, log, memos, faults, queue }: WatchParts,
): Promise<Watch> {
  const say = words[settings.language];
  const alerts = createAlerts(bus);
  const failing = new Set<string>();
  /** Accounts that fail with the internal server only: the fault is not theirs. */
  const waiting = new Set<string>();
  const since = sinceWhen(await memos.get(SUCCESSES), settings, clock.now());
  let changed = false;
  let saving = Promise.resolve();
  let oldest: Instant | null = null;
  let held = 0;
  let looking = Promise.resolve();

  function hear(event: GatewayEvent): void {
    if (event.type === 'mailbox.failed') mailboxFailed(event);
    if (event.type === 'message.delivered') mailServerWorks();
    if (event.type === 'message.refused' && event.by === 'internal server') mailServerWorks();
    if (event.type === 'mailbox.finished' || event.type === 'mailbox.renumbered') {
      accountWorks(event.account);
      if (event.type === 'mailbox.finished' && event.errors === 0) succeeded(event.account);
      else startCounting(event.account);
    }
    if (event.type === 'session.finished') save();
    if (event.type === 'queue.counted') queueCounted(event);
  }

  function mailboxFailed(event: EventOf<'mailbox.failed'>): void {
    const { account, cause } = event;
    startCounting(account);
    if (cause === 'mailbox') {
      waiting.delete(account);
      return accountFailed(event);
    }
    accountWorks(account); // it was let in: what is wrong is elsewhere
    waiting.add(account);
    if (!settings.quiet.has(account)) mailServerFailed(event.reason);
  }

  function mailServerFailed(reason: string): void {
    const sessions = faults.of(MAIL_SERVER);
    if (failing.has(MAIL_SERVER) || sessions < settings.threshold) return;
    failing.add(MAIL_SERVER);
    alerts.raise(MAIL_SERVER, say.mailServerFails(sessions, reason), '');
  }

  function mailServerWorks(): void {
    if (failing.delete(MAIL_SERVER)) alerts.clear(MAIL_SERVER, say.mailServerWorks);
  }

  function accountFailed({ account, locked, reason }: EventOf<'mailbox.failed'>): void {
    if (settings.quiet.has(account)) return;

    // A lock is an alert of its own: it is said although a failure was, and at once.
    const key = locked ? lockedKey(account) : accountPlace(account);
    const sessions = faults.of(accountPlace(account));
    if (failing.has(key) || (!locked && sessions < settings.threshold)) return;
    failing.add(key); // the words change with each session, the alert does not
    alerts.raise(
      key,
      locked ? say.accountLocked(account, reason) : say.accountFails(account, sessions, reason),
      account,
    );
  }

  function accountWorks(account: string): void {
    waiting.delete(account);
    for (const key of [lockedKey(account), accountPlace(account)]) {
      failing.delete(key);
      alerts.clear(key, say.accountWorks(account));
    }
  }

  function succeeded(account: string): void {
    const watched = settings.watched.find(({ name }) => name === account);
    if (!watched) return;
    since.set(account, watched.byTimes ? null : clock.now());
    changed = true;
    alerts.clear(noSuccessKey(account), say.success(account));
  }

  /** An account with times of its own rests over a weekend: its time is counted from the first visit in vain. */
  function startCounting(account: string): void {
    if (since.get(account) !== null) return;
    since.set(account, clock.now());
    changed = true;
  }

  function lookAtAccounts(): void {
    if (settings.withoutSuccess === 0) return;
    const late = clock.now() - settings.withoutSuccess;
    for (const [account, from] of since) {
      if (from === null || from > late || settings.quiet.has(account) || waiting.has(account)) continue;
      alerts.raise(noSuccessKey(account), say.noSuccess(account, inHours(settings.withoutSuccess)), account);
    }
  }

  function queueCounted({ oldestAt, held: kept }: EventOf<'queue.counted'>): void {
    oldest = oldestAt === null ? null : Date.parse(oldestAt);
    held = kept;
    // The oldest may be one that somebody holds on purpose: the next look asks the queue.
    if (!waitsTooLong(oldest) || held === 0) judge(oldest);
  }

  async function lookAtQueue(): Promise<void> {
    if (!waitsTooLong(oldest) || held === 0) return judge(oldest);
    const { entries } = await queue.list({ states: ['waiting', 'sending', 'deferred'] }, 0, 1);
    judge(entries[0]?.queuedAt ?? null);
  }

  function waitsTooLong(from: Instant | null): boolean {
    return settings.queued > 0 && from !== null && from <= clock.now() - settings.queued;
  }

  function judge(from: Instant | null): void {
    if (waitsTooLong(from)) alerts.raise(OLDEST, say.queueWaits(inHours(settings.queued)), '');
    else alerts.clear(OLDEST, say.queueMoves);
  }

  function save(): void {
    if (!changed) return;
    changed = false;
    const text = JSON.stringify(Object.fromEntries(since));
    saving = saving
      .then(() => memos.put(SUCCESSES, text))
      .catch((error: unknown) => log.warn('the last successes were not saved', { reason: String(error) }));
  }

  let timer: Timer;
  function lookOnAndOn(): void {
    lookAtAccounts();
    looking = lookAtQueue().catch((error: unknown) =>
      log.warn('the queue was not looked at', { reason: String(error) }),
    );
    timer = clock.after(LOOK_EVERY, lookOnAndOn);
  }

  const unlisten = bus.listen(hear);
  timer = clock.after(LOOK_EVERY, lookOnAndOn); // the first session comes before: it may be a success
  return {
    async close() {
      unlisten();
      timer.cancel();
      save();
      await Promise.all([saving, looking]);
    },
  };
}

/** Of an account that is new here, from now on. */
function sinceWhen(memo: string | null, { watched }: WatchSettings, now: Instant): Since {
  const known = JSON.parse(memo ?? '{}') as Record<string, Instant | null>;
  return new Map(watched.map(({ name, byTimes }) => [name, known[name] ?? (byTimes ? null : now)]));
}

const inHours = (duration: Duration): string => String(Number((duration / hours(1)).toFixed(2)));
