/** A sparkline: one column a value, unknown values are blank. */

const blocks = '▁▂▃▄▅▆▇█';
/** Same heights for terminals without block characters (T18). */
const ascii = '__..--^^';

/** `null` is a time that nobody counted; 0 is a time when nothing happened, and has the lowest sign. */
export function sparkline(values: readonly (number | null)[], signs: 'block' | 'ascii'): string {
  const alphabet = signs === 'block' ? blocks : ascii;
  const highest = values.reduce<number>((top, value) => Math.max(top, value ?? 0), 0);
  return values.map((value) => (value === null ? ' ' : alphabet[level(value, highest)])).join('');
}

function level(value: number, highest: number): number {
  if (value <= 0 || highest <= 0) return 0;
  return Math.max(1, Math.round((value / highest) * 7));
}
