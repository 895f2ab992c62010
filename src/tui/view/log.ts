/** The log pages, Session and Outbound transfer: a title, and the lines of the log as the description has them. */
import type { Look } from '../look.ts';
import { logRows } from '../layout.ts';
import type { LogLine } from '../store/log.ts';
import { matching, newSince, type RowsOf, windowOf } from '../store/log-window.ts';
import type { LogPage, Shown } from '../store/model.ts';
import { texts } from '../text/texts.ts';
import { count } from './format.ts';
import { blank, fill, type Row, type Span, span, type Tone } from './row.ts';
import { cells, remote, remoteLine, wrap } from './width.ts';

/** Blank before every line of a log. */
const MARGIN = 1;
/** A continuation stands in under the text, not under the time. */
const INDENT = 8;

const accountTones: readonly Tone[] = ['one', 'two', 'three', 'four'];

/** The title's right end: following or `+31 new`, and how many lines there are. */
export function logStanding({ world, ui, look }: Shown, page: LogPage): Row {
  const say = texts[look.language];
  const view = ui.logs[page];
  const all = world.logs[page].lines;
  const lines = matching(world.logs[page], view);
  const fresh = newSince(lines, view.scroll);
  const news: Row = fresh > 0 ? [span(say.newLines(count(fresh, look.language)), 'warn'), span(' · ', 'dim')] : [];
  const following: Row = view.scroll.following
    ? [span(say.following, 'dim')]
    : [...news, span(say.followKey, 'strong')];
  const some = lines !== all;
  const total = some
    ? say.matching(count(lines.length, look.language), count(all.length, look.language))
    : say.lines(count(all.length, look.language));
  const only: Row = view.errorsOnly ? [span(say.errorsOnly, 'warn'), span(' · ', 'dim')] : [];
  const filter: Row =
    view.filter === '' ? [] : [span(say.filter(remote(view.filter, look)), 'warn'), span(' · ', 'dim')];
  return [...only, ...filter, ...following, span(' · ', 'dim'), span(`${total} `, 'dim')];
}

/** The visible lines, exactly as many rows as the page has. */
export function logLines(shown: Shown, page: LogPage, empty: string): Row[] {
  const { world, ui, size, look } = shown;
  const view = ui.logs[page];
  const lines = matching(world.logs[page], view);
  const height = Math.max(0, logRows(page, size));
  const { from, to } = windowOf(lines, view.scroll, height, rowsOfLine(view.wrapped, size.columns, look));
  const rows = lines.slice(from, to).flatMap((line) => lineRows(line, view.wrapped, size.columns, look));
  if (rows.length === 0 && height > 0) rows.push(fill([span(`   ${empty}`, 'dim')], size.columns));
  // A wrapped line may not fit as a whole: at the end its end is shown, in the middle its beginning.
  const visible = view.scroll.following ? rows.slice(-height) : rows.slice(0, height);
  return height === 0
    ? []
    : [...visible, ...Array.from({ length: height - visible.length }, () => blank(size.columns))];
}

export function rowsOfLine(wrapped: boolean, columns: number, look: Look): RowsOf {
  if (!wrapped) return () => 1;
  return (line) => pieces(remoteLine(line.text, look), columns).length;
}

function lineRows(line: LogLine, wrapped: boolean, columns: number, look: Look): Row[] {
  const text = remoteLine(line.text, look);
  if (!wrapped) return [fill([span(' '.repeat(MARGIN)), ...toned(text, line)], columns)];
  return pieces(text, columns).map((piece, index) =>
    index === 0
      ? fill([span(' '.repeat(MARGIN)), ...toned(piece, line)], columns)
      : fill([span(' '.repeat(INDENT)), span(piece, line.wrong ? 'wrong' : 'plain')], columns),
  );
}

function pieces(text: string, columns: number): string[] {
  const first = columns - MARGIN;
  if (cells(text) <= first) return [text];
  const [head = '', ...rest] = wrap(text, first);
  return [head, ...wrap(rest.join(' '), columns - INDENT)];
}

const TIME = /^\[[^\]]{1,12}\] /;
const NAME = /^((?:\w+ ){1,4})\[([^\]]+)\]/;

/** The time is dim, an error red from its `***`, and each account or connection has one colour of its own. */
function toned(text: string, line: LogLine): Span[] {
  const time = TIME.exec(text)?.[0] ?? '';
  const rest = text.slice(time.length);
  if (line.wrong) return [span(time, 'dim'), span(rest, 'wrong')];
  const named = NAME.exec(rest);
  if (named === null) return [span(time, 'dim'), span(rest, line.starts === null ? 'plain' : 'strong')];
  const [whole, before = '', name = ''] = named;
  return [span(time, 'dim'), span(before), span(`[${name}]`, toneOf(name)), span(rest.slice(whole.length))];
}

function toneOf(name: string): Tone {
  let sum = 0;
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 9_973;
  return accountTones[sum % accountTones.length] ?? 'one';
}
