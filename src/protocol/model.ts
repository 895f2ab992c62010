/** The nouns on the screen and on the wire, schema and type in one. Field names are those of `commands.md`. */
import { z } from 'zod';

/** An ISO 8601 instant in UTC with milliseconds, for example `2026-11-24T10:00:00.000Z`. */
export const instant = z.string();
const count = z.number().int().nonnegative();

export const language = z.enum(['en', 'fr']);
export type Language = z.infer<typeof language>;

export const traceName = z.enum(['pop3', 'smtp-in', 'smtp-out']);
export type TraceName = z.infer<typeof traceName>;

export const priority = z.enum(['high', 'normal', 'low']);
export type Priority = z.infer<typeof priority>;

/** A named thing that is wrong now; `key` is stable, so that it can be cleared and is said once. */
export const problem = z.object({ key: z.string(), message: z.string() });
export type Problem = z.infer<typeof problem>;

export const gatewayInfo = z.object({
  name: z.string(),
  version: z.string(),
  pid: count,
  home: z.string(),
  startedAt: instant,
  health: z.enum(['ok', 'degraded']),
  problems: z.array(z.string()),
});

/** A running download session. `of` grows as each mailbox says how many messages it holds. */
export const runningSession = z.object({
  id: count,
  startedAt: instant,
  accounts: count,
  done: count,
  messages: count,
  of: count,
});

export const finishedSession = z.object({
  id: count,
  startedAt: instant,
  finishedAt: instant,
  messages: count,
  errors: count,
});

export const accountStatus = z.object({
  name: z.string(),
  state: z.enum(['never', 'ok', 'error', 'paused', 'locked', 'disabled']),
  lastSuccessAt: instant.nullable(),
  consecutiveErrors: count,
  lastError: z.string().nullable(),
  /** Messages that stay on the POP3 server after the last session. */
  left: count,
});
export type AccountStatus = z.infer<typeof accountStatus>;

/** How far one mailbox is in the running (or last) session. */
export const mailboxProgress = z.object({
  account: z.string(),
  state: z.enum(['waiting', 'connecting', 'fetching', 'done', 'failed']),
  messages: count,
  of: count,
  bytes: count,
  /** What is being moved now: subject and recipient, for the screen. */
  current: z.string(),
  error: z.string().nullable(),
});
export type MailboxProgress = z.infer<typeof mailboxProgress>;

export const queueCounts = z.object({
  waiting: count,
  sending: count,
  deferred: count,
  held: count,
  bytes: count,
  oldestAt: instant.nullable(),
});
export type QueueCounts = z.infer<typeof queueCounts>;

/** Since the daemon's start. */
export const counters = z.object({
  downloaded: count,
  delivered: count,
  refused: count,
  accepted: count,
  sent: count,
  returned: count,
  dropped: count,
});

export const traceStatus = z.object({
  on: z.boolean(),
  account: z.string().nullable(),
  peer: z.string().nullable(),
  /** Off by itself at this instant. */
  until: instant.nullable(),
  /** Off by itself after this many more sessions. */
  sessions: count.nullable(),
  /** Bodies whole (level 2) or shortened to their first lines (level 1). */
  whole: z.boolean(),
  file: z.string(),
});
export type TraceStatus = z.infer<typeof traceStatus>;

export const recipientState = z.object({
  address: z.string(),
  state: z.enum(['waiting', 'sent', 'deferred', 'failed']),
  reply: z.string().nullable(),
});
export type RecipientState = z.infer<typeof recipientState>;

export const queuedMessage = z.object({
  id: z.string(),
  state: z.enum(['waiting', 'sending', 'deferred', 'held']),
  sender: z.string(),
  recipients: z.array(recipientState),
  subject: z.string(),
  bytes: count,
  priority,
  queuedAt: instant,
  attempts: count,
  nextAttemptAt: instant.nullable(),
  lastReply: z.string().nullable(),
  relay: z.string(),
});
export type QueuedMessage = z.infer<typeof queuedMessage>;

/** One try at handing a queued message on, with its dialogue: `< 220 …`, `> EHLO …`, secrets masked (G02). */
export const attempt = z.object({
  at: instant,
  ms: count,
  relay: z.string(),
  result: z.string(),
  transcript: z.array(z.string()),
});
export type Attempt = z.infer<typeof attempt>;

/** A transfer that is running: a queued message on its way to a relay. */
export const runningTransfer = z.object({
  id: z.string(),
  relay: z.string(),
  startedAt: instant,
  sender: z.string(),
  recipients: count,
  subject: z.string(),
  bytes: count,
});

/** A client that is connected to the listener on port 2500. */
export const inboundConnection = z.object({ connection: count, peer: z.string(), since: instant, messages: count });

export const role = z.enum(['viewer', 'operator', 'admin']);
export type Role = z.infer<typeof role>;
