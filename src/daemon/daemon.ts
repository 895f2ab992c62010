/** The composition root: builds every part of the gateway from top to bottom, and gives back what closes it. */
import { mkdir, rm } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { createAnswers } from './answers.ts';
import { createAlerts } from './base/alerts.ts';
import { createBus } from './base/bus.ts';
import { type Clock, seconds } from './base/clock.ts';
import { createGate } from './base/gate.ts';
import type { Log } from './base/log.ts';
import { createTasks } from './base/tasks.ts';
import type { Config } from './config/config.ts';
import { openVault } from './config/secrets.ts';
import { type Control, openControl } from './control/server.ts';
import { createGateway, followState } from './gateway.ts';
import { createInboundWalk, scratchFolder } from './inbound-walk.ts';
import { startOutboundWalk } from './outbound-walk.ts';
import { expireQuarantine } from './keeping.ts';
import { openReports } from './reporting.ts';
import { boundRing } from './ring.ts';
import { openQuarantine } from './rules/quarantine.ts';
import { gatewayName, signedInAccount, traceLevels } from './settings.ts';
import { signInSettings } from './signin/settings.ts';
import { createSignIns } from './signin/sign-ins.ts';
import { standingProblems } from './standing.ts';
import { openStore } from './store/sqlite.ts';
import { createTraces } from './traces/trace.ts';
import type { GatewayEvent } from '../protocol/events.ts';

export interface DaemonOptions {
  config: Config;
  version: string;
  /** Of this process. */
  pid: number;
  /** One session and one pass of the queue, asked for by `once()`; no timetable. */
  once: boolean;
  clock: Clock;
  log: Log;
  /** Hears every event from the first on. */
  listen(event: GatewayEvent): void;
  /** Of this process: where secrets may stand, and what a scanner gets a few names of. */
  environment?: Readonly<Record<string, string | undefined>>;
}

export interface Daemon {
  /** One session of all accounts and one pass of the queue; false when anything in it failed, or it was closed meanwhile. */
  once(): Promise<boolean>;
  /** Ends gently: what is under way ends as it should, within 30 s in all (I27). Asked again, it is the same end. */
  close(reason: string): Promise<void>;
}

export type Started = { ok: true; daemon: Daemon } | { ok: false; why: string };

/** A session that still runs this long after the stop is cut; what it had not deleted is deleted by the next one. */
const SESSIONS_END_WITHIN = seconds(15);

/** Reports on what ended last have this long, of the 30 s in all (I27). */
const LAST_REPORTS = seconds(5);

/**
 * Opens the store, the traces, both walks and the control link, in this order; a start that fails, or is refused, closes what it
 * had opened. The caller holds the home's lock.
 */
export async function startDaemon(options: DaemonOptions): Promise<Started> {
  const { config, version, pid, once, clock, log, listen, environment = {} } = options;
  await rm(scratchFolder(config.home), { recursive: true, force: true }); // what a crash left there was never handed over
  await mkdir(scratchFolder(config.home), { mode: 0o700 });

  await using parts = new AsyncDisposableStack(); // closed from the last to the first
  const store = parts.use(await openStore(config.home, { clock, log }));
  const bus = createBus(clock, store.ring.lastSeq, (error) => log.error('a listener of the bus failed', error));
  const snapshot = followState(bus);
  bus.listen((event) => store.ring.append(event));
  bus.listen(listen);

  const name = gatewayName(config);
  const reports = await openReports({ config, name, store, bus, clock, log });
  parts.defer(() => reports.close());
  bus.tell({ type: 'gateway.started', name, version, pid, home: config.home, language: config.options.language });
  store.onTrouble((trouble) => {
    if (trouble)
      bus.tell({ type: 'problem.raised', key: 'store', message: `The store cannot be written: ${trouble.message}` });
    else bus.tell({ type: 'problem.cleared', key: 'store' });
  });
  for (const problem of standingProblems(config)) bus.tell({ type: 'problem.raised', ...problem });
  bus.tell({
    type: 'accounts.configured',
    accounts: config.accounts.map((account) => ({
      name: account.name,
      enabled: account.enabled && account.problem === null,
    })),
  });

  let control: Control | null = null; // opened last, and closed after the walks: who watches sees how they end
  parts.defer(async () => await control?.close());
  const tasks = createTasks(clock, (task, error, again) =>
    log.error(`${task} failed and starts again in ${again / 1_000} s`, error),
  );
  const traces = createTraces({
    home: config.home,
    levels: traceLevels(config),
    fileLimit: config.options.traceFileLimitBytes,
    bus,
    clock,
  });
  parts.defer(() => traces.close());
  bus.listen((event) => {
    if (event.type === 'session.started') traces.sessionStarted(event.session);
    if (event.type === 'session.finished') traces.sessionFinished();
  });

  const queue = await store.queue.recover(clock.now());
  if (queue.discarded > 0) log.info(`${queue.discarded} half-received messages of an earlier run were removed`);

  let transfersFailed = false; // for `once`, whose pass of the queue begins with the outbound walk
  bus.listen(({ type }) => {
    if (type === 'transfer.deferred' || type === 'transfer.failed' || type === 'transfer.unconnected')
      transfersFailed = true;
  });

  const cut = new AbortController();
  const alerts = createAlerts(bus);
  const signIns = createSignIns({
    settings: signInSettings(config),
    keep: store.memos,
    vault: openVault(config.home, environment),
    ...{ clock, alerts, bus, chance: randomBytes },
    fetch: (url, init) => fetch(url, init),
  });
  parts.defer(() => signIns.close());
  const quarantine = await openQuarantine(config.home, { log });
  const gate = createGate();
  const inbound = createInboundWalk({
    ...{ config, store, traces, bus, clock, log, gate, quarantine, signIns, environment },
    byTimetable: !once,
    cut: cut.signal,
  });
  parts.defer(() => inbound.close());
  await inbound.prepare();
  parts.defer(async () => {
    // The log of the last session goes while there is somebody to hand it to; a slow server gets it from the next run.
    const enough = Promise.withResolvers<void>();
    const last = clock.after(LAST_REPORTS, enough.resolve);
    await Promise.race([reports.idle(), enough.promise]);
    last.cancel();
  });
  reports.handOver((mail) => inbound.mailServer.deliver({ ...mail, subjectPrefix: null }, cut.signal));
  bus.listen((event) => {
    if (event.type === 'queue.unrecognised') reports.mailNow(`Unknown sender: ${event.sender}`); // S117
  });
  const outbound = await startOutboundWalk({
    ...{ config, store, traces, tasks, bus, clock, log, signIns },
    queued: () => snapshot().state.queue.bytes,
  });
  parts.defer(() => outbound.close());
  parts.defer(async () => {
    const last = clock.after(SESSIONS_END_WITHIN, () => cut.abort(new Error('stopping')));
    await Promise.all([outbound.stopListening(), tasks.close()]);
    last.cancel();
  });

  const answering = await createAnswers({
    ...{ config, store, gate, quarantine, signIns, environment, bus, clock, log },
    walk: inbound,
    alerts: reports.alerts,
    state: () => snapshot().state,
    stop: cut.signal,
  });
  parts.defer(() => answering.close());
  const gateway = createGateway({
    ...{ snapshot, traces },
    answers: answering.answers,
    poller: inbound.poller,
    noSessions: inbound.noSessions,
    outgoing: outbound.outgoing,
    freeze: outbound.freeze,
    pause: outbound.pause,
  });
  const { socket } = config.remoteControl;
  const scratch = scratchFolder(config.home);
  const opened = await openControl(gateway, {
    scratch,
    socket,
    version,
    clock,
    log,
    bus,
    ring: store.ring,
    audit: store.audit,
  });

  if (opened.kind === 'refused') {
    bus.tell({ type: 'gateway.stopping', reason: 'the control socket cannot be opened' });
    return { ok: false, why: opened.why };
  }
  control = opened.control;

  const { keepEventsDays: age, keepEventsMegabytes: megabytes } = config.options;
  tasks.run('ring', (stop) => boundRing({ ring: store.ring, bus, clock }, { age, megabytes }, stop));
  bus.listen((event) => {
    // An account whose token was refused rests; once it is signed in again nobody waits for its next turn.
    const account = event.type === 'signin.changed' && event.signedIn ? signedInAccount(config, event.subject) : null;
    if (account !== null && inbound.noSessions === null)
      inbound.poller
        .trigger([account], 'operator', true)
        .catch((error: unknown) => log.error('the session after a sign-in', error));
  });
  tasks.run('sign-ins', (stop) => signIns.run(stop));
  tasks.run('quarantine', (stop) =>
    expireQuarantine({ quarantine, bus, clock }, config.options.keepQuarantineDays, stop),
  );
  tasks.run('sessions', (stop) => inbound.poller.run(stop));
  bus.tell({ type: 'gateway.ready' });

  const everything = parts.move();
  let closing: Promise<void> | null = null;
  return {
    ok: true,
    daemon: {
      close(reason) {
        if (!closing) bus.tell({ type: 'gateway.stopping', reason });
        closing ??= everything.disposeAsync();
        return closing;
      },
      async once() {
        const session = inbound.noSessions === null ? await inbound.poller.trigger(null, 'once', true) : null;
        const report = session?.ok ? await session.triggered.finished : null;
        if (closing) return false;
        outbound.sender.wake(); // one pass, whatever `Send at` says
        await outbound.sender.idle();
        await reports.idle();
        return !transfersFailed && (report?.errors.length ?? 0) === 0;
      },
    },
  };
}
