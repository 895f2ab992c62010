/** Another recipient for one message, or one less: what an operator decides about somebody whom the internal server refuses. Pure. */
import { CallError } from '../../protocol/errors.ts';
import { isAddress, normalAddress } from '../mail/address.ts';
import type { LedgerEntry } from '../store/store.ts';

export interface Readdressing {
  from: string;
  /** Null drops the recipient; `from` itself takes an earlier decision back. */
  to: string | null;
}

/** Throws a CallError where it cannot be. */
export function readdress(entry: LedgerEntry, { from, to }: Readdressing): LedgerEntry {
  for (const address of [from, to ?? from]) {
    if (!isAddress(address)) throw new CallError('invalid_params', `"${address}" is no address.`);
    if (hasHadIt(entry, address)) throw new CallError('refused', `${address} has had this message already.`);
  }
  // The next session tries it as if it were for the first time: it is not stuck any more.
  return { ...entry, readdressed: decisions(entry.readdressed, { from, to }), failures: 0 };
}

const same = (a: string | null, b: string | null) => a !== null && b !== null && normalAddress(a) === normalAddress(b);

const hasHadIt = ({ deliveredTo }: LedgerEntry, address: string) => deliveredTo.some((had) => same(had, address));

/** Whoever stood in for `from` is followed: a copy that went to him goes where his own goes. */
function decisions(before: LedgerEntry['readdressed'], { from, to }: Readdressing): LedgerEntry['readdressed'] {
  const others = before
    .filter((one) => !same(one.from, from))
    .map((one) => (same(one.to, from) ? { from: one.from, to } : one));
  return [...others, { from, to }].filter((one) => !same(one.from, one.to));
}
