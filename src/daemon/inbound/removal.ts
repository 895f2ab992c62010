/** The end of a visit: DELE for all that is settled, then QUIT. Deletion counts only when QUIT was answered +OK (S61, I05). */
import type { ListedMessage, OpenMailbox, Pop3Result } from '../pop3/mailbox.ts';
import { type Doomed, isContentKey } from './plan.ts';
import { aboutMessage, type Visit } from './visit.ts';

/**
 * Those that the server has deleted; a failure leaves everything RECORDED for the next session. The ledger keeps them until a listing
 * no longer names them: under a UIDL that comes back may lie another message (POP16).
 */
export async function deleteAndQuit(
  visit: Visit,
  mailbox: OpenMailbox,
  doomed: Doomed[],
): Promise<Pop3Result<ListedMessage[]>> {
  const numbers = doomed.map(({ message }) => message.number);
  const deleted = numbers.length > 0 ? await mailbox.delete(numbers) : { ok: true as const, value: [] };
  if (!deleted.ok) return deleted;

  const quit = await mailbox.quit();
  if (!quit.ok) return quit;

  const marked = new Set(deleted.value);
  const gone = doomed.filter(({ message }) => marked.has(message.number));
  for (const { message, why } of gone) {
    const { number: _number, ...about } = aboutMessage(visit, message);
    visit.parts.bus.tell({ type: 'message.deleted', ...about, why });
  }
  await rememberDeleted(visit, gone);
  return { ok: true, value: gone.map(({ message }) => message) };
}

async function rememberDeleted({ account, parts, ledger }: Visit, gone: Doomed[]): Promise<void> {
  const deletedAt = parts.clock.now();
  const entries = gone.flatMap(({ key }) => {
    const entry = isContentKey(key) ? undefined : ledger.get(key);
    return entry ? [{ ...entry, deletedAt }] : [];
  });
  for (const entry of entries) ledger.set(entry.uidl, entry);
  if (entries.length > 0) await parts.ledger.remember(account.name, entries);
}
