/**
 * The filter of the queue, as a person writes it: `sender=*@a.com state=deferred age>2h`, and bare words that are searched for.
 * Every part must fit. A mistake is answered with what was expected, never with a filter that means something else.
 */
import { days, type Duration, hours, type Instant, minutes, seconds } from '../../base/clock.ts';
import type { QueueFilter } from '../../store/store.ts';
import type { MessageState } from '../gateway.ts';

export type ParsedFilter = { ok: true; filter: QueueFilter } | { ok: false; problem: string };

const STATES: readonly MessageState[] = ['waiting', 'sending', 'deferred', 'held'];
const FIELDS = ['id', 'state', 'sender', 'recipient', 'relay', 'subject', 'age'];
const UNITS: Record<string, (n: number) => Duration> = { s: seconds, m: minutes, h: hours, d: days };

/** One part: `field=value`, `age>2h` or a word; quotes hold blanks together. */
const PART = /(?:([A-Za-z]+)(=|<|>))?(?:"([^"]*)"|(\S+))/gy;

/** Reads an expression at the instant `now`, from which ages count. An empty one fits everything in the queue. */
export function parseFilter(expression: string, now: Instant): ParsedFilter {
  const filter: QueueFilter = { states: [...STATES] };
  const words: string[] = [];
  let rest = expression.trim();
  while (rest !== '') {
    PART.lastIndex = 0;
    const part = PART.exec(rest);
    if (part === null) return wrong(`"${rest}" is no part of a filter.`);
    rest = rest.slice(part[0].length).trimStart();

    const [, field, operator, quoted, plain] = part;
    const value = quoted ?? plain ?? '';
    if (field === undefined) {
      if (quoted === undefined && value.includes('"')) return wrong(`A quote is not closed in ${value}.`);
      words.push(value);
      continue;
    }
    const problem = setField(filter, field.toLowerCase(), operator ?? '=', value, now);
    if (problem !== null) return wrong(problem);
  }
  if (words.length > 0) filter.word = words.join(' ');
  return { ok: true, filter };
}

/** Null, or what is wrong. */
function setField(filter: QueueFilter, field: string, operator: string, value: string, now: Instant): string | null {
  if (field === 'age') return setAge(filter, operator, value, now);
  if (!FIELDS.includes(field)) return `There is no field "${field}"; there are ${FIELDS.join(', ')}.`;
  if (operator !== '=') return `"${field}" is compared with "=", and only age with "<" or ">".`;
  if (value === '') return `"${field}=" needs a value.`;

  switch (field) {
    case 'id':
      filter.ids = value.split(',').map((id) => id.replace(/\.tmp$/i, ''));
      return null;
    case 'state': {
      const states = value.toLowerCase().split(',');
      const odd = states.find((state) => !isState(state));
      if (odd !== undefined) return `There is no state "${odd}"; there are ${STATES.join(', ')}.`;
      filter.states = states.filter(isState);
      return null;
    }
    case 'subject':
      filter.subject = /[*?]/.test(value) ? value : `*${value}*`; // nobody types a whole subject
      return null;
    default:
      filter[field as 'sender' | 'recipient' | 'relay'] = value;
      return null;
  }
}

function setAge(filter: QueueFilter, operator: string, value: string, now: Instant): string | null {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(value.toLowerCase()) ?? [];
  if (operator === '=' || digits === undefined || unit === undefined)
    return 'An age is compared like age>2h or age<30m, with s, m, h or d.';

  const then = now - (UNITS[unit] ?? seconds)(Number(digits));
  if (operator === '>') filter.queuedBefore = then;
  else filter.queuedAfter = then;
  return null;
}

function isState(text: string): text is MessageState {
  return (STATES as readonly string[]).includes(text);
}

const wrong = (problem: string): ParsedFilter => ({ ok: false, problem });
