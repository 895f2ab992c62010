/**
 * A message on its way in: from the client's DATA into the queue, in pieces, at the disk's pace. It is in the queue only when
 * `commit` has resolved, and only then may the client be told 250 (I07); on any other way out nothing of it stays.
 */
import type { Readable } from 'node:stream';
import type { Clock, Instant } from '../base/clock.ts';
import { type NewEntry, type Queue, type QueueEntry, StoreFailure } from '../store/store.ts';
import { type HeaderFacts, watchHeader } from './header-watch.ts';
import { createLineEnds } from './line-ends.ts';
import { type Arrival, receivedField } from './received.ts';
import type { Refusal } from './refusal.ts';
import type { ListenerSettings } from './settings.ts';

/** What is known of the message before its body. */
export interface Handover {
  from: Arrival;
  /** EHLO name and address, `mail.firma.example [192.168.1.5]`. */
  peer: string;
  sender: string;
  recipients: { address: string; notify: string[]; orcpt: string | null }[];
  dsn: QueueEntry['dsn'];
  smtpUtf8: boolean;
}

export type Taken =
  | { kind: 'queued'; entry: QueueEntry }
  | { kind: 'refused'; refusal: Refusal }
  /** The client left before its final dot (CLI19). */
  | { kind: 'gone' };

type Limits = Pick<
  ListenerSettings,
  'gatewayName' | 'maxMessageBytes' | 'maxReceivedHeaders' | 'bareLineEnds' | 'holdAll'
>;

const BARE_LINE_ENDS: Refusal = { code: 550, text: '5.6.11 Bare CR or LF is not accepted' };
const LOOP: Refusal = { code: 554, text: '5.4.6 Too many hops: this message goes round in a loop' };
const DISK_FULL: Refusal = { code: 452, text: '4.3.1 Insufficient system storage, try again later' };
const DISK_TROUBLE: Refusal = { code: 451, text: '4.3.0 The queue cannot be written, try again later' };

/** Reads the body to its end (then calls `ended`) whatever becomes of it; what is refused costs no disk from then on (CLI17). */
export async function takeIn(
  body: Readable,
  handover: Handover,
  { queue, clock, limits, ended }: { queue: Queue; clock: Clock; limits: Limits; ended: () => void },
): Promise<Taken> {
  const incoming = queue.receive();
  const ends = createLineEnds();
  const header = watchHeader();
  const at = clock.now();
  let octets = 0;

  const take = async (chunk: Uint8Array): Promise<Refusal | null> => {
    const text = ends.feed(chunk);
    header.feed(text);
    octets += chunk.length;
    const refusal = verdict({ octets, bare: ends.bare, header: header.facts() }, limits);
    if (!refusal && text.length > 0) await incoming.write(text);
    return refusal;
  };

  const finish = async (): Promise<Taken> => {
    const rest = ends.end();
    const facts = header.end();
    const refusal = verdict({ octets, bare: ends.bare, header: facts }, limits);
    if (refusal) return { kind: 'refused', refusal };
    if (rest.length > 0) await incoming.write(rest);
    const more = { at, eightBit: ends.eightBit, holdAll: limits.holdAll };
    return { kind: 'queued', entry: await incoming.commit(newEntry(handover, facts, more)) };
  };

  const first = Buffer.from(ownField(handover, incoming.id, limits.gatewayName, at));
  let refusal = await incoming.write(first).then(() => null, storeRefusal);
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      if (!refusal) refusal = await take(chunk).catch(storeRefusal);
    }
  } catch {
    await incoming.discard().catch(() => {}); // half-received bodies that this leaves go at the next start (I13)
    return { kind: 'gone' };
  }
  ended();

  const taken: Taken = refusal
    ? { kind: 'refused', refusal }
    : await finish().catch((error) => ({ kind: 'refused' as const, refusal: storeRefusal(error) }));
  if (taken.kind === 'refused') await incoming.discard().catch(() => {});
  return taken;
}

/** Pure: may it still become a message of ours? */
function verdict(seen: { octets: number; bare: boolean; header: HeaderFacts | null }, limits: Limits): Refusal | null {
  if (seen.octets > limits.maxMessageBytes) return tooLarge(limits.maxMessageBytes);
  if (seen.bare && limits.bareLineEnds === 'refuse') return BARE_LINE_ENDS;
  if (seen.header && seen.header.received > limits.maxReceivedHeaders) return LOOP;
  return null;
}

function tooLarge(limit: number): Refusal {
  return { code: 552, text: `5.3.4 Message exceeds the limit of ${limit} octets` };
}

function storeRefusal(error: unknown): Refusal {
  if (!(error instanceof StoreFailure)) throw error;
  return error.full ? DISK_FULL : DISK_TROUBLE;
}

function ownField({ from, recipients }: Handover, id: string, name: string, at: Instant): string {
  return receivedField(from, { name, id, recipients: recipients.map(({ address }) => address), at });
}

function newEntry(
  { peer, sender, recipients, dsn, smtpUtf8 }: Handover,
  { subject, messageId, priority }: HeaderFacts,
  { at, eightBit, holdAll }: { at: Instant; eightBit: boolean; holdAll: boolean },
): NewEntry {
  return {
    sender,
    recipients: recipients.map((recipient) => ({ ...recipient, state: 'waiting', reply: null })),
    subject,
    messageId,
    priority,
    queuedAt: at,
    peer,
    dsn,
    smtpUtf8,
    eightBit,
    hold: holdAll ? { by: 'configuration', reason: 'Hold all', until: null } : null,
    reportOn: null,
  };
}
