/**
 * Tells the sender that a message failed (S114-S116): one report for a failure, whatever crashes. The report is in the queue,
 * durable, before the original leaves it; its name is derived from the original, so that a second one is never made (X08).
 */
import type { Bus } from '../base/bus.ts';
import type { Clock } from '../base/clock.ts';
import { IN_MEMORY, LONGEST_HEADER_BLOCK } from '../base/limits.ts';
import type { Queue, QueuedRecipient, QueueEntry } from '../store/store.ts';
import { composeReport, type Failure, subjectOf } from './bounce.ts';
import type { ReportSettings } from './settings.ts';

export interface Reporter {
  /** Reports on the failed recipients of whom nobody was told yet. May be called again after a crash, or a `StoreFailure`. */
  report(entry: QueueEntry, relayHost: string): Promise<void>;
}

/** A message that comes back whole for RET=FULL is no larger than this; of others the header comes back. */
const LONGEST_RETURNED = IN_MEMORY;

export function createReporter(
  { queue, bus, clock }: { queue: Queue; bus: Bus; clock: Clock },
  settings: ReportSettings,
): Reporter {
  async function report(entry: QueueEntry, relayHost: string): Promise<void> {
    const failed = entry.recipients.filter(wantsReport);
    if (failed.length === 0) return;
    const { id, sender, subject } = entry;

    const unknown = sender !== '' && !settings.knownSender(sender);
    if (sender === '' || unknown) {
      bus.tell({ type: 'queue.unreported', id, sender, subject, why: unknown ? 'unknown sender' : 'null sender' });
      return;
    }
    if ((await queue.reportOn(reportKey(entry))) !== null) return; // made before a crash (X08)

    const made = await make(entry, failed, relayHost);
    bus.tell({ type: 'queue.returned', id, report: made.id, to: sender });
  }

  async function make(entry: QueueEntry, failed: QueuedRecipient[], relayHost: string): Promise<QueueEntry> {
    const incoming = queue.receive();
    const { language, gatewayName } = settings;
    const now = clock.now();
    const failure = await failureOf(entry, failed, relayHost);
    const octets = await composeReport(failure, { id: incoming.id, gatewayName, language, now });
    try {
      await incoming.write(octets);
    } catch (error) {
      await incoming.discard().catch(() => {});
      throw error;
    }
    return await incoming.commit({
      sender: '', // RFC 3464 §2: a report on a report can never come back
      recipients: [{ address: entry.sender, state: 'waiting', reply: null, notify: [], orcpt: null }],
      subject: subjectOf(failure, language),
      messageId: `<${incoming.id}.${now}@${gatewayName}>`,
      priority: 'normal',
      queuedAt: now,
      peer: gatewayName,
      dsn: { ret: null, envid: null },
      smtpUtf8: /[^\p{ASCII}]/u.test(entry.sender),
      eightBit: octets.some((octet) => octet > 0x7f),
      hold: null,
      reportOn: reportKey(entry),
    });
  }

  async function failureOf(entry: QueueEntry, failed: QueuedRecipient[], relayHost: string): Promise<Failure> {
    const { id, sender, subject, messageId, queuedAt, dsn } = entry;
    return {
      id,
      sender,
      subject,
      messageId,
      queuedAt,
      envid: dsn.envid,
      failed,
      relayHost,
      original: await original(entry),
    };
  }

  async function original({ id, bytes, dsn }: QueueEntry): Promise<Failure['original']> {
    if (dsn.ret === 'FULL' && bytes <= LONGEST_RETURNED) {
      return { kind: 'message', octets: Buffer.from(await queue.head(id, bytes)) };
    }
    const head = Buffer.from(await queue.head(id, LONGEST_HEADER_BLOCK));
    const end = head.indexOf('\r\n\r\n');
    return { kind: 'headers', octets: end < 0 ? head : head.subarray(0, end + 2) };
  }

  return { report };
}

/** What a client can never say (RFC 3461 §4.1): NEVER stands alone there. So it marks a recipient of whom somebody was told. */
const REPORTED = ['NEVER', 'FAILURE'];

/** RFC 3461 §4.1: without NOTIFY a failure is reported; NEVER, or a list without FAILURE, asks for silence. */
export function wantsReport({ state, notify }: QueuedRecipient): boolean {
  if (state !== 'failed') return false;
  return notify.length === 0 || (notify.includes('FAILURE') && !notify.includes('NEVER'));
}

export function asReported(recipients: QueuedRecipient[]): QueuedRecipient[] {
  return recipients.map((recipient) => (wantsReport(recipient) ? { ...recipient, notify: REPORTED } : recipient));
}

/** The first report on a message bears its name; a later one, on others of its recipients, how many were reported before. */
export function reportKey({ id, recipients }: Pick<QueueEntry, 'id' | 'recipients'>): string {
  const before = recipients.filter(({ notify }) => REPORTED.every((word) => notify.includes(word))).length;
  return before === 0 ? id : `${id}.${before}`;
}
