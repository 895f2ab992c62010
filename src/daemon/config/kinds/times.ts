/** Times of the week: `mon-fri 08:00-18:00 every 5, sat 09:00`. */
import { bad, good, type Kind } from '../key.ts';
import { listOf } from './plain.ts';

/** Some moments of some days, by the clock of the machine. */
export interface WeekTimes {
  /** As Date.getDay counts: 0 is Sunday. Never empty. */
  readonly days: readonly number[];
  /** Minutes since midnight. */
  readonly fromMinute: number;
  /** Minutes since midnight, itself included; `fromMinute` for a single time. */
  readonly toMinute: number;
  /** Minutes from one to the next; null for a single time. */
  readonly everyMinutes: number | null;
}

const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const EVERY_DAY = [0, 1, 2, 3, 4, 5, 6];

/** Days, then a time, or a span of times and the minutes between two of them. */
const SHAPE = /^((?:[a-z]+(?:-[a-z]+)? +)*)(?:(\d\d?:\d\d)|(?:(\d\d?:\d\d)-(\d\d?:\d\d) +)?every +(\d+(?:\.\d+)?))$/;

const weekTimes: Kind<WeekTimes> = {
  expects: 'times such as "mon-fri 08:00-18:00 every 5" or "sat 09:00"',
  read(value) {
    const [, names = '', single, from = '00:00', to = '24:00', every] = SHAPE.exec(value.toLowerCase()) ?? [];
    if (single === undefined && every === undefined) return bad();

    const days = daysOf(names);
    const fromMinute = minuteOf(single ?? from);
    const toMinute = minuteOf(single ?? to);
    if (days === null || fromMinute === null || toMinute === null) return bad();
    if (single !== undefined)
      return fromMinute < MIDNIGHT ? good({ days, fromMinute, toMinute, everyMinutes: null }) : bad();

    const everyMinutes = Number(every);
    if (fromMinute >= toMinute) return bad({ hint: 'A span ends later on its day; one over midnight is two.' });
    return everyMinutes > 0 ? good({ days, fromMinute, toMinute, everyMinutes }) : bad();
  },
};

/** Several of them, with commas between them. */
export const manyTimes = listOf(weekTimes);

/** When queued mail leaves. */
export type SendAt =
  | { readonly is: 'at once' }
  | { readonly is: 'with session' }
  | { readonly is: 'at times'; readonly times: readonly WeekTimes[] };

export const sendAt: Kind<SendAt> = {
  expects: `empty, "with session", or ${manyTimes.expects}`,
  read(value, home) {
    if (value === '') return good({ is: 'at once' });
    if (/^with\s+session$/i.test(value)) return good({ is: 'with session' });

    const times = manyTimes.read(value, home);
    return times.ok ? good({ is: 'at times', times: times.value }) : times;
  },
};

const MIDNIGHT = 24 * 60; // minutes

function minuteOf(time: string): number | null {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  const minute = hours * 60 + minutes;
  return minutes < 60 && minute <= MIDNIGHT ? minute : null;
}

/** `mon-fri`, `sat sun`, `fri-mon`; none means each day. */
function daysOf(names: string): number[] | null {
  const ranges = names.split(' ').filter((name) => name !== '');
  if (ranges.length === 0) return EVERY_DAY;

  const days = new Set<number>();
  for (const range of ranges) {
    const [first = -1, last = first] = range.split('-').map(dayOf);
    if (first < 0 || last < 0) return null;
    for (let day = first; ; day = (day + 1) % 7) {
      days.add(day);
      if (day === last) break;
    }
  }
  return [...days].toSorted((a, b) => a - b);
}

/** `mon`, `thurs`, `friday`: three letters or more. */
const dayOf = (name: string): number => (name.length < 3 ? -1 : DAYS.findIndex((day) => day.startsWith(name)));
