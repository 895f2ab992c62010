/**
 * What an operator wants to be fetched while somebody else is in the mailbox (G08). It is noted beside the ledger, which a session
 * writes back as it has read it: one memo a message, so that no wish is lost between two who write at once. The next session takes it.
 */
import type { ListedMessage } from '../pop3/mailbox.ts';
import { knownPart, type LedgerEntry, type Memos, newLedgerEntry } from '../store/store.ts';
import type { Visit } from './visit.ts';

// In quotes, so that no account's name is the beginning of another's.
const prefixOf = (account: string): string => `wanted:${JSON.stringify(account)}:`;

/** Durable when it resolves. */
export async function wish(memos: Pick<Memos, 'put'>, account: string, uidls: readonly string[]): Promise<void> {
  for (const uidl of uidls) await memos.put(prefixOf(account) + uidl, '');
}

/** UIDLs that no session has taken yet. */
export async function wishesOf(memos: Pick<Memos, 'all'>, account: string): Promise<string[]> {
  const prefix = prefixOf(account);
  return [...(await memos.all(prefix)).keys()].map((name) => name.slice(prefix.length));
}

/** Puts them into the ledger, first; a crash before they are forgotten puts them there once more. What is not listed any more is over. */
export async function takeWishes(visit: Visit, listed: readonly ListedMessage[]): Promise<void> {
  const { account, parts, unsure } = visit;
  const uidls = await wishesOf(parts.memos, account.name);
  if (uidls.length === 0) return;

  const wanted = new Set(uidls.filter((uidl) => !unsure.has(uidl)));
  const messages = listed.filter(({ uidl }) => wanted.has(uidl));
  const known = await parts.ledger.entries(account.name, [...wanted]);
  const entries = messages.map((message) => wantedEntry(message, known.get(message.uidl), parts.clock.now()));
  if (entries.length > 0) await parts.ledger.remember(account.name, entries);
  for (const entry of entries) visit.ledger.set(entry.uidl, knownPart(entry));
  for (const uidl of uidls) await parts.memos.put(prefixOf(account.name) + uidl, null);
}

/** Another size, or a deletion that the server has confirmed, says that the ledger knows another message (POP16). */
function wantedEntry({ uidl, bytes }: ListedMessage, known: LedgerEntry | undefined, now: number): LedgerEntry {
  const same = known?.bytes === bytes && known.deletedAt === null;
  return { ...(same ? known : newLedgerEntry(uidl, bytes, now)), wanted: true };
}
