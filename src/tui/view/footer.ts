/** The two lines below the page: a notice, a field or a rule; and the keys that work now, from the table that dispatches them (T20). */
import { type Binding, bindingsAt } from '../keymap.ts';
import type { Shown } from '../store/model.ts';
import { matcherOf } from '../store/filter.ts';
import { momentOf } from '../store/moment.ts';
import { texts } from '../text/texts.ts';
import { rule } from './header.ts';
import { keyNames } from './key-names.ts';
import { fill, firstThatFits, type Row, type Span, span, type Tone, widthOf } from './row.ts';
import { cells, remote } from './width.ts';

export type Footer = { rows: Row[]; cursor: { x: number; row: number } | null };

export function footer(shown: Shown): Footer {
  const { ui, size, world } = shown;
  const keys = keyLine(shown);
  if (ui.prompt?.is === 'filter') {
    const { row, x } = field(shown);
    return { rows: [row, keys], cursor: { x, row: 0 } };
  }
  if (ui.notice !== null) {
    const { kind, text } = ui.notice;
    return { rows: [note(shown, text, kind === 'failed' ? 'wrong' : 'strong'), keys], cursor: null };
  }
  if (world.link.is === 'lost' && world.gateway !== null) {
    const why = texts[shown.look.language].linkLost(world.link.why);
    return { rows: [fill(note(shown, why, 'warn'), size.columns), keys], cursor: null };
  }
  return { rows: [rule(shown), keys], cursor: null };
}

function note({ size, look }: Shown, text: string, tone: Tone): Row {
  const sign = tone === 'wrong' ? '✗ ' : '';
  return fill([span(` ${sign}${remote(text, look)}`, tone)], size.columns);
}

/** `/state=held▏`: the end of what was typed is always visible, and the real cursor stands there (TTY16). */
function field(shown: Shown): { row: Row; x: number } {
  const { ui, size, look, world } = shown;
  if (ui.prompt?.is !== 'filter') return { row: rule(shown), x: 0 };
  const { text, on } = ui.prompt;
  const wrong = on === 'queue' ? world.queue.wrong : matcherOf(text) === null ? '✗' : null;
  const room = Math.floor(size.columns / (wrong === null ? 1 : 2)) - 4;
  const visible = tail(remote(text, look), room);
  const complaint: Span[] = wrong === null ? [] : [span(`   ✗ ${remote(wrong === '✗' ? '' : wrong, look)}`, 'wrong')];
  return {
    row: fill([span(' /', 'strong'), span(visible), ...complaint], size.columns),
    x: Math.min(size.columns - 1, 2 + cells(visible)),
  };
}

function tail(text: string, width: number): string {
  let visible = text;
  while (cells(visible) > width) visible = Array.from(visible).slice(1).join('');
  return visible;
}

/** As many keys as fit, the least needed left out first; `?` and `q` are always there. */
function keyLine(shown: Shown): Row {
  const { size, world } = shown;
  // Without a link the gateway cannot be asked for anything; the keys say so when they are pressed all the same.
  const isLost = world.link.is === 'lost';
  const shownKeys = bindingsAt(momentOf(shown))
    .filter(({ footer: rank, operator }) => rank !== undefined && !(operator && isLost))
    .toSorted((one, other) => (one.footer ?? 0) - (other.footer ?? 0));
  const always = shownKeys.filter(({ does }) => does === 'help' || does === 'quit');
  const others = shownKeys.filter((binding) => !always.includes(binding));
  const rows: Row[] = [];
  for (let kept = others.length; kept >= 0; kept -= 1) {
    const bindings = [...others.slice(0, kept), ...always];
    rows.push(keyRow(shown, bindings, '   '), keyRow(shown, bindings, '  '));
  }
  return firstThatFits(rows, size.columns);
}

function keyRow(shown: Shown, bindings: readonly Binding[], gap: string): Row {
  const say = texts[shown.look.language];
  const spans = bindings.flatMap(({ keys, does }, index) => [
    span(index === 0 ? ' ' : gap),
    span(keyNames(keys.slice(0, 1), shown.look), 'strong'),
    span(` ${say.commands[does].short}`),
  ]);
  return widthOf(spans) === 0 ? [span(' ')] : spans;
}
