/**
 * Messages that are too large: not downloaded, not deleted, and whoever they are for is told once (S63-S68, G13). A raised limit
 * fetches them by itself, since the plan asks for the limit each time.
 */
import { createHash } from 'node:crypto';
import type { SizeLimit } from '../../protocol/model.ts';
import { type Header, readHeader } from '../mail/header-block.ts';
import { envelopeSender, labelOf } from '../mail/message.ts';
import type { ListedMessage, OpenMailbox, Pop3Result } from '../pop3/mailbox.ts';
import { type LedgerEntry, newLedgerEntry } from '../store/store.ts';
import { type Limits, limitOn, tooLargeFor } from './limit.ts';
import { contentKey } from './plan.ts';
import { aboutMessage, entriesNamed, entryUnder, remember, type Visit } from './visit.ts';

/** Sessions in which a notice is tried that nobody takes; whom it is for may not exist. */
const NOTICES_TRIED = 10;

/** What is still to be said of a message that is too large. `words`: why it is not downloaded. Pure. */
export function oversizeDue(
  entry: LedgerEntry | undefined,
  words: string,
  routing: string,
): { warning: boolean; notice: boolean } {
  if (!entry) return { warning: true, notice: true };
  const hopeless = entry.failures >= NOTICES_TRIED || entry.unroutableUnder === routing;
  // Told anew when another limit is in its way, not every ten minutes.
  return { warning: entry.lastError !== words, notice: entry.noticedAt === null && !hopeless };
}

/** Nobody is written to for want of room: it comes by itself, and is the operator's to see to. */
function dueOf(entry: LedgerEntry | undefined, limit: SizeLimit, routing: string): ReturnType<typeof oversizeDue> {
  const due = oversizeDue(entry, tooLargeFor(limit), routing);
  return limit.setBy === 'disk' ? { ...due, notice: false } : due;
}

/** Messages whose entries are read between two looks whether to stop. */
const AT_A_TIME = 256;

/** Tells of each what is new about it. A session that ends meanwhile goes on with it next time. */
export async function heedOversize(
  visit: Visit,
  mailbox: OpenMailbox,
  messages: ListedMessage[],
  limits: Limits,
): Promise<Pop3Result<null>> {
  for (let from = 0; from < messages.length && !visit.stop.aborted; from += AT_A_TIME) {
    const some = messages.slice(from, from + AT_A_TIME);
    const entries = await entriesNamed(visit, some);
    for (const message of some) {
      if (visit.stop.aborted) break;
      const named = entries.get(message.number);
      const done = await heed(visit, mailbox, { message, named, limit: limitOn(named?.wanted === true, limits) });
      if (!done.ok) return done;
    }
  }
  return { ok: true, value: null };
}

interface TooLargeToFetch {
  message: ListedMessage;
  named: LedgerEntry | undefined;
  limit: SizeLimit;
}

async function heed(
  visit: Visit,
  mailbox: OpenMailbox,
  { message, named, limit }: TooLargeToFetch,
): Promise<Pop3Result<null>> {
  const { routingFingerprint } = visit.parts;
  const words = tooLargeFor(limit);
  const nameless = visit.unsure.has(message.uidl);
  const due = dueOf(named, limit, routingFingerprint);
  if (!due.warning && !due.notice) return { ok: true, value: null };

  const top = await mailbox.top(message.number, 0);
  if (!top.ok && top.failure.kind !== 'refused') return top;
  const octets = top.ok ? top.value : null; // a server without TOP: nobody knows whose it is
  const found = { header: readHeader(octets ?? new Uint8Array()), top: octets !== null, limit, words };
  if (!nameless) {
    await say(visit, message, found, named, message.uidl);
    return { ok: true, value: null };
  }

  // Its header names it (POP13): what is the same there is taken for the same, of which one notice is enough.
  const key = contentKey(
    createHash('sha256')
      .update(`${message.bytes} `)
      .update(octets ?? '')
      .digest('hex'),
  );
  const known = await entryUnder(visit, key);
  const still = dueOf(known, limit, routingFingerprint);
  if (still.warning || still.notice) await say(visit, message, found, known, key);
  return { ok: true, value: null };
}

interface TooLarge {
  header: Header;
  /** Its header could be had. */
  top: boolean;
  limit: SizeLimit;
  words: string;
}

/** The notice first, then the ledger: a crash between them tells somebody twice, never nobody. */
async function say(
  visit: Visit,
  message: ListedMessage,
  { header, top, limit, words }: TooLarge,
  known: LedgerEntry | undefined,
  key: string,
): Promise<void> {
  const { parts } = visit;
  const { clock, routingFingerprint } = parts;
  const label = labelOf(header);
  const due = dueOf(known, limit, routingFingerprint);
  const bytes = Math.max(message.bytes, (known?.tooLargeFor ?? 0) + 1); // LIST may have said less
  const { told, end } = due.notice ? await notify(visit, message, { header, limit, bytes }) : SILENT;

  const before = known ?? newLedgerEntry(key, message.bytes, clock.now());
  await remember(visit, {
    ...{ ...before, uidl: key, ...(top ? label : {}), lastError: words },
    ...(end === 'told' ? { noticedAt: clock.now(), failures: 0 } : {}),
    ...(end === 'failed' ? { failures: before.failures + 1 } : {}),
    ...(end === 'nobody' ? { unroutableUnder: routingFingerprint } : {}),
  });
  if (limit.setBy === 'nobody' || (!due.warning && told.length === 0)) return;
  const { from, subject } = label;
  const about = { ...aboutMessage(visit, message), bytes, limit: limit.bytes, setBy: limit.setBy, from, subject };
  parts.bus.tell({ type: 'message.oversize', ...about, told });
}

interface Noticed {
  told: string[];
  /** `nobody`: it has no recipient here. */
  end: 'told' | 'failed' | 'nobody' | 'silent';
}

const SILENT: Noticed = { told: [], end: 'silent' };

/** The recipients, and with `Also notify the sender` who sent it. A partial success is one: it is not repeated for the others' sake. */
async function notify(
  { account, parts, session }: Visit,
  { uidl }: ListedMessage,
  { header, limit: { bytes: limit, setBy }, bytes }: { header: Header; limit: SizeLimit; bytes: number },
): Promise<Noticed> {
  const { recipients } = parts.route(header, account.name);
  if (recipients.length === 0 || setBy === 'nobody') return { told: [], end: 'nobody' };

  const { told } = await parts.notices.oversize({
    ...{ account: account.name, session, uidl, bytes, limit, setBy, header },
    recipients: recipients.map(({ address }) => address),
    sender: account.notifySender ? envelopeSender(header) || null : null,
  });
  return { told, end: told.length > 0 ? 'told' : 'failed' };
}
