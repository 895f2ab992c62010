/** A list that is asked for range by range and printed as it comes, so that no answer is too large, whatever the length of the list. */
import { tableOf } from './table.ts';
import { type Globals, say, sayJson, type World } from './world.ts';

interface Page<T> {
  /** Null where nobody counted again. */
  total: number | null;
  items: T[];
}

/** Pages of at most `most` items in all. `ask` answers with a range, which may be shorter than it was asked for. */
export async function* pagesOf<T>(
  ask: (range: { offset: number; limit: number }) => Promise<Page<T>>,
  { page, most = Number.POSITIVE_INFINITY }: { page: number; most?: number },
): AsyncIterable<Page<T>> {
  for (let offset = 0; offset < most; ) {
    const { total, items } = await ask({ offset, limit: Math.min(page, most - offset) });
    if (items.length > 0) yield { total, items };
    offset += items.length;
    if (items.length === 0 || (total !== null && offset >= total)) return;
  }
}

/** The same by place: each page says where the next one goes on, so that the last costs no more than the first. */
export async function* pagesAfter<T>(
  ask: (place: { after?: string; limit: number }) => Promise<Page<T> & { next: string | null }>,
  { page }: { page: number },
): AsyncIterable<Page<T>> {
  for (let after: { after?: string } = {}; ; ) {
    const { total, items, next } = await ask({ ...after, limit: page });
    if (items.length > 0) yield { total, items };
    if (next === null) return;
    after = { after: next };
  }
}

/** How a list looks to a person. */
export interface ListView<T> {
  titles: readonly string[];
  cells(item: T): string[];
  /** Said where there is nothing. */
  empty: string;
}

/** Prints one JSON document a line, or a table a page under one line of titles. Resolves with what was shown, and of how many. */
export async function printList<T>(
  world: World,
  { json }: Globals,
  pages: AsyncIterable<Page<T>>,
  { titles, cells, empty }: ListView<T>,
): Promise<{ shown: number; total: number }> {
  const count = { shown: 0, total: 0 };
  for await (const { total, items } of pages) {
    if (json) for (const item of items) sayJson(world, item);
    else for (const line of tableOf(titles, items.map(cells), { head: count.shown === 0 })) say(world, line);
    count.shown += items.length;
    count.total = total ?? count.total;
  }
  if (count.shown === 0 && !json) say(world, empty);
  return count;
}
