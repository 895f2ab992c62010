/** What cannot be the next thing that an SMTP client says: who does not wait for a reply, or speaks another protocol (CLI01, CLI02, CLI06). Pure. */
import type { Refusal } from './refusal.ts';

/** Commands after which a client has to wait for our reply (RFC 2920 §3.1): what stands behind them was said in ignorance of it. */
const LAST_IN_PACKET: ReadonlySet<string> = new Set(['EHLO', 'HELO', 'DATA']);

export const OUT_OF_STEP: Refusal = { code: 554, text: '5.5.0 You did not wait for the reply, closing connection' };
export const TOO_SOON: Refusal = { code: 554, text: '5.5.0 You talk before you are greeted, closing connection' };
export const NOT_SMTP: Refusal = { code: 421, text: '5.5.1 This port speaks SMTP, closing connection' };

/** `more`: octets stood behind the command in the same packet. STARTTLS is not among them: what stands behind that is dropped (CLI07). */
export function isOutOfStep(verb: string, more: boolean): boolean {
  return more && LAST_IN_PACKET.has(verb);
}

/** A browser that was talked into sending mail, or a TLS client: its first octets. */
export function isOtherProtocol(octets: Buffer): boolean {
  return isTlsHello(octets) || isHttp(octets.toString('latin1', 0, 10));
}

/** A TLS record of type handshake: 22, and a version that begins with 3. */
function isTlsHello(octets: Buffer): boolean {
  return octets[0] === 0x16 && (octets.length === 1 || octets[1] === 0x03);
}

function isHttp(line: string): boolean {
  return /^(?:GET|POST|PUT|HEAD|CONNECT|OPTIONS|DELETE|TRACE|PATCH) /i.test(line);
}
