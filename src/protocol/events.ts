/**
 * Every fact of the gateway, in the past tense, as one closed union. A fact is told once to the bus; log lines, counters,
 * the screen and the ring on disk are all made from it, so that they cannot disagree.
 */
import { z } from 'zod';
import { instant, priority, problem, queueCounts, rest, traceName, traceStatus } from './model.ts';

const count = z.number().int().nonnegative();
const text = z.string();

/** Which session, which account: where a fact of the inbound walk belongs. */
const inMailbox = { session: count, account: text };

const event = <T extends string, S extends z.ZodRawShape>(type: T, shape: S) =>
  z.object({ seq: count, at: instant, type: z.literal(type), ...shape });

const gateway = [
  event('gateway.started', { name: text, version: text, pid: count, home: text, language: z.enum(['en', 'fr']) }),
  event('gateway.ready', {}),
  event('gateway.stopping', { reason: text }),
  event('accounts.configured', { accounts: z.array(z.object({ name: text, enabled: z.boolean() })) }),
  event('problem.raised', problem.shape),
  event('problem.cleared', { key: text }),
] as const;

const inbound = [
  event('session.scheduled', { nextAt: instant.nullable() }),
  event('session.started', {
    session: count,
    accounts: z.array(text),
    trigger: z.enum(['schedule', 'operator', 'once']),
  }),
  event('mailbox.connecting', { ...inMailbox, host: text }),
  event('mailbox.connected', { ...inMailbox, host: text, login: z.boolean(), messages: count, bytes: count }),
  /** What the ledger leaves to do: messages that are to be fetched, of all that lie there. */
  event('mailbox.planned', { ...inMailbox, fetch: count, bytes: count }),
  /** Nothing further happens in this account in this session. `locked`: the login was refused. `cause`: where the fault is. */
  event('mailbox.failed', {
    ...inMailbox,
    host: text,
    reason: text,
    locked: z.boolean(),
    cause: z.enum(['mailbox', 'internal server']),
  }),
  event('mailbox.warned', { ...inMailbox, warning: text }),
  /** `left` stay on the server; `oversize` and `stuck` of them wait for a person. */
  event('mailbox.finished', {
    ...inMailbox,
    messages: count,
    left: count,
    errors: count,
    oversize: count,
    stuck: count,
  }),
  event('message.fetched', { ...inMailbox, number: count, uidl: text, bytes: count, from: text, subject: text }),
  /** To these recipients now. `final`: nobody is left who is still to get it; else the others' refusals follow. */
  event('message.delivered', {
    ...inMailbox,
    number: count,
    uidl: text,
    bytes: count,
    recipients: z.array(z.object({ address: text, reply: text })),
    final: z.boolean(),
  }),
  /** It stays on the POP3 server; `recipient` is who was refused, empty when it concerns all of them. */
  event('message.failed', { ...inMailbox, number: count, uidl: text, recipient: text, reason: text }),
  event('message.unroutable', { ...inMailbox, number: count, uidl: text, from: text, subject: text }),
  /** Recognised as spam by the internal server (S76), or stopped by a rule, the scanner or SpamAssassin. `quarantine` is its id there, empty when it was dropped. */
  event('message.refused', {
    ...inMailbox,
    number: count,
    uidl: text,
    by: z.enum(['internal server', 'rule', 'scanner', 'spamassassin']),
    rule: text,
    why: text,
    quarantine: text,
  }),
  /** A rule changed it, and it goes on: redirected, tagged, attachments taken out. */
  event('message.changed', { ...inMailbox, number: count, uidl: text, change: text }),
  /** Too large (S63, S64): not downloaded, it stays. `setBy` says whose limit it is; `told` who had a notice now (S65, S67). */
  event('message.oversize', {
    ...inMailbox,
    number: count,
    uidl: text,
    bytes: count,
    limit: count,
    setBy: z.enum(['account', 'mail server', 'configuration', 'disk']),
    from: text,
    subject: text,
    told: z.array(text),
  }),
  /** Set aside (G03): it broke the session twice; or it was refused in three sessions, and needs a decision. */
  event('message.stuck', { ...inMailbox, number: count, uidl: text, reason: text }),
  /** Most UIDLs that were known are gone and as many new ones came: nothing is fetched until somebody answers (I06). */
  event('mailbox.renumbered', { ...inMailbox, known: count, gone: count, fresh: count }),
  /** Counted only once QUIT was answered +OK (S61). */
  event('message.deleted', {
    ...inMailbox,
    uidl: text,
    why: z.enum(['delivered', 'age', 'spam', 'rule', 'operator']),
  }),
  /** An operator took a message out of quarantine: to its recipients, or away; or its days were over. */
  event('quarantine.changed', { ids: z.array(text), change: z.enum(['released', 'deleted', 'expired']), by: text }),
  /** A session log or notice went to the internal server, or could not (S35, S65, S67). */
  event('report.mailed', { report: z.enum(['session log', 'notice']), to: text, reply: text }),
  event('report.failed', { report: z.enum(['session log', 'notice']), to: text, reason: text }),
  /** `file`: the name of the session's log in Log/ (S42-S45). */
  event('session.logged', { session: count, file: text }),
  /** Somebody signed an account or a relay in by OAuth2, or its sign-in ended (G06). */
  /** A short remark on the account's row, such as "token dies in 6 days"; empty: none. */
  event('account.noted', { account: text, note: text }),
  event('signin.changed', { subject: text, signedIn: z.boolean(), user: text, reason: text }),
  event('session.finished', { session: count, messages: count, bytes: count, errors: count }),
] as const;

const outbound = [
  event('listener.opened', { folder: text, address: text, port: count }),
  event('listener.failed', { address: text, port: count, reason: text, taken: z.boolean() }),
  event('listener.closed', { port: count }),
  event('queue.connected', { connection: count, peer: text, esmtp: z.boolean() }),
  event('queue.accepted', {
    connection: count,
    id: text,
    sender: text,
    size: count.nullable(),
    priority,
    recipients: z.array(text),
    subject: text,
    bytes: count,
  }),
  event('queue.refused', { connection: count, peer: text, what: text, reply: text }),
  event('queue.disconnected', { connection: count, peer: text, messages: count }),
  event('queue.counted', queueCounts.shape),
  /** Somebody changed messages; `ids` names the first hundred of `total`. `to`: the relay, the new recipient; absent where there is none. */
  event('queue.changed', {
    ids: z.array(text),
    total: count,
    change: z.enum([
      ...(['held', 'released', 'retried', 'dropped'] as const),
      ...(['returned', 'restored', 'rerouted', 'readdressed', 'prioritised'] as const),
    ]),
    by: text,
    reason: text,
    to: text.optional(),
  }),
  /** Its subject begins as S118 says: taken, and in the trash at once; reported in the session log (S119). */
  event('queue.silenced', { id: text, sender: text, subject: text, prefix: text }),
  /** Its sender is nobody's address here, and S117 asks for a session log because of that. */
  event('queue.unrecognised', { id: text, sender: text, subject: text }),
  /** The sender was told that it still waits (`Warn sender after`). */
  event('queue.warned', { id: text, report: text, to: text }),
  /** The sender was told that it reached a relay that reports no further (RFC 3461: NOTIFY=SUCCESS, Action: relayed). */
  event('queue.confirmed', { id: text, report: text, to: text }),
  /** I12: it is not what came in. `file`: its name in corrupt/; empty: it could not be moved there and is held. */
  event('queue.damaged', { id: text, reason: text, file: text }),
  /** Messages in the trash went for good. */
  event('queue.purged', { total: count, why: z.enum(['age', 'operator']), by: text, reason: text }),
  /** What is taken is kept until released (`Hold all`, live); `frozen` null: no longer. */
  event('queue.frozen', { frozen: rest.nullable(), by: text, reason: text }),
  /** Nothing is sent until somebody says so, or until its time is over; `paused` null: it goes on. */
  event('transfer.paused', { paused: rest.nullable(), by: text, reason: text }),
  event('transfer.connected', {
    relay: text,
    login: z.boolean(),
    esmtp: z.boolean(),
    maxSize: count.nullable(),
    dsn: z.boolean(),
  }),
  event('transfer.unconnected', { relay: text, login: z.boolean(), reason: text }),
  event('transfer.started', {
    id: text,
    relay: text,
    sender: text,
    bytes: count,
    queuedAt: instant,
    recipients: z.array(text),
    subject: text,
  }),
  event('transfer.sent', {
    id: text,
    relay: text,
    bytes: count,
    recipients: z.array(z.object({ address: text, reply: text })),
    final: z.boolean(),
  }),
  event('transfer.deferred', {
    id: text,
    relay: text,
    recipients: z.array(text),
    reason: text,
    nextAttemptAt: instant,
  }),
  event('transfer.failed', { id: text, relay: text, recipients: z.array(z.object({ address: text, reply: text })) }),
  event('transfer.closed', { relay: text }),
  /** The message left the queue: every recipient is final, and its report (if any) is durable. */
  event('queue.removed', { id: text, result: z.enum(['sent', 'returned', 'dropped']) }),
  event('queue.returned', { id: text, report: text, to: text }),
  event('queue.unreported', { id: text, sender: text, subject: text, why: z.enum(['unknown sender', 'null sender']) }),
] as const;

const traces = [
  event('trace.switched', { trace: traceName, by: text, ...traceStatus.shape }),
  event('trace.activated', { trace: traceName, session: count.nullable(), account: text.nullable() }),
  event('trace.line', { trace: traceName, scope: text, direction: z.enum(['>', '<', '*']), line: text }),
] as const;

const watching = [
  event('alert.raised', { key: text, message: text, about: text }),
  event('alert.cleared', { key: text, message: text }),
  /** It was raised before this start, at `since`, and stands still: said then, and no second time. */
  event('alert.kept', { key: text, message: text, about: text, since: instant, from: z.enum(['alert', 'problem']) }),
  /** One step of the doctor's ladder (S70, S73, S104, S105, S109); `run` names the call that asked. */
  event('doctor.step', {
    run: text,
    step: text,
    ran: text,
    saw: text,
    verdict: z.enum(['ok', 'fault', 'unknown']),
    advice: text,
  }),
  event('command.done', { method: text, by: text, what: text, result: text }),
] as const;

export const gatewayEvent = z.discriminatedUnion('type', [...gateway, ...inbound, ...outbound, ...traces, ...watching]);

/** A fact with its number and its time. */
export type GatewayEvent = z.infer<typeof gatewayEvent>;
export type EventType = GatewayEvent['type'];

type Unstamped<E> = E extends unknown ? Omit<E, 'seq' | 'at'> : never;

/** What a part of the daemon tells: the bus adds number and time. */
export type Fact = Unstamped<GatewayEvent>;

/** The event of one type. */
export type EventOf<T extends EventType> = Extract<GatewayEvent, { type: T }>;

export const topic = z.enum(['session', 'queue', 'transfer', 'trace', 'alert', 'audit']);
export type Topic = z.infer<typeof topic>;

/** The page of the remote control, and the `--topic` of `tail`, on which an event is told. */
export function topicOf(type: EventType): Topic {
  const family = type.slice(0, type.indexOf('.'));
  switch (family) {
    case 'queue':
      return 'queue';
    case 'transfer':
      return 'transfer';
    case 'trace':
      return type === 'trace.line' ? 'trace' : 'session';
    case 'alert':
    case 'problem':
      return 'alert';
    case 'command':
    case 'doctor':
      return 'audit';
    default:
      return 'session'; // gateway, accounts, session, mailbox, message, listener: the page Session of S51 and S52
  }
}
