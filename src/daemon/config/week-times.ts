/** When times of the week come round, by the machine's clock. Pure. */
import { type Instant, minutes } from '../base/clock.ts';
import type { WeekTimes } from './kinds/times.ts';

/** The first of these times after an instant, by the machine's clock and its daylight saving time. */
export function nextTime(times: readonly WeekTimes[], after: Instant): Instant | null {
  for (let day = 0; day <= 7; day += 1) {
    const found = times.flatMap((week) => onDay(week, after, day));
    if (found.length > 0) return Math.min(...found);
  }
  return null;
}

function onDay(week: WeekTimes, after: Instant, ahead: number): Instant[] {
  const today = new Date(after);
  const date = new Date(today.getFullYear(), today.getMonth(), today.getDate() + ahead);
  if (!week.days.includes(date.getDay())) return [];

  const step = week.everyMinutes ?? Number.POSITIVE_INFINITY;
  const passed = ahead === 0 ? (after - date.getTime()) / minutes(1) - week.fromMinute : -1;
  const first = passed < 0 ? 0 : Math.floor(passed / step) + 1; // an hour that the clock skips or repeats moves it at most by that hour
  // `Date` puts the minute on the clock of that day, also when the day has 23 or 25 hours.
  for (let n = Math.max(0, first - 1); ; n += 1) {
    const minute = week.fromMinute + (n === 0 ? 0 : n * step);
    if (minute > week.toMinute || minute >= MIDNIGHT) return [];
    const at = new Date(date.getFullYear(), date.getMonth(), date.getDate(), 0, 0, Math.round(minute * 60)).getTime();
    if (at > after) return [at];
  }
}

const MIDNIGHT = 24 * 60;
