/** One account's visit in a download session: what it has found so far, and how its facts are told. */
import type { EventOf } from '../../protocol/events.ts';
import { createTranscript, type Transcript } from '../base/transcript.ts';
import type { Header } from '../mail/header-block.ts';
import type { MessageLabel } from '../mail/message.ts';
import type { FetchedBody, ListedMessage, Pop3Failure } from '../pop3/mailbox.ts';
import { type KnownMessage, knownPart, type LedgerEntry, newLedgerEntry } from '../store/store.ts';
import { BREAKS_BORNE, isStuck } from './entry.ts';
import type { InboundAccount, InboundParts } from './parts.ts';
import { formerKey, OURS } from './plan.ts';

export interface MailboxReport {
  account: string;
  messages: number;
  bytes: number;
  /** The first MOST_ERRORS of what went wrong. */
  errors: string[];
  /** How much went wrong. */
  failures: number;
  /** `refused`: no tight retry (POP03). `untried`: it did not come so far. */
  login: 'accepted' | 'refused' | 'untried';
  /** It ended early for the sake of others, or of its own length, and has its next turn at once (I19). */
  cutShort: boolean;
}

/** How a visit is ended from outside. */
export interface Stops {
  /** Gentle: what is under way ends as it should, nothing new begins (I27). */
  stop: AbortSignal;
  /** The POP3 connection ends now. */
  cut: AbortSignal;
}

export interface Visit extends Stops {
  account: InboundAccount;
  session: number;
  parts: InboundParts;
  report: MailboxReport;
  /** What was said to the POP3 server since it was last taken. */
  transcript: Transcript;
  /** What the ledger decides by; the whole of an entry is read when its message's turn comes. */
  ledger: Map<string, KnownMessage>;
  /** UIDLs that name no single message. */
  unsure: ReadonlySet<string>;
  /** By number: what the ledger knows nameless messages by, as far as somebody had to look (`nameless.ts`). */
  faces: ReadonlyMap<number, string>;
  /** Keys of messages that broke this session: it goes on without them. */
  skip: Set<string>;
  /** By digest: the UIDLs that messages had which may lie there under new ones (I06). */
  adoptable: ReadonlyMap<string, string>;
  /** Messages of this session that nobody takes. */
  unroutable: number;
}

/** A message that came whole, on its way through the walk. */
export interface InHand {
  message: ListedMessage;
  body: FetchedBody;
  header: Header;
  entry: LedgerEntry;
  /** The POP3 dialogue about it. */
  said: string[];
  /** When its turn began, by the monotonic clock. */
  began: number;
  /** Resolves when the ledger has the message before this one on disk. */
  before: Promise<void>;
}

/** Errors of one account that a report carries: each is a fact of its own as well, and a mailbox may hold 100,000 messages. */
const MOST_ERRORS = 100;

/** Characters of a UIDL in an event. RFC 1939 §7 allows 70; the ledger has it whole. */
const UIDL_TOLD = 255;

export function startVisit(account: InboundAccount, session: number, parts: InboundParts, stops: Stops): Visit {
  const { name } = account;
  return {
    ...{ account, session, parts, ...stops },
    report: { account: name, messages: 0, bytes: 0, errors: [], failures: 0, login: 'untried', cutShort: false },
    transcript: createTranscript(parts.trace(account)),
    ...{ ledger: new Map(), unsure: new Set(), faces: new Map(), skip: new Set(), adoptable: new Map(), unroutable: 0 },
  };
}

/** Where a fact about a message belongs. */
export function aboutMessage({ account, session }: Visit, { number, uidl }: ListedMessage) {
  return { session, account: account.name, number, uidl: uidl.slice(0, UIDL_TOLD) };
}

export function warn({ account, parts, session }: Visit, warning: string): void {
  parts.bus.tell({ type: 'mailbox.warned', session, account: account.name, warning });
}

/** The ledger's key of a message: its UIDL, if that names one message, else what it was recognised by. */
function keyOf({ unsure, faces }: Visit, { number, uidl }: ListedMessage): string | undefined {
  return unsure.has(uidl) ? faces.get(number) : uidl;
}

/** What is known of a message before it is fetched. */
export function knownNamed(visit: Visit, message: ListedMessage): KnownMessage | undefined {
  const known = visit.ledger.get(keyOf(visit, message) ?? '');
  return known?.bytes === message.bytes ? known : undefined;
}

/** Messages of which the ledger knows something rare: it is asked first, so that 100,000 that are kept need not be looked up. */
export function knownAmong(
  visit: Visit,
  messages: readonly ListedMessage[],
  isRare: (known: KnownMessage) => boolean,
): readonly ListedMessage[] {
  const rare = new Set<string>();
  for (const known of visit.ledger.values()) {
    if (isRare(known)) rare.add(known.uidl);
  }
  return rare.size === 0 ? [] : messages.filter((message) => rare.has(keyOf(visit, message) ?? ''));
}

/** The entry of what is known so. */
async function entryNamed(visit: Visit, message: ListedMessage): Promise<LedgerEntry | undefined> {
  const known = knownNamed(visit, message);
  return known ? await entryUnder(visit, known.uidl) : undefined;
}

/** What the ledger is to say of a message that did not come; null: nothing can name it (POP13, POP14). */
export async function entryFor(visit: Visit, message: ListedMessage): Promise<LedgerEntry | null> {
  const key = keyOf(visit, message);
  if (key === undefined) return null;
  return (await entryNamed(visit, message)) ?? newLedgerEntry(key, message.bytes, visit.parts.clock.now());
}

/** The same as `entryNamed` of many, by number. */
export async function entriesNamed(
  visit: Visit,
  messages: readonly ListedMessage[],
): Promise<Map<number, LedgerEntry>> {
  const known = messages.flatMap((message) => {
    const key = knownNamed(visit, message)?.uidl;
    return key === undefined ? [] : [{ number: message.number, key }];
  });
  if (known.length === 0) return new Map();

  const keys = known.map(({ key }) => key);
  const entries = await visit.parts.ledger.entries(visit.account.name, keys);
  return new Map(
    known.flatMap(({ number, key }) => {
      const entry = entries.get(key);
      return entry ? [[number, entry] as const] : [];
    }),
  );
}

/** The entry that has this key, or the former one of the same content. */
export async function entryUnder(visit: Visit, key: string): Promise<LedgerEntry | undefined> {
  const { account, parts } = visit;
  const under = underWhich(visit, key);
  // A new message is not asked for: nobody knows it.
  return under === null ? undefined : (await parts.ledger.entries(account.name, [under])).get(under);
}

function underWhich({ ledger }: Visit, key: string): string | null {
  if (ledger.has(key)) return key;
  return key.startsWith(OURS) && ledger.has(formerKey(key)) ? formerKey(key) : null;
}

/** The entry of a message that was fetched: the one of its key, or that of the same octets under an earlier name (I06). */
export function entryOfContent(visit: Visit, key: string, digest: string): Promise<LedgerEntry | undefined> {
  return entryUnder(visit, underWhich(visit, key) ?? visit.adoptable.get(digest) ?? key);
}

/** On disk when it resolves. */
export async function remember({ account, parts, ledger }: Visit, entry: LedgerEntry): Promise<void> {
  ledger.set(entry.uidl, knownPart(entry));
  await parts.ledger.remember(account.name, [entry]);
}

/** It stays on the POP3 server; `recipient` is empty when it concerns all of them. */
export function messageFailed(visit: Visit, message: ListedMessage, recipient: string, reason: string): void {
  visit.parts.bus.tell({ type: 'message.failed', ...aboutMessage(visit, message), recipient, reason });
  note(visit, `Message ${message.number}${recipient ? ` to ${recipient}` : ''}: ${reason}`);
}

export function messageUnroutable(visit: Visit, message: ListedMessage, { from, subject }: MessageLabel): void {
  visit.parts.bus.tell({ type: 'message.unroutable', ...aboutMessage(visit, message), from, subject });
  visit.unroutable += 1;
  note(
    visit,
    `Message ${message.number} has no recipient here, and nobody takes unroutable messages: it stays on the server.`,
  );
}

/** A try that failed, to be kept with its message. */
export interface FailedTry {
  /** The host that it was said to. */
  relay: string;
  result: string;
  transcript: string[];
  /** When it began, by the monotonic clock. */
  began: number;
}

/**
 * A message failed, and stays: on disk with the dialogue (G02). That it waits for a person now is told once, when it becomes so; it
 * is tried again all the same, save for one that broke the session twice (S74, G03).
 */
export async function keepFailure(
  visit: Visit,
  message: ListedMessage,
  entry: LedgerEntry,
  { relay, result, transcript, began }: FailedTry,
): Promise<void> {
  const { account, parts } = visit;
  const { clock } = parts;
  const before = visit.ledger.get(entry.uidl);
  await remember(visit, entry);
  const ms = Math.max(0, Math.round(clock.monotonic() - began));
  const at = new Date(clock.now() - ms).toISOString();
  await parts.ledger.noteAttempt(account.name, entry.uidl, { at, ms, relay, result, transcript });
  if (isStuck(entry) && !(before && isStuck(before)))
    parts.bus.tell({ type: 'message.stuck', ...aboutMessage(visit, message), reason: whyStuck(entry) });
}

function whyStuck({ broke, failures, lastError }: LedgerEntry): string {
  if (broke < BREAKS_BORNE) return `It has failed in ${failures} sessions, and needs a decision: ${lastError}`;
  return `It is not fetched any more: ${lastError}`;
}

/** Nothing further happens in this account in this session. */
export function failed(
  visit: Visit,
  failure: Pick<Pop3Failure, 'kind' | 'message'>,
  cause: EventOf<'mailbox.failed'>['cause'] = 'mailbox',
): MailboxReport {
  const { account, parts, report, session } = visit;
  const locked = failure.kind === 'login';
  if (locked) report.login = 'refused';
  const { host } = account.server;
  const about = { session, account: account.name, host };
  parts.bus.tell({ type: 'mailbox.failed', ...about, reason: failure.message, locked, cause });
  note(visit, failure.message);
  return report;
}

export function note({ report }: Visit, error: string): void {
  report.failures += 1;
  if (report.errors.length < MOST_ERRORS) report.errors.push(error);
}
