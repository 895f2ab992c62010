/**
 * The filter of the queue, as a person writes it; its grammar stands at the head of protocol/queue-methods.ts. Every part must fit. A
 * mistake is answered with what was expected, never with a filter that means something else.
 */
import { days, type Duration, hours, type Instant, minutes, seconds } from '../../base/clock.ts';
import type { FilterPart, QueueFilter } from '../../store/store.ts';
import type { MessageState } from '../gateway.ts';
import { readRegular } from '../../base/regular.ts';

export type ParsedFilter = { ok: true; filter: QueueFilter } | { ok: false; problem: string };

const STATES: readonly MessageState[] = ['waiting', 'sending', 'deferred', 'held'];
const PRIORITIES = ['high', 'normal', 'low'] as const;

/** Fields with a mask, and what they are in a QueueFilter. */
const MASKS = {
  id: 'id',
  sender: 'sender',
  recipient: 'recipient',
  relay: 'relay',
  subject: 'subject',
  reply: 'reply',
  peer: 'peer',
  held: 'heldBy',
  messageid: 'messageId',
} as const;

const FIELDS = [...Object.keys(MASKS), 'state', 'priority', 'is', 'age', 'next', 'size', 'tries'];
const TIMES: Record<string, (n: number) => Duration> = { s: seconds, m: minutes, h: hours, d: days };
const SIZES: Record<string, number> = { '': 1, b: 1, kb: 1_024, mb: 1_048_576 };

/** One part: `field=value`, `age>2h`, `/rx/` or a word; quotes hold blanks together. */
const PART = /(?:([A-Za-z]+)(!=|=|<|>))?(!?)(?:"([^"]*)"|\/((?:[^/\\]|\\.)+)\/(?=\s|$)|(\S+))/gy;

/** The parts so far. */
interface Draft {
  states: Set<MessageState>;
  ids: Set<string> | null;
  words: string[];
  anyOf: FilterPart[][];
  not: FilterPart[];
}

/** Reads an expression at the instant `now`, from which ages count. An empty one fits everything in the queue. */
export function parseFilter(expression: string, now: Instant): ParsedFilter {
  const draft: Draft = { states: new Set(STATES), ids: null, words: [], anyOf: [], not: [] };
  let rest = expression.trim();
  while (rest !== '') {
    PART.lastIndex = 0;
    const part = PART.exec(rest);
    if (part === null) return wrong(`"${rest}" is no part of a filter.`);
    rest = rest.slice(part[0].length).trimStart();
    const problem = take(draft, part, now);
    if (problem !== null) return wrong(problem);
  }
  return { ok: true, filter: filterOf(draft) };
}

const wrong = (problem: string): ParsedFilter => ({ ok: false, problem });

/** Null, or what is wrong. */
function take(draft: Draft, part: RegExpExecArray, now: Instant): string | null {
  const [, field, operator = '=', not = '', quoted, pattern, plain] = part;
  const value = quoted ?? pattern ?? plain ?? '';
  if (quoted === undefined && pattern === undefined && value.includes('"')) return `A quote is not closed in ${value}.`;
  if (field !== undefined) {
    const text = pattern === undefined ? `${not}${value}` : `${not}/${value}/`;
    return setField(draft, field.toLowerCase(), operator, text, now);
  }
  if (pattern !== undefined) return setPattern(draft, pattern, not === '!');
  if (not === '!') draft.not.push({ word: value });
  else draft.words.push(value);
  return null;
}

function setPattern(draft: Draft, pattern: string, not: boolean): string | null {
  const read = readRegular(pattern);
  if (!read.ok) return `/${pattern}/: ${read.problem}`;
  if (not) draft.not.push({ pattern });
  else draft.anyOf.push([{ pattern }]);
  return null;
}

function setField(draft: Draft, field: string, operator: string, value: string, now: Instant): string | null {
  if (!FIELDS.includes(field)) return `There is no field "${field}"; there are ${FIELDS.join(', ')}.`;
  switch (field) {
    case 'age':
    case 'next':
      return setTime(draft, field, operator, value, now);
    case 'size':
    case 'tries':
      return setAmount(draft, field, operator, value);
  }
  if (operator !== '=' && operator !== '!=')
    return `"${field}" is compared with "=" or "!=", and only age, next, size and tries with "<" or ">".`;
  if (value === '') return `"${field}${operator}" needs a value.`;
  switch (field) {
    case 'state':
      return setStates(draft, value, operator === '!=');
    case 'priority':
      return setPriorities(draft, value, operator === '!=');
    case 'is':
      return setReports(draft, value, operator === '!=');
    default:
      return setMasks(draft, field as keyof typeof MASKS, value, operator === '!=');
  }
}

function setMasks(draft: Draft, field: keyof typeof MASKS, value: string, not: boolean): null {
  const masks = value.split(',');
  if (field === 'id' && !not && !/[*?]/.test(value)) {
    const ids = new Set(masks.map(withoutTmp));
    const { ids: before } = draft;
    draft.ids = before === null ? ids : new Set([...ids].filter((id) => before.has(id)));
    return null;
  }
  const parts = masks.map((mask): FilterPart => ({ [MASKS[field]]: maskOf(field, mask) }));
  if (not) draft.not.push(...parts);
  else draft.anyOf.push(parts);
  return null;
}

const withoutTmp = (id: string): string => id.replace(/\.tmp$/i, '');

function maskOf(field: keyof typeof MASKS, mask: string): string {
  if (field === 'id') return withoutTmp(mask);
  if (field === 'sender' && mask === '<>') return '';
  return field === 'subject' && !/[*?]/.test(mask) ? `*${mask}*` : mask; // nobody types a whole subject
}

function setStates(draft: Draft, value: string, not: boolean): string | null {
  const named = value.toLowerCase().split(',');
  const odd = named.find((state) => !(STATES as readonly string[]).includes(state));
  if (odd !== undefined) return `There is no state "${odd}"; there are ${STATES.join(', ')}.`;
  draft.states = new Set([...draft.states].filter((state) => named.includes(state) !== not));
  return null;
}

function setPriorities(draft: Draft, value: string, not: boolean): string | null {
  const named = value.toLowerCase().split(',');
  const odd = named.find((one) => !(PRIORITIES as readonly string[]).includes(one));
  if (odd !== undefined) return `There is no priority "${odd}"; there are ${PRIORITIES.join(', ')}.`;
  draft.anyOf.push([{ priorities: PRIORITIES.filter((priority) => named.includes(priority) !== not) }]);
  return null;
}

function setReports(draft: Draft, value: string, not: boolean): string | null {
  if (value.toLowerCase() !== 'report') return `"is" knows "report" only, found "${value}".`;
  draft.anyOf.push([{ reports: !not }]);
  return null;
}

function setTime(draft: Draft, field: 'age' | 'next', operator: string, value: string, now: Instant): string | null {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(value.toLowerCase()) ?? [];
  if (!/^[<>]$/.test(operator) || digits === undefined)
    return field === 'age'
      ? 'An age is compared like age>2h or age<30m, with s, m, h or d.'
      : 'The time until the next attempt is compared like next>2h or next<30m, with s, m, h or d.';

  const long = (TIMES[unit] ?? seconds)(Number(digits));
  if (field === 'age') {
    draft.anyOf.push([operator === '>' ? { queuedBefore: now - long } : { queuedAfter: now - long }]);
    return null;
  }
  // Only what waits has a next attempt.
  draft.states = new Set([...draft.states].filter((state) => state === 'waiting' || state === 'deferred'));
  draft.anyOf.push([operator === '>' ? { dueAfter: now + long } : { dueBefore: now + long }]);
  return null;
}

function setAmount(draft: Draft, field: 'size' | 'tries', operator: string, value: string): string | null {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)([a-z]*)$/.exec(value.toLowerCase()) ?? [];
  const factor = field === 'size' ? SIZES[unit] : unit === '' ? 1 : undefined;
  if (!/^[<>]$/.test(operator) || digits === undefined || factor === undefined)
    return field === 'size'
      ? 'A size is compared like size>100kb or size<1.5mb, with kb or mb.'
      : 'The number of tries is compared like tries>3 or tries<10.';

  const amount = Number(digits) * factor;
  const [above, below] =
    field === 'size' ? (['bytesAbove', 'bytesBelow'] as const) : (['attemptsAbove', 'attemptsBelow'] as const);
  draft.anyOf.push([operator === '>' ? { [above]: amount } : { [below]: amount }]);
  return null;
}

/** A part that stands alone is said plainly: an index may answer it. */
function filterOf({ states, ids, words, anyOf, not }: Draft): QueueFilter {
  const filter: QueueFilter = { states: [...states] };
  if (ids !== null) filter.ids = [...ids];
  if (words.length > 0) filter.word = words.join(' ');
  const left: FilterPart[][] = [];
  for (const parts of anyOf) {
    const [only, ...more] = parts;
    const isFree = only !== undefined && more.length === 0 && Object.keys(only).every((key) => !(key in filter));
    if (isFree) Object.assign(filter, only);
    else left.push(parts);
  }
  if (left.length > 0) filter.anyOf = left;
  if (not.length > 0) filter.not = not;
  return filter;
}
