/** One message said to one peer: which octets, for whom, and what the peer made of it. It records nothing. */
import type { Bus } from '../base/bus.ts';
import type { Duration } from '../base/clock.ts';
import { type Body, readOnce } from '../mail/body.ts';
import { whatItLacks } from '../smtp/commands.ts';
import type { Envelope, RecipientResult, SmtpConversation, SmtpFailure, SmtpPeer } from '../smtp/conversation.ts';
import type { Recorder } from '../smtp/recorded.ts';
import { BODY_UNREADABLE } from '../smtp/transaction.ts';
import { type Queue, type QueuedRecipient, type QueueEntry, StoreFailure } from '../store/store.ts';
import type { Archiving, Leaving } from './leaving.ts';
import type { Way } from './relay.ts';
import { allOf, isFinal } from './verdict.ts';

export interface Answered {
  kind: 'answered';
  /** Whose results these are, by address. */
  asked: ReadonlySet<string>;
  results: RecipientResult[];
  /** Who said so: for events and the list of attempts, and for the report. */
  peer: Pick<SmtpPeer, 'name' | 'host'>;
  transcript: string[];
  /** The peer is left in peace for so long. */
  pause: Duration;
  /** Our own disk did not give the message. */
  unreadable: boolean;
  /** The peer knows DSN: whoever asked to hear of success hears it from there. */
  confirms: boolean;
  /** It offers less than the message needs (REL16, CLI14, CLI28): why, as a reply; nothing of it was said. */
  lacks: string | null;
}

export type Tried =
  | Answered
  /** The stop came, or the peer rests: nothing was said. */
  | { kind: 'untried' };

/** A message ready to be said. */
export interface Ready {
  entry: QueueEntry;
  envelope: Envelope;
  body: Body;
  /** The copy that is made as the octets leave. */
  archiving: Archiving | null;
}

/** For the recipients that are open, or for those of them that are named. Its first octets are read already, so that no peer waits
 *  for our disk. A body that cannot be read is found out when it is sent. */
export async function makeReady(
  entry: QueueEntry,
  { sender }: Pick<Way, 'sender'>,
  { queue, leaving }: { queue: Queue; leaving: Leaving },
  how: { recipients?: QueuedRecipient[]; archive: boolean },
): Promise<Ready> {
  const stored = readOnce({ bytes: entry.bytes, chunks: () => queue.read(entry.id) });
  const leaves = await leaving.bodyOf(entry, stored).catch(unreadableBody);
  const archiving = how.archive ? leaving.archiving(entry, leaves) : null;
  const recipients = how.recipients ?? entry.recipients.filter((recipient) => !isFinal(recipient));
  return {
    entry,
    envelope: envelopeOf(entry, sender, recipients),
    body: readAhead(archiving?.body ?? leaves),
    archiving,
  };
}

/** Says it. `turnedAway`: the peer sent us away rather than the message. Never throws for what a peer does. */
export async function say(
  { entry, envelope, body, archiving }: Ready,
  peer: SmtpPeer,
  conversation: SmtpConversation,
  { bus, recorder, stop, passed }: { bus: Bus; recorder: Recorder; stop: AbortSignal; passed?: () => void },
): Promise<{ answered: Answered; turnedAway: TurnedAway }> {
  tellStarted(entry, envelope, body.bytes, peer, bus);
  const { abilities } = conversation;
  const lacks = whatItLacks(envelope, body.bytes, abilities);
  const sent =
    lacks === null
      ? (await conversation.send(envelope, body, stop, passed && { passed })).recipients
      : allOf(envelope.recipients, 'failed', lacks, Number(lacks.slice(0, 3)));

  const arrived = sent.some(({ outcome }) => outcome === 'sent');
  await (arrived ? archiving?.keep() : archiving?.discard());
  const unreadable = sent.some(({ reply }) => reply.startsWith(BODY_UNREADABLE));
  const transcript = recorder.linesOf(envelope);
  const said = { results: sent, transcript, unreadable, confirms: abilities.dsn, lacks };
  return { answered: answeredBy(peer, envelope, said), turnedAway: unreadable ? null : turnedAway(sent) };
}

/** No conversation came about: our configuration or the peer, not the mail (REL02, REL06). */
export function unsaid(
  recipients: { address: string }[],
  peer: Answered['peer'],
  failure: SmtpFailure,
  lines: string[],
): Answered {
  const results = allOf(recipients, 'deferred', failure.message);
  return answeredBy(
    peer,
    { recipients },
    { results, transcript: lines, unreadable: false, confirms: false, lacks: null },
  );
}

export function answeredBy(
  { name, host }: Answered['peer'],
  { recipients }: { recipients: { address: string }[] },
  what: Omit<Answered, 'kind' | 'asked' | 'peer' | 'pause'>,
): Answered {
  const asked = new Set(recipients.map(({ address }) => address));
  return { kind: 'answered', asked, peer: { name, host }, pause: 0, ...what };
}

function tellStarted(entry: QueueEntry, envelope: Envelope, bytes: number, peer: SmtpPeer, bus: Bus): void {
  const { id, subject } = entry;
  const queuedAt = new Date(entry.queuedAt).toISOString();
  const recipients = envelope.recipients.map(({ address }) => address);
  bus.tell({
    type: 'transfer.started',
    id,
    relay: peer.name,
    sender: envelope.sender,
    bytes,
    queuedAt,
    recipients,
    subject,
  });
}

type TurnedAway = { kind: 'refused' | 'cut'; message: string } | null;

/** 421, or it hung up, and nobody had an answer (REL19). */
function turnedAway(results: RecipientResult[]): TurnedAway {
  const unanswered = results.every(({ outcome, code }) => outcome === 'deferred' && (code === null || code === 421));
  if (!unanswered) return null;
  const [first] = results;
  return { kind: first?.code === 421 ? 'refused' : 'cut', message: first?.reply ?? 'It hung up.' };
}

function envelopeOf({ dsn, eightBit, smtpUtf8 }: QueueEntry, sender: string, recipients: QueuedRecipient[]): Envelope {
  return {
    sender,
    recipients: recipients.map(({ address, notify, orcpt }) => ({ address, notify, orcpt })),
    ret: dsn.ret,
    envid: dsn.envid,
    eightBit,
    smtpUtf8,
  };
}

/** Read when it is sent, so that what is wrong is said as of any other body. */
function unreadableBody(error: unknown): Body {
  if (!(error instanceof StoreFailure)) throw error;
  return {
    bytes: 0,
    // oxlint-disable-next-line require-yield
    async *chunks() {
      throw error;
    },
  };
}

/** The same body, whose first chunk is under way. */
function readAhead(body: Body): Body {
  const chunks = body.chunks()[Symbol.asyncIterator]();
  const first = chunks.next();
  first.catch(() => {}); // whoever reads it hears of it
  let taken = false;
  return {
    bytes: body.bytes,
    chunks() {
      if (taken) return body.chunks();
      taken = true;
      return continued(first, chunks);
    },
  };
}

async function* continued(
  first: Promise<IteratorResult<Uint8Array>>,
  chunks: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    for (let next = await first; next.done !== true; next = await chunks.next()) yield next.value;
  } finally {
    await chunks.return?.();
  }
}
