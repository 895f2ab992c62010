/** Remembers what a function of a text gave: the same lines are measured ten times a second. Bounded, for a screen runs for months (T07). */
export function remembered<R>(
  compute: (text: string) => R,
  { most, longest }: { most: number; longest: number },
): (text: string) => R {
  const known = new Map<string, R>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    const result = compute(text);
    if (text.length > longest) return result;
    // All at once: what is on the screen is back within a frame, and no order has to be kept.
    if (known.size >= most) known.clear();
    known.set(text, result);
    return result;
  };
}
