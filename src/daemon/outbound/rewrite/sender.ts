/**
 * Under which address a message leaves. `sales__fk@pytheas.com` leaves as `sales@pytheas.com` (S112), so that several people can write
 * as one; a message without a sender leaves as its From where the relay takes none without (S121). Pure.
 */
import { isAddress } from '../../mail/address.ts';
import type { QueueEntry } from '../../store/store.ts';
import type { Whither } from '../leaving.ts';

/** S112, in characters: what is longer is part of the address. */
const LONGEST_SUFFIX = 10;

/** MAIL FROM's address. A report of our own keeps the null sender, whatever S121 says: nobody may answer it (RFC 5321 §4.5.5). */
export function leavingSender(
  { sender, from, reportOn }: Pick<QueueEntry, 'sender' | 'from' | 'reportOn'>,
  { avoidEmpty, to }: { avoidEmpty: boolean; to: Whither },
): string {
  if (reportOn !== null) return sender;
  if (sender !== '') return withoutSuffix(sender);
  return avoidEmpty && to === 'relay' && standsAsSender(from) ? withoutSuffix(from) : '';
}

/** Pure ASCII: the message was not handed over with SMTPUTF8, so nobody promised that its way takes other letters. */
function standsAsSender(from: string): boolean {
  return isAddress(from) && /^[!-~]+$/.test(from);
}

/** The address without what stands from its last `__` to the `@`; as often as there is such a thing, so that none ever leaves. */
export function withoutSuffix(address: string): string {
  const at = address.lastIndexOf('@');
  if (at < 0 || !address.includes('__')) return address;
  const local = address.slice(0, at);
  const quoted = local.length > 1 && local.startsWith('"') && local.endsWith('"');
  const stripped = quoted ? `"${withoutLocalSuffix(local.slice(1, -1))}"` : withoutLocalSuffix(local);
  return stripped + address.slice(at);
}

/** The same of the part before the `@`. Something is always left, and no dot at its end, which no address may have. */
export function withoutLocalSuffix(local: string): string {
  for (let rest = local; ; ) {
    const at = rest.lastIndexOf('__');
    const suffix = Array.from(rest.slice(at + 2, at + 4 + 2 * LONGEST_SUFFIX)).length; // a character has two units at most
    const left = rest.slice(0, Math.max(0, at));
    if (left === '' || left.endsWith('.') || suffix === 0 || suffix > LONGEST_SUFFIX) return rest;
    rest = left;
  }
}
