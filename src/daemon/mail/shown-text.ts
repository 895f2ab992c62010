/** The text of a message for a person to look at: the first of it, decoded. Never for routing, and never what is relayed. */
import { simpleParser } from 'mailparser';

/**
 * The plain text at the start of a message, decoded from base64, quoted-printable and its charset; of one that has HTML only, the
 * HTML as it stands. `octets` is the message or its beginning: a caller bounds it, since a parser's time grows with it (MSG06).
 */
export async function shownText(octets: Uint8Array, characters: number): Promise<string> {
  const whole = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
  const parsed = await simpleParser(whole, {
    skipHtmlToText: true,
    skipTextToHtml: true,
    skipImageLinks: true,
    skipTextLinks: true,
  }).catch(() => null);
  const html = typeof parsed?.html === 'string' ? parsed.html : '';
  const text = parsed?.text || html || undecoded(whole);
  return text.slice(0, characters);
}

/** What no parser could read is shown as it is. */
function undecoded(whole: Buffer): string {
  const end = whole.indexOf('\r\n\r\n');
  return end < 0 ? '' : whole.subarray(end + 4).toString('utf8');
}
