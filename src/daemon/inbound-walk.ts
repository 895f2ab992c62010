/** The inbound walk put together: poller → session → mailbox, with the POP3 client, the router and the internal server given to it. */
import { join } from 'node:path';
import { createAlerts } from './base/alerts.ts';
import type { Bus } from './base/bus.ts';
import { type Clock, seconds } from './base/clock.ts';
import { freeOctets } from './base/disk.ts';
import { createGate, type MailboxGate } from './base/gate.ts';
import type { Log } from './base/log.ts';
import type { Config } from './config/config.ts';
import { createMailServer, type MailServer } from './delivery/mail-server.ts';
import { roomFor } from './inbound/limit.ts';
import { createPoller, type Poller } from './inbound/poller.ts';
import { runSession } from './inbound/session.ts';
import type { InboundAccount, InboundParts } from './inbound/parts.ts';
import type { Dialogue } from './base/dialogue.ts';
import { openMailbox } from './pop3/client.ts';
import type { Pop3Opened } from './pop3/mailbox.ts';
import { accountKey } from './signin/subject.ts';
import type { SignIns } from './signin/sign-ins.ts';
import { withToken } from './signin/with-token.ts';
import { createNotices, type Notices } from './reports/notices/notices.ts';
import { noticeSettings } from './reports/settings.ts';
import { routingFingerprint } from './routing/fingerprint.ts';
import { createRouter, type Route, UNROUTABLE_PREFIX } from './routing/router.ts';
import { routingSettings } from './routing/settings.ts';
import { createContentCheck } from './rules/check.ts';
import { contentSettings, refusalSettings } from './rules/settings.ts';
import { createSpamRefusal } from './rules/spam-refusal.ts';
import { SCANNER, SPAM_ASSASSIN } from './rules/verdict.ts';
import { gatewayName, mailboxOf, mailServerPeer, timedOf } from './settings.ts';
import { openSmtp } from './smtp/client.ts';
import { createPool } from './smtp/pool.ts';
import { createRecorder } from './smtp/recorded.ts';
import { type Store, StoreFailure } from './store/store.ts';
import type { Traces } from './traces/trace.ts';

export interface InboundWalk {
  poller: Poller;
  /** Why no session can run; null when one can. */
  noSessions: string | null;
  /** A mailbox of an account by name, opened as a session does it, with one more listener. */
  open(account: string, dialogue: Dialogue, stop: AbortSignal): Promise<Pop3Opened>;
  mailServer: MailServer;
  route: Route;
  routingFingerprint: string;
  /** Octets of a message that the disk has room for now (G13). */
  room(): Promise<number>;
  /** Writes the templates of the notices where a person finds them (S68). */
  prepare(): Promise<void>;
  /** A notice as it would be mailed now (S68). */
  previewNotice: Notices['preview'];
  close(): Promise<void>;
}

export interface InboundWalkParts {
  config: Config;
  store: Store;
  traces: Traces;
  bus: Bus;
  clock: Clock;
  log: Log;
  /** Shared with whoever looks into mailboxes. */
  gate?: MailboxGate;
  quarantine?: InboundParts['quarantine'];
  /** For accounts that log in with a token; without it they rest. */
  signIns?: Pick<SignIns, 'tokenFor' | 'rejected'>;
  /** Of this process; the scanner gets a few names of it. */
  environment?: Readonly<Record<string, string | undefined>>;
  /** False: sessions run only when they are triggered (`run --once`). */
  byTimetable: boolean;
  /** Free octets of the disk that a folder lies on; null: nobody can say. */
  freeOctets?: (folder: string) => Promise<number | null>;
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
  const routing = routingSettings(config);
  const route = createRouter(routing);
  const mailboxes = new Map<string, InboundAccount>(
    config.accounts.flatMap((account) => {
      const mailbox = mailboxOf(account, config);
      return mailbox ? [[account.name, mailbox] as const] : [];
    }),
  );

  const recorder = createRecorder(openSmtp, {
    clock,
    trace: (to) => traces.dialogue('smtp-in', { peer: to.host }),
  });
  const pool = createPool(
    (to, stop) => recorder.open(to, stop),
    { connections: config.mailServer?.connections ?? 1, idle: KEPT_OPEN },
    clock,
  );
  const server = createMailServer(
    { peer, sizeLimit: config.mailServer?.sizeLimitBytes ?? null },
    (to, work) => pool.use(to, work, cut),
    (envelope) => recorder.linesOf(envelope),
  );

  async function open(account: InboundAccount, dialogue: Dialogue, stop: AbortSignal): Promise<Pop3Opened> {
    const tools = {
      ...{ clock, dialogue, stop, sessionTimeout: account.sessionTimeout },
      scratch: scratchFolder(config.home),
    };
    if (!account.byToken || !given.signIns) return await openMailbox(account.server, tools);
    return await withToken<Pop3Opened>(
      given.signIns,
      accountKey(account.name),
      {
        open: (password) => openMailbox({ ...account.server, password }, tools),
        refused: (opened) => !opened.ok && opened.failure.kind === 'login',
        without: ({ kind, message }) => ({ ok: false, failure: { kind, message } }),
      },
      stop,
    );
  }

  const sideBySide = Math.min(config.options.accountsAtOnce, mailboxes.size);
  const free = given.freeOctets ?? freeOctets;
  const room = async () => roomFor(await free(scratchFolder(config.home)), sideBySide);

  const alerts = createAlerts(bus);
  const check = createContentCheck(contentSettings(config), {
    clock,
    log,
    alerts,
    environment: given.environment ?? {},
  });
  const notices = createNotices(noticeSettings(config, gatewayName(config)), {
    ...{ bus, clock, log },
    deliver: (mail) => server.deliver({ ...mail, subjectPrefix: null }, cut),
  });
  const parts: InboundParts = {
    gate: given.gate ?? createGate(),
    trace: ({ name, server: { host } }) => traces.dialogue('pop3', { account: name, peer: host }),
    open: (account, { dialogue, cut: stop }) => open(account, dialogue, stop),
    route,
    routingFingerprint: routingFingerprint(routing),
    mostReceived: config.outgoing.maxReceivedHeaders,
    meet: () => server.meet(),
    limits: () => server.limits(),
    room,
    content: {
      active: check.active,
      examine: (message, stop) => check.examine(message, stop),
      stoppedBy: (rule) => (rule === SCANNER ? 'scanner' : rule === SPAM_ASSASSIN ? 'spamassassin' : 'rule'),
    },
    deliver: ({ sender, body, headerOctets }, addresses, unroutable) =>
      server.deliver(
        { sender, body, headerOctets, addresses, subjectPrefix: unroutable ? UNROUTABLE_PREFIX : null },
        cut,
      ),
    internalServer: peer?.host ?? '',
    isSpamRefusal: createSpamRefusal(refusalSettings(config)),
    quarantine: given.quarantine ?? noQuarantine,
    notices,
    crashed: (account, error) => log.error(`the session of ${account} failed`, error),
    ledger: store.ledger,
    memos: store.memos,
    ...{ alerts, bus, clock },
  };

  const noSessions = whyNone(config, peer !== null);
  const poller = createPoller({
    accounts: config.accounts
      .filter(({ name }) => mailboxes.has(name))
      .map((account) => timedOf(account, config, noSessions !== null || !byTimetable)),
    nextSession: () => store.nextSession(),
    session: (session, names, trigger, stop, watch) => {
      const accounts = names.flatMap((name) => mailboxes.get(name) ?? []);
      const planned = { session, accounts, trigger, atOnce: config.options.accountsAtOnce };
      return runSession(planned, parts, { stop, cut: AbortSignal.any([cut, watch.cut]) }, watch);
    },
    bus,
    clock,
  });

  const close = async () => {
    await check[Symbol.asyncDispose]();
    await pool.close();
  };
  return {
    ...{ poller, noSessions, route, room, close, mailServer: server },
    prepare: () => notices.prepare(),
    previewNotice: (party) => notices.preview(party),
    routingFingerprint: routingFingerprint(routing),
    async open(name, dialogue, stop) {
      const account = mailboxes.get(name);
      if (account) return await open(account, both(dialogue, parts.trace(account)), stop);
      return { ok: false, failure: { kind: 'temporary', message: `${name} rests: see the problems of the gateway.` } };
    },
  };
}

/** Two listeners of one dialogue. */
function both(one: Dialogue, other: Dialogue): Dialogue {
  return {
    get bodies() {
      return other.bodies === 'none' ? one.bodies : other.bodies;
    },
    tell(direction, line) {
      one.tell(direction, line);
      other.tell(direction, line);
    },
  };
}

const noQuarantine: InboundParts['quarantine'] = {
  put: () => Promise.reject(new StoreFailure('There is no quarantine.', false)),
};

function whyNone(config: Config, hasServer: boolean): string | null {
  if (config.options.paused) return 'Download sessions are paused (Paused=1 in [Options]).';
  if (!hasServer) return 'No internal mail server is configured: nothing is downloaded. Set Host in [Mail server].';
  return null;
}
