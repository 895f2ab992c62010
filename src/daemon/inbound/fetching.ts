/** Fetches what is planned, with RETRs in flight; each message goes its whole way before the next is taken. */
import type { SizeLimit } from '../../protocol/model.ts';
import type { ListedMessage, OpenMailbox, Pop3Failure, Retrieved } from '../pop3/mailbox.ts';
import type { LedgerEntry } from '../store/store.ts';
import { cameWhole, noteBreak } from './breaks.ts';
import { dialogueAbout } from './dialogue.ts';
import { failedOnce, removalOf, setAside } from './entry.ts';
import { handOver, type HandedOver } from './handing.ts';
import { type Limits, limitOn } from './limit.ts';
import type { Doomed } from './plan.ts';
import { entryFor, keepFailure, knownNamed, messageFailed, remember, type Visit } from './visit.ts';

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

/** What an operator wants is fetched whatever its size, if the disk has room (G08), all else within the limit. */
export async function fetchAll(
  visit: Visit,
  mailbox: OpenMailbox,
  fetch: ListedMessage[],
  limits: Limits,
): Promise<Haul> {
  const haul: Haul = { doomed: [], tooLong: [], received: 0, ended: { is: 'all' } };
  const isWanted = (message: ListedMessage) => knownNamed(visit, message)?.wanted === true;
  const wanted = fetch.filter(isWanted);
  const others = fetch.filter((message) => !isWanted(message));
  for (const [messages, most] of [
    [wanted, limitOn(true, limits)],
    [others, limitOn(false, limits)],
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
  const ledger: LedgerDebt = { durable: Promise.resolve() };
  const ended = await fetchInTurn(visit, mailbox, some, { haul, ledger });
  await ledger.durable;
  return ended;
}

/** What the ledger still has to write about the last message that was handed over. */
interface LedgerDebt {
  durable: Promise<void>;
}

interface Catch {
  haul: Haul;
  ledger: LedgerDebt;
}

async function fetchInTurn(visit: Visit, mailbox: OpenMailbox, some: Wanted, into: Catch): Promise<Ended> {
  const { stop, transcript, parts } = visit;
  const byNumber = new Map(some.messages.map((message) => [message.number, message]));
  transcript.take(); // what was said so far is about no message
  let began = parts.clock.monotonic();
  for await (const retrieved of mailbox.retrieve([...byNumber.keys()], { maxBytes: some.limit.bytes })) {
    const message = byNumber.get(retrieved.number);
    const said = dialogueAbout(retrieved.number, transcript.take());
    const ended = message ? await received(visit, { message, retrieved, said, began, limit: some.limit }, into) : null;
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
async function received(visit: Visit, answer: Answer, { haul, ledger }: Catch): Promise<Ended | null> {
  const { message, retrieved, said, began } = answer;
  if (retrieved.kind === 'broken') {
    await noteBreak(visit, answer, retrieved.failure);
    return { is: 'broken', failure: retrieved.failure, message };
  }

  haul.received += 1;
  switch (retrieved.kind) {
    case 'message': {
      await using body = retrieved.body;
      await cameWhole(visit, message);
      const handed = await handOver(visit, { message, body, said, began, before: ledger.durable });
      // Whoever cannot be reached now cannot be for the next one either: no mail is downloaded in vain.
      if (handed.is === 'unreached') return handed;
      if (handed.is === 'settled') ledger.durable = doomedOnce(visit, { message, haul, handed });
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

interface Settled {
  message: ListedMessage;
  handed: Extract<HandedOver, { is: 'settled' }>;
  haul: Haul;
}

/** Only what the ledger has on disk is ever deleted. */
function doomedOnce(visit: Visit, { message, handed, haul }: Settled): Promise<void> {
  const doomed = handed.durable.then(() => void haul.doomed.push(...doomedNow(visit, message, handed.entry)));
  doomed.catch(() => {}); // whoever waits for it hears of it
  return doomed;
}

function doomedNow({ account, parts }: Visit, message: ListedMessage, entry: LedgerEntry): Doomed[] {
  const { keepOnServer, deleteAfter } = account;
  const why = removalOf(entry, { keepOnServer, deleteAfter, now: parts.clock.now() });
  return why ? [{ message, key: entry.uidl, why }] : [];
}

/** POP22: this one is skipped, the others go on. */
async function noteRefusal(visit: Visit, { message, said, began }: Answer, why: string): Promise<void> {
  const entry = await entryFor(visit, message);
  const relay = visit.account.server.host;
  const after = entry && { ...failedOnce(entry, why), wanted: false };
  if (after) await keepFailure(visit, message, after, { relay, result: why, transcript: said, began });
  messageFailed(visit, message, '', why);
}

async function noteTooLong(visit: Visit, answer: Answer, haul: Haul): Promise<void> {
  const { message, limit, said, began } = answer;
  const entry = await entryFor(visit, message);
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
