/** A progress bar: `width` columns, filled as far as `done` is of `of`. */
export function bar(done: number, of: number, width: number): string {
  const share = of > 0 ? Math.min(1, Math.max(0, done / of)) : 0;
  // Not full before everything is done, not empty once something is.
  const full = share === 1 ? width : Math.min(width - 1, Math.max(share > 0 ? 1 : 0, Math.floor(share * width)));
  return '█'.repeat(full) + '░'.repeat(width - full);
}
