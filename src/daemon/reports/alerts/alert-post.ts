/**
 * Alerts that need no mail (G05): what goes wrong is told once to a command, a webhook and the system's log, and once more when it is
 * over, also across restarts. It hears the alerts and problems of the bus, and answers `alerts.list` and `alerts.ack`.
 */
import type { ParsedParamsOf, ResultOf } from '../../../protocol/commands.ts';
import { CallError } from '../../../protocol/errors.ts';
import type { GatewayEvent } from '../../../protocol/events.ts';
import { safe } from '../../../protocol/safe.ts';
import type { Bus } from '../../base/bus.ts';
import { type Clock, type Duration, minutes } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Memos } from '../../store/store.ts';
import type { Alert, Way } from './alert.ts';
import { createProof } from './proof.ts';
import type { AlertSettings } from '../settings.ts';
import { openStandingAlerts, type Standing } from './standing-alerts.ts';
import { createStorm, type Summed } from './storm.ts';
import { createTeller, type Teller } from './teller.ts';
import { waysOf } from './ways.ts';
import { words } from '../words.ts';

export interface AlertPost {
  list(): ResultOf<'alerts.list'>;
  /** Throws a CallError when none of them stands. */
  acknowledge(params: ParsedParamsOf<'alerts.ack'>, by: string): ResultOf<'alerts.ack'>;
  /** Resolves once every alert was said, or waits for a further try. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

export interface AlertPostParts {
  bus: Bus;
  clock: Clock;
  log: Log;
  memos: Memos;
}

/** An alert of before that nothing has raised again by then is over, where no download session shows it sooner. */
const TIME_ENOUGH: Duration = minutes(10);

/** Alerts of before that are told at a start, the latest: as many as the state of the gateway has room for. */
const MOST_KEPT = 50;

/** Names in a summary; a person looks at the gateway then. */
const NAMES_IN_SUMMARY = 10;

/** It hears the bus from now on: it is opened before the first fact is told. */
export async function openAlertPost(settings: AlertSettings, parts: AlertPostParts): Promise<AlertPost> {
  const { bus, clock, log, memos } = parts;
  const say = words[settings.language];
  const standing = await openStandingAlerts(memos, log);
  const stopping = new AbortController();
  const tellers = waysOf(settings, clock).map(tellerOf);
  const storm = createStorm(clock, { pass, sum });
  const proof = createProof(
    [...standing.all.values()].filter((alert) => alert.over === null),
    tellOver,
  );

  function tellerOf(way: Way): Teller {
    const key = `alerts.${way.name}`;
    let failing = false;
    return createTeller(way, {
      ...{ clock, stop: stopping.signal },
      said(alert) {
        if (failing) bus.tell({ type: 'problem.cleared', key });
        failing = false;
        said(alert);
      },
      failed(alert, why) {
        log.warn('an alert could not be told', { way: way.name, key: alert.key, why });
        if (alert.state === 'cleared') forgetOver(alert.key);
        if (!failing)
          bus.tell({ type: 'problem.raised', key, message: `Alerts cannot be told by ${way.name}: ${why}.` });
        failing = true;
      },
    });
  }

  function hear(event: GatewayEvent): void {
    if (event.type === 'alert.raised') raised({ ...event, from: 'alert' });
    else if (event.type === 'problem.raised') raised({ ...event, from: 'problem', about: '' });
    else if (event.type === 'alert.cleared') cleared(event.key, event.at, safe(event.message));
    else if (event.type === 'problem.cleared') cleared(event.key, event.at, null);
    else if (event.type === 'gateway.started') keepBefore();
    else proof.hear(event);
  }

  /** Who follows the state begins it with the start: what stood before is no part of it until it is told. */
  function keepBefore(): void {
    const before = [...standing.all.values()].filter(({ over }) => over === null);
    const last = before.toSorted((a, b) => a.at.localeCompare(b.at)).slice(-MOST_KEPT);
    for (const { key, message, about, at, from } of last)
      bus.tell({ type: 'alert.kept', key, message, about, since: at, from });
  }

  function raised({ key, at, from, ...said }: Pick<Standing, 'key' | 'at' | 'from' | 'message' | 'about'>): void {
    proof.settled(key);
    const [message, about] = [safe(said.message), safe(said.about)];
    const before = standing.all.get(key);
    if (before?.over === null) {
      // Other words for what stands: kept for whoever asks, and said to nobody a second time.
      if (before.message !== message) standing.put({ ...before, message, about });
      if (before.saidAt !== null || before.acknowledgedBy !== null || asked.has(key)) return;
    } else {
      standing.put({ key, at, message, about, from, saidAt: null, acknowledgedBy: null, over: null });
    }
    post({ key, state: 'raised', at, message, about });
  }

  function cleared(key: string, at: string, words: string | null): void {
    proof.settled(key);
    const before = standing.all.get(key);
    if (before?.over !== null) return; // it does not stand, or its end is being told

    if (before.saidAt === null && !asked.has(key)) return standing.remove(key); // nobody was told of it
    const message = words ?? say.over(before.message);
    standing.put({ ...before, over: message });
    post({ key, state: 'cleared', at, message, about: before.about });
  }

  /** Keys whose raising is on its way, or was said. */
  const asked = new Set<string>();

  function post(alert: Omit<Alert, 'gateway'>): void {
    if (alert.state === 'raised') asked.add(alert.key);
    if (tellers.length > 0) storm.take({ gateway: settings.gatewayName, ...alert });
    else if (alert.state === 'cleared') forgetOver(alert.key);
  }

  function pass(alert: Alert): void {
    const hearing = tellers.filter((teller) => alert.state === 'raised' || !teller.withdraw(alert.key));
    for (const teller of hearing) teller.tell(alert);
    if (hearing.length === 0) forgetOver(alert.key);
  }

  function sum({ alerts, more }: Summed): void {
    const raisings = alerts.filter(({ state }) => state === 'raised').length;
    const names = [...new Set(alerts.map(({ key }) => key))];
    const shown = names.slice(0, NAMES_IN_SUMMARY).join(', ') + (names.length > NAMES_IN_SUMMARY ? ', …' : '');
    const message = say.summary(raisings, alerts.length - raisings, more, shown);
    const at = new Date(clock.now()).toISOString();
    for (const teller of tellers)
      teller.tell({ gateway: settings.gatewayName, key: SUMMARY, state: 'raised', at, message, about: '' });
    for (const alert of alerts) said(alert);
  }

  function said({ key, state }: Alert): void {
    if (state === 'cleared') return forgetOver(key);

    const alert = standing.all.get(key);
    if (alert?.over === null && alert.saidAt === null)
      standing.put({ ...alert, saidAt: new Date(clock.now()).toISOString() });
  }

  function forgetOver(key: string): void {
    if (standing.all.get(key)?.over === null) return; // it stands again
    asked.delete(key);
    standing.remove(key);
  }

  function tellOver({ key, from, message }: Standing): void {
    if (from === 'alert') bus.tell({ type: 'alert.cleared', key, message: say.over(message) });
    else bus.tell({ type: 'problem.cleared', key });
  }

  const unlisten = bus.listen(hear);
  const timer = clock.after(TIME_ENOUGH, () => proof.timeIsUp());
  for (const { key, at, about, over } of standing.all.values())
    if (over !== null) post({ key, state: 'cleared', at, message: over, about });

  return {
    list: () => ({ alerts: [...standing.all.values()].filter(({ over }) => over === null).map(shown) }),
    acknowledge({ keys }, by) {
      const known = keys.flatMap((key) => standing.all.get(key) ?? []).filter(({ over }) => over === null);
      if (known.length === 0)
        throw new CallError('not_found', `No alert ${keys.join(', ')} stands: see mailgate alerts list.`);
      for (const alert of known) {
        standing.put({ ...alert, acknowledgedBy: by });
        for (const teller of tellers) teller.withdraw(alert.key);
      }
      return { acknowledged: known.map(({ key }) => key) };
    },
    async idle() {
      for (const teller of tellers) await teller.idle();
      await standing.saved();
    },
    async close() {
      unlisten();
      timer.cancel();
      storm.close();
      stopping.abort();
      for (const teller of tellers) await teller.close();
      await standing.saved();
    },
  };
}

const SUMMARY = 'alerts.summary';

function shown({ key, at, message, about, acknowledgedBy }: Standing) {
  return { key, at, message, about, acknowledgedBy };
}
