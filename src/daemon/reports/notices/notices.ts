/**
 * Notices on messages over the size limit: to their recipients (S65) and, where the account asks for it, to their sender (S67), from
 * editable templates (S68). They go through the internal server with the null sender, which relays those for outside as it does its
 * own mail. Never to a null sender, a list or a machine (MSG13); nothing of the message can become a header of ours (MSG03).
 */
import { createHash } from 'node:crypto';
import type { EventOf } from '../../../protocol/events.ts';
import { formatSize } from '../../../protocol/lines.ts';
import { safe } from '../../../protocol/safe.ts';
import type { Bus } from '../../base/bus.ts';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { addressesIn, normalAddress } from '../../mail/address.ts';
import type { Header } from '../../mail/header-block.ts';
import { labelOf } from '../../mail/message.ts';
import { unanswerable } from './answerable.ts';
import { compose, type Deliver, messageIdOf } from '../deliver.ts';
import { headerLines, shownHeader } from './notice-header.ts';
import type { NoticeSettings } from '../settings.ts';
import { sampleOversize } from './sample.ts';
import { fill } from './template.ts';
import { defaultTemplates, limitWords, type Party, templateName } from './template-texts.ts';
import { openTemplates } from './templates.ts';

export interface Oversize {
  account: string;
  uidl: string;
  /** Octets. */
  bytes: number;
  limit: number;
  /** Whose limit it is (G13). */
  setBy: EventOf<'message.oversize'>['setBy'];
  header: Header;
  recipients: string[];
  /** Null: the account does not ask for it (S67). */
  sender: string | null;
}

export interface Notices {
  /** Writes the templates' originals, to be copied. A disk that refuses them costs nothing else. */
  prepare(): Promise<void>;
  /** Tells whom there is to tell. `told`: who has a notice now; `failed`: why somebody has none. */
  oversize(message: Oversize): Promise<{ told: string[]; failed: string | null }>;
  /** A notice as it would be mailed now, about a message that never was. Nothing is mailed, or reported. */
  preview(party: Party): Promise<NoticePreview>;
}

export interface NoticePreview {
  subject: string;
  text: string;
  /** The name of a person's own template in `templates/`; null: the text is the program's. */
  template: string | null;
  /** What is wrong with that template, a sentence each. */
  faults: string[];
}

export interface NoticeParts {
  bus: Bus;
  clock: Clock;
  log: Log;
  deliver: Deliver;
}

export function createNotices(settings: NoticeSettings, { bus, clock, log, deliver }: NoticeParts): Notices {
  const { gatewayName, language } = settings;
  const templates = openTemplates(settings.folder, language);
  const faulty = new Map<Party, string>();

  async function notice(party: Party, to: string, message: Oversize): Promise<string | null> {
    const { subject, text } = await written(party, to, message);
    const mail = await compose({
      ...{ gatewayName, subject, text, html: null, to: [to], at: clock.now() },
      messageId: `<${fingerprint(message, party, to)}@${gatewayName}>`,
      autoSubmitted: 'auto-replied',
      inReplyTo: messageIdOf(message.header.text('message-id')),
      headers: headerLines(message.header),
    });
    const { results, unreached } = await deliver({ sender: '', addresses: [to], ...mail });
    const result = results.find(({ address }) => address === to);
    if (result?.outcome === 'sent') return null;

    const reason = unreached ?? safe(result?.reply ?? 'The internal server did not answer.');
    bus.tell({ type: 'report.failed', report: 'notice', to, reason });
    return reason;
  }

  async function written(party: Party, to: string, message: Oversize): Promise<{ subject: string; text: string }> {
    const { subject, text, faults } = await filledIn(party, to, message);
    report(party, faults);
    return { subject, text: text.replace(/\r?\n/g, '\r\n') };
  }

  async function filledIn(party: Party, to: string, message: Oversize): Promise<NoticePreview> {
    const { template, own, fault } = await templates.read(party);
    const fallback = defaultTemplates[party][language];
    const values = { ...valuesOf(message), recipients: safe(party === 'sender' ? writtenTo(message.header) : to) };
    const { subject, text, faults } = fill(template, values, firstLine(fallback));
    return {
      subject,
      text,
      template: own,
      faults: [...(fault === null ? [] : [fault]), ...(own === null ? [] : faults)],
    };
  }

  function valuesOf({ account, bytes, limit, setBy, header, sender }: Oversize) {
    const label = labelOf(header);
    return {
      sender: safe(sender ?? label.from),
      from: safe(label.from),
      subject: safe(label.subject),
      size: formatSize(bytes, language),
      limit: formatSize(limit, language),
      setBy: limitWords[language][setBy],
      account: safe(account),
      date: safe(header.text('date').slice(0, 100)),
      gateway: gatewayName,
      headers: shownHeader(header),
    };
  }

  /** A template is somebody's work: what is wrong with it is a problem until it is put right, and stops no notice. */
  function report(party: Party, faults: string[]): void {
    const key = `template.${party}`;
    const message = `templates/${templateName(party, language)}: ${faults.join('; ')}.`;
    if (faults.length === 0) {
      if (faulty.delete(party)) bus.tell({ type: 'problem.cleared', key });
    } else if (faulty.get(party) !== message) {
      faulty.set(party, message);
      bus.tell({ type: 'problem.raised', key, message });
    }
  }

  return {
    async prepare() {
      await templates
        .prepare()
        .catch((error: unknown) => log.warn('the templates of notices were not written', { reason: String(error) }));
    },

    async oversize(message) {
      const parties = partiesOf(message);
      const told: string[] = [];
      let failed: string | null = null;
      for (const { party, to } of parties) {
        const why = await notice(party, to, message);
        if (why === null) told.push(to);
        failed ??= why;
      }
      return { told, failed };
    },

    async preview(party) {
      const message = sampleOversize(new Date(clock.now()));
      const [to = ''] = party === 'sender' ? [message.sender ?? ''] : message.recipients;
      return await filledIn(party, to, message);
    },
  };
}

/** Recipients first; a sender who is one of them has been told. Pure. */
function partiesOf({ recipients, sender, header }: Oversize): { party: Party; to: string }[] {
  const inside = new Set(recipients.map(normalAddress));
  const tellSender = sender !== null && !inside.has(normalAddress(sender)) && unanswerable(sender, header) === null;
  return [
    ...recipients.map((to) => ({ party: 'recipient' as const, to })),
    ...(tellSender ? [{ party: 'sender' as const, to: sender }] : []),
  ];
}

/**
 * A sender hears of nobody but those he wrote to: whoever else gets a copy here is no affair of his, and no recipient hears of another,
 * who may be a blind one.
 */
function writtenTo(header: Header): string {
  return addressesIn([...header.values('to'), ...header.values('cc')])
    .slice(0, MOST_NAMED)
    .join(', ');
}

const MOST_NAMED = 20;

const firstLine = (template: string): string => (template.split('\n', 1)[0] ?? '').replace(/^Subject: /, '');

/** The same notice has the same name: where a crash makes a second one of it, a server can see that. */
function fingerprint({ account, uidl, bytes }: Oversize, party: Party, to: string): string {
  const digest = createHash('sha256').update([account, uidl, bytes, party, to].join('\n')).digest('hex');
  return `notice-${digest.slice(0, 32)}`;
}
