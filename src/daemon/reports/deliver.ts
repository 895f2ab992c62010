/** How a report leaves: composed here, handed to the internal server by a function that the composition root gives. */
import MailComposer from 'nodemailer/lib/mail-composer';
import type { Instant } from '../base/clock.ts';
import { type Body, bodyOf } from '../mail/body.ts';

export interface ReportMail {
  /** Reports go with the null sender: nothing that answers them can loop (RFC 5321 §4.5.5). */
  sender: '';
  body: Body;
  headerOctets: Uint8Array;
  addresses: string[];
}

export interface Delivered {
  results: { address: string; outcome: 'sent' | 'deferred' | 'failed'; reply: string }[];
  /** Why nothing was said to the internal server at all; null when it was spoken to. */
  unreached: string | null;
}

export type Deliver = (mail: ReportMail) => Promise<Delivered>;

export interface Letter {
  gatewayName: string;
  to: string[];
  subject: string;
  /** The same for the same report, so that a server can see a repetition. */
  messageId: string;
  at: Instant;
  /** RFC 3834 §5: `auto-generated` of our own accord, `auto-replied` to a message. */
  autoSubmitted: 'auto-generated' | 'auto-replied';
  inReplyTo: string | null;
  text: string;
  html: string | null;
  /** Header fields of a message, as they came. */
  headers: string | null;
}

/** Composes the mail. Nothing in it can become a header field of its own (MSG03): every value is on one line, and encoded. */
export async function compose(letter: Letter): Promise<Pick<ReportMail, 'body' | 'headerOctets'>> {
  const { gatewayName, subject, messageId, at, inReplyTo } = letter;
  const octets = await new MailComposer({
    from: { name: `MailGate ${gatewayName}`, address: `MAILER-DAEMON@${gatewayName}` },
    to: letter.to.map((address) => ({ name: '', address })),
    subject: oneLine(subject).slice(0, LONGEST_SUBJECT),
    date: new Date(at),
    messageId,
    ...(inReplyTo === null ? {} : { inReplyTo, references: inReplyTo }),
    headers: {
      'Auto-Submitted': letter.autoSubmitted,
      'X-Auto-Response-Suppress': 'All', // what Exchange heeds instead of Auto-Submitted
    },
    text: letter.text,
    ...(letter.html === null ? {} : { html: letter.html }),
    attachments: letter.headers === null ? [] : [headerPart(letter.headers)],
    encoding: 'quoted-printable', // nothing else keeps blanks at the ends of lines (S39)
    newline: 'win',
    disableFileAccess: true,
    disableUrlAccess: true,
  })
    .compile()
    .build();
  return { body: bodyOf(octets), headerOctets: octets.subarray(0, octets.indexOf('\r\n\r\n') + 2) };
}

const LONGEST_SUBJECT = 300;

function headerPart(headers: string) {
  return {
    contentType: 'text/rfc822-headers; charset=utf-8',
    contentDisposition: 'inline',
    contentTransferEncoding: 'quoted-printable',
    filename: false as const,
    content: headers,
  };
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
}

/** Only what can stand there as it is (RFC 5322 §3.6.4); null otherwise. */
export function messageIdOf(text: string): string | null {
  return /^<[!-;=?-~]{1,900}>$/.test(text) ? text : null;
}
