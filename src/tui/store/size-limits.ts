/** Whose limit keeps mail on the POP3 server, and what would come if it were raised (G13). Pure. */
import type { AccountDetail } from '../../protocol/model.ts';

export const limitNames = ['account', 'mailServer', 'configuration', 'disk'] as const;
export type LimitName = (typeof limitNames)[number];

type Limits = AccountDetail['limits'];
type TooLarge = AccountDetail['tooLarge'][number];

/** Those whose limit is the smallest one; empty when nobody sets any. */
export function deciders(limits: Limits): LimitName[] {
  const set = limitNames.filter((name) => limits[name] > 0);
  const smallest = Math.min(...set.map((name) => limits[name]));
  return set.filter((name) => limits[name] === smallest);
}

/** Those that would have to allow more before this message comes; one that LIST called smaller than it is has them all against it. */
export function keepersOf({ bytes }: TooLarge, limits: Limits): LimitName[] {
  const against = limitNames.filter((name) => limits[name] > 0 && bytes > limits[name]);
  return against.length > 0 ? against : deciders(limits);
}

/** What would come if those who decide now allowed more: up to `upTo` octets, where `next` would decide; null: any size. */
export type Raise = { by: LimitName[]; upTo: number | null; next: LimitName[]; released: number; of: number };

export function raise({ limits, tooLarge }: Pick<AccountDetail, 'limits' | 'tooLarge'>): Raise | null {
  const by = deciders(limits);
  if (by.length === 0 || tooLarge.length === 0) return null;
  const without = { ...limits, ...Object.fromEntries(by.map((name) => [name, 0])) };
  const next = deciders(without);
  const upTo = next[0] === undefined ? null : without[next[0]];
  const released = tooLarge.filter(({ bytes }) => upTo === null || bytes <= upTo).length;
  return { by, upTo, next, released, of: tooLarge.length };
}
