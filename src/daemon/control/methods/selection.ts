/** Which messages a call is about: names, a filter, or all of them. */
import { CallError } from '../../../protocol/errors.ts';
import type { Instant } from '../../base/clock.ts';
import type { QueueFilter } from '../../store/store.ts';
import type { Which } from '../gateway.ts';
import { parseFilter } from './filter.ts';

/** S19: `Pmg` and at least four upper-case hex digits. What does not look so is not looked up (WS11). */
const NAME = /^Pmg[0-9A-F]{4,16}$/;

export const isName = (id: string): boolean => NAME.test(id);

export const plainName = (id: string): string => id.replace(/\.tmp$/i, '');

interface Selection {
  ids?: string[] | undefined;
  all?: boolean | undefined;
  filter?: string | undefined;
}

/** Throws a CallError unless exactly one way of naming them is taken. */
export function selected({ ids, all, filter }: Selection, now: Instant): Which {
  const ways = [ids, all || undefined, filter].filter((way) => way !== undefined);
  if (ways.length !== 1)
    throw new CallError('invalid_params', 'Name the messages by "ids", or by "all", or by "filter".');
  return ids === undefined ? { filter: whereOf(filter ?? '', now) } : { ids: [...new Set(ids.map(plainName))] };
}

/** Throws a CallError that says what was expected. */
export function whereOf(expression: string, now: Instant): QueueFilter {
  const parsed = parseFilter(expression, now);
  if (!parsed.ok) throw new CallError('invalid_params', `filter: ${parsed.problem}`);
  return parsed.filter;
}
