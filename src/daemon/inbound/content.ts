/**
 * What a message's content decides (S78-S81): it goes on, perhaps changed or to somebody else; it is stopped; or nobody can say now.
 * What is stopped lies in quarantine, durably, before the ledger calls it settled (I03).
 */
import type { Body } from '../mail/body.ts';
import { envelopeSender, labelOf } from '../mail/message.ts';
import type { LedgerEntry } from '../store/store.ts';
import { failedOnce, intercepted, openRecipients } from './entry.ts';
import type { ContentVerdict, Letter, RoutedTo, StoppedBy } from './parts.ts';
import { aboutMessage, type InHand, keepFailure, messageFailed, remember, type Visit } from './visit.ts';

export type Looked =
  | { is: 'letter'; letter: Letter; recipients: RoutedTo['recipients'] }
  | { is: 'settled'; entry: LedgerEntry }
  | { is: 'stays' };

export async function lookInto(visit: Visit, inHand: InHand, routed: RoutedTo): Promise<Looked> {
  const { account, parts, cut } = visit;
  const { header, body } = inHand;
  const sender = envelopeSender(header);
  const { recipients } = routed;
  if (!parts.content.active) return { is: 'letter', letter: { sender, body, headerOctets: body.header }, recipients };

  const examined = { header, headerOctets: body.header, body, account: account.name };
  const addresses = recipients.map(({ address }) => address);
  const verdict = await parts.content.examine({ ...examined, recipients: addresses }, cut);
  switch (verdict.does) {
    case 'pass':
      tellChanges(visit, inHand, verdict.changes);
      return { is: 'letter', letter: { sender, ...octetsOf(verdict) }, recipients };
    case 'redirect': {
      const { to, rule } = verdict;
      tellChanges(visit, inHand, [...verdict.changes, `redirected to ${to} by rule ${rule}`]);
      const instead = { address: to, why: `Rule ${rule} sends it there.`, keepOnServer: false };
      return { is: 'letter', letter: { sender, ...octetsOf(verdict) }, recipients: [instead] };
    }
    case 'quarantine':
    case 'drop':
      return { is: 'settled', entry: await stopped(visit, inHand, routed, verdict) };
    case 'wait':
      await waits(visit, inHand, verdict.why);
      return { is: 'stays' };
  }
}

function octetsOf({ body, headerOctets }: Pick<Letter, 'body' | 'headerOctets'>) {
  return { body, headerOctets };
}

function tellChanges(visit: Visit, { message }: InHand, changes: string[]): void {
  for (const change of changes)
    visit.parts.bus.tell({ type: 'message.changed', ...aboutMessage(visit, message), change });
}

async function stopped(
  visit: Visit,
  inHand: InHand,
  routed: RoutedTo,
  { does, rule, why }: Extract<ContentVerdict, { does: 'quarantine' | 'drop' }>,
): Promise<LedgerEntry> {
  const { parts } = visit;
  const by = parts.content.stoppedBy(rule);
  const refused = { by, rule: by === 'rule' ? rule : '', why };
  const recipients = openRecipients(
    routed.recipients.map(({ address }) => address),
    inHand.entry,
  );
  const quarantine =
    does === 'quarantine' ? await putAway(visit, inHand, { body: inHand.body, recipients, ...refused }) : '';

  const entry = intercepted(inHand.entry, why, parts.clock.now());
  await remember(visit, entry);
  parts.bus.tell({ type: 'message.refused', ...aboutMessage(visit, inHand.message), ...refused, quarantine });
  return entry;
}

export interface PutAway {
  body: Body;
  recipients: string[];
  by: StoppedBy;
  /** Empty where it was no rule. */
  rule: string;
  why: string;
}

/** Into quarantine, where it is durable when this resolves with its id. */
export async function putAway(
  { account, parts }: Visit,
  { message, header }: InHand,
  { body, recipients, by, rule, why }: PutAway,
): Promise<string> {
  const { from, subject } = labelOf(header);
  return await parts.quarantine.put({
    ...{ account: account.name, uidl: message.uidl, sender: envelopeSender(header), recipients, from, subject },
    ...{ body, bytes: body.bytes, rule: by === 'rule' ? rule : by, why, at: parts.clock.now() },
  });
}

async function waits(visit: Visit, { message, entry, said, began }: InHand, why: string): Promise<void> {
  if (visit.cut.aborted) return; // it was our own stop that left it unsaid
  const transcript = [...said, `* ${why}`];
  await keepFailure(visit, message, failedOnce(entry, why), { relay: '', result: why, transcript, began });
  messageFailed(visit, message, '', why);
}
