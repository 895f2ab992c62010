/** Columns of a table: fixed widths, flexible ones that share what is left, and an order in which they go when the screen is narrow. */
import { cell, fill, type Row, span, type Tone } from '../view/row.ts';

export type Column<Id extends string> = {
  id: Id;
  /** Fixed width; or the least width of a flexible column, with its share of the rest. */
  width: number;
  share?: number;
  align?: 'left' | 'right';
};

export type Cell = { text: string; tone?: Tone };

const GAP = 2;

/** The columns that fit, with their widths; those named first in `drop` go first. */
export function fitColumns<Id extends string>(
  columns: readonly Column<Id>[],
  drop: readonly Id[],
  width: number,
): Column<Id>[] {
  let kept = [...columns];
  for (const id of drop) {
    if (needed(kept) <= width) break;
    kept = kept.filter((column) => column.id !== id);
  }
  const rest = Math.max(0, width - needed(kept));
  const shares = kept.reduce((sum, { share = 0 }) => sum + share, 0);
  let given = 0;
  return kept.map((column, index) => {
    if (column.share === undefined) return column;
    const last = kept.slice(index + 1).every(({ share }) => share === undefined);
    const extra = last ? rest - given : Math.floor((rest * column.share) / shares);
    given += extra;
    return { ...column, width: column.width + extra };
  });
}

/** One row of the table, `width` columns wide. */
export function tableRow<Id extends string>(
  columns: readonly Column<Id>[],
  cells: Readonly<Record<Id, Cell>>,
  width: number,
): Row {
  const spans = columns.flatMap(({ id, width: wide, align }, index) => {
    const { text, tone } = cells[id];
    const drawn = cell(text, wide, tone, align);
    return index === 0 ? [drawn] : [span(' '.repeat(GAP)), drawn];
  });
  return fill(spans, width);
}

function needed(columns: readonly { width: number }[]): number {
  return columns.reduce((sum, { width }) => sum + width, 0) + GAP * Math.max(0, columns.length - 1);
}
