/** Many names in calls of a bounded size: a command on a million of them lets mail pass in between. */
import { numberOf } from './entry-row.ts';

/** Entries changed or removed in one call. */
export const AT_A_TIME = 500;

/** The numbers of names, those of nothing left out. */
export function* portions(ids: readonly string[]): Generator<number[]> {
  const ns = ids.map(numberOf).filter((n) => n !== null);
  for (let at = 0; at < ns.length; at += AT_A_TIME) yield ns.slice(at, at + AT_A_TIME);
}
