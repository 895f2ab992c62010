/** Whether a mailbox was renumbered, asked of the server and of a person (I06, G04, POP15); `renumbering.ts` decides. */
import { readHeader } from '../mail/header-block.ts';
import { labelOf } from '../mail/message.ts';
import type { ListedMessage, OpenMailbox, Pop3Result } from '../pop3/mailbox.ts';
import type { LedgerEntry } from '../store/store.ts';
import type { Listing } from './plan.ts';
import {
  adopted,
  candidatesBySize,
  type Change,
  compare,
  isRenumbered,
  looksRenumbered,
  type Numbering,
  numberingMemo,
  readNumbering,
  samplesOf,
  writeNumbering,
} from './renumbering.ts';
import { note, type Visit, warn } from './visit.ts';

/** `asked`: nothing is fetched or deleted. `adopting`: when all that is left was fetched, `numberingSettled` is to be called. */
export type Numbered = 'as ever' | 'asked' | 'adopting';

export async function heedNumbering(
  visit: Visit,
  mailbox: OpenMailbox,
  listing: Listing,
): Promise<Pop3Result<Numbered>> {
  const { account, parts } = visit;
  const memo = readNumbering(await parts.memos.get(numberingMemo(account.name)));
  const change = compare(listing, visit.ledger);

  if (memo?.state === 'adopt') return await adopt(visit, mailbox, change);
  if (memo?.state === 'fetch') {
    await forgetGone(visit, change);
    await numberingSettled(visit, 'They are fetched as new messages.');
    return asEver;
  }
  if (!looksRenumbered(change)) {
    if (memo) await numberingSettled(visit, 'The known messages are there again, or all are gone.');
    return asEver;
  }
  if (memo?.state === 'asked') return ask(visit, memo);

  const samples = await messageIdsOf(visit, mailbox, samplesOf(change));
  if (!samples.ok) return samples;
  const lost = (await entriesOf(visit, change)).map(({ messageId }) => messageId);
  if (!isRenumbered(change, { gone: lost, samples: samples.value })) return asEver;

  const { known, gone, fresh } = change;
  const at = parts.clock.now();
  const question = { state: 'asked' as const, known, gone: gone.length, fresh: fresh.length, at };
  await parts.memos.put(numberingMemo(account.name), writeNumbering(question));
  return ask(visit, question);
}

const asEver = { ok: true, value: 'as ever' } as const;

/** The question is answered, or asks itself no more. */
export async function numberingSettled({ account, parts }: Visit, why: string): Promise<void> {
  await parts.memos.put(numberingMemo(account.name), null);
  parts.alerts.clear(numberingMemo(account.name), why);
}

/** A state, said in each session; the alert stands, and is told once. */
function ask(visit: Visit, { known, gone, fresh }: Extract<Numbering, { state: 'asked' }>): Pop3Result<Numbered> {
  const { account, parts, session } = visit;
  const { name } = account;
  parts.bus.tell({ type: 'mailbox.renumbered', session, account: name, known, gone, fresh });
  const words = `${gone} of ${known} known messages have new names on the server: nothing is fetched until somebody says what they are (mailgate renumbered ${name} adopt, or fetch).`;
  parts.alerts.raise(numberingMemo(name), words, name);
  note(visit, words);
  return { ok: true, value: 'asked' };
}

/** Whole: who is who is seen by their Message-IDs, and by their digests. */
async function entriesOf({ account, parts }: Visit, { gone }: Change): Promise<LedgerEntry[]> {
  const entries = await parts.ledger.entries(
    account.name,
    gone.map(({ uidl }) => uidl),
  );
  return [...entries.values()];
}

/** First of all, so that a session that ends early does not find them again, and ask again. */
async function forgetGone({ account, parts, ledger }: Visit, { gone }: Change): Promise<void> {
  const uidls = gone.map(({ uidl }) => uidl);
  for (const uidl of uidls) ledger.delete(uidl);
  if (uidls.length > 0) await parts.ledger.forget(account.name, uidls);
}

/** Headers that are asked for between two looks whether to stop. */
const AT_A_TIME = 256;

/** Empty for one that has none, or whose header the server does not give. */
async function messageIdsOf(
  { stop }: Visit,
  mailbox: OpenMailbox,
  messages: ListedMessage[],
): Promise<Pop3Result<string[]>> {
  const messageIds: string[] = [];
  for (let from = 0; from < messages.length && !stop.aborted; from += AT_A_TIME) {
    const numbers = messages.slice(from, from + AT_A_TIME).map(({ number }) => number);
    const tops = await mailbox.tops(numbers, 0);
    if (!tops.ok) return tops;
    for (const number of numbers) {
      const header = tops.value.get(number);
      messageIds.push(header ? labelOf(readHeader(header)).messageId : '');
    }
  }
  return { ok: true, value: messageIds };
}

/**
 * They are the known ones: those that size and Message-ID name get their entries; the others are fetched, and whatever has the
 * digest of a lost entry is that one (`visit.adoptable`). A session that ends early goes on with it next time.
 */
async function adopt(visit: Visit, mailbox: OpenMailbox, change: Change): Promise<Pop3Result<Numbered>> {
  const { account, parts, ledger } = visit;
  const { fresh } = change;
  const gone = await entriesOf(visit, change);
  const candidates = candidatesBySize(gone);
  const likely = fresh.filter(({ bytes, uidl }) => candidates.has(bytes) && !visit.unsure.has(uidl));
  const messageIds = await messageIdsOf(visit, mailbox, likely);
  if (!messageIds.ok) return messageIds;

  const named = messageIds.value.flatMap((messageId, n) => {
    const message = likely[n];
    return message ? [{ message, messageId }] : [];
  });
  const renamed = adopted(named, gone);
  if (renamed.length > 0) await parts.ledger.rename(account.name, renamed);
  for (const { from, to } of renamed) {
    const entry = ledger.get(from);
    ledger.delete(from);
    if (entry) ledger.set(to, { ...entry, uidl: to });
  }

  const taken = new Set(renamed.map(({ from }) => from));
  const lost = gone.filter(({ uidl, digest }) => !taken.has(uidl) && digest !== '');
  visit.adoptable = new Map(lost.map(({ digest, uidl }) => [digest, uidl]));
  if (renamed.length > 0) warn(visit, `${renamed.length} messages were recognised under their new names.`);
  return { ok: true, value: 'adopting' };
}
