/** The words of the audit trail that more than one family needs; it is English in every gateway. */

/** `1 error`, `2 errors`. */
export const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

/** `2 changed, 1 skipped`. */
export function toldChange({ changed, skipped }: { changed: unknown[]; skipped: unknown[] }): string {
  return toldTotals({ changedTotal: changed.length, skippedTotal: skipped.length });
}

export function toldTotals({ changedTotal, skippedTotal }: { changedTotal: number; skippedTotal: number }): string {
  return `${changedTotal} changed${skippedTotal > 0 ? `, ${skippedTotal} skipped` : ''}`;
}

/** Names, or how many there are of them; and why. */
export function toldNames(names: readonly (string | number)[], reason: string | undefined, one = 'message'): string {
  return withReason(names.length > 3 ? plural(names.length, one) : names.join(', '), reason);
}

export const withReason = (what: string, reason: string | undefined): string => (reason ? `${what}: ${reason}` : what);
