/**
 * How the parts of a page share its rows: first every needed part gets the least that it can do with, then what it wants, in the
 * order of importance; then the other parts, if there is room; what is left goes to those that could fill more. Pure.
 */

export type Wish = {
  /** Rows without which the part is not drawn. */
  least: number;
  /** Rows that it gets before a part that is not needed gets any. */
  wants: number;
  /** Rows that it could fill. */
  most: number;
  /** A part that is not needed is left out before a needed one goes without what it wants. */
  needed: boolean;
  /** A blank row before it, when there is room for all of them. */
  spaced: boolean;
};

/** The rows of each part, in the order of the parts given, which is that of importance; and whether there are blank rows. */
export function share(wishes: readonly Wish[], height: number): { rows: number[]; spaced: boolean } {
  const rows = wishes.map(() => 0);
  let left = height;
  const give = (index: number, upTo: number): void => {
    const more = Math.min(left, Math.max(0, upTo - (rows[index] ?? 0)));
    rows[index] = (rows[index] ?? 0) + more;
    left -= more;
  };
  const start = (index: number, { least }: Wish): void => {
    if (least <= left) give(index, least);
  };
  const each = (run: (index: number, wish: Wish) => void): void => {
    for (const [index, wish] of wishes.entries()) run(index, wish);
  };
  const drawn = (index: number): boolean => (rows[index] ?? 0) > 0;
  const blanks = (): number => wishes.filter(({ spaced }, index) => spaced && drawn(index)).length;

  each((index, wish) => wish.needed && start(index, wish));
  // The blank rows of the needed parts come before what would only fill the page.
  const reserved = blanks() <= left ? blanks() : 0;
  left -= reserved;
  each((index, wish) => drawn(index) && give(index, wish.wants));
  each((index, wish) => {
    const room = left - (reserved > 0 && wish.spaced ? 1 : 0);
    if (wish.needed || wish.least > room) return;
    start(index, wish);
    if (reserved > 0 && wish.spaced) left -= 1;
  });
  each((index, wish) => drawn(index) && give(index, wish.most));
  return { rows, spaced: reserved > 0 };
}
