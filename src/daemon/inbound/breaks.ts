/** Messages on which a session broke (G03): one that did so twice is set aside, and the others have their turn. */
import type { ListedMessage, Pop3Failure } from '../pop3/mailbox.ts';
import { type LedgerEntry, newLedgerEntry } from '../store/store.ts';
import { brokeOnce, setAside } from './entry.ts';
import { placeKey, sizeKey } from './nameless.ts';
import { entryFor, entryUnder, keepFailure, type Visit } from './visit.ts';

export interface Broken {
  message: ListedMessage;
  said: string[];
  /** When its turn began, by the monotonic clock. */
  began: number;
}

/** Our own stop, and our own disk, are no fault of any message. */
export function isOfMessage({ kind }: Pop3Failure): boolean {
  return kind !== 'stopped' && kind !== 'temporary';
}

/** The session broke while it was being received. */
export async function noteBreak(visit: Visit, broken: Broken, failure: Pop3Failure): Promise<void> {
  if (!isOfMessage(failure)) return;
  const { message } = broken;
  const entry = (await entryFor(visit, message)) ?? (await entryUnderKey(visit, message, sizeKey(message)));
  // Its size may have said at the first break what its header says now.
  const before = visit.faces.has(message.number) ? await takeSize(visit, message) : 0;
  await keep(visit, broken, brokeOnce({ ...entry, broke: Math.max(entry.broke, before) }, failure.message), failure);
}

/** It broke one while it was being received, and another one when its header was asked for. */
export async function noteBreakAtTop(visit: Visit, message: ListedMessage, failure: Pop3Failure): Promise<void> {
  if (!isOfMessage(failure)) return;
  const entry = await entryUnderKey(visit, message, placeKey(message));
  const broken = { message, said: visit.transcript.take(), began: visit.parts.clock.monotonic() };
  await keep(visit, broken, setAside(entry, failure.message), failure);
}

/** A nameless one that broke a session came whole: it is known by its content from now on. */
export async function cameWhole({ account, parts, faces, ledger }: Visit, { number }: ListedMessage): Promise<void> {
  const face = faces.get(number);
  if (face !== undefined && ledger.delete(face)) await parts.ledger.forget(account.name, [face]);
}

async function keep(visit: Visit, { message, said, began }: Broken, entry: LedgerEntry, failure: Pop3Failure) {
  visit.skip.add(entry.uidl);
  const relay = visit.account.server.host;
  await keepFailure(visit, message, entry, { relay, result: failure.message, transcript: said, began });
}

async function entryUnderKey(visit: Visit, { bytes }: ListedMessage, key: string): Promise<LedgerEntry> {
  return (await entryUnder(visit, key)) ?? newLedgerEntry(key, bytes, visit.parts.clock.now());
}

/** How many breaks are known of its size; they are this message's from now on, and no other's. */
async function takeSize({ account, parts, ledger }: Visit, message: ListedMessage): Promise<number> {
  const key = sizeKey(message);
  const broke = ledger.get(key)?.broke ?? 0;
  if (ledger.delete(key)) await parts.ledger.forget(account.name, [key]);
  return broke;
}
