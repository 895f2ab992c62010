/** Fetches what is planned, with RETRs in flight; each message goes its whole way before the next is taken. */
import type { SizeLimit } from '../../protocol/model.ts';
import type { ListedMessage, OpenMailbox, Pop3Failure, Retrieved } from '../pop3/mailbox.ts';
import { type LedgerEntry, newLedgerEntry } from '../store/store.ts';
import { dialogueAbout } from './dialogue.ts';
import { brokeOnce, failedOnce, removalOf, setAside } from './entry.ts';
import { handOver } from './handing.ts';
import type { Doomed } from './plan.ts';
import { entryNamed, keepFailure, messageFailed, remember, type Visit } from './visit.ts';

export type Ended =
  | { is: 'all' | 'stopped' }
  | { is: 'broken'; failure: Pop3Failure; message: ListedMessage | null }
  | { is: 'unreached'; why: string };

export interface Haul {
  /** Settled now, and to be deleted. */
  doomed: Doomed[];
  /** Bodies that were longer than the limit, although LIST had said less (POP20). */
  tooLong: ListedMessage[];
  /** Messages of which a whole answer came. */
  received: number;
  ended: Ended;
}

/** What an operator wants is fetched whatever its size (G08), all else within the limit. */
export async function fetchAll(
  visit: Visit,
  mailbox: OpenMailbox,
  fetch: ListedMessage[],
  limit: SizeLimit,
): Promise<Haul> {
  const haul: Haul = { doomed: [], tooLong: [], received: 0, ended: { is: 'all' } };
  const isWanted = (message: ListedMessage) => entryNamed(visit, message)?.wanted === true;
  const wanted = fetch.filter(isWanted);
  const others = fetch.filter((message) => !isWanted(message));
  for (const [messages, most] of [
    [wanted, { bytes: 0, setBy: 'nobody' }],
    [others, limit],
  ] as const) {
    if (messages.length === 0) continue;
    haul.ended = visit.stop.aborted
      ? { is: 'stopped' }
      : await fetchSome(visit, mailbox, { messages, limit: most }, haul);
    if (haul.ended.is !== 'all') break;
  }
  return haul;
}

interface Wanted {
  messages: readonly ListedMessage[];
  limit: SizeLimit;
}

async function fetchSome(visit: Visit, mailbox: OpenMailbox, some: Wanted, haul: Haul): Promise<Ended> {
  const { stop, transcript, parts } = visit;
  const byNumber = new Map(some.messages.map((message) => [message.number, message]));
  transcript.take(); // what was said so far is about no message
  let began = parts.clock.monotonic();
  for await (const retrieved of mailbox.retrieve([...byNumber.keys()], { maxBytes: some.limit.bytes })) {
    const message = byNumber.get(retrieved.number);
    const said = dialogueAbout(retrieved.number, transcript.take());
    const ended = message ? await received(visit, { message, retrieved, said, began, limit: some.limit }, haul) : null;
    if (ended) return ended;
    if (stop.aborted) return { is: 'stopped' };
    began = parts.clock.monotonic();
  }
  return { is: 'all' };
}

interface Answer {
  message: ListedMessage;
  retrieved: Retrieved;
  said: string[];
  began: number;
  limit: SizeLimit;
}

/** Null: the next one. */
async function received(visit: Visit, answer: Answer, haul: Haul): Promise<Ended | null> {
  const { message, retrieved, said, began } = answer;
  if (retrieved.kind === 'broken') {
    await noteBreak(visit, answer, retrieved.failure);
    return { is: 'broken', failure: retrieved.failure, message };
  }

  haul.received += 1;
  switch (retrieved.kind) {
    case 'message': {
      await using body = retrieved.body;
      const handed = await handOver(visit, { message, body, said, began });
      // Whoever cannot be reached now cannot be for the next one either: no mail is downloaded in vain.
      if (handed.is === 'unreached') return handed;
      if (handed.is === 'settled') haul.doomed.push(...doomedNow(visit, message, handed.entry));
      return null;
    }
    case 'refused':
      await noteRefusal(visit, answer, `The POP3 server does not give it out: ${retrieved.reply}`);
      return null;
    case 'oversize':
      await noteTooLong(visit, answer, haul);
      return null;
  }
}

function doomedNow({ account, parts }: Visit, message: ListedMessage, entry: LedgerEntry): Doomed[] {
  const { keepOnServer, deleteAfter } = account;
  const why = removalOf(entry, { keepOnServer, deleteAfter, now: parts.clock.now() });
  return why ? [{ message, key: entry.uidl, why }] : [];
}

/** What the ledger is to say of a message that did not come; null: nothing can name it (POP13, POP14). */
function entryFor(visit: Visit, message: ListedMessage): LedgerEntry | null {
  if (visit.unsure.has(message.uidl)) return null;
  return entryNamed(visit, message) ?? newLedgerEntry(message.uidl, message.bytes, visit.parts.clock.now());
}

/** POP22: this one is skipped, the others go on. */
async function noteRefusal(visit: Visit, { message, said, began }: Answer, why: string): Promise<void> {
  const entry = entryFor(visit, message);
  const relay = visit.account.server.host;
  const after = entry && { ...failedOnce(entry, why), wanted: false };
  if (after) await keepFailure(visit, message, after, { relay, result: why, transcript: said, began });
  messageFailed(visit, message, '', why);
}

/** G03: a message on which the session breaks a second time is set aside, and the others have their turn. */
async function noteBreak(visit: Visit, { message, said, began }: Answer, failure: Pop3Failure): Promise<void> {
  const entry = entryFor(visit, message);
  if (!isOfMessage(failure) || entry === null) return;
  visit.skip.add(message.uidl);
  await keepFailure(visit, message, brokeOnce(entry, failure.message), {
    ...{ relay: visit.account.server.host, result: failure.message, transcript: said, began },
  });
}

/** Our own stop, and our own disk, are no fault of any message. */
export function isOfMessage({ kind }: Pop3Failure): boolean {
  return kind !== 'stopped' && kind !== 'temporary';
}

async function noteTooLong(visit: Visit, answer: Answer, haul: Haul): Promise<void> {
  const { message, limit, said, began } = answer;
  const entry = entryFor(visit, message);
  if (limit.bytes > 0) {
    if (entry) await remember(visit, { ...entry, tooLargeFor: limit.bytes });
    haul.tooLong.push(message);
    return;
  }
  // Nobody set a limit, or an operator wants it: what is in the way is the most that is ever fetched.
  const why = 'It is larger than any message that is fetched (2 GB).';
  const relay = visit.account.server.host;
  if (entry) {
    const after = { ...setAside(entry, why), wanted: false };
    await keepFailure(visit, message, after, { relay, result: why, transcript: said, began });
  }
  messageFailed(visit, message, '', why);
}
