/**
 * The methods of the outgoing queue and its trash (G09), rows of the table in `commands.ts`. Which messages is said by names, by a
 * filter expression, or by "all"; who was shown a count says which, and nothing happens when many more would be changed by now.
 *
 * A filter expression is parts with blanks between them, every one of which must fit: `sender=*@a.com state=deferred age>2h "red flag"`.
 * - `field=mask` with `*` and `?`, in any case of letters; commas between masks mean any of them, `!=` none of them:
 *   `id`, `state`, `sender`, `recipient`, `relay`, `subject` (without a wildcard: contains), `reply`, `peer`, `held` (by whom),
 *   `messageid`, `priority`. `sender=<>` is the null sender. A field may stand twice: both must fit.
 * - `field>amount`, `field<amount`: `age` and `next` (time until the next attempt) with s, m, h or d, `size` with kb or mb, `tries`.
 * - `is=report`, `is!=report`: reports of the gateway's own.
 * - a bare word, or some in quotes: any of id, sender, recipient, subject, last reply contains it; `!word`: none does.
 * - `/rx/`: a regular expression over the same, matched in linear time (no look-around, no back-references: CFG12).
 */
import { z } from 'zod';
import { method } from './method.ts';
import { attempt, instant, priority, queuedMessage, recipientState, rest, trashedMessage } from './model.ts';

const count = z.number().int().nonnegative();
const filter = z.string().max(1_000);
const reason = z.string().max(500).optional();
const name = z.string().max(64);

/** Exactly one of `ids`, `all` and `filter`. */
const selection = {
  ids: z.array(name).max(5_000).optional(),
  all: z.boolean().optional(),
  filter: filter.optional(),
  /** How many the caller was shown: `conflict` when more would be changed now. */
  expect: count.optional(),
};

/** `changed` and `skipped` name the first 1,000; the totals count all. `why` is the end of a sentence: "it is being sent right now". */
const changed = z.object({
  changed: z.array(z.string()),
  skipped: z.array(z.object({ id: z.string(), why: z.string() })),
  changedTotal: count,
  skippedTotal: count,
});

export const queueDetail = queuedMessage.extend({
  recipients: z.array(
    recipientState.extend({
      /** RFC 3461, as they came. */
      notify: z.array(z.string()),
      orcpt: z.string().nullable(),
    }),
  ),
  messageId: z.string(),
  /** Who handed it over: EHLO name and address. */
  peer: z.string(),
  dsn: z.object({ ret: z.enum(['FULL', 'HDRS']).nullable(), envid: z.string().nullable() }),
  smtpUtf8: z.boolean(),
  eightBit: z.boolean(),
  /** SHA-256 of its octets. */
  digest: z.string(),
  /** Of a report: the message that it is about. */
  reportOn: z.string().nullable(),
  /** The relay that an operator chose; null: by its sender. */
  relayChoice: z.string().nullable(),
  /** When its sender was told that it waits. */
  warnedAt: instant.nullable(),
  /** Seconds for which it has been tried: what `Give up after hours` counts. */
  triedSeconds: count,
  headers: z.array(z.tuple([z.string(), z.string()])),
  /** The first 4 KB of its text part. */
  text: z.string(),
  /** Every attempt that is kept, oldest first, each with its dialogue (G02). */
  attempts: z.array(attempt),
});

/** Where a list goes on: given by the page before, opaque. */
const cursor = z.string().max(64);

export const queueMethods = {
  'queue.list': method(
    'viewer',
    'A range of the outgoing queue, oldest first. `after` goes on where a page ended, and `last` gives the newest: both cost what they show, however long the queue is.',
    z.strictObject({
      filter: filter.optional(),
      offset: count.default(0),
      after: cursor.optional(),
      last: z.boolean().default(false),
      limit: count.max(1_000).default(100),
    }),
    /** `total`: null on a page that goes on by `after`, where nobody counts again. `next`: null at the end. */
    z.object({ total: count.nullable(), messages: z.array(queuedMessage), next: z.string().nullable() }),
  ),
  'queue.count': method(
    'viewer',
    'How many messages a selection names, with their recipients and octets: what is asked before they are changed.',
    z.strictObject({
      ids: z.array(name).max(5_000).optional(),
      all: z.boolean().optional(),
      filter: filter.optional(),
      trash: z.boolean().default(false),
    }),
    z.object({ messages: count, recipients: count, bytes: count, sending: count }),
  ),
  'queue.show': method(
    'viewer',
    'One queued message: envelope, headers, first text, and every attempt with its dialogue (G02).',
    z.strictObject({ id: name }),
    queueDetail,
  ),
  'queue.hold': method(
    'operator',
    'Keeps messages in the queue until they are released, or until a time is over.',
    z.strictObject({ ...selection, reason, forSeconds: z.number().positive().optional() }),
    changed,
  ),
  'queue.release': method(
    'operator',
    'Lets held messages go again.',
    z.strictObject({ ...selection, reason }),
    changed,
  ),
  'queue.retry': method('operator', 'Tries messages now.', z.strictObject({ ...selection, reason }), changed),
  'queue.return': method(
    'operator',
    'Sends messages back to their senders with a report, and takes them out of the queue. Those whose sender nobody can tell are skipped.',
    z.strictObject({ ...selection, reason }),
    changed,
  ),
  'queue.drop': method(
    'operator',
    'Takes messages out of the queue; they stay in the trash for a while. Senders are not told.',
    z.strictObject({ ...selection, reason }),
    changed,
  ),
  'queue.reroute': method(
    'operator',
    'Sends messages through a relay of the configuration by its name (empty: the default one); null: by their senders again. They are due at once.',
    z.strictObject({ ...selection, relay: z.string().max(255).nullable(), reason }),
    changed,
  ),
  'queue.readdress': method(
    'operator',
    'Changes one recipient, wherever it has not had the message yet. They are due at once.',
    z.strictObject({ ...selection, from: z.string().max(320), to: z.string().max(320), reason }),
    changed,
  ),
  'queue.prioritise': method(
    'operator',
    'Changes the priority: high goes first.',
    z.strictObject({ ...selection, priority, reason }),
    changed,
  ),
  'queue.export': method(
    'operator',
    'Opens a message (of the queue or the trash) for reading with queue.read; its octets are compared with its digest first.',
    z.strictObject({ id: name, reason }),
    z.object({ id: z.string(), file: z.string(), bytes: count, digest: z.string() }),
  ),
  'queue.read': method(
    'operator',
    'Octets of a message that this link has opened with queue.export, in base64: at most 45,000 at a time.',
    z.strictObject({ id: name, offset: count, limit: count.min(1).max(45_000).default(45_000) }),
    z.object({ octets: z.string() }),
  ),
  'queue.freeze': method(
    'operator',
    'Holds what is taken from now on until it is released ("Hold all"), for a time or until told otherwise; off, what it held stays held.',
    z.strictObject({ on: z.boolean(), forSeconds: z.number().positive().optional(), reason }),
    z.object({ frozen: rest.nullable() }),
  ),
  'sending.pause': method(
    'operator',
    'Sends nothing, for a time or until told otherwise; mail is taken all the same.',
    z.strictObject({ on: z.boolean(), forSeconds: z.number().positive().optional(), reason }),
    z.object({ paused: rest.nullable() }),
  ),
  'trash.list': method(
    'viewer',
    'What lies in the trash, dropped last first; the filter is that of the queue.',
    z.strictObject({ filter: filter.optional(), after: cursor.optional(), limit: count.max(1_000).default(100) }),
    z.object({ total: count.nullable(), messages: z.array(trashedMessage), next: z.string().nullable() }),
  ),
  'trash.restore': method(
    'operator',
    'Puts dropped messages back into the queue, held, to be released.',
    z.strictObject({ ...selection, reason }),
    changed,
  ),
  'trash.empty': method(
    'admin',
    'Deletes dropped messages for good.',
    z.strictObject({ ...selection, reason }),
    changed,
  ),
} as const;
