/** Every method of the control protocol (JSON-RPC 2.0): parameters, result, who may call it, and one sentence. */
import { z } from 'zod';
import { gatewayEvent, topic } from './events.ts';
import {
  accountStatus,
  attempt,
  counters,
  finishedSession,
  gatewayInfo,
  instant,
  queueCounts,
  queuedMessage,
  type Role,
  runningSession,
  traceName,
  traceStatus,
} from './model.ts';
import { gatewayState } from './state.ts';

const count = z.number().int().nonnegative();

/** Which queued messages: by name (`Pmg1F7B`, with or without `.tmp`), all, or those that a filter matches. */
const selection = {
  ids: z.array(z.string().max(64)).max(5_000).optional(),
  all: z.boolean().optional(),
  filter: z.string().max(1_000).optional(),
};
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

export const queueDetail = queuedMessage.extend({
  headers: z.array(z.tuple([z.string(), z.string()])),
  /** The first 4 KB of the body, as text. */
  text: z.string(),
  attempts: z.array(attempt),
});
export type QueueDetail = z.infer<typeof queueDetail>;

function method<P extends z.ZodType, R extends z.ZodType>(who: Role, does: string, params: P, result: R) {
  return { who, does, params, result };
}

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
  'queue.list': method(
    'viewer',
    'A range of the outgoing queue, oldest first.',
    z.strictObject({
      filter: z.string().max(1_000).optional(),
      offset: count.default(0),
      limit: count.max(1_000).default(100),
    }),
    z.object({ total: count, messages: z.array(queuedMessage) }),
  ),
  'queue.show': method(
    'viewer',
    'One queued message with its headers, first text and every attempt.',
    z.strictObject({ id: z.string().max(64) }),
    queueDetail,
  ),
  'queue.hold': method(
    'operator',
    'Keeps messages in the queue until they are released.',
    z.strictObject({ ...selection, reason, forSeconds: z.number().positive().optional() }),
    changed,
  ),
  'queue.release': method(
    'operator',
    'Lets held messages go again.',
    z.strictObject({ ...selection, reason }),
    changed,
  ),
  'queue.retry': method('operator', 'Tries deferred messages now.', z.strictObject({ ...selection, reason }), changed),
  'queue.drop': method(
    'operator',
    'Takes messages out of the queue; they stay in the trash for a while. Senders are not told.',
    z.strictObject({ ...selection, reason }),
    changed,
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
    counters: state.counters,
    traces: state.traces,
  };
}
