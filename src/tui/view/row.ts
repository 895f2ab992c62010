/** A row of the screen: pieces of text, each with its tone, together exactly as wide as the screen. */
import { cells, cut, fit } from './width.ts';

/** What a piece means; `paint` knows how that looks. Every tone also has a word or a sign in its text (T16). */
export type Tone = 'plain' | 'strong' | 'dim' | 'wrong' | 'warn' | 'good' | 'one' | 'two' | 'three' | 'four';

export type Span = { text: string; tone: Tone; reverse?: boolean };
export type Row = readonly Span[];

export function span(text: string, tone: Tone = 'plain'): Span {
  return { text, tone };
}

export function textOf(row: Row): string {
  return row.map(({ text }) => text).join('');
}

export function widthOf(row: Row): number {
  return row.reduce((sum, { text }) => sum + cells(text), 0);
}

/** The row cut or padded to exactly `width` columns. */
export function fill(row: Row, width: number): Row {
  const filled: Span[] = [];
  let left = width;
  for (const piece of row) {
    const wide = cells(piece.text);
    if (wide > left) {
      filled.push({ ...piece, text: cut(piece.text, left) });
      left -= cells(filled.at(-1)?.text ?? '');
      break;
    }
    filled.push(piece);
    left -= wide;
  }
  if (left > 0) filled.push(span(' '.repeat(left)));
  return filled;
}

/** `left` from the left edge, `right` up to the right edge, at least one column between them; `left` is cut first. */
export function spread(left: Row, right: Row, width: number): Row {
  const rightWidth = widthOf(right);
  if (rightWidth === 0 || rightWidth + 2 > width) return fill(left, width);
  return [...fill(left, width - rightWidth - 1), span(' '), ...right];
}

/** The richest of the rows that fits, else the last one, cut. */
export function firstThatFits(rows: readonly Row[], width: number): Row {
  const found = rows.find((row) => widthOf(row) <= width) ?? rows.at(-1) ?? [];
  return fill(found, width);
}

export function blank(width: number): Row {
  return [span(' '.repeat(width))];
}

/** The selected row: reverse video from edge to edge (T15). */
export function reversed(row: Row): Row {
  return row.map((piece) => ({ ...piece, reverse: true }));
}

/** The last data of a gateway that is away: every piece dimmed. */
export function dimmed(row: Row): Row {
  return row.map((piece) => ({ ...piece, tone: 'dim' }));
}

/** A cell of a table. */
export function cell(text: string, width: number, tone: Tone = 'plain', align: 'left' | 'right' = 'left'): Span {
  return { text: fit(text, width, align), tone };
}

/** The rows cut or filled up with blank ones to exactly `height`. */
export function filledUp(rows: readonly Row[], height: number, columns: number): Row[] {
  const visible = rows.slice(0, Math.max(0, height));
  return [...visible, ...Array.from({ length: Math.max(0, height - visible.length) }, () => blank(columns))];
}
