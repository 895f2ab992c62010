/** Every method of the control protocol (JSON-RPC 2.0): parameters, result, who may call it, and one sentence. */
import { z } from 'zod';
import { gatewayEvent, topic } from './events.ts';
import { method } from './method.ts';
import {
  accountDetail,
  accountStatus,
  attempt,
  counters,
  doctorStep,
  finishedSession,
  gatewayInfo,
  instant,
  mailboxMessage,
  quarantinedMessage,
  queueCounts,
  rest,
  runningSession,
  sessionLog,
  standingAlert,
  traceName,
  traceStatus,
} from './model.ts';
import { type queueDetail, queueMethods } from './queue-methods.ts';
import { gatewayState } from './state.ts';

const count = z.number().int().nonnegative();

const reason = z.string().max(500).optional();
/** `changed` names the messages that were changed; `skipped` those that were not, and why. */
const changed = z.object({
  changed: z.array(z.string()),
  skipped: z.array(z.object({ id: z.string(), why: z.string() })),
});

export const statusResult = z.object({
  gateway: gatewayInfo,
  session: z.object({
    running: runningSession.nullable(),
    last: finishedSession.nullable(),
    nextAt: instant.nullable(),
  }),
  accounts: z.array(accountStatus),
  queue: queueCounts,
  /** Nothing is sent; absent: it is. */
  sendingPaused: rest.optional(),
  /** What is taken is held; absent: it is sent. */
  frozen: rest.optional(),
  counters,
  traces: z.object({ pop3: traceStatus, 'smtp-in': traceStatus, 'smtp-out': traceStatus }),
});
export type Status = z.infer<typeof statusResult>;

export const sessionReport = z.object({
  session: count,
  messages: count,
  bytes: count,
  errors: z.array(z.object({ account: z.string(), message: z.string() })),
  accounts: z.array(z.object({ name: z.string(), messages: count, errors: count })),
});
export type SessionReport = z.infer<typeof sessionReport>;

export type QueueDetail = z.infer<typeof queueDetail>;

const account = z.string().min(1).max(200);
/** Which messages of a POP3 mailbox: by the numbers of the list that was shown last, or by UIDL. */
const inMailbox = {
  account,
  numbers: z.array(count.min(1)).max(2_000).optional(),
  uidls: z.array(z.string().max(4_096)).max(2_000).optional(),
};
const mailboxChanged = z.object({
  changed: z.array(z.object({ number: count, uidl: z.string() })),
  skipped: z.array(z.object({ number: count, uidl: z.string(), why: z.string() })),
});
/** A message on its way to a try: whole when it is short, else sent before by `upload`. */
const tried = {
  /** Its octets in base64. */
  message: z.string().max(60_000).optional(),
  upload: z.string().max(64).optional(),
};
const dialogue = z.array(z.string());

export const methods = {
  status: method('viewer', 'The state of the gateway on one screen.', z.strictObject({}), statusResult),
  subscribe: method(
    'viewer',
    'Sends events from now on. With `since`, the events after that number come first; when the ring no longer has them all, a snapshot does.',
    z.strictObject({ since: count.optional(), topics: z.array(topic).optional() }),
    z.object({ seq: count, snapshot: gatewayState.nullable() }),
  ),
  'events.read': method(
    'viewer',
    'Events that the ring on disk has, oldest first: after a number, or from an instant on.',
    z.strictObject({
      since: z.union([count, instant]),
      topics: z.array(topic).optional(),
      limit: count.max(5_000).default(1_000),
    }),
    /** `last`: where the next call goes on, or a subscription when there is no `more`. */
    z.object({ events: z.array(gatewayEvent), last: count, more: z.boolean() }),
  ),
  trigger: method(
    'operator',
    'Starts a download session, or joins the running one (S50). With `wait` the answer comes when it has finished.',
    z.strictObject({
      accounts: z.array(z.string()).optional(),
      wait: z.boolean().default(false),
      force: z.boolean().default(false),
    }),
    z.object({ session: count, joined: z.boolean(), report: sessionReport.nullable() }),
  ),
  'trace.set': method(
    'operator',
    'Switches a protocol trace on or off while the gateway runs (S91-S95), for one account or peer, for a time or a number of sessions.',
    z.strictObject({
      trace: traceName,
      on: z.boolean(),
      account: z.string().nullable().default(null),
      peer: z.string().nullable().default(null),
      /** Seconds after which it goes off by itself. */
      forSeconds: z.number().positive().nullable().default(null),
      sessions: count.min(1).nullable().default(null),
      whole: z.boolean().default(false),
    }),
    traceStatus,
  ),
  ...queueMethods,
  'accounts.list': method(
    'viewer',
    'Every account: how it is, what limits it and who set the limit, what waits for a person (G13).',
    z.strictObject({}),
    z.object({ accounts: z.array(accountDetail) }),
  ),
  'accounts.test': method(
    'operator',
    'Connects, logs in and lists, as a session would, and shows the dialogue; fetches and deletes nothing.',
    z.strictObject({ account }),
    z.object({ ok: z.boolean(), messages: count, bytes: count, why: z.string(), dialogue }),
  ),
  'accounts.forget-ids': method(
    'operator',
    'Forgets what was downloaded, all of it or one message, so that it is fetched again (S59).',
    z.strictObject({ account, uidl: z.string().max(4_096).optional() }),
    z.object({ forgotten: count }),
  ),
  'renumbered.answer': method(
    'operator',
    'Answers for a mailbox whose messages all have new UIDLs (I06): `adopt` takes them for the known ones, `fetch` for new ones.',
    z.strictObject({ account, answer: z.enum(['adopt', 'fetch']) }),
    z.object({ account: z.string(), answer: z.string() }),
  ),
  'mailbox.list': method(
    'operator',
    'Looks into a POP3 mailbox (S60, G08). It stays open for the other calls, and is left after a while without any.',
    z.strictObject({ account, offset: count.default(0), limit: count.min(1).max(500).default(100) }),
    z.object({ total: count, bytes: count, messages: z.array(mailboxMessage) }),
  ),
  'mailbox.top': method(
    'operator',
    'The header and the first lines of one message by TOP, and the dialogues of the tries that failed (G02).',
    z.strictObject({
      account,
      number: count.min(1).optional(),
      uidl: z.string().max(4_096).optional(),
      lines: count.max(1_000).default(20),
    }),
    z.object({
      message: mailboxMessage,
      headers: z.array(z.tuple([z.string(), z.string()])),
      text: z.string(),
      /** The addresses that have had it, and those that an operator dropped or changed. */
      deliveredTo: z.array(z.string()),
      attempts: z.array(attempt),
    }),
  ),
  'mailbox.fetch': method(
    'operator',
    'Fetches messages whatever their size and state: oversize, stuck, fetched before. A session of the account does it; `later`: another one is in the mailbox now, and it is the next that does.',
    z.strictObject({ ...inMailbox, wait: z.boolean().default(false) }),
    mailboxChanged.extend({ later: z.boolean(), session: count.nullable(), report: sessionReport.nullable() }),
  ),
  'mailbox.mark-fetched': method(
    'operator',
    'Calls messages fetched: they stay on the server and are not downloaded.',
    z.strictObject(inMailbox),
    mailboxChanged,
  ),
  'mailbox.delete': method(
    'operator',
    'Deletes messages from the POP3 server: at once with `close`, else with mailbox.close; until then mailbox.undelete takes it back (RSET).',
    z.strictObject({ ...inMailbox, close: z.boolean().default(true), reason }),
    mailboxChanged,
  ),
  'mailbox.undelete': method(
    'operator',
    'Takes back every deletion since the mailbox was opened (RSET).',
    z.strictObject({ account }),
    z.object({ account: z.string() }),
  ),
  'mailbox.close': method(
    'operator',
    'Leaves the mailbox with QUIT: what was deleted is gone.',
    z.strictObject({ account }),
    z.object({ deleted: count }),
  ),
  'mailbox.readdress': method(
    'operator',
    'For one message: drops a recipient whom the internal server refuses, or sends its copy elsewhere.',
    z.strictObject({
      account,
      number: count.min(1).optional(),
      uidl: z.string().max(4_096).optional(),
      from: z.string().max(320),
      to: z.string().max(320).nullable().default(null),
      reason,
    }),
    z.object({ uidl: z.string(), from: z.string(), to: z.string().nullable() }),
  ),
  upload: method(
    'viewer',
    'Sends a message for a try in parts of at most 45,000 octets; kept for ten minutes, at most 64 MB.',
    z.strictObject({ upload: z.string().regex(/^[A-Za-z0-9-]{8,64}$/), part: z.string().max(60_000) }),
    z.object({ bytes: count }),
  ),
  'route.try': method(
    'viewer',
    'Where would a message go, and why (G07)? Nothing is sent.',
    z.strictObject({ ...tried, account: account.optional() }),
    z.object({
      recipients: z.array(z.object({ name: z.string(), address: z.string(), why: z.string() })),
      unroutable: z.boolean(),
      why: z.string(),
      /** What was looked at, and what came of it, a sentence each. */
      looked: z.array(z.string()),
    }),
  ),
  'rules.try': method(
    'viewer',
    'What would the content rules do with a message (S81)? Nothing is done. `external`: the scanner and SpamAssassin are asked too, which takes an operator.',
    z.strictObject({ ...tried, external: z.boolean().default(false) }),
    z.object({
      verdict: z.enum(['pass', 'intercept']),
      rule: z.string(),
      action: z.string(),
      why: z.string(),
      attachments: z.array(z.string()),
      considered: z.array(z.string()),
    }),
  ),
  'quarantine.list': method(
    'viewer',
    'What was stopped, newest first.',
    z.strictObject({ offset: count.default(0), limit: count.min(1).max(1_000).default(100) }),
    z.object({ total: count, messages: z.array(quarantinedMessage) }),
  ),
  'quarantine.show': method(
    'viewer',
    'One message in quarantine: its header and the first of its text.',
    z.strictObject({ id: z.string().max(64) }),
    quarantinedMessage.extend({ headers: z.array(z.tuple([z.string(), z.string()])), text: z.string() }),
  ),
  'quarantine.release': method(
    'operator',
    'Hands messages over to their recipients after all, past the rules.',
    z.strictObject({ ids: z.array(z.string().max(64)).min(1).max(1_000), reason }),
    changed,
  ),
  'quarantine.delete': method(
    'operator',
    'Deletes messages from quarantine for good.',
    z.strictObject({ ids: z.array(z.string().max(64)).min(1).max(1_000), reason }),
    changed,
  ),
  'logs.list': method(
    'viewer',
    'Session logs, newest first.',
    z.strictObject({ offset: count.default(0), limit: count.min(1).max(1_000).default(100) }),
    z.object({ total: count, sessions: z.array(sessionLog) }),
  ),
  'logs.show': method(
    'viewer',
    'The lines of one session log, from its file, else from the ring; the dialogues of what failed in it follow (G02).',
    z.strictObject({ session: count, offset: count.default(0), limit: count.min(1).max(5_000).default(1_000) }),
    z.object({ session: sessionLog, total: count, lines: z.array(z.string()) }),
  ),
  'alerts.list': method(
    'viewer',
    'The alerts that stand.',
    z.strictObject({}),
    z.object({ alerts: z.array(standingAlert) }),
  ),
  'alerts.ack': method(
    'operator',
    'Says that an alert was seen: it stands until it is over, and is not said again.',
    z.strictObject({ keys: z.array(z.string().max(300)).min(1).max(1_000) }),
    z.object({ acknowledged: z.array(z.string()) }),
  ),
  'test.mail-server': method(
    'operator',
    'Tries the connection to the internal server, or to any host, and shows the dialogue and its size limit (S69).',
    z.strictObject({
      host: z.string().max(255).optional(),
      port: z.number().int().min(1).max(65_535).optional(),
    }),
    z.object({ ok: z.boolean(), sizeLimit: count.nullable(), dialogue, advice: z.string() }),
  ),
  'test.relay': method(
    'operator',
    'Tries the connection and the login at a relay, and shows the dialogue (S108, S109).',
    z.strictObject({
      relay: z.string().max(255).optional(),
      host: z.string().max(255).optional(),
      port: z.number().int().min(1).max(65_535).optional(),
    }),
    z.object({ ok: z.boolean(), sizeLimit: count.nullable(), dialogue, advice: z.string() }),
  ),
  'test.listener': method(
    'operator',
    'Try to listen for outgoing message now: the lines of S103.',
    z.strictObject({}),
    z.object({ ok: z.boolean(), dialogue, advice: z.string() }),
  ),
  'test.notice': method(
    'operator',
    'Shows a notice on a message over the size limit as it would be mailed now, filled in with a sample (S65, S67, S68). Nothing is mailed.',
    z.strictObject({ party: z.enum(['recipient', 'sender']).default('recipient') }),
    /** `template`: the file in `templates/` that it comes from; null: the text is the program's. `faults`: what is wrong with that file. */
    z.object({ subject: z.string(), text: z.string(), template: z.string().nullable(), faults: z.array(z.string()) }),
  ),
  doctor: method(
    'operator',
    'Climbs the ladders of S70, S73, S104, S105 and S109, and says at each step what it ran and saw; the steps are told as events, too.',
    z.strictObject({
      /** Marks the events `doctor.step` of this call. */
      run: z.string().regex(/^[A-Za-z0-9-]{8,64}$/),
      account: account.optional(),
      number: count.min(1).optional(),
    }),
    z.object({ steps: z.array(doctorStep), verdict: z.enum(['ok', 'fault', 'unknown']), summary: z.string() }),
  ),
  'signin.start': method(
    'admin',
    'Begins the sign-in of an account or a relay (G06): by device it shows where to go and which code to type; by browser the address at which the page ends is to be brought back with signin.answer, and the code is empty.',
    z.strictObject({ subject: z.string().max(200) }),
    z.object({
      subject: z.string(),
      by: z.enum(['device', 'browser']),
      verificationUri: z.string(),
      verificationUriComplete: z.string().nullable(),
      userCode: z.string(),
      expiresAt: instant,
    }),
  ),
  'signin.wait': method(
    'admin',
    'Waits for the end of a device sign-in.',
    z.strictObject({ subject: z.string().max(200) }),
    z.object({ signedIn: z.boolean(), user: z.string().nullable(), why: z.string() }),
  ),
  'signin.answer': method(
    'admin',
    'Brings the address at which a sign-in by browser has ended; one that does not fit leaves it waiting.',
    z.strictObject({ subject: z.string().max(200), address: z.string().max(16_384) }),
    z.object({ signedIn: z.boolean(), user: z.string().nullable(), why: z.string() }),
  ),
  'signin.cancel': method(
    'admin',
    'Ends a device sign-in that waits.',
    z.strictObject({ subject: z.string().max(200) }),
    z.object({ cancelled: z.boolean() }),
  ),
  'signin.forget': method(
    'admin',
    'Forgets the tokens of an account or a relay.',
    z.strictObject({ subject: z.string().max(200) }),
    z.object({ forgotten: z.boolean() }),
  ),
} as const;

export type Methods = typeof methods;
export type MethodName = keyof Methods;
/** Parameters as a caller writes them (defaults may be left out). */
export type ParamsOf<M extends MethodName> = z.input<Methods[M]['params']>;
/** Parameters as a method of the daemon gets them. */
export type ParsedParamsOf<M extends MethodName> = z.output<Methods[M]['params']>;
export type ResultOf<M extends MethodName> = z.output<Methods[M]['result']>;

/** The `status` of a state. */
export function statusOf(state: z.infer<typeof gatewayState>): Status {
  const { name, version, pid, home, startedAt } = state.gateway;
  const problems = state.problems.map((problem) => problem.message);
  return {
    gateway: { name, version, pid, home, startedAt, health: problems.length === 0 ? 'ok' : 'degraded', problems },
    session: state.session,
    accounts: state.accounts,
    queue: state.queue,
    ...(state.sendingPaused && { sendingPaused: state.sendingPaused }),
    ...(state.frozen && { frozen: state.frozen }),
    counters: state.counters,
    traces: state.traces,
  };
}
