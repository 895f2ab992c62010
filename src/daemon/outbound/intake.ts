/**
 * A message on its way in: from the client's DATA into the queue, in pieces, at the disk's pace. It is in the queue only when
 * `commit` has resolved, and only then may the client be told 250 (I07); on any other way out nothing of it stays.
 */
import type { Clock, Instant } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { createLineEnds } from '../mail/line-ends.ts';
import { type NewEntry, type Queue, type QueueEntry, StoreFailure } from '../store/store.ts';
import { type Arrival as Policy, type Receive, takeEverything } from './arrival.ts';
import { type HeaderFacts, watchHeader } from './header-watch.ts';
import type { BodySink } from './reader.ts';
import { IN_A_LOOP } from './loop.ts';
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

export type Taken = { kind: 'queued'; entry: QueueEntry; policy: Policy } | { kind: 'refused'; refusal: Refusal };

type Limits = Pick<ListenerSettings, 'gatewayName' | 'maxMessageBytes' | 'maxReceivedHeaders' | 'bareLineEnds'>;

export interface IntakeParts {
  queue: Queue;
  clock: Clock;
  log: Log;
  limits: Limits;
  /** The policies of S117-S119. */
  receive?: Receive;
  /** Is all mail kept until somebody releases it? */
  hold(): QueueEntry['hold'];
  /** The name of the way it will go (P4's relay.ts); empty: nobody knows yet. */
  wayName?(entry: Pick<QueueEntry, 'sender' | 'from' | 'reportOn' | 'relayChoice'>): string;
  loopToken?: string;
}

export interface Intake extends Pick<BodySink, 'take'> {
  /** The final dot came; never rejects. */
  finish(): Promise<Taken>;
  /** The client left before its final dot (CLI19). */
  cut(): void;
}

const BARE_LINE_ENDS: Refusal = { code: 550, text: '5.6.11 Bare CR or LF is not accepted' };
const LOOP: Refusal = { code: 554, text: `5.4.6 Too many hops: ${IN_A_LOOP}` };
const DISK_FULL: Refusal = { code: 452, text: '4.3.1 Insufficient system storage, try again later' };
const DISK_TROUBLE: Refusal = { code: 451, text: '4.3.0 The queue cannot be written, try again later' };
const OUR_FAULT: Refusal = { code: 451, text: '4.3.0 Local error, try again later' };

/** What is refused costs no disk from then on, and is read to its end all the same (CLI17). */
export function openIntake(handover: Handover, parts: IntakeParts): Intake {
  const { queue, clock, log, limits, receive = takeEverything, wayName = () => '', loopToken = '' } = parts;
  const incoming = queue.receive();
  const ends = createLineEnds();
  const header = watchHeader(loopToken);
  const at = clock.now();
  let octets = 0;
  let refusal: Refusal | null = null;

  const failed = (error: unknown): void => {
    if (error instanceof StoreFailure) refusal ??= error.full ? DISK_FULL : DISK_TROUBLE;
    else {
      refusal ??= OUR_FAULT;
      log.error('a message could not be taken in', error);
    }
  };
  const write = (text: Uint8Array): Promise<void> => incoming.write(text).catch(failed);
  const judge = (facts: HeaderFacts | null): void => {
    refusal ??= verdict({ octets, bare: ends.bare, header: facts }, limits);
  };
  const discard = (): Promise<void> => incoming.discard().catch(() => {}); // what this leaves goes at the next start (I13)

  async function commit(facts: HeaderFacts): Promise<Taken> {
    const rest = ends.end();
    judge(facts);
    if (!refusal && rest.length > 0) await write(rest);
    if (refusal) return { kind: 'refused', refusal };

    const { sender } = handover;
    const policy = receive({ sender, subject: facts.subject, from: facts.from });
    const relay = wayName({ sender, from: facts.from, reportOn: null, relayChoice: null });
    const decided = { at, eightBit: ends.eightBit, hold: parts.hold(), relay, silencedBy: policy.silencedBy };
    return { kind: 'queued', entry: await incoming.commit(newEntry(handover, facts, decided)), policy };
  }

  void write(Buffer.from(ownField(handover, { id: incoming.id, name: limits.gatewayName, at, token: loopToken })));

  return {
    take(chunk) {
      if (refusal) return null;
      const text = ends.feed(chunk);
      header.feed(text);
      octets += chunk.length;
      judge(header.facts());
      return refusal !== null || text.length === 0 ? null : write(text);
    },
    async finish() {
      try {
        const taken = await commit(header.end());
        if (taken.kind === 'refused') await discard();
        return taken;
      } catch (error) {
        failed(error);
        await discard();
        return { kind: 'refused', refusal: refusal ?? OUR_FAULT };
      }
    },
    cut: () => void discard(),
  };
}

/** Pure: may it still become a message of ours? */
function verdict(seen: { octets: number; bare: boolean; header: HeaderFacts | null }, limits: Limits): Refusal | null {
  if (seen.octets > limits.maxMessageBytes) return tooLarge(limits.maxMessageBytes);
  if (seen.bare && limits.bareLineEnds === 'refuse') return BARE_LINE_ENDS;
  if (seen.header && (seen.header.returned || seen.header.received > limits.maxReceivedHeaders)) return LOOP;
  return null;
}

function tooLarge(limit: number): Refusal {
  return { code: 552, text: `5.3.4 Message exceeds the limit of ${limit} octets` };
}

function ownField(
  { from, recipients }: Handover,
  by: { id: string; name: string; at: Instant; token: string },
): string {
  return receivedField(from, { ...by, recipients: recipients.map(({ address }) => address) });
}

interface Decided {
  at: Instant;
  eightBit: boolean;
  hold: QueueEntry['hold'];
  relay: string;
  silencedBy: string | null;
}

function newEntry(
  { peer, sender, recipients, dsn, smtpUtf8 }: Handover,
  { subject, messageId, priority, from }: HeaderFacts,
  { at, eightBit, hold, relay, silencedBy }: Decided,
): NewEntry {
  const drop = silencedBy === null ? null : { by: 'configuration', reason: `Silent drop: "${silencedBy}"`, at };
  return {
    sender,
    recipients: recipients.map((recipient) => ({ ...recipient, state: 'waiting', reply: null })),
    ...{ subject, messageId, priority, from, relay, peer, dsn, smtpUtf8, eightBit },
    queuedAt: at,
    hold: drop ? null : hold,
    drop,
    reportOn: null,
  };
}
