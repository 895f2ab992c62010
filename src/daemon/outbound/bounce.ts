/**
 * The report on what became of a message, as RFC 3464 has it: for the person in words, for programs in fields, and the
 * original's header (or all of it, for RET=FULL). Pure: nothing a stranger wrote can become a field of its own (MSG03, REL14).
 */
import MimeNode from 'nodemailer/lib/mime-node';
import type { Instant } from '../base/clock.ts';
import type { QueuedRecipient } from '../store/store.ts';
import { rfc5322Date } from './received.ts';
import { reportText, type ReportLanguage } from './report-text.ts';

export interface Fate {
  /** RFC 3464 §2.3.3. `delayed`: it still waits; `relayed`: to a peer that confirms no further. */
  action: 'failed' | 'delayed' | 'relayed';
  /** The message. */
  id: string;
  sender: string;
  subject: string;
  messageId: string;
  queuedAt: Instant;
  envid: string | null;
  /** Whose fate it is, with the reply. */
  recipients: Pick<QueuedRecipient, 'address' | 'reply' | 'orcpt'>[];
  /** Host of the peer that said so; empty when nobody was asked. */
  host: string;
  /** Of one that still waits; null: it is not known. */
  willRetryUntil: Instant | null;
  /** What goes along: the header block, or the message whole. */
  original: { kind: 'headers' | 'message'; octets: Buffer };
}

export interface Reporting {
  /** The report's own name, `Pmg1F7C`. */
  id: string;
  gatewayName: string;
  language: ReportLanguage;
  now: Instant;
}

/** The report's octets, with CRLF line ends. */
export async function composeReport(fate: Fate, by: Reporting): Promise<Buffer> {
  const words = reportText(by.language);
  const root = new MimeNode('multipart/report; report-type=delivery-status', { newline: 'win' });
  root.setHeader({
    From: { name: words.from, address: `MAILER-DAEMON@${by.gatewayName}` },
    To: { name: '', address: fate.sender },
    Subject: subjectOf(fate, by.language),
    Date: rfc5322Date(by.now),
    'Message-ID': `<${by.id}.${by.now}@${by.gatewayName}>`,
    'Auto-Submitted': 'auto-replied', // RFC 3834 §5: no machine is to answer this
    ...references(fate.messageId),
  });
  root.createChild('text/plain; charset=utf-8').setContent(crlf(words.body(fate, by.gatewayName)));
  root.createChild('message/delivery-status').setContent(statusFields(fate, by));
  addOriginal(root, fate.original);
  return root.build();
}

export function subjectOf({ subject, action }: Pick<Fate, 'subject' | 'action'>, language: ReportLanguage): string {
  return oneLine(`${reportText(language).subject[action]}: ${subject}`).slice(0, LONGEST_SUBJECT);
}

const LONGEST_SUBJECT = 300;

function addOriginal(root: MimeNode, { kind, octets }: Fate['original']): void {
  if (kind === 'headers') {
    root.createChild('text/rfc822-headers').setContent(octets);
    return;
  }
  const part = root.createChild('message/rfc822').setContent(octets);
  // RFC 2046 §5.2.1: a message inside may only be 7bit or 8bit.
  if (octets.some((octet) => octet > 0x7f)) part.setHeader('Content-Transfer-Encoding', '8bit');
}

/** RFC 3464 §2: one group for the message, one for each recipient. */
function statusFields(fate: Fate, { gatewayName, now }: Reporting): string {
  const message = [
    `Reporting-MTA: dns; ${ascii(gatewayName)}`,
    ...(fate.envid === null ? [] : [`Original-Envelope-Id: ${ascii(fate.envid)}`]),
    `Arrival-Date: ${rfc5322Date(fate.queuedAt)}`,
  ];
  const recipients = fate.recipients.map((recipient) => recipientFields(recipient, fate, now));
  return [message, ...recipients].map((group) => `${group.join('\r\n')}\r\n`).join('\r\n');
}

function recipientFields(
  { address, reply, orcpt }: Fate['recipients'][number],
  { action, host, willRetryUntil }: Fate,
  now: Instant,
): string[] {
  const said = /^[245]\d\d /.test(reply ?? '');
  return [
    ...(orcpt === null ? [] : [`Original-Recipient: ${typedAddress(orcpt)}`]),
    `Final-Recipient: ${addressType(address)}; ${utf8Address(address)}`,
    `Action: ${action}`,
    `Status: ${statusOf(reply ?? '', action)}`,
    ...(said && host !== '' ? [`Remote-MTA: dns; ${ascii(host)}`] : []),
    ...(said ? [`Diagnostic-Code: smtp; ${ascii(reply ?? '')}`] : []),
    `Last-Attempt-Date: ${rfc5322Date(now)}`,
    ...(willRetryUntil === null ? [] : [`Will-Retry-Until: ${rfc5322Date(willRetryUntil)}`]),
  ];
}

/** The class of a status by what became of it (RFC 3463 §2); a message that was given up carries the 4 of what it waited for. */
const CLASSES: Record<Fate['action'], string> = { failed: '45', delayed: '4', relayed: '2' };

/** The enhanced code of the reply; one of our own words stands alone at the start. Without one that fits: 5.0.0, 4.0.0 or 2.0.0. */
export function statusOf(reply: string, action: Fate['action'] = 'failed'): string {
  const code = /^(?:([245])\d\d[ -])?([245]\.\d{1,3}\.\d{1,3})\b/.exec(reply);
  const [, kind, status = ''] = code ?? [];
  const fits =
    CLASSES[action].includes(status.charAt(0)) && (kind === undefined || action !== 'failed' || kind === '5');
  return status !== '' && fits ? status : `${CLASSES[action].at(-1)}.0.0`;
}

/** ORCPT as RFC 3461 gives it, `rfc822;anna@kunde.example`. */
function typedAddress(orcpt: string): string {
  const semicolon = orcpt.indexOf(';');
  return `${ascii(orcpt.slice(0, semicolon))}; ${utf8Address(orcpt.slice(semicolon + 1))}`;
}

function addressType(address: string): 'rfc822' | 'utf-8' {
  return /[^\p{ASCII}]/u.test(address) ? 'utf-8' : 'rfc822';
}

/** RFC 6533 §3: outside ASCII as `\x{E9}`, so that the field stays ASCII. */
function utf8Address(address: string): string {
  return oneLine(address).replace(
    /[^\p{ASCII}]/gu,
    (letter) => `\\x{${letter.codePointAt(0)?.toString(16).toUpperCase()}}`,
  );
}

/** Remote text in a field: on one line, ASCII, short enough to need no folding (RFC 5322 §2.1.1). */
function ascii(text: string): string {
  return oneLine(text)
    .replace(/[^\p{ASCII}]/gu, '?')
    .slice(0, 900);
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
}

function crlf(text: string): string {
  return text.replace(/\r?\n/g, '\r\n');
}

function references(messageId: string): Record<string, string> {
  const id = /^<[!-~]{1,900}>$/.test(messageId) ? messageId : null;
  return id === null ? {} : { 'In-Reply-To': id, References: id };
}
