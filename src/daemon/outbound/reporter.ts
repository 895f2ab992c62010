/**
 * Tells the sender what became of a message: that it failed (S114-S116), that it still waits, that it reached a relay that confirms no
 * further (RFC 3461). One report for each, whatever crashes: it is in the queue, durable, before the original leaves it, under a name
 * that is derived from the original, so that a second one is never made (X08).
 */
import type { Bus } from '../base/bus.ts';
import type { Clock, Instant } from '../base/clock.ts';
import { IN_MEMORY, LONGEST_HEADER_BLOCK } from '../base/limits.ts';
import type { Queue, QueuedRecipient, QueueEntry } from '../store/store.ts';
import { composeReport, type Fate, subjectOf } from './bounce.ts';
import type { ReportSettings } from './settings.ts';

/** Each may be called again after a crash, or a `StoreFailure`. `host`: of the peer that said so. */
export interface Reporter {
  /** Reports on the failed recipients of whom nobody was told yet. */
  report(entry: QueueEntry, host: string): Promise<void>;
  /** Confirms that the recipients who are owed that were handed to a peer that reports no further. */
  confirm(entry: QueueEntry, host: string): Promise<void>;
  /** Says that the message still waits, and until when it will be tried. Nobody is told who asked for silence, or is unknown. */
  warn(entry: QueueEntry, willRetryUntil: Instant | null): Promise<void>;
}

/** A message that comes back whole for RET=FULL is no larger than this; of others the header comes back. */
const LONGEST_RETURNED = IN_MEMORY;

/** What is to be said of an entry, and to whom. */
interface Occasion {
  entry: QueueEntry;
  action: Fate['action'];
  recipients: QueuedRecipient[];
  host: string;
  willRetryUntil: Instant | null;
  key: string;
}

export function createReporter(
  { queue, bus, clock }: { queue: Queue; bus: Bus; clock: Clock },
  settings: ReportSettings,
): Reporter {
  const unknown = ({ sender }: QueueEntry) => sender !== '' && !settings.knownSender(sender);

  async function report(entry: QueueEntry, host: string): Promise<void> {
    const recipients = entry.recipients.filter(wantsReport);
    if (recipients.length === 0) return;
    const { id, sender, subject } = entry;

    if (sender === '' || unknown(entry)) {
      bus.tell({
        type: 'queue.unreported',
        id,
        sender,
        subject,
        why: sender === '' ? 'null sender' : 'unknown sender',
      });
      return;
    }
    const key = reportKey(entry);
    const made = await once({ entry, action: 'failed', recipients, host, willRetryUntil: null, key });
    if (made !== null) bus.tell({ type: 'queue.returned', id, report: made, to: sender });
  }

  async function confirm(entry: QueueEntry, host: string): Promise<void> {
    const recipients = entry.recipients.filter(owesConfirmation);
    const { id, sender } = entry;
    if (recipients.length === 0 || sender === '' || unknown(entry)) return;

    const key = confirmationKey(entry);
    const made = await once({ entry, action: 'relayed', recipients, host, willRetryUntil: null, key });
    if (made !== null) bus.tell({ type: 'queue.confirmed', id, report: made, to: sender });
  }

  async function warn(entry: QueueEntry, willRetryUntil: Instant | null): Promise<void> {
    const recipients = entry.recipients.filter(wantsWarning);
    const { id, sender } = entry;
    if (recipients.length === 0 || sender === '' || unknown(entry)) return;

    const key = `${id}.delay`;
    const made = await once({ entry, action: 'delayed', recipients, host: '', willRetryUntil, key });
    if (made !== null) bus.tell({ type: 'queue.warned', id, report: made, to: sender });
  }

  /** The report's name; null: it was made before a crash (X08). */
  async function once(occasion: Occasion): Promise<string | null> {
    if ((await queue.reportOn(occasion.key)) !== null) return null;
    return (await make(occasion)).id;
  }

  async function make({ key, entry, ...what }: Occasion): Promise<QueueEntry> {
    const incoming = queue.receive();
    const { language, gatewayName } = settings;
    const now = clock.now();
    const { id, sender, subject, messageId, queuedAt, dsn } = entry;
    const fate: Fate = {
      ...{ id, sender, subject, messageId, queuedAt, envid: dsn.envid },
      ...what,
      original: await original(entry, what.action),
    };
    const octets = await composeReport(fate, { id: incoming.id, gatewayName, language, now });
    try {
      await incoming.write(octets);
    } catch (error) {
      await incoming.discard().catch(() => {});
      throw error;
    }
    return await incoming.commit({
      sender: '', // RFC 3464 §2: a report on a report can never come back
      recipients: [{ address: sender, state: 'waiting', reply: null, notify: [], orcpt: null }],
      subject: subjectOf(fate, language),
      messageId: `<${incoming.id}.${now}@${gatewayName}>`,
      priority: 'normal',
      queuedAt: now,
      peer: gatewayName,
      dsn: { ret: null, envid: null },
      smtpUtf8: /[^\p{ASCII}]/u.test(sender),
      eightBit: octets.some((octet) => octet > 0x7f),
      hold: null,
      reportOn: key,
    });
  }

  /** RFC 3461 §4.3: RET speaks of failures alone. */
  async function original({ id, bytes, dsn }: QueueEntry, action: Fate['action']): Promise<Fate['original']> {
    if (action === 'failed' && dsn.ret === 'FULL' && bytes <= LONGEST_RETURNED) {
      return { kind: 'message', octets: Buffer.from(await queue.head(id, bytes)) };
    }
    const head = Buffer.from(await queue.head(id, LONGEST_HEADER_BLOCK));
    const end = head.indexOf('\r\n\r\n');
    return { kind: 'headers', octets: end < 0 ? head : head.subarray(0, end + 2) };
  }

  return { report, confirm, warn };
}

/** What a client can never say (RFC 3461 §4.1): NEVER stands alone there. So these mark a recipient of whom somebody was told. */
const REPORTED = ['NEVER', 'FAILURE'];
const CONFIRMED = ['NEVER', 'SUCCESS'];

const isMarked = (mark: string[], { notify }: Pick<QueuedRecipient, 'notify'>): boolean =>
  mark.every((word) => notify.includes(word));

/** RFC 3461 §4.1: without NOTIFY a failure is reported; NEVER, or a list without FAILURE, asks for silence. */
export function wantsReport({ state, notify }: QueuedRecipient): boolean {
  if (state !== 'failed') return false;
  return notify.length === 0 || (notify.includes('FAILURE') && !notify.includes('NEVER'));
}

export function asReported(recipients: QueuedRecipient[]): QueuedRecipient[] {
  return recipients.map((recipient) => (wantsReport(recipient) ? { ...recipient, notify: REPORTED } : recipient));
}

/** RFC 3461 §5.2.2: NOTIFY=SUCCESS was asked for, and its peer took no notice of that. */
export function owesConfirmation({ state, notify }: QueuedRecipient): boolean {
  return state === 'sent' && notify.includes('SUCCESS') && !notify.includes('NEVER');
}

/** They were told of, or the peer knows DSN and tells in our place. */
export function asConfirmed(recipients: QueuedRecipient[]): QueuedRecipient[] {
  return recipients.map((recipient) => (owesConfirmation(recipient) ? { ...recipient, notify: CONFIRMED } : recipient));
}

/** RFC 3461 §4.1: without NOTIFY a delay may be told, and is; a list without DELAY asks for none. */
function wantsWarning({ state, notify }: QueuedRecipient): boolean {
  if (state !== 'waiting' && state !== 'deferred') return false;
  return notify.length === 0 || (notify.includes('DELAY') && !notify.includes('NEVER'));
}

/** The first report on a message bears its name; a later one, on others of its recipients, how many were reported before. */
export function reportKey({ id, recipients }: Pick<QueueEntry, 'id' | 'recipients'>): string {
  const before = recipients.filter((recipient) => isMarked(REPORTED, recipient)).length;
  return before === 0 ? id : `${id}.${before}`;
}

function confirmationKey({ id, recipients }: Pick<QueueEntry, 'id' | 'recipients'>): string {
  return `${id}.relayed.${recipients.filter((recipient) => isMarked(CONFIRMED, recipient)).length}`;
}
