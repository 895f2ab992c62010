/** The reports put together: faults, session logs, alerts and what raises them, the heartbeat. All of them hear the bus only. */
import type { Bus } from './base/bus.ts';
import type { Clock } from './base/clock.ts';
import type { Log } from './base/log.ts';
import type { Config } from './config/config.ts';
import { type AlertPost, openAlertPost } from './reports/alerts/alert-post.ts';
import type { Deliver } from './reports/deliver.ts';
import { openFaults } from './reports/faults.ts';
import { startHeartbeat } from './reports/alerts/heartbeat.ts';
import { openSessionLog } from './reports/logs/session-log.ts';
import { alertSettings, sessionLogSettings, watchSettings } from './reports/settings.ts';
import { openWatch } from './reports/alerts/watch.ts';
import type { Store } from './store/store.ts';

export interface Reports {
  alerts: AlertPost;
  /** Mails what the session log has so far, under that subject (S117). */
  mailNow(reason: string): void;
  /** From now on logs can be mailed; until then a mail waits for the next try. */
  handOver(deliver: Deliver): void;
  /** Resolves once every session that is over is logged and mailed, and every alert said, as far as that can be done now. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

/** Opened before the first fact is told. */
export async function openReports(parts: {
  config: Config;
  name: string;
  store: Store;
  bus: Bus;
  clock: Clock;
  log: Log;
}): Promise<Reports> {
  const { config, name, store, bus, clock, log } = parts;
  const { memos, sessions, ring, queue } = store;
  let deliver: Deliver = async () => ({ results: [], unreached: 'The gateway is starting.' });

  const faults = await openFaults({ bus, memos, log });
  const alerts = await openAlertPost(alertSettings(config, name), { bus, clock, log, memos });
  const watch = await openWatch(watchSettings(config), { bus, clock, log, memos, faults, queue });
  const sessionLog = await openSessionLog(sessionLogSettings(config, name), {
    ...{ bus, clock, log, memos, sessions, ring, faults },
    deliver: (mail) => deliver(mail),
  });
  const heartbeat = startHeartbeat(config.options.heartbeatUrl, { bus, clock, log });

  return {
    alerts,
    mailNow: (reason) => sessionLog.mailNow(reason),
    handOver(given) {
      deliver = given;
    },
    async idle() {
      await sessionLog.idle();
      await Promise.all([heartbeat.idle(), alerts.idle()]);
    },
    async close() {
      await sessionLog.close();
      await Promise.all([heartbeat.close(), watch.close(), alerts.close()]);
    },
  };
}
