/** Our own Received field (RFC 5321 §4.4): who handed the message over, how, under which name we keep it, and when. Pure. */
import { isIPv6 } from 'node:net';
import type { Instant } from '../base/clock.ts';
import { tokenComment } from './loop.ts';

export interface Arrival {
  /** What it called itself in EHLO. */
  heloName: string;
  address: string;
  /** `ESMTP`, `ESMTPS`, `ESMTPSA`, `SMTP` (RFC 3848). */
  protocol: string;
}

/** With its CRLF. `token` is that of loop.ts: whoever sends the message back to us is found out by it. A single recipient is named; of several none is, for each of them will read it (RFC 5321 §7.2). */
export function receivedField(
  from: Arrival,
  by: { name: string; id: string; recipients: string[]; at: Instant; token?: string },
): string {
  const [only] = by.recipients;
  const recipient = by.recipients.length === 1 ? `\r\n\tfor <${only}>` : '';
  return (
    `Received: from ${safeName(from.heloName)} (${literal(from.address)})\r\n` +
    `\tby ${safeName(by.name)}${tokenComment(by.token ?? '')}${by.token ? '\r\n\t' : ' '}with ${from.protocol} id ${by.id}${recipient};\r\n` +
    `\t${rfc5322Date(by.at)}\r\n`
  );
}

/** `Tue, 24 Nov 2026 10:00:00 +0000`. */
export function rfc5322Date(at: Instant): string {
  return new Date(at).toUTCString().replace('GMT', '+0000');
}

/** An EHLO name is whatever the client chose to say; only what cannot be mistaken for syntax goes into a header. */
function safeName(name: string): string {
  return /^[\w.:[\]-]{1,255}$/.test(name) ? name : 'unknown';
}

function literal(address: string): string {
  return isIPv6(address) ? `[IPv6:${address}]` : `[${address}]`;
}
