/**
 * `GatewayState` is a fold of events: `apply` is the only meaning of an event. The daemon folds to make snapshots, a remote
 * control folds to follow; both have the same state at the same event number. It is bounded: counts, accounts, running work.
 */
import { z } from 'zod';
import type { GatewayEvent } from './events.ts';
import {
  accountStatus,
  counters,
  finishedSession,
  gatewayInfo,
  inboundConnection,
  instant,
  language,
  mailboxProgress,
  problem,
  queueCounts,
  rest,
  runningSession,
  runningTransfer,
  traceStatus,
} from './model.ts';

export const gatewayState = z.object({
  gateway: gatewayInfo.omit({ health: true, problems: true }).extend({ language, ready: z.boolean() }),
  problems: z.array(problem),
  session: z.object({
    running: runningSession.nullable(),
    last: finishedSession.nullable(),
    nextAt: instant.nullable(),
  }),
  /** The mailboxes of the running session, or of the last one. */
  mailboxes: z.array(mailboxProgress),
  accounts: z.array(accountStatus),
  listener: z.object({ address: z.string(), port: z.number() }).nullable(),
  queue: queueCounts,
  /** New messages are held on arrival; null: they are not. */
  frozen: rest.nullable(),
  /** Nothing is sent; null: it is. */
  sendingPaused: rest.nullable(),
  counters,
  traces: z.object({ pop3: traceStatus, 'smtp-in': traceStatus, 'smtp-out': traceStatus }),
  transfers: z.array(runningTransfer),
  connections: z.array(inboundConnection),
  /** Clients connected to the listener, beyond those that `connections` still names. */
  connected: z.number(),
  alerts: z.array(z.object({ key: z.string(), at: instant, message: z.string(), about: z.string() })),
});
export type GatewayState = z.infer<typeof gatewayState>;

/** Clients of the listener that the state names one by one; more are only counted. */
const NAMED_CONNECTIONS = 20;
const NAMED_TRANSFERS = 50;
const KEPT_ALERTS = 50;

/** Characters of a text that the state keeps; the event, the log and the ring have all of it. No screen line is longer. */
const LONGEST_LABEL = 200;
/** A sentence about what is wrong: those about certificates end with a fingerprint to copy. */
const LONGEST_SENTENCE = 500;

const traceOff = { on: false, account: null, peer: null, until: null, sessions: null, whole: false, file: '' };

export const emptyState: GatewayState = {
  gateway: { name: '', version: '', pid: 0, home: '', startedAt: '', language: 'en', ready: false },
  problems: [],
  session: { running: null, last: null, nextAt: null },
  mailboxes: [],
  accounts: [],
  listener: null,
  queue: { waiting: 0, sending: 0, deferred: 0, held: 0, bytes: 0, oldestAt: null },
  frozen: null,
  sendingPaused: null,
  counters: { downloaded: 0, delivered: 0, refused: 0, accepted: 0, sent: 0, returned: 0, dropped: 0 },
  traces: { pop3: traceOff, 'smtp-in': traceOff, 'smtp-out': traceOff },
  transfers: [],
  connections: [],
  connected: 0,
  alerts: [],
};

type Counter = keyof GatewayState['counters'];
type Mailbox = GatewayState['mailboxes'][number];
type Account = GatewayState['accounts'][number];

/** The state after an event. Pure; the state that comes in is left as it is. */
export function apply(state: GatewayState, event: GatewayEvent): GatewayState {
  switch (event.type) {
    case 'gateway.started':
      return {
        ...emptyState,
        gateway: {
          name: event.name,
          version: event.version,
          pid: event.pid,
          home: event.home,
          startedAt: event.at,
          language: event.language,
          ready: false,
        },
      };
    case 'gateway.ready':
      return { ...state, gateway: { ...state.gateway, ready: true } };
    case 'accounts.configured':
      return { ...state, accounts: event.accounts.map((account) => configured(state, account)) };
    case 'problem.raised':
      return {
        ...state,
        problems: [...without(state.problems, event.key), { key: event.key, message: sentence(event.message) }],
      };
    case 'problem.cleared':
      return { ...state, problems: without(state.problems, event.key) };
    case 'alert.raised':
      return {
        ...state,
        alerts: [
          ...without(state.alerts, event.key),
          { key: event.key, at: event.at, message: sentence(event.message), about: label(event.about) },
        ].slice(-KEPT_ALERTS),
      };
    case 'alert.cleared':
      return { ...state, alerts: without(state.alerts, event.key) };
    case 'alert.kept': {
      const { key, since: at, from } = event;
      const message = sentence(event.message);
      if (from === 'problem') return { ...state, problems: [...without(state.problems, key), { key, message }] };
      const alert = { key, at, message, about: label(event.about) };
      return { ...state, alerts: [...without(state.alerts, key), alert].slice(-KEPT_ALERTS) };
    }
    case 'session.scheduled':
      return { ...state, session: { ...state.session, nextAt: event.nextAt } };
    case 'session.started':
      return {
        ...state,
        session: {
          ...state.session,
          running: {
            id: event.session,
            startedAt: event.at,
            accounts: event.accounts.length,
            done: 0,
            messages: 0,
            of: 0,
          },
        },
        mailboxes: event.accounts.map(waiting),
      };
    case 'session.finished':
      return finished(state, event);
    case 'mailbox.connecting':
      return onMailbox(state, event.account, (box) => ({ ...box, state: 'connecting' }));
    case 'mailbox.connected':
      return onAccount(
        onMailbox(state, event.account, (box) => ({ ...box, state: 'fetching' })),
        event.account,
        (account) => (account.state === 'locked' ? { ...account, state: 'error' } : account), // it was let in
      );
    case 'mailbox.planned':
      return running(
        onMailbox(state, event.account, (box) => ({ ...box, of: event.fetch })),
        (session) => ({ ...session, of: session.of + event.fetch }),
      );
    case 'mailbox.failed': {
      const error = sentence(event.reason);
      return mailboxOver(state, event.account, { state: 'failed', error }, (account) => ({
        ...account,
        // What did not come as far as the login has unlocked nothing.
        state: event.locked || account.state === 'locked' ? 'locked' : visited(account, 'error'),
        consecutiveErrors: account.consecutiveErrors + 1,
        lastError: error,
      }));
    }
    case 'mailbox.finished': {
      const wrong = state.mailboxes.find((box) => box.account === event.account)?.error ?? null;
      return mailboxOver(state, event.account, { state: 'done' }, (account) =>
        mailboxDone(
          { ...account, left: event.left, oversize: event.oversize, stuck: event.stuck },
          event.errors > 0 ? wrong : null,
          event,
        ),
      );
    }
    case 'mailbox.renumbered':
      return mailboxOver(state, event.account, { state: 'failed', error: RENUMBERED }, (account) => ({
        ...account,
        state: visited(account, 'paused'),
        consecutiveErrors: account.consecutiveErrors + 1,
        lastError: RENUMBERED,
      }));
    case 'account.noted':
      return onAccount(state, event.account, (account) => ({ ...account, note: label(event.note) }));
    case 'message.refused':
      return count(
        onMailbox(state, event.account, (box) => ({ ...box, current: '' })),
        'refused',
      );
    case 'message.fetched':
      return count(
        onMailbox(state, event.account, (box) => ({ ...box, current: label(event.subject) })),
        'downloaded',
      );
    case 'message.delivered':
      // A message counts once: when everybody has had it.
      if (!event.final) return state;
      return count(
        running(
          onMailbox(state, event.account, (box) => ({
            ...box,
            messages: box.messages + 1,
            bytes: box.bytes + event.bytes,
          })),
          (session) => ({ ...session, messages: session.messages + 1 }),
        ),
        'delivered',
      );
    case 'message.failed':
      return onMailbox(state, event.account, (box) => ({ ...box, error: sentence(event.reason) }));
    case 'message.unroutable':
      return onMailbox(state, event.account, (box) => ({ ...box, error: NO_RECIPIENT }));
    case 'listener.opened':
      return { ...state, listener: { address: event.address, port: event.port } };
    case 'listener.failed':
    case 'listener.closed':
      return { ...state, listener: null };
    case 'queue.connected':
      return {
        ...state,
        connected: state.connected + 1,
        connections: [
          ...state.connections,
          { connection: event.connection, peer: label(event.peer), since: event.at, messages: 0 },
        ].slice(-NAMED_CONNECTIONS),
      };
    case 'queue.disconnected':
      return {
        ...state,
        connected: Math.max(0, state.connected - 1),
        connections: state.connections.filter(({ connection }) => connection !== event.connection),
      };
    case 'queue.accepted':
      return count(
        {
          ...state,
          connections: state.connections.map((client) =>
            client.connection === event.connection ? { ...client, messages: client.messages + 1 } : client,
          ),
        },
        'accepted',
      );
    case 'queue.counted': {
      const { waiting, sending, deferred, held, bytes, oldestAt } = event;
      return { ...state, queue: { waiting, sending, deferred, held, bytes, oldestAt } };
    }
    case 'queue.removed':
      return count(state, event.result);
    case 'queue.frozen':
      return { ...state, frozen: event.frozen && { ...event.frozen, reason: label(event.frozen.reason) } };
    case 'transfer.paused':
      return { ...state, sendingPaused: event.paused && { ...event.paused, reason: label(event.paused.reason) } };
    case 'transfer.started': {
      const { id, relay, bytes } = event;
      const [sender, subject, recipients] = [label(event.sender), label(event.subject), event.recipients.length];
      const transfer = { id, relay, startedAt: event.at, sender, recipients, subject, bytes };
      return { ...state, transfers: [...state.transfers, transfer].slice(-NAMED_TRANSFERS) };
    }
    case 'transfer.sent':
    case 'transfer.deferred':
    case 'transfer.failed':
      return { ...state, transfers: state.transfers.filter(({ id }) => id !== event.id) };
    case 'trace.switched': {
      const { on, account, peer, until, sessions, whole, file } = event;
      return {
        ...state,
        traces: { ...state.traces, [event.trace]: { on, account, peer, until, sessions, whole, file } },
      };
    }
    case 'gateway.stopping':
      return { ...state, gateway: { ...state.gateway, ready: false } };
    // Facts for the log and the ring: they change no count and no state on the screen.
    case 'mailbox.warned':
    case 'message.changed':
    case 'message.oversize':
    case 'message.stuck':
    case 'message.deleted':
    case 'quarantine.changed':
    case 'report.mailed':
    case 'report.failed':
    case 'session.logged':
    case 'signin.changed':
    case 'doctor.step':
    case 'queue.refused':
    case 'queue.changed':
    case 'queue.returned':
    case 'queue.unreported':
    case 'queue.silenced':
    case 'queue.unrecognised':
    case 'queue.warned':
    case 'queue.confirmed':
    case 'queue.damaged':
    case 'queue.purged':
    case 'transfer.connected':
    case 'transfer.unconnected':
    case 'transfer.closed':
    case 'trace.activated':
    case 'trace.line':
    case 'command.done':
      return state;
  }
}

function finished(
  state: GatewayState,
  event: { session: number; at: string; messages: number; errors: number },
): GatewayState {
  const startedAt = state.session.running?.id === event.session ? state.session.running.startedAt : event.at;
  const last = { id: event.session, startedAt, finishedAt: event.at, messages: event.messages, errors: event.errors };
  return { ...state, session: { ...state.session, running: null, last } };
}

function configured(state: GatewayState, { name, enabled }: { name: string; enabled: boolean }): Account {
  const known = state.accounts.find((account) => account.name === name);
  const account: Account = known ?? {
    name,
    state: 'never',
    lastSuccessAt: null,
    consecutiveErrors: 0,
    lastError: null,
    left: 0,
    oversize: 0,
    stuck: 0,
    note: '',
  };
  if (!enabled) return { ...account, state: 'disabled' };
  return account.state === 'disabled' ? { ...account, state: 'never' } : account;
}

/** Nothing further happens in this account in this session. */
function mailboxOver(
  state: GatewayState,
  name: string,
  end: Pick<Mailbox, 'state'> & Partial<Mailbox>,
  change: (account: Account) => Account,
): GatewayState {
  const over = onMailbox(state, name, (box) => ({ ...box, ...end, current: '' }));
  return running(onAccount(over, name, change), (session) => ({ ...session, done: session.done + 1 }));
}

function mailboxDone(account: Account, wrong: string | null, { errors, at }: { errors: number; at: string }): Account {
  if (errors === 0)
    return { ...account, state: visited(account, 'ok'), consecutiveErrors: 0, lastError: null, lastSuccessAt: at };
  return {
    ...account,
    state: visited(account, 'error'),
    consecutiveErrors: account.consecutiveErrors + 1,
    lastError: wrong ?? account.lastError,
  };
}

/** A disabled account that an operator has fetched by name is disabled all the same. */
function visited({ state }: Account, now: 'ok' | 'error' | 'paused'): Account['state'] {
  return state === 'disabled' ? 'disabled' : now;
}

function waiting(account: string): Mailbox {
  return { account, state: 'waiting', messages: 0, of: 0, bytes: 0, current: '', error: null };
}

const RENUMBERED =
  'Its messages all have new UIDLs: nothing is fetched until somebody says what they are (mailgate renumbered).';
const NO_RECIPIENT = 'A message has no recipient here, and nobody takes unroutable messages.';

const label = (text: string): string => cut(text, LONGEST_LABEL);
const sentence = (text: string): string => cut(text, LONGEST_SENTENCE);

function cut(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1).toWellFormed()}…`;
}

function without<T extends { key: string }>(list: T[], key: string): T[] {
  return list.filter((item) => item.key !== key);
}

function onMailbox(state: GatewayState, account: string, change: (box: Mailbox) => Mailbox): GatewayState {
  return { ...state, mailboxes: state.mailboxes.map((box) => (box.account === account ? change(box) : box)) };
}

function onAccount(state: GatewayState, name: string, change: (account: Account) => Account): GatewayState {
  return { ...state, accounts: state.accounts.map((account) => (account.name === name ? change(account) : account)) };
}

function running(
  state: GatewayState,
  change: (session: NonNullable<GatewayState['session']['running']>) => NonNullable<GatewayState['session']['running']>,
): GatewayState {
  if (!state.session.running) return state;
  return { ...state, session: { ...state.session, running: change(state.session.running) } };
}

function count(state: GatewayState, counter: Counter): GatewayState {
  return { ...state, counters: { ...state.counters, [counter]: state.counters[counter] + 1 } };
}
