/** The end of a visit: DELE for all that is settled, then QUIT. Deletion counts only when QUIT was answered +OK (S61, I05). */
import type { ListedMessage, OpenMailbox, Pop3Result } from '../pop3/mailbox.ts';
import type { Doomed } from './plan.ts';
import { aboutMessage, type Visit } from './visit.ts';

/**
 * Those that the server has deleted; a failure leaves everything RECORDED for the next session. The ledger keeps them until a listing
 * no longer names them: under a UIDL that comes back may lie another message (POP16). So that is noted before QUIT is sent: whether the
 * server has heard it is not known when its answer is lost, nor after a crash.
 */
export async function deleteAndQuit(
  visit: Visit,
  mailbox: OpenMailbox,
  doomed: Doomed[],
): Promise<Pop3Result<ListedMessage[]>> {
  const numbers = doomed.map(({ message }) => message.number);
  const deleted = numbers.length > 0 ? await mailbox.delete(numbers) : { ok: true as const, value: [] };
  if (!deleted.ok) return deleted;

  const marked = new Set(deleted.value);
  const gone = doomed.filter(({ message }) => marked.has(message.number));
  await rememberAsked(visit, gone); // 5  crash before it: nothing is deleted, for QUIT never came
  const quit = await mailbox.quit(); // 6
  if (!quit.ok) return quit;

  for (const { message, why } of gone) {
    const { number: _number, ...about } = aboutMessage(visit, message);
    visit.parts.bus.tell({ type: 'message.deleted', ...about, why });
  }
  return { ok: true, value: gone.map(({ message }) => message) };
}

async function rememberAsked({ account, parts, ledger }: Visit, gone: Doomed[]): Promise<void> {
  // What its content names is not deleted unseen at all.
  const known = gone.flatMap(({ key, message }) => (key === message.uidl && ledger.has(key) ? [key] : []));
  if (known.length > 0) await parts.ledger.noteDeleted(account.name, known, parts.clock.now());
}
