/** Numbers, sizes, ages and times as the screen writes them: with units, of bounded width, unknown is `-` (T40). */
import type { Language } from '../../protocol/model.ts';
import type { Look } from '../look.ts';

export const UNKNOWN = '-';

const units: Record<Language, readonly string[]> = {
  en: ['B', 'kB', 'MB', 'GB', 'TB'],
  fr: ['o', 'ko', 'Mo', 'Go', 'To'],
};

/** `4 031` in French, `4,031` in English; what is no count is unknown. */
export function count(value: number, language: Language): string {
  if (!Number.isFinite(value) || value < 0) return UNKNOWN;
  const mark = language === 'fr' ? ' ' : ',';
  return String(Math.trunc(value)).replaceAll(/\B(?=(\d{3})+$)/g, mark);
}

/** `812 B`, `7.4 kB`, `84 kB`, `1.2 MB` (1 kB = 1,024 octets, as in the log): at most 7 columns. */
export function size(bytes: number, language: Language): string {
  if (!Number.isFinite(bytes) || bytes < 0) return UNKNOWN;
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < 4) {
    value /= 1_024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 9.95 ? value.toFixed(0) : value.toFixed(1);
  const written = language === 'fr' ? digits.replace('.', ',') : digits;
  return `${written} ${units[language][unit]}`;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `< 1 min`, `4 min`, `3 h`, `5 d`: coarse, so that an idle screen stands still (T04). */
export function age(since: string | null, now: number, language: Language): string {
  const passed = since === null ? Number.NaN : now - Date.parse(since);
  if (!Number.isFinite(passed)) return UNKNOWN;
  if (passed < MINUTE) return '< 1 min';
  if (passed < HOUR) return `${Math.floor(passed / MINUTE)} min`;
  if (passed < 2 * DAY) return `${Math.floor(passed / HOUR)} h`;
  const days = Math.floor(passed / DAY);
  return days > 9_999 ? UNKNOWN : `${days} ${language === 'fr' ? 'j' : 'd'}`;
}

/** `0:14`, `12:03`, `1:02:33`. */
export function duration(since: string, now: number): string {
  const passed = Math.floor((now - Date.parse(since)) / 1_000);
  if (!Number.isFinite(passed)) return UNKNOWN;
  const total = Math.max(0, passed);
  const seconds = String(total % 60).padStart(2, '0');
  const minutes = Math.floor(total / 60) % 60;
  const hours = Math.floor(total / 3_600);
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${seconds}` : `${minutes}:${seconds}`;
}

type Parts = { year: string; month: string; day: string; hour: string; minute: string; second: string };

/** `10:42`, or with the day before it when that is another day than today. */
export function clockTime(at: string | number | null, now: number, look: Look): string {
  const parts = partsOf(at, look);
  if (parts === null) return UNKNOWN;
  const time = `${parts.hour}:${parts.minute}`;
  const today = partsOf(now, look);
  const sameDay = today !== null && dayOf(parts, look.language) === dayOf(today, look.language);
  return sameDay ? time : `${shortDay(parts, look.language)} ${time}`;
}

/** `10:42:07`. */
export function exactTime(at: string | number | null, look: Look): string {
  const parts = partsOf(at, look);
  return parts === null ? UNKNOWN : `${parts.hour}:${parts.minute}:${parts.second}`;
}

/** `2015-01-01 10:09:54`, in French `01/01/2015 10:09:54`, as in the log. */
export function dateTime(at: string | null, look: Look): string {
  const parts = partsOf(at, look);
  return parts === null ? UNKNOWN : `${dayOf(parts, look.language)} ${exactTime(at, look)}`;
}

function dayOf({ year, month, day }: Parts, language: Language): string {
  return language === 'fr' ? `${day}/${month}/${year}` : `${year}-${month}-${day}`;
}

function shortDay({ month, day }: Parts, language: Language): string {
  return language === 'fr' ? `${day}/${month}` : `${month}-${day}`;
}

function partsOf(at: string | number | null, look: Look): Parts | null {
  if (at === null) return null;
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return null;
  const utc = look.zone === 'utc';
  const two = (value: number) => String(value).padStart(2, '0');
  return {
    year: String(utc ? date.getUTCFullYear() : date.getFullYear()),
    month: two((utc ? date.getUTCMonth() : date.getMonth()) + 1),
    day: two(utc ? date.getUTCDate() : date.getDate()),
    hour: two(utc ? date.getUTCHours() : date.getHours()),
    minute: two(utc ? date.getUTCMinutes() : date.getMinutes()),
    second: two(utc ? date.getUTCSeconds() : date.getSeconds()),
  };
}
