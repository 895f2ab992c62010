/** The keys, all of them, from the table that dispatches (T20): first those of the page below, then those of everywhere, then the rest. */
import { type Binding, keymap, type Place, places } from '../keymap.ts';
import { pageRows, textRows } from '../layout.ts';
import { matcherOf } from '../store/filter.ts';
import type { Shown, Ui } from '../store/model.ts';
import { momentOf, placeOf } from '../store/moment.ts';
import { texts } from '../text/texts.ts';
import { keyNames } from './key-names.ts';
import { filledUp, cell, fill, type Row, span, spread } from './row.ts';

const KEYS = 16;

export function helpPage(shown: Shown): Row[] {
  const { ui, look, size } = shown;
  const say = texts[look.language];
  const rows = helpRows(shown);
  const height = textRows(size);
  const top = Math.max(0, Math.min(ui.help?.top ?? 0, rows.length - height));
  const filter = ui.help?.filter ?? '';
  const right = filter === '' ? say.helpSearch : say.filter(filter);
  const title = spread([span(` ${say.helpTitle}`, 'strong')], [span(`${right} `, 'dim')], size.columns);
  return filledUp([title, ...rows.slice(top, top + height)], pageRows(size), size.columns);
}

/** All rows under the title. */
export function helpRows(shown: Shown): Row[] {
  const { look, size, ui } = shown;
  const say = texts[look.language];
  const { readOnly } = momentOf(shown);
  const matches = matcherOf(ui.help?.filter ?? '') ?? (() => true);
  const line = ({ keys, does }: Binding): string => `${keyNames(keys, look)} ${say.commands[does].does}`;
  const sections = sectionsFor(ui).map(({ place, bindings }) => {
    const shownBindings = bindings.filter((binding) => !(binding.operator && readOnly) && matches(line(binding)));
    return { title: place === null ? say.everywhere : say.places[place], bindings: shownBindings };
  });
  const rows = sections
    .filter(({ bindings }) => bindings.length > 0)
    .flatMap(({ title, bindings }, index) => [
      ...(index === 0 ? [] : [fill([], size.columns)]),
      fill([span(` ${title}`, 'strong')], size.columns),
      ...bindings.map(({ keys, does }) =>
        fill(
          [span('   '), cell(keyNames(keys, look), KEYS, 'strong'), span(` ${say.commands[does].does}`)],
          size.columns,
        ),
      ),
    ]);
  return rows.length === 0 ? [fill([span(`   ${say.noKey}`, 'dim')], size.columns)] : rows;
}

/** `place` is null for the keys of everywhere. */
type Section = { place: Place | null; bindings: Binding[] };

/** A key that works in most places belongs to everywhere; the others to each place they work in. */
export function sections(first: Place): Section[] {
  const common = keymap.filter(isCommon);
  const others = [first, ...places.filter((place) => place !== first)];
  const own = others.map((place): Section => {
    return {
      place,
      bindings: keymap.filter((binding) => !isCommon(binding) && binding.on.includes(place)),
    };
  });
  const [present, ...rest] = own.filter(({ bindings }) => bindings.length > 0);
  return [...(present ? [present] : []), { place: null, bindings: common }, ...rest];
}

const COMMON = 5;

function isCommon({ on }: Binding): boolean {
  return on.length >= COMMON;
}

function sectionsFor(ui: Ui): Section[] {
  return sections(placeOf({ ...ui, help: null, prompt: null }));
}
