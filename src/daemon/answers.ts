/** What the control link asks of the parts of the inbound walk: each method is answered by the part that owns the matter. */
import { Resolver } from 'node:dns/promises';
import { CallError } from '../protocol/errors.ts';
import type { QuarantinedMessage } from '../protocol/model.ts';
import type { GatewayState } from '../protocol/state.ts';
import type { Bus } from './base/bus.ts';
import { type Clock, days } from './base/clock.ts';
import type { MailboxGate } from './base/gate.ts';
import { LONGEST_HEADER_BLOCK } from './base/limits.ts';
import type { Log } from './base/log.ts';
import type { Config } from './config/config.ts';
import type { Answers } from './control/gateway.ts';
import type { InboundWalk } from './inbound-walk.ts';
import { readHeader } from './mail/header-block.ts';
import { shownText } from './mail/shown-text.ts';
import type { AlertPost } from './reports/alerts/alert-post.ts';
import { createLogAnswers } from './reports/logs/log-answers.ts';
import { sessionLogSettings } from './reports/settings.ts';
import { tryRoute } from './routing/try.ts';
import type { HeldMessage, Quarantine } from './rules/quarantine.ts';
import { releaseFrom } from './rules/release.ts';
import { contentSettings, refusalSettings } from './rules/settings.ts';
import { tryRules } from './rules/try.ts';
import { gatewayName, mailboxOf, mailServerPeer, outboundSettings } from './settings.ts';
import type { SignIns } from './signin/sign-ins.ts';
import { accountKey } from './signin/subject.ts';
import type { Store } from './store/store.ts';
import { createAccountTools } from './tools/account-tools.ts';
import { createDoctor } from './tools/doctor.ts';
import { createMailboxBrowser } from './tools/mailbox-browser.ts';
import { tryListener } from './tools/try-listener.ts';
import { tryMailServer, tryRelay } from './tools/try-smtp.ts';

export interface AnswerParts {
  config: Config;
  store: Store;
  walk: InboundWalk;
  gate: MailboxGate;
  quarantine: Quarantine;
  alerts: AlertPost;
  signIns: SignIns;
  state(): GatewayState;
  environment: Readonly<Record<string, string | undefined>>;
  bus: Bus;
  clock: Clock;
  log: Log;
  stop: AbortSignal;
}

/** Octets of a message in quarantine that are read to show it, and characters that are shown. */
const SHOWN_OCTETS = 65_536;
const SHOWN_TEXT = 4_096;

export async function createAnswers(parts: AnswerParts): Promise<{ answers: Answers; close(): void }> {
  const { config, walk } = parts;
  const browser = createMailboxBrowser({
    ...boxParts(parts),
    routing: () => walk.routingFingerprint,
    trigger: (account) => triggered(walk, account),
    ledger: parts.store.ledger,
    memos: parts.store.memos,
    bus: parts.bus,
  });
  const logs = createLogAnswers(sessionLogSettings(config, gatewayName(config)), {
    ...{ sessions: parts.store.sessions, ring: parts.store.ring, ledger: parts.store.ledger, clock: parts.clock },
  });
  const answers: Answers = {
    ...browser.answers,
    ...accountAnswers(parts),
    ...triesOf(parts),
    ...quarantineAnswers(parts),
    'logs.list': (params) => logs.list(params),
    'logs.show': (params) => logs.show(params),
    'alerts.list': async () => parts.alerts.list(),
    'test.notice': ({ party }) => walk.previewNotice(party),
    'alerts.ack': async (params, by) => parts.alerts.acknowledge(params, by),
    ...(await connectionAnswers(parts)),
    ...signInAnswers(parts),
  };
  return { answers, close: () => browser.close() };
}

function boxParts({ config, walk, gate, clock, stop }: AnswerParts) {
  return {
    accounts: () => config.accounts,
    otherLimits: async () => ({ ...walk.mailServer.limits(), disk: await walk.room() }),
    open: walk.open,
    ...{ gate, clock, stop },
  };
}

async function triggered({ poller, noSessions }: InboundWalk, account: string) {
  if (noSessions !== null) throw new CallError('refused', noSessions);
  const answer = await poller.trigger([account], 'operator', true);
  if (answer.ok) return { kind: 'running' as const, ...answer.triggered };
  throw new CallError(answer.why === 'unknown' ? 'not_found' : 'refused', answer.message);
}

function accountAnswers(parts: AnswerParts) {
  const { store, signIns, state, walk } = parts;
  return createAccountTools({
    ...boxParts(parts),
    statuses: () => state().accounts,
    async signIn(account) {
      const status = await signIns.status(accountKey(account));
      if (status === null) return null;
      const { signedIn, user, expiresAt } = status;
      return { signedIn, user, expiresAt: expiresAt === null ? null : iso(expiresAt) };
    },
    nextAt: (account) => walk.poller.nextAt(account),
    ledger: store.ledger,
    memos: store.memos,
  });
}

function triesOf({
  config,
  walk,
  clock,
  log,
  environment,
  stop,
}: AnswerParts): Pick<Answers, 'route.try' | 'rules.try'> {
  return {
    'route.try': async ({ header, account }) =>
      tryRoute(
        walk.route,
        header,
        account,
        config.accounts.map(({ name }) => name),
      ),
    async 'rules.try'({ message, external }) {
      const refusals = refusalSettings(config);
      const trial = { body: message, account: '', recipients: [], external, refusals };
      return await tryRules(contentSettings(config), trial, { clock, log, environment }, stop);
    },
  };
}

function quarantineAnswers(
  parts: AnswerParts,
): Pick<Answers, 'quarantine.list' | 'quarantine.show' | 'quarantine.release' | 'quarantine.delete'> {
  const { config, quarantine, bus, walk, stop } = parts;
  const kept = days(config.options.keepQuarantineDays);
  const shown = (held: HeldMessage): QuarantinedMessage => ({
    ...held,
    at: iso(held.at),
    expiresAt: kept === 0 ? null : iso(held.at + kept),
  });
  const release = releaseFrom(quarantine, async ({ message, body, headerOctets, recipients }, cut) =>
    walk.mailServer.deliver(
      { sender: message.sender, body, headerOctets, addresses: recipients, subjectPrefix: null },
      cut,
    ),
  );

  return {
    async 'quarantine.list'({ offset, limit }) {
      const { total, messages } = await quarantine.list(offset, limit);
      return { total, messages: messages.map(shown) };
    },
    async 'quarantine.show'({ id }) {
      const held = await quarantine.get(id);
      const head = held === null ? null : await quarantine.head(id, SHOWN_OCTETS);
      if (held === null || head === null)
        throw new CallError('not_found', `There is no message "${id}" in quarantine.`);
      const headers = readHeader(head.subarray(0, LONGEST_HEADER_BLOCK)).fields();
      return { ...shown(held), headers, text: await shownText(head, SHOWN_TEXT) };
    },
    async 'quarantine.release'({ ids }, by) {
      const changed: string[] = [];
      const skipped: { id: string; why: string }[] = [];
      for (const id of ids) {
        const done = await release(id, null, stop);
        if (done.is === 'released') changed.push(id);
        else skipped.push({ id, why: done.is === 'missing' ? 'no such message in quarantine' : done.why });
      }
      if (changed.length > 0) bus.tell({ type: 'quarantine.changed', ids: changed, change: 'released', by });
      return settled(changed, skipped);
    },
    async 'quarantine.delete'({ ids }, by) {
      const changed = await quarantine.remove(ids);
      const skipped = ids
        .filter((id) => !changed.includes(id))
        .map((id) => ({ id, why: 'no such message in quarantine' }));
      if (changed.length > 0) bus.tell({ type: 'quarantine.changed', ids: changed, change: 'deleted', by });
      return settled(changed, skipped);
    },
  };
}

/** Nothing done at all is no success (WS15). */
function settled(changed: string[], skipped: { id: string; why: string }[]) {
  if (changed.length > 0 || skipped.length === 0) return { changed, skipped };
  const missing = skipped.every(({ why }) => why.startsWith('no such message'));
  throw new CallError(
    missing ? 'not_found' : 'refused',
    skipped
      .slice(0, 5)
      .map(({ id, why }) => `${id}: ${why}`)
      .join('; '),
    { skipped },
  );
}

async function connectionAnswers(
  parts: AnswerParts,
): Promise<Pick<Answers, 'test.mail-server' | 'test.relay' | 'test.listener' | 'doctor'>> {
  const { config, walk, store, state, gate, bus, clock, stop } = parts;
  const { sending } = await outboundSettings(config);
  const mailServer = mailServerPeer(config);
  const relays = new Map(sending.relays.map(({ name, peer }) => [name, peer]));
  const smtp = { clock, stop, mailServer, relays, ehloName: gatewayName(config) };
  const { listenAddress: address, listenPort: port, enabled } = config.outgoing;
  const listen = () =>
    tryListener({ clock, stop, address, port: state().listener?.port ?? port, listening: state().listener !== null });
  const resolver = new Resolver({ timeout: 5_000, tries: 2 });
  if (config.options.dnsServers.length > 0) resolver.setServers([...config.options.dnsServers]);

  const doctor = createDoctor({
    accounts: () =>
      config.accounts.flatMap((account) => {
        const mailbox = mailboxOf(account, config);
        return mailbox ? [{ name: account.name, server: mailbox.server }] : [];
      }),
    open: walk.open,
    async broken(account) {
      const known = [...(await store.ledger.known(account)).values()];
      return known.filter(({ broke }) => broke > 0).map(({ uidl }) => uidl);
    },
    gate,
    names: {
      called:
        config.options.dnsServers.length > 0
          ? config.options.dnsServers.join(', ')
          : 'the name servers of this machine',
      mx: (domain) => resolver.resolveMx(domain),
      addresses: async (host) => [
        ...(await resolver.resolve4(host).catch(() => [])),
        ...(await resolver.resolve6(host).catch(() => [])),
      ],
    },
    addresses: () => config.recipients.map((recipient) => recipient.address),
    tryMailServer: async () => (mailServer === null ? null : await tryMailServer({}, smtp)),
    tryListener: listen,
    relays: [...relays.keys()].map((name) => ({ name, try: () => tryRelay({ relay: name }, smtp) })),
    async lastReplies() {
      const { entries } = await store.queue.list({ states: ['deferred', 'held'] }, 0, 100);
      return entries.flatMap(({ lastReply }) => (lastReply === null ? [] : [lastReply]));
    },
    listening: () => ({
      listener: state().listener,
      wanted: { address, port },
      problem: state().problems.find(({ key }) => key === 'listener')?.message ?? '',
      accepted: state().counters.accepted,
      connected: state().connected,
    }),
    outgoing: enabled,
    ...{ bus, clock, stop },
  });

  return {
    'test.mail-server': (params) => tryMailServer(params, smtp),
    'test.relay': (params) => tryRelay(params, smtp),
    'test.listener': listen,
    doctor,
  };
}

function signInAnswers({
  signIns,
  stop,
}: AnswerParts): Pick<Answers, 'signin.start' | 'signin.wait' | 'signin.answer' | 'signin.cancel' | 'signin.forget'> {
  return {
    async 'signin.start'({ subject }) {
      const started = await signIns.start(subject, stop);
      if (!started.ok) throw new CallError(started.kind === 'unknown' ? 'not_found' : 'refused', started.message);
      const { by, verificationUri, verificationUriComplete, userCode, expiresAt } = started;
      return {
        subject: started.subject,
        by,
        verificationUri,
        verificationUriComplete,
        userCode,
        expiresAt: iso(expiresAt),
      };
    },
    'signin.wait': async ({ subject }) => await signIns.wait(subject, stop),
    'signin.answer': async ({ subject, address }) => await signIns.answer(subject, address),
    'signin.cancel': async ({ subject }) => ({ cancelled: signIns.cancel(subject) }),
    'signin.forget': async ({ subject }) => ({ forgotten: await signIns.forget(subject) }),
  };
}

const iso = (at: number): string => new Date(at).toISOString();
