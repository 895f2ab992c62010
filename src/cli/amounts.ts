/** Durations and ages, as a person writes and reads them. */
import { exits, Failure } from './exits.ts';
import type { Texts } from './texts.ts';

const SECONDS: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** Seconds of `90s`, `10m`, `2h` or `1d`. Throws a Failure for anything else. */
export function secondsOf(text: string, option: string): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)([smhd])$/i.exec(text) ?? [];
  const seconds = Number(digits) * (SECONDS[unit?.toLowerCase() ?? ''] ?? 0);
  if (!(seconds > 0))
    throw new Failure(exits.usage, `${option}: expected a time like 90s, 10m, 2h or 1d, found "${text}".`);

  return seconds;
}

/** The largest unit that fits: `42 s`, `14 min`, `3 h`, `2 d`. Negative ages (a clock that jumped) count as none. */
export function ageText(milliseconds: number, { units }: Texts): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1_000));
  if (seconds < 60) return `${seconds} ${units.second}`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} ${units.minute}`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} ${units.hour}`;

  return `${Math.floor(seconds / 86_400)} ${units.day}`;
}
