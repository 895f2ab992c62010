/** One fetched message on its way to everybody who is to have it. The order of the steps is the promise (reliability.md §6.1). */
import type { Body } from '../mail/body.ts';
import { readHeader } from '../mail/header-block.ts';
import { labelOf } from '../mail/message.ts';
import type { FetchedBody, ListedMessage } from '../pop3/mailbox.ts';
import type { RecipientResult } from '../smtp/conversation.ts';
import type { LedgerEntry } from '../store/store.ts';
import { lookInto, putAway } from './content.ts';
import { entryOf, openRecipients, setAside, settle } from './entry.ts';
import type { Handed, Letter, RoutedTo } from './parts.ts';
import { contentKey } from './plan.ts';
import {
  aboutMessage,
  entryOfContent,
  type InHand,
  keepFailure,
  messageFailed,
  messageUnroutable,
  note,
  remember,
  type Visit,
} from './visit.ts';

export type HandedOver =
  /** Nobody is left who has still to get it; `durable` resolves when the ledger says so on disk. */
  { is: 'settled'; entry: LedgerEntry; durable: Promise<void> } | { is: 'stays' } | { is: 'unreached'; why: string };

export interface Come {
  message: ListedMessage;
  body: FetchedBody;
  said: string[];
  began: number;
  /** Resolves when the ledger has the message before this one on disk. */
  before: Promise<void>;
}

/** From the last octet of a message to what the ledger says of it. */
export async function handOver(visit: Visit, come: Come): Promise<HandedOver> {
  const { account, parts } = visit;
  const { message, body } = come;
  const header = readHeader(body.header);
  const label = labelOf(header);
  const key = visit.unsure.has(message.uidl) ? contentKey(body.digest) : message.uidl;
  const known = await entryOfContent(visit, key, body.digest);
  const entry = entryOf({ key, bytes: message.bytes, digest: body.digest, ...label }, known, parts.clock.now());
  const inHand: InHand = { ...come, header, entry };

  const { from, subject } = label;
  parts.bus.tell({ type: 'message.fetched', ...aboutMessage(visit, message), bytes: body.bytes, from, subject });
  if (entry.deliveredAt !== null) {
    // The same octets under a new name or with a new size. Remembered with it, or a kept message would be fetched each time.
    await remember(visit, entry);
    return { is: 'settled', entry, durable: DURABLE };
  }

  const hops = header.values('received').length;
  if (hops > parts.mostReceived && !known?.wanted) return await goesRound(visit, inHand, hops);

  const routed = parts.route(header, account.name);
  if (routed.recipients.length === 0) {
    await remember(visit, { ...entry, unroutableUnder: parts.routingFingerprint, lastError: 'Nobody takes it.' });
    messageUnroutable(visit, message, label);
    return { is: 'stays' };
  }

  const looked = await lookInto(visit, inHand, routed);
  switch (looked.is) {
    case 'letter':
      return await deliver(visit, inHand, routed, looked);
    case 'settled':
      return { ...looked, durable: DURABLE };
    case 'stays':
      return looked;
  }
}

const DURABLE = Promise.resolve();

interface Outgoing {
  letter: Letter;
  recipients: RoutedTo['recipients'];
}

async function deliver(
  visit: Visit,
  inHand: InHand,
  { unroutable }: RoutedTo,
  { letter, recipients }: Outgoing,
): Promise<HandedOver> {
  const { account, parts } = visit;
  const { message, entry, said, began, before } = inHand;
  const addresses = openRecipients(
    recipients.map(({ address }) => address),
    entry,
  );
  const outgoing = { ...letter, body: endingAfter(letter.body, before) };
  const handed = addresses.length > 0 ? await parts.deliver(outgoing, addresses, unroutable) : NOBODY_LEFT; // 1  250 of the internal server
  await before;
  if (handed.unreached !== null) return { is: 'unreached', why: handed.unreached };

  const { sent, spam, refused } = sorted(handed.results, parts.isSpamRefusal);
  if (spam.length > 0 && sent.length > 0) await rememberSent(visit, entry, sent); // a quarantine that fails makes no duplicate
  const spammed = { body: letter.body, recipients: spam.map(({ address }) => address) };
  const because = { by: 'internal server' as const, rule: '', why: spam[0]?.reply ?? '' };
  const quarantine = spam.length > 0 ? await putAway(visit, inHand, { ...spammed, ...because }) : ''; // 2  what is refused as spam is durable there (S76)

  const keep = (unroutable && account.keepUnroutable) || recipients.some(({ keepOnServer }) => keepOnServer);
  const outcome = { results: handed.results, spam: spammed.recipients, keep };
  const settled = settle(entry, outcome, parts.clock.now());
  const [first] = refused;
  let durable = DURABLE;
  if (!first)
    durable = remember(visit, settled); // 3  crash between 1 and 3: handed over once more (X03)
  else {
    const transcript = [...said, ...handed.transcript];
    await keepFailure(visit, message, settled, { relay: parts.internalServer, result: first.reply, transcript, began });
  }
  durable.catch(() => {}); // whoever takes the promise hears of it
  // 4  DELE and QUIT come when all are done and durable; crash before them: deleted next time, without a duplicate (X04)

  const about = aboutMessage(visit, message);
  if (spam.length > 0) parts.bus.tell({ type: 'message.refused', ...about, ...because, quarantine });
  const final = settled.deliveredAt !== null;
  if (final ? settled.outcome === 'delivered' : sent.length > 0) tellDelivered(visit, inHand, { sent, final });
  for (const { address, reply } of refused) messageFailed(visit, message, address, reply);
  if (!final) return { is: 'stays' };
  return { is: 'settled', entry: settled, durable };
}

/**
 * The same octets, whose end waits: the sync of the message before and the way of this one go side by side, and yet a final dot
 * leaves only when the ledger owes nothing, so that a crash costs one delivery too many at most (I02, X03).
 */
function endingAfter(body: Body, before: Promise<void>): Body {
  return {
    bytes: body.bytes,
    async *chunks() {
      yield* body.chunks();
      await before;
    },
  };
}

/** All its recipients have had it in earlier sessions, or an operator dropped them. */
const NOBODY_LEFT: Handed = { results: [], unreached: null, transcript: [] };

function sorted(results: RecipientResult[], isSpam: (refusal: RecipientResult) => boolean) {
  const sent = results.filter(({ outcome }) => outcome === 'sent');
  const not = results.filter(({ outcome }) => outcome !== 'sent');
  return { sent, spam: not.filter(isSpam), refused: not.filter((result) => !isSpam(result)) };
}

async function rememberSent(visit: Visit, entry: LedgerEntry, sent: RecipientResult[]): Promise<void> {
  await remember(visit, { ...entry, deliveredTo: [...entry.deliveredTo, ...sent.map(({ address }) => address)] });
}

/** Told of those who have it, too, when the message stays for others; it counts once nobody is left. */
function tellDelivered(
  visit: Visit,
  { message, body }: InHand,
  { sent, final }: { sent: RecipientResult[]; final: boolean },
): void {
  const { parts, report } = visit;
  const recipients = sent.map(({ address, reply }) => ({ address, reply }));
  const { bytes } = body;
  parts.bus.tell({ type: 'message.delivered', ...aboutMessage(visit, message), bytes, recipients, final });
  if (!final) return;
  report.messages += 1;
  report.bytes += bytes;
}

/** I22: each server that passes it on adds a field, so that one which goes round in a loop has ever more of them. */
async function goesRound(visit: Visit, { message, entry, said, began }: InHand, hops: number): Promise<HandedOver> {
  const why = `It has passed ${hops} servers (its Received fields), more than ${visit.parts.mostReceived}: it seems to go round in a loop.`;
  await keepFailure(visit, message, setAside(entry, why), {
    ...{ relay: visit.account.server.host, result: why, began },
    transcript: [...said, `* ${why}`],
  });
  note(visit, `Message ${message.number}: ${why}`);
  return { is: 'stays' };
}
