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
  /** Of those: too large (S65), and set aside or refused too often (G03). */
  oversize: count,
  stuck: count,
  /** A short remark for its row; empty: none. */
  note: z.string(),
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

/** Why a message or the whole of something rests: who said so, why, and until when; null: until somebody says otherwise. */
export const rest = z.object({ by: z.string(), reason: z.string(), until: instant.nullable() });
export type Rest = z.infer<typeof rest>;

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
  /** The way it goes: a relay's name or host, `direct`, or the internal server's host for a report; empty before it is known. */
  relay: z.string(),
  /** Of a held one. */
  hold: rest.nullable(),
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

/** What lies in the trash: it can be restored until it expires. */
export const trashedMessage = queuedMessage
  .pick({ id: true, sender: true, recipients: true, subject: true, bytes: true, queuedAt: true })
  .extend({
    droppedAt: instant,
    /** Who dropped it: an operator, or `configuration` for a silent drop (S118). */
    by: z.string(),
    reason: z.string(),
    /** Gone for good then; null: it stays. */
    expiresAt: instant.nullable(),
  });
export type TrashedMessage = z.infer<typeof trashedMessage>;

/** Whose limit keeps a message on the server (G13). */
export const sizeLimit = z.object({
  /** Octets; 0: none. */
  bytes: count,
  setBy: z.enum(['nobody', 'account', 'mail server', 'configuration', 'disk']),
});
export type SizeLimit = z.infer<typeof sizeLimit>;

/** An account with what its configuration and its mailbox come to; secrets are no part of it. */
export const accountDetail = accountStatus.extend({
  enabled: z.boolean(),
  host: z.string(),
  port: count,
  security: z.enum(['none', 'stls', 'tls']),
  user: z.string(),
  authentication: z.string(),
  comment: z.string(),
  keepOnServer: z.boolean(),
  /** The name of its OAuth2 section; null: a password. */
  oauth2: z.string().nullable(),
  signIn: z.object({ signedIn: z.boolean(), user: z.string().nullable(), expiresAt: instant.nullable() }).nullable(),
  limit: sizeLimit,
  /** The limit of each who sets one, in octets; 0: none, or not known. */
  limits: z.object({ account: count, mailServer: count, configuration: count, disk: count }),
  /** Known messages that are too large, smallest first (a raised limit releases them): at most 20. */
  tooLarge: z.array(z.object({ uidl: z.string(), bytes: count, from: z.string(), subject: z.string() })),
  /** An answer is waited for (I06). */
  renumbered: z.object({ known: count, gone: count, fresh: count }).nullable(),
  /** When it is fetched next by itself. */
  nextAt: instant.nullable(),
});
export type AccountDetail = z.infer<typeof accountDetail>;

/** A message in a POP3 mailbox, with what the ledger knows of it (G08). */
export const mailboxMessage = z.object({
  number: count,
  uidl: z.string(),
  bytes: count,
  state: z.enum(['new', 'fetched', 'oversize', 'stuck', 'kept']),
  from: z.string(),
  subject: z.string(),
  /** When it is deleted by age (S57); null: not by age. */
  deleteAt: instant.nullable(),
  /** Why it is in that state, for a person; empty when there is nothing to say. */
  why: z.string(),
  /** DELE was sent; it goes with QUIT, and comes back with RSET. */
  deleted: z.boolean(),
});
export type MailboxMessage = z.infer<typeof mailboxMessage>;

export const quarantinedMessage = z.object({
  id: z.string(),
  at: instant,
  account: z.string(),
  uidl: z.string(),
  sender: z.string(),
  recipients: z.array(z.string()),
  from: z.string(),
  subject: z.string(),
  bytes: count,
  /** Who stopped it: a rule's name, `scanner`, `spamassassin` or `internal server`. */
  rule: z.string(),
  why: z.string(),
  /** Deleted by itself then; null: never. */
  expiresAt: instant.nullable(),
});
export type QuarantinedMessage = z.infer<typeof quarantinedMessage>;

export const doctorStep = z.object({
  step: z.string(),
  ran: z.string(),
  saw: z.string(),
  verdict: z.enum(['ok', 'fault', 'unknown']),
  advice: z.string(),
});
export type DoctorStep = z.infer<typeof doctorStep>;

export const sessionLog = z.object({
  session: count,
  startedAt: instant,
  finishedAt: instant,
  messages: count,
  bytes: count,
  errors: count,
  /** Name of its file in Log/; null: only the ring has it. */
  file: z.string().nullable(),
});
export type SessionLog = z.infer<typeof sessionLog>;

export const standingAlert = z.object({
  key: z.string(),
  at: instant,
  message: z.string(),
  about: z.string(),
  /** Who has seen it; null: nobody yet. */
  acknowledgedBy: z.string().nullable(),
});

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
