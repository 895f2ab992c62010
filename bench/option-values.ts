/** Values of options, as both benchmarks read them. Pure. */

/** `a,b` */
export const list = (text: string): string[] => text.split(',').filter((part) => part !== '');

/** Throws a sentence when it is no whole number. */
export function number(name: string, text: string | undefined, otherwise: number): number {
  const value = text === undefined ? otherwise : Number(text);
  if (!Number.isInteger(value) || value < 0) throw new Error(`${name}: expected a whole number, found "${text}".`);
  return value;
}
