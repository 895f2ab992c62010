/** Whom a listed message is from, and what about: from the ledger where it knows, else from its header by TOP (S61). */
import type { MailboxMessage } from '../../protocol/model.ts';
import type { Header } from '../mail/header-block.ts';
import { labelOf } from '../mail/message.ts';
import type { ListedMessage, Pop3Result } from '../pop3/mailbox.ts';
import { entryOfMessage, type Judging, type Label, shownMessage } from './mailbox-message.ts';
import { headerIn } from './mailbox-top.ts';
import type { Visit } from './mailbox-visit.ts';

const NONE: Label = { from: '', subject: '' };

export function labelIn(header: Header): Label {
  const { from, subject } = labelOf(header);
  return { from, subject };
}

/** Reads the headers that nobody has told us, by TOP; of those that a server does not give there is no label. */
export async function readLabels(visit: Visit, range: readonly ListedMessage[]): Promise<Pop3Result<null>> {
  const missing = range
    .filter((message) => !visit.marked.has(message.number) && labelKnown(visit, message) === null)
    .map(({ number }) => number);
  if (missing.length === 0) return { ok: true, value: null };

  const tops = await visit.mailbox.tops(missing, 0);
  if (!tops.ok) return tops;
  for (const number of missing) {
    const octets = tops.value.get(number);
    visit.labels.set(number, octets ? labelIn(headerIn(octets)) : NONE);
  }
  return { ok: true, value: null };
}

function labelKnown(visit: Visit, message: ListedMessage): Label | null {
  const entry = visit.unsure.has(message.uidl) ? null : entryOfMessage(message, visit.ledger.get(message.uidl));
  if (entry && (entry.from !== '' || entry.subject !== '')) return { from: entry.from, subject: entry.subject };
  return visit.labels.get(message.number) ?? null;
}

export function shownOf(visit: Visit, message: ListedMessage, judging: Judging): MailboxMessage {
  return shownMessage(message, visit.ledger.get(message.uidl), judging, {
    label: labelKnown(visit, message) ?? NONE,
    deleted: visit.marked.has(message.number),
    nameless: visit.unsure.has(message.uidl),
  });
}
