/** The inbound walk put together: poller → session → mailbox, with the POP3 client, the router and the internal server given to it. */
import { join } from 'node:path';
import { createAlerts } from './base/alerts.ts';
import type { Bus } from './base/bus.ts';
import { type Clock, seconds } from './base/clock.ts';
import type { Log } from './base/log.ts';
import type { Config } from './config/config.ts';
import { createMailServer } from './delivery/mail-server.ts';
import { createPoller, type Poller } from './inbound/poller.ts';
import { runSession } from './inbound/session.ts';
import type { InboundAccount, InboundParts } from './inbound/visit.ts';
import { openMailbox } from './pop3/client.ts';
import { createRouter, UNROUTABLE_PREFIX } from './routing/router.ts';
import { mailboxOf, mailServerPeer, routingRecipients, timedOf } from './settings.ts';
import { openSmtp } from './smtp/client.ts';
import { createPool } from './smtp/pool.ts';
import type { Store } from './store/store.ts';
import type { Traces } from './traces/trace.ts';

export interface InboundWalk {
  poller: Poller;
  /** Why no session can run; null when one can. */
  noSessions: string | null;
  close(): Promise<void>;
}

export interface InboundWalkParts {
  config: Config;
  store: Store;
  traces: Traces;
  bus: Bus;
  clock: Clock;
  log: Log;
  /** False: sessions run only when they are triggered (`run --once`). */
  byTimetable: boolean;
  /** Cuts what is under way: the last word of a stop (I27). */
  cut: AbortSignal;
}

/** Conversations with the internal server are kept this long between two messages. */
const KEPT_OPEN = seconds(5);

/** Where large messages wait, inside the home. */
export const scratchFolder = (home: string): string => join(home, 'tmp');

export function createInboundWalk(given: InboundWalkParts): InboundWalk {
  const { config, store, traces, bus, clock, log, byTimetable, cut } = given;
  const peer = mailServerPeer(config);
  const route = createRouter(routingRecipients(config));
  const mailboxes = new Map<string, InboundAccount>(
    config.accounts.flatMap((account) => {
      const mailbox = mailboxOf(account);
      return mailbox ? [[account.name, mailbox] as const] : [];
    }),
  );

  const pool = createPool(
    (to, stop) => openSmtp(to, { clock, stop, dialogue: traces.dialogue('smtp-in', { peer: to.host }) }),
    { connections: config.mailServer?.connections ?? 1, idle: KEPT_OPEN },
    clock,
  );
  const server = createMailServer({ peer, sizeLimit: config.mailServer?.sizeLimitBytes ?? null }, (to, work) =>
    pool.use(to, work, cut),
  );

  const parts: InboundParts = {
    open: (account) =>
      openMailbox(account.server, {
        clock,
        dialogue: traces.dialogue('pop3', { account: account.name, peer: account.server.host }),
        stop: cut,
        sessionTimeout: account.sessionTimeout,
        scratch: scratchFolder(config.home),
      }),
    route,
    meet: () => server.meet(),
    deliver: ({ sender, body, headerOctets }, addresses, unroutable) =>
      server.deliver(
        { sender, body, headerOctets, addresses, subjectPrefix: unroutable ? UNROUTABLE_PREFIX : null },
        cut,
      ),
    sizeLimit: () => server.sizeLimit(),
    crashed: (account, error) => log.error(`the session of ${account} failed`, error),
    ledger: store.ledger,
    deleted: new Map(),
    alerts: createAlerts(bus),
    bus,
    clock,
  };

  const noSessions = whyNone(config, peer !== null);
  const poller = createPoller({
    accounts: config.accounts
      .filter(({ name }) => mailboxes.has(name))
      .map((account) => timedOf(account, config, noSessions !== null || !byTimetable)),
    nextSession: () => store.nextSession(),
    session: (session, names, trigger, stop) => {
      const accounts = names.flatMap((name) => mailboxes.get(name) ?? []);
      const planned = { session, accounts, trigger, atOnce: config.options.accountsAtOnce };
      return runSession(planned, parts, stop);
    },
    bus,
    clock,
  });

  return { poller, noSessions, close: () => pool.close() };
}

function whyNone(config: Config, hasServer: boolean): string | null {
  if (config.options.paused) return 'Download sessions are paused (Paused=1 in [Options]).';
  if (!hasServer) return 'No internal mail server is configured: nothing is downloaded. Set Host in [Mail server].';
  return null;
}
