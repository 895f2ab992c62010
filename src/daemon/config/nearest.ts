/** Which known name a misspelt one was meant to be. */

/** Past this a name is nonsense, and comparing it with every known one only costs time. */
const LONGEST_NAME = 100;

/** The known name that takes the fewest keystrokes to reach, case aside. `known` is not empty. */
export function nearestName(name: string, known: readonly string[]): string {
  const wanted = name.slice(0, LONGEST_NAME).toLowerCase();
  let best = known[0] as string;
  let fewest = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const steps = keystrokes(wanted, candidate.toLowerCase());
    if (steps < fewest) [best, fewest] = [candidate, steps];
  }
  return best;
}

/** Insertions, deletions, replacements and swaps of neighbours between two words (optimal string alignment). */
export function keystrokes(from: string, to: string): number {
  let before: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) row.push(step(i, j, row));
    [before, last] = [last, row];
  }
  return last[to.length] ?? 0;

  function step(i: number, j: number, row: readonly number[]): number {
    const same = from[i - 1] === to[j - 1] ? 0 : 1;
    const plain = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + same);
    const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
    return swapped ? Math.min(plain, at(before, j - 2) + 1) : plain;
  }
}

const at = (row: readonly number[], index: number): number => row[index] ?? Number.POSITIVE_INFINITY;
