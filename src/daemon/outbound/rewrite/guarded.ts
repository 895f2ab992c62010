/** Signatures over a message as a whole (MSG15): who wrote them vouches for its text, and for the fields that they name. Pure. */
import type { Field } from '../../mail/mime/fields.ts';

/** RFC 6376, RFC 8617 and RFC 4870. Each covers From, whatever else it covers. */
const SIGNATURES: ReadonlySet<string> = new Set(['dkim-signature', 'arc-message-signature', 'domainkey-signature']);

/**
 * Signed on its way to us: neither name nor text may change. (S112 is done all the same: the address with the suffix is nobody's on the
 * Internet, and a signature that breaks is the lesser evil.)
 */
export function isSignedAsWhole(fields: readonly Field[]): boolean {
  return fields.some(({ name }) => SIGNATURES.has(name));
}
