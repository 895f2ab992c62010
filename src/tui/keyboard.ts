/**
 * From what the terminal sends to what a key does. Characters that come together are a held key, fast typing, or a paste in a
 * terminal without bracketed paste: of those only what looks and moves is done, and of a longer run nothing at all (T26).
 */
import { commandOf, isHarmless } from './keymap.ts';
import { typedInto } from './store/field.ts';
import type { Shown } from './store/model.ts';
import { momentOf } from './store/moment.ts';
import type { Effect, Step } from './store/step.ts';
import type { Store } from './store/store.ts';
import { press } from './store/update.ts';
import { texts } from './text/texts.ts';

/** Characters in one piece that may still be typing; a longer piece in a list is a paste. */
const TYPED_TOGETHER = 16;

/** What Ink tells of a key, as far as it is needed. */
export type InkKey = {
  upArrow: boolean;
  downArrow: boolean;
  leftArrow: boolean;
  rightArrow: boolean;
  pageUp: boolean;
  pageDown: boolean;
  home: boolean;
  end: boolean;
  return: boolean;
  escape: boolean;
  tab: boolean;
  shift: boolean;
  ctrl: boolean;
  meta: boolean;
  backspace: boolean;
  delete: boolean;
};

const named: readonly (readonly [keyof InkKey, string])[] = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageUp', 'pageup'],
  ['pageDown', 'pagedown'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'enter'],
  ['escape', 'esc'],
  ['backspace', 'backspace'],
  ['delete', 'delete'],
];

/** The key's name in the keymap; null for what is none (several characters, a key with Alt, a function key). */
export function keyOf(input: string, key: InkKey): string | null {
  if (key.tab) return key.shift ? 'shift-tab' : 'tab';
  const name = named.find(([flag]) => key[flag])?.[1];
  if (name !== undefined) return name;
  if (key.meta || Array.from(input).length !== 1) return null;
  if (key.ctrl) return `ctrl-${input}`;
  return characterKey(input);
}

function characterKey(character: string): string {
  switch (character) {
    case ' ':
      return 'space';
    case '\r':
    case '\n':
      return 'enter';
    case '\t':
      return 'tab';
    default:
      return character;
  }
}

export type Keyboard = {
  key(input: string, key: InkKey): void;
  paste(text: string): void;
};

export function createKeyboard(store: Store, perform: (effect: Effect) => void): Keyboard {
  function take(step: (shown: Shown) => Step): void {
    const { ui, effects } = step(store.present());
    store.go(() => ui);
    for (const effect of effects) perform(effect);
  }

  function one(key: string, character: string | null): void {
    const shown = store.present();
    const moment = momentOf(shown);
    const command = commandOf(saysYes(key, shown) ? 'yes' : key, moment);
    if (command !== null) return take((present) => press(present, command));
    const typing = moment.place === 'confirm' || moment.place === 'answer' || moment.place === 'filter';
    if (typing && character !== null) store.go((ui) => typedInto(ui, character));
  }

  function several(text: string): void {
    const { place } = momentOf(store.present());
    if (place === 'confirm' || place === 'answer') {
      // A count or a word, and Enter, in one piece: the question was on the screen before, and what is typed has to be right.
      const typed = (place === 'confirm' ? /^(\d{1,9})(\r?)$/ : /^([a-z]{1,12})(\r?)$/i).exec(text);
      if (typed?.[1] === undefined) return;
      for (const character of typed[1]) one(character, character);
      if (typed[2] === '\r') one('enter', null);
      return;
    }
    const characters = Array.from(text);
    if (characters.length > TYPED_TOGETHER) {
      if (place === 'filter') store.go((ui) => typedInto(ui, text));
      return;
    }
    for (const character of characters) {
      const key = characterKey(character);
      const moment = momentOf(store.present());
      const command = commandOf(key, moment);
      if (command !== null && !isHarmless(command)) return;
      one(key, isPrintable(character) ? character : null);
    }
  }

  return {
    key(input, key) {
      const name = keyOf(input, key);
      if (name !== null) return one(name, key.ctrl || !isPrintable(input) ? null : input);
      if (!key.meta && !key.ctrl && input.length > 1) several(input);
    },
    paste(text) {
      const { place } = momentOf(store.present());
      if (place === 'filter') store.go((ui) => typedInto(ui, text));
    },
  };
}

function saysYes(key: string, { ui, look }: Shown): boolean {
  return ui.prompt?.is === 'confirm' && key === texts[look.language].yes;
}

function isPrintable(text: string): boolean {
  return text !== '' && !/\p{Cc}/u.test(text);
}
