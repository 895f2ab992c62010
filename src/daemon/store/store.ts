/**
 * What the gateway remembers, behind four small interfaces: the ledger of seen messages, the outgoing queue, the ring of
 * events and the audit trail. A second engine is one more file that passes the same contract suite (test/store/contract.ts).
 *
 * Durable means: when the promise resolves, the bytes have been synced to disk. A promise that rejects with `StoreFailure`
 * means that nothing of the call may be relied on (I08, I09): the caller answers 451, or leaves the message where it was.
 */
import type { Attempt, Priority, QueueCounts, RecipientState } from '../../protocol/model.ts';
import type { GatewayEvent } from '../../protocol/events.ts';
import type { Duration, Instant } from '../base/clock.ts';
import type { Damaged, QueueWork } from './queue-work.ts';

export class StoreFailure extends Error {
  override name = 'StoreFailure';
  /** The disk is full, or nearly: 452 4.3.1 rather than 451 4.3.0. */
  readonly full: boolean;

  constructor(message: string, full: boolean, cause?: unknown) {
    super(message, { cause });
    this.full = full;
  }
}

/** One message of one POP3 account, from the first sight of it until the server no longer lists it. */
export interface LedgerEntry {
  /** As the server gives it (RFC 1939 §7), opaque. */
  uidl: string;
  /** Octets, as LIST gave them. */
  bytes: number;
  firstSeenAt: Instant;
  /** When every recipient had had it; null until then. Only such a message may be deleted (I03). */
  deliveredAt: Instant | null;
  /** The addresses that have had it: they never get it again. */
  deliveredTo: string[];
  messageId: string;
  /** SHA-256 of the message's octets, hex; empty before it was fetched. */
  digest: string;
  /** Why it was not delivered last time; empty otherwise. */
  lastError: string;
  /** Sessions in which it was tried in vain. */
  failures: number;
  /** For lists; empty before its header was seen. Remote text. */
  from: string;
  subject: string;
  /** How it was settled, once `deliveredAt` is set: `spam` and `intercepted` lie in quarantine or were dropped by a rule, `marked` was
   *  called fetched by an operator: such a one is never deleted as delivered. */
  outcome: 'delivered' | 'spam' | 'intercepted' | 'marked';
  /** Settled, and to stay on the server although the account deletes what it delivers (S55, S56). */
  keep: boolean;
  /** When its deletion was asked for (DELE answered +OK, QUIT not yet sent); a UIDL that is listed after it may name another message (POP16). */
  deletedAt: Instant | null;
  /** Sessions that broke while this message was being fetched; from two on it is set aside (G03). */
  broke: number;
  /** When its recipient was told that it is too large (S65); told once. */
  noticedAt: Instant | null;
  /** The limit in octets that its body was found to exceed although LIST had said less; 0: none (POP20). */
  tooLargeFor: number;
  /** The routing under which nobody took it (a digest): it is not fetched again until that changes; empty: routable as far as known. */
  unroutableUnder: string;
  /** An operator's wish: it is fetched whatever its size, and whatever became of it before (G08). */
  wanted: boolean;
  /** What an operator decided for single recipients: `to` null drops that recipient, else its copy goes there instead. */
  readdressed: { from: string; to: string | null }[];
}

/**
 * What of an entry decides whether its message is fetched, kept or deleted. A session has this of every message of a mailbox, which
 * may be 100,000 that are kept; the whole of an entry is read when its message's turn comes.
 */
export type KnownMessage = Pick<
  LedgerEntry,
  | 'uidl'
  | 'bytes'
  | 'firstSeenAt'
  | 'deliveredAt'
  | 'failures'
  | 'outcome'
  | 'keep'
  | 'deletedAt'
  | 'broke'
  | 'noticedAt'
  | 'tooLargeFor'
  | 'unroutableUnder'
  | 'wanted'
>;

/** What of an entry is kept in memory, and nothing that hangs on it. */
export function knownPart(entry: KnownMessage): KnownMessage {
  return {
    uidl: entry.uidl,
    bytes: entry.bytes,
    firstSeenAt: entry.firstSeenAt,
    deliveredAt: entry.deliveredAt,
    failures: entry.failures,
    outcome: entry.outcome,
    keep: entry.keep,
    deletedAt: entry.deletedAt,
    broke: entry.broke,
    noticedAt: entry.noticedAt,
    tooLargeFor: entry.tooLargeFor,
    unroutableUnder: entry.unroutableUnder,
    wanted: entry.wanted,
  };
}

/** A message as the ledger first meets it. */
export function newLedgerEntry(uidl: string, bytes: number, now: Instant): LedgerEntry {
  return {
    ...{ uidl, bytes, firstSeenAt: now, deliveredAt: null, deliveredTo: [], messageId: '', digest: '' },
    ...{ lastError: '', failures: 0, from: '', subject: '', outcome: 'delivered', keep: false, deletedAt: null },
    ...{ broke: 0, noticedAt: null, tooLargeFor: 0, unroutableUnder: '', wanted: false, readdressed: [] },
  };
}

export interface Ledger {
  /** What decides about each message of an account, by UIDL. */
  known(account: string): Promise<Map<string, KnownMessage>>;
  /** Whole entries, by UIDL; one that is not there is missing. */
  entries(account: string, uidls: readonly string[]): Promise<Map<string, LedgerEntry>>;
  /** Adds or replaces entries; durable when it resolves (X03, X04). */
  remember(account: string, entries: LedgerEntry[]): Promise<void>;
  /** Forgets entries: those the server no longer lists, or S59's "Clear message Ids" (null: the whole account). */
  forget(account: string, uidls: string[] | null): Promise<void>;
  /** Of entries whose messages the server was told to delete, before QUIT: `deletedAt`. Those that are not there are passed over. Durable. */
  noteDeleted(account: string, uidls: readonly string[], at: Instant): Promise<void>;
  /** Keeps the dialogue of a try that failed with the message (G02); the oldest beyond ATTEMPTS_KEPT go. Durable. Forgotten with the entry. */
  noteAttempt(account: string, uidl: string, attempt: Attempt): Promise<void>;
  /** Of one message, oldest first. */
  attempts(account: string, uidl: string): Promise<Attempt[]>;
  /** Gives entries other UIDLs, their attempts with them, in one durable step (I06); one that stands under the new UIDL already is replaced. */
  rename(account: string, renamed: { from: string; to: string }[]): Promise<void>;
}

/** Tries of one fetched message whose dialogue is kept. */
export const ATTEMPTS_KEPT = 5;

/** One download session, for `logs` (S35-S48). */
export interface SessionRow {
  session: number;
  startedAt: Instant;
  finishedAt: Instant;
  messages: number;
  bytes: number;
  errors: number;
  /** Name of its file in `Log/`; null when it was not written. */
  file: string | null;
  /** The first and last event that its log is made of. */
  firstSeq: number;
  lastSeq: number;
}

export interface Sessions {
  /** Adds or replaces; durable. */
  record(row: SessionRow): Promise<void>;
  get(session: number): Promise<SessionRow | null>;
  /** Newest first. */
  list(offset: number, limit: number): Promise<{ total: number; sessions: SessionRow[] }>;
  /** Forgets the file names of those that finished before an instant (S46), and answers with them. */
  forgetFiles(before: Instant): Promise<string[]>;
  /** Drops rows that finished before an instant and have no file. */
  trim(before: Instant): Promise<void>;
}

/** Small texts that outlive a restart, by name: sealed tokens, alerts that stand, an answer that is waited for. */
export interface Memos {
  get(name: string): Promise<string | null>;
  /** Durable; null forgets it. At most LONGEST_MEMO characters. */
  put(name: string, text: string | null): Promise<void>;
  /** All whose name begins so. */
  all(prefix: string): Promise<Map<string, string>>;
}

export const LONGEST_MEMO = 1_048_576;

/** A queued message: its envelope and where it stands. The body is read apart. */
export interface QueueEntry {
  /** `Pmg1F7B`: the name without `.tmp`. Never used again while it is in the queue, the trash or the ring. */
  id: string;
  /** `dropped` entries lie in the trash. */
  state: 'waiting' | 'sending' | 'deferred' | 'held' | 'dropped';
  /** The envelope sender; empty for the null sender. */
  sender: string;
  recipients: QueuedRecipient[];
  subject: string;
  messageId: string;
  priority: Priority;
  bytes: number;
  /** SHA-256 of the body's octets, hex: checked before it is sent (I12). */
  digest: string;
  queuedAt: Instant;
  attempts: number;
  nextAttemptAt: Instant;
  lastReply: string | null;
  /** The way it goes: the relay's name or host, `direct`, or the internal server's host; empty before anybody said. Claims tell ways
   *  apart by it, and the filter's `relay=` looks at it. */
  relay: string;
  /** The relay that an operator chose for it, by the name of its section; null: its sender decides (S107). */
  relayChoice: string | null;
  /** Its place on the queue's running time (queue-work.ts), which grows only while the gateway runs: the running time less this is for
   *  how long it has been tried, whatever the wall clock does (I17). Time in which it was held is left out. */
  born: Duration;
  /** When its sender was told that it still waits (`Warn sender after`): told once; null: not yet. */
  warnedAt: Instant | null;
  /** Who handed it over: EHLO name and address. */
  peer: string;
  /** MAIL's parameters that travel on (RFC 3461). */
  dsn: { ret: 'FULL' | 'HDRS' | null; envid: string | null };
  smtpUtf8: boolean;
  eightBit: boolean;
  /** The first address of its From field; empty when there is none (S121). Remote text. */
  from: string;
  /** Held by whom, why, until when. */
  hold: { by: string; reason: string; until: Instant | null } | null;
  /** Of one in the trash: who dropped it, why and when. */
  drop: { by: string; reason: string; at: Instant } | null;
  /** Of a report: its key, so that a crash makes no second one (X08): the name of the message that it is about, alone or with a dot and
   *  what else tells its reports apart (`Pmg1F7B`, `Pmg1F7B.2`, `Pmg1F7B.delay`). All of them are forgotten with that message. */
  reportOn: string | null;
}

export interface QueuedRecipient extends RecipientState {
  /** RCPT's NOTIFY and ORCPT (RFC 3461), as they came. */
  notify: string[];
  orcpt: string | null;
}

/** A new message, as the listener or the report writer hands it over. */
export type NewEntry = Omit<
  QueueEntry,
  | ('id' | 'bytes' | 'digest' | 'state' | 'attempts' | 'nextAttemptAt' | 'lastReply' | 'hold')
  | ('born' | 'warnedAt' | 'relayChoice' | 'relay' | 'from' | 'drop')
> & {
  /** Held at once (Hold all); null: due at once. */
  hold: QueueEntry['hold'];
  /** Into the trash at once (S118); absent: into the queue. */
  drop?: QueueEntry['drop'];
  /** Absent: not known yet, or empty. */
  relay?: string;
  from?: string;
};

/** What is to be true of an entry after an attempt or a command. Only the fields that are there change. */
export type EntryChange = Partial<
  Pick<
    QueueEntry,
    | ('state' | 'recipients' | 'attempts' | 'nextAttemptAt' | 'lastReply' | 'relay' | 'hold' | 'queuedAt')
    | ('relayChoice' | 'warnedAt' | 'drop' | 'priority')
  >
>;

/** What a claim leaves aside. */
export interface ClaimOptions {
  /** Ways (`QueueEntry.relay`) that are busy or rest: what goes there stays where it is. */
  except?: string[];
}

/** A body on its way in. Chunks are written as they come; nothing is in the queue before `commit` resolves. */
export interface IncomingBody {
  /** Resolves when more may come (backpressure). The chunk is the store's from then on: nobody writes into it again. */
  write(chunk: Uint8Array): Promise<void>;
  /** Durable when it resolves, in one group with all that arrived meanwhile; only now may 250 be said (I07). */
  commit(entry: NewEntry): Promise<QueueEntry>;
  /** Forgets what was written. */
  discard(): Promise<void>;
}

export interface Queue {
  /** The name is reserved at once, so that it can be shown before the message is in. */
  receive(): IncomingBody & { readonly id: string };
  get(id: string): Promise<QueueEntry | null>;
  /** The body in chunks; throws `StoreFailure` before the last chunk when the digest does not fit, so that it is never sent (I12).
   *  The entry is `held` by then, with a reason that says it is damaged: the caller leaves it so. */
  read(id: string): AsyncIterable<Uint8Array>;
  /** The first octets of the body. */
  head(id: string, octets: number): Promise<Uint8Array>;
  /** Claims up to `limit` entries that are due (waiting or deferred, nextAttemptAt ≤ now), highest priority and longest due first:
   *  state `sending`, attempts + 1, and nextAttemptAt = now + retry[attempts so far] (the last one repeats), durable before it
   *  resolves: a crash during the attempt hammers nobody (I15). */
  claim(now: Instant, limit: number, retry: Duration[], options?: ClaimOptions): Promise<QueueEntry[]>;
  /** When the earliest unclaimed entry is due that does not go one of the ways of `except`; null when nothing waits. */
  nextDue(except?: string[]): Promise<Instant | null>;
  /** Plans of unclaimed entries for later than `latest` are pulled in to `to` (I17); durable. Answers how many there were. */
  pullIn(latest: Instant, to: Instant): Promise<number>;
  /** Changes entries if they are in one of the states of `from`; durable. Answers with those that were changed. */
  change(ids: string[], from: QueueEntry['state'][], change: EntryChange): Promise<QueueEntry[]>;
  /** The attempt of a transfer, and what became of the entry; one durable step. An entry that is gone is a bug of the caller, not a `StoreFailure`. */
  settle(id: string, change: EntryChange, attempt: Attempt): Promise<void>;
  /** Takes entries and bodies out of the queue for good; durable. */
  remove(ids: string[]): Promise<void>;
  attempts(id: string): Promise<Attempt[]>;
  /** A range, oldest first (queuedAt). `where` is the parsed filter: every given field must match (masks with `*` and `?`, in any
   *  case of letters). Entries in the trash are listed only if `states` names `dropped`; they are counted nowhere. */
  list(where: QueueFilter, offset: number, limit: number): Promise<{ total: number; entries: QueueEntry[] }>;
  counts(): Promise<QueueCounts>;
  /** At start: entries left `sending` by a crash are due again by their recorded schedule; half-received bodies go (I13). */
  recover(now: Instant): Promise<{ requeued: number; discarded: number }>;
  /** Is there a report on this message already (X08)? */
  reportOn(id: string): Promise<string | null>;
}

export interface QueueFilter {
  ids?: string[];
  states?: QueueEntry['state'][];
  sender?: string;
  recipient?: string;
  relay?: string;
  subject?: string;
  /** Masks, too: the last reply, who handed it over, who holds it, its Message-ID. */
  reply?: string;
  peer?: string;
  heldBy?: string;
  messageId?: string;
  /** A mask of its name. */
  id?: string;
  /** Any of id, sender, recipient, subject, last reply contains it. */
  word?: string;
  /** A regular expression that any of those contains (base/regular.ts: linear time, CFG12). */
  pattern?: string;
  queuedBefore?: Instant;
  queuedAfter?: Instant;
  /** Tried next. */
  dueBefore?: Instant;
  dueAfter?: Instant;
  /** Octets, attempts: more than, and less than, that many. */
  bytesAbove?: number;
  bytesBelow?: number;
  attemptsAbove?: number;
  attemptsBelow?: number;
  priorities?: Priority[];
  /** Reports of the gateway's own, or all but them. */
  reports?: boolean;
  /** None of these may fit. */
  not?: FilterPart[];
  /** Of each list, one at least must fit: masks with commas between them, and a field that stands twice. */
  anyOf?: FilterPart[][];
}

/** What the fields of a filter say, `ids` and `states` apart. */
export type FilterPart = Omit<QueueFilter, 'ids' | 'states' | 'not' | 'anyOf'>;

/** The ring of events on disk (G10). A crash loses at most the last second of it, and never the numbering. */
export interface EventRing {
  /** The number after which this run of the daemon continues: greater than any that was ever told. */
  readonly lastSeq: number;
  /** Takes an event; written with others within a second. */
  append(event: GatewayEvent): void;
  /** Events after `since` (a number) or from an instant on, oldest first. `complete` is false when earlier ones are gone. */
  read(since: { seq: number } | { at: Instant }, limit: number): Promise<{ events: GatewayEvent[]; complete: boolean }>;
  /** Drops what is older than `before`, and the oldest beyond `megabytes`. */
  trim(before: Instant, megabytes: number): Promise<void>;
  flush(): Promise<void>;
}

export interface AuditTrail {
  /** Durable: who did what, when, with what result (I30). */
  record(entry: {
    at: Instant;
    by: string;
    method: string;
    what: string;
    reason: string;
    result: string;
  }): Promise<void>;
}

export interface Store extends AsyncDisposable {
  readonly ledger: Ledger;
  readonly queue: Queue & QueueWork;
  readonly ring: EventRing;
  readonly audit: AuditTrail;
  readonly sessions: Sessions;
  readonly memos: Memos;
  /** A counter that survives restarts: the number of the next download session. */
  nextSession(): Promise<number>;
  /** Called when a write failed, and again (null) when the store works again: `status` says degraded. */
  onTrouble(listener: (trouble: StoreFailure | null) => void): void;
  /** Called for what was found damaged in the queue, and for what was found before anybody listened (I12), until it is ended. */
  onDamaged(listener: (damaged: Damaged) => void): () => void;
}
