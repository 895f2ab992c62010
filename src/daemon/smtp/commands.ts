/**
 * MAIL and RCPT with their parameters (RFC 5321 §3.3, 1870, 6152, 6531, 3461), and what is refused here before a word of
 * it is said: remote text is checked at this boundary, and nothing of it can become a command of its own. Pure.
 */
import type { Envelope, EnvelopeRecipient, RecipientResult } from './conversation.ts';
import type { Offers } from './ehlo.ts';

/** Octets: 64 of the local part, `@`, 255 of the domain (RFC 5321 §4.5.3.1). */
const LONGEST_ADDRESS = 320;

/** RFC 3461 §4.4. */
const LONGEST_ENVID = 100;

export function mailCommand(envelope: Envelope, octets: number, offers: Offers): string {
  const envid = envelope.envid === null ? null : xtext(envelope.envid);
  return [
    `MAIL FROM:<${envelope.sender}>`,
    offers.size ? `SIZE=${octets}` : null,
    offers.eightBitMime && envelope.eightBit ? 'BODY=8BITMIME' : null,
    offers.smtpUtf8 && needsUtf8(envelope) ? 'SMTPUTF8' : null,
    offers.dsn && envelope.ret !== null ? `RET=${envelope.ret}` : null,
    offers.dsn && envid !== null && envid.length <= LONGEST_ENVID ? `ENVID=${envid}` : null,
  ]
    .filter((part) => part !== null)
    .join(' ');
}

export function rcptCommand(recipient: EnvelopeRecipient, offers: Offers): string {
  const notify = notifyParameter(recipient.notify);
  const orcpt = recipient.orcpt === null ? null : orcptParameter(recipient.orcpt);
  return [
    `RCPT TO:<${recipient.address}>`,
    offers.dsn && notify !== null ? `NOTIFY=${notify}` : null,
    offers.dsn && orcpt !== null ? `ORCPT=${orcpt}` : null,
  ]
    .filter((part) => part !== null)
    .join(' ');
}

/** For each recipient our own refusal, or null: that one is for the peer to judge. */
export function refusals(envelope: Envelope, octets: number, offers: Offers): (RecipientResult | null)[] {
  const forAll = refusalOfAll(envelope, octets, offers);
  return envelope.recipients.map(({ address }) => {
    const reason = forAll ?? refusalOfOne(address, offers);
    return reason === null ? null : { address, outcome: 'failed', code: Number(reason.slice(0, 3)), reply: reason };
  });
}

function refusalOfAll(envelope: Envelope, octets: number, offers: Offers): string | null {
  if (envelope.sender !== '' && !isSayable(envelope.sender))
    return '501 5.1.7 The sender address is malformed; it was not passed on';
  return whatItLacks(envelope, octets, offers);
}

/** Why a peer that offers only this cannot take the message at all (REL16, CLI14, CLI28), as a reply; null: it can. */
export function whatItLacks(
  envelope: Envelope,
  octets: number,
  offers: Pick<Offers, 'maxSize' | 'eightBitMime' | 'smtpUtf8'>,
): string | null {
  if (offers.maxSize !== null && octets > offers.maxSize) {
    return `552 5.3.4 The message has ${octets} octets, and the server takes ${offers.maxSize} at most`;
  }
  if (envelope.eightBit && !offers.eightBitMime)
    return '554 5.6.3 The message has 8-bit text, and the server takes none (no 8BITMIME)';
  if ((envelope.smtpUtf8 || !isAscii(envelope.sender)) && !offers.smtpUtf8) return NO_SMTPUTF8;
  return null;
}

const NO_SMTPUTF8 = '553 5.6.7 The message needs international addresses, and the server knows none (no SMTPUTF8)';

function refusalOfOne(address: string, offers: Offers): string | null {
  if (!isSayable(address)) return '501 5.1.3 The recipient address is malformed; it was not passed on';
  return isAscii(address) || offers.smtpUtf8 ? null : NO_SMTPUTF8;
}

/** Can it stand between `<` and `>` without being more than an address? */
function isSayable(address: string): boolean {
  if (address === '' || !address.isWellFormed() || Buffer.byteLength(address) > LONGEST_ADDRESS) return false;
  return !/[\p{Cc}\p{Zs}\p{Zl}\p{Zp}<>]/u.test(address);
}

function needsUtf8(envelope: Envelope): boolean {
  const addresses = [envelope.sender, ...envelope.recipients.map(({ address }) => address)];
  return envelope.smtpUtf8 || addresses.some((address) => !isAscii(address));
}

function isAscii(text: string): boolean {
  return Buffer.byteLength(text) === text.length;
}

/** RFC 3461 §4.1: NEVER stands alone. */
function notifyParameter(notify: readonly string[]): string | null {
  const known = notify
    .map((word) => word.toUpperCase())
    .filter((word) => ['SUCCESS', 'FAILURE', 'DELAY'].includes(word));
  if (notify.some((word) => word.toUpperCase() === 'NEVER')) return 'NEVER';
  return known.length === 0 ? null : known.join(',');
}

/** RFC 3461 §4.2. Dropped, rather than refused, when it is not ASCII: it is only for reports. */
function orcptParameter(orcpt: string): string | null {
  const semicolon = orcpt.indexOf(';');
  const type = semicolon === -1 ? 'rfc822' : orcpt.slice(0, semicolon);
  const address = xtext(orcpt.slice(semicolon + 1));
  return address === null || address === '' || !/^[A-Za-z0-9-]+$/.test(type) ? null : `${type};${address}`;
}

/** RFC 3461 §4: printable ASCII but `+` and `=` as it is, those two as hexadecimal; null for anything else in it. */
function xtext(text: string): string | null {
  if (!/^[\x20-\x7e]*$/.test(text)) return null;
  return text.replace(
    /[ +=]/g,
    (character) => `+${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}
