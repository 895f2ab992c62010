/** One try at handing a message to a peer, and what it says of the peer: does it rest now, is it well again? */
import type { Bus } from '../base/bus.ts';
import type { Duration } from '../base/clock.ts';
import type { Envelope, RecipientResult, SmtpConversation, SmtpFailure, SmtpPeer } from '../smtp/conversation.ts';
import type { Recorder } from '../smtp/recorded.ts';
import { BODY_UNREADABLE } from '../smtp/transaction.ts';
import type { Queue, QueueEntry } from '../store/store.ts';
import type { Troubles } from './trouble.ts';
import { allOf, isFinal } from './verdict.ts';

export type Tried =
  | {
      kind: 'answered';
      results: RecipientResult[];
      transcript: string[];
      /** The peer is left in peace for so long. */
      pause: Duration;
      /** Our own disk did not give the message. */
      unreadable: boolean;
    }
  /** The stop came, or the peer rests: nothing was said. */
  | { kind: 'untried' };

/** Lends a conversation with a peer: the pool's `use`. */
export type Converse = <T>(
  peer: SmtpPeer,
  work: (conversation: SmtpConversation) => Promise<T>,
  stop: AbortSignal,
) => Promise<{ ok: true; value: T } | { ok: false; failure: SmtpFailure }>;

export interface AttemptParts {
  queue: Queue;
  bus: Bus;
  troubles: Troubles;
  recorder: Recorder;
  converse: Converse;
}

/** Sends it to the recipients that are open. Never throws for what a peer does. */
export async function attempt(
  entry: QueueEntry,
  peer: SmtpPeer,
  parts: AttemptParts,
  stop: AbortSignal,
): Promise<Tried> {
  const { converse, recorder, troubles } = parts;
  const envelope = envelopeOf(entry);
  const used = await converse(peer, (conversation) => send(entry, { envelope, conversation, peer }, parts, stop), stop);
  if (!used.ok) return unconnected(envelope, peer, used.failure, parts);

  const { results, turnedAway } = used.value;
  const transcript = recorder.linesOf(envelope);
  const unreadable = results.some(({ reply }) => reply.startsWith(BODY_UNREADABLE));
  const answered = { kind: 'answered' as const, results, transcript, unreadable };
  if (turnedAway && !unreadable && !stop.aborted) return { ...answered, pause: troubles.failed(peer, turnedAway) };

  if (!turnedAway) troubles.worked(peer);
  return { ...answered, pause: 0 };
}

function unconnected(
  { recipients }: Envelope,
  peer: SmtpPeer,
  failure: SmtpFailure,
  { recorder, troubles }: AttemptParts,
): Tried {
  if (failure.kind === 'stopped') return { kind: 'untried' };
  const results = allOf(recipients, 'deferred', failure.message); // REL02, REL06: our configuration or the peer, not the mail
  const transcript = recorder.linesOf(failure);
  return { kind: 'answered', results, transcript, pause: troubles.failed(peer, failure), unreadable: false };
}

interface Sent {
  results: RecipientResult[];
  /** The peer sent us away rather than the message. */
  turnedAway: { kind: 'refused' | 'cut'; message: string } | null;
}

async function send(
  entry: QueueEntry,
  { envelope, conversation, peer }: { envelope: Envelope; conversation: SmtpConversation; peer: SmtpPeer },
  { queue, bus }: AttemptParts,
  stop: AbortSignal,
): Promise<Sent> {
  const { id, sender, bytes, subject } = entry;
  const recipients = envelope.recipients.map(({ address }) => address);
  const queuedAt = new Date(entry.queuedAt).toISOString();
  bus.tell({ type: 'transfer.started', id, relay: peer.name, sender, bytes, queuedAt, recipients, subject });

  const { maxSize } = conversation.abilities;
  if (maxSize !== null && bytes > maxSize) {
    // REL16: no octet of it would be taken, now or later.
    const reply = `552 5.3.4 Message of ${bytes} octets is larger than ${peer.name} takes (${maxSize})`;
    return { results: allOf(envelope.recipients, 'failed', reply, 552), turnedAway: null };
  }
  const sent = await conversation.send(envelope, { bytes, chunks: () => queue.read(id) }, stop);
  return { results: sent.recipients, turnedAway: conversation.usable ? null : turnedAway(sent.recipients) };
}

/** 421, or it hung up, and nobody had an answer (REL19). */
function turnedAway(results: RecipientResult[]): Sent['turnedAway'] {
  const unanswered = results.every(({ outcome, code }) => outcome === 'deferred' && (code === null || code === 421));
  if (!unanswered) return null;
  const [first] = results;
  return { kind: first?.code === 421 ? 'refused' : 'cut', message: first?.reply ?? 'It hung up.' };
}

function envelopeOf({ sender, recipients, dsn, eightBit, smtpUtf8 }: QueueEntry): Envelope {
  const open = recipients.filter((recipient) => !isFinal(recipient));
  return {
    sender,
    recipients: open.map(({ address, notify, orcpt }) => ({ address, notify, orcpt })),
    ret: dsn.ret,
    envid: dsn.envid,
    eightBit,
    smtpUtf8,
  };
}
