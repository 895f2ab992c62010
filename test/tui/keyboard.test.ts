import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createKeyboard, type InkKey, keyOf } from '../../src/tui/keyboard.ts';
import { firstUi, type Ui } from '../../src/tui/store/model.ts';
import type { Effect } from '../../src/tui/store/step.ts';
import { createStore, type Store } from '../../src/tui/store/store.ts';
import { manualClock } from '../kit/clock.ts';
import { accountNamed, renumbered } from './kit/accounts.ts';
import { NOON, queueOf } from './kit/facts.ts';
import { plainLook, shownOf } from './kit/shown.ts';

const none: InkKey = {
  upArrow: false,
  downArrow: false,
  leftArrow: false,
  rightArrow: false,
  pageUp: false,
  pageDown: false,
  home: false,
  end: false,
  return: false,
  escape: false,
  tab: false,
  shift: false,
  ctrl: false,
  meta: false,
  backspace: false,
  delete: false,
};
const enter: InkKey = { ...none, return: true };

function keyboardOn(ui: Partial<Ui> = {}, language: 'en' | 'fr' = 'en') {
  const store: Store = createStore({
    clock: manualClock(NOON),
    look: { ...plainLook, language },
    size: { columns: 80, rows: 24 },
    target: 'sock',
    readOnly: false,
  });
  const { world } = shownOf();
  store.tell(() => ({ ...world, queue: { filter: '', total: 40, from: 0, rows: queueOf(40), wrong: null } }));
  store.go(() => ({ ...firstUi, page: 'queue', ...ui }));
  const effects: Effect[] = [];
  const keyboard = createKeyboard(store, (effect) => effects.push(effect));
  const type = (text: string): void => {
    for (const character of text) keyboard.key(character, character === '\r' ? enter : none);
  };
  return { keyboard, store, effects, type, ui: () => store.present().ui };
}

describe('keys', () => {
  test('have the names of the keymap', () => {
    expect(keyOf('', { ...none, upArrow: true })).toBe('up');
    expect(keyOf('', { ...none, tab: true, shift: true })).toBe('shift-tab');
    expect(keyOf('c', { ...none, ctrl: true })).toBe('ctrl-c');
    expect(keyOf(' ', none)).toBe('space');
    expect(keyOf('D', none)).toBe('D');
  });

  test('Alt and a letter, a function key and several letters are no key', () => {
    expect(keyOf('q', { ...none, meta: true })).toBeNull();
    expect(keyOf('', none)).toBeNull();
    expect(keyOf('qq', none)).toBeNull();
  });
});

describe('T26 what comes in one piece', () => {
  test.for(['t', 'q', 'D', 'HLRD', 'Dy', 'D\r', 'x1\r'])(
    'a piece with %o in it, a thousand characters long, does nothing',
    (text) => {
      const { keyboard, effects, ui } = keyboardOn();
      const before = ui();
      keyboard.key(text.padEnd(1_000, 'jkq D'), none);
      expect(effects).toEqual([]);
      expect(ui()).toEqual(before);
    },
  );

  test('a paste does nothing in a list', () => {
    const { keyboard, effects, ui } = keyboardOn();
    const before = ui();
    keyboard.paste('q');
    keyboard.paste('Dy'.repeat(500));
    expect(effects).toEqual([]);
    expect(ui()).toEqual(before);
  });

  test('a paste in a field is put in once, newlines made harmless', () => {
    const { keyboard, type, ui } = keyboardOn();
    type('/');
    keyboard.paste('state=held\r\nage>1h\x1b[201~');
    expect(ui().prompt).toMatchObject({ is: 'filter', text: 'state=held age>1h [201~' });
  });

  test('a held key over a slow line moves as often as it was pressed', () => {
    const { keyboard, ui } = keyboardOn();
    keyboard.key('jjjj', none);
    expect(ui().queue.cursor).toBe(4);
  });

  test('fast typing opens the field and fills it', () => {
    const { keyboard, ui } = keyboardOn();
    keyboard.key('/held\r', none);
    expect(ui()).toMatchObject({ prompt: null, queue: { filter: 'held' } });
  });

  test('but the first character that would do something ends it', () => {
    const { keyboard, effects, ui } = keyboardOn();
    keyboard.key('jjDy', none);
    expect(ui()).toMatchObject({ prompt: null, queue: { cursor: 2 } });
    keyboard.key('jq', none);
    expect(effects).toEqual([]);
  });

  test('TTY06 property: no bytes at random change any mail', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 40 }), { maxLength: 60 }), (pieces) => {
        const { keyboard, effects } = keyboardOn();
        for (const piece of pieces) if (piece.length !== 1) keyboard.key(piece, none);
        expect(effects).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });
});

describe('T27 the question', () => {
  test('Enter held down confirms nothing', () => {
    const { type, effects, ui } = keyboardOn();
    type('D');
    type('\r'.repeat(50));
    expect(effects.filter((effect) => effect.do === 'queue')).toEqual([]);
    expect(ui().prompt).toBeNull();
  });

  test('neither does the key that asked, held down', () => {
    const { type, effects } = keyboardOn();
    type('D'.repeat(50));
    type('  DDD');
    expect(effects).toEqual([]);
  });

  test('one message needs the key that says yes, in the language of the screen', () => {
    const english = keyboardOn();
    english.type('Dy');
    expect(english.effects).toEqual([{ do: 'queue', action: 'drop', ids: ['Pmg1F7B'] }]);
    const french = keyboardOn({}, 'fr');
    french.type('Dy');
    expect(french.effects).toEqual([]);
    french.type('o');
    expect(french.effects).toHaveLength(1);
  });

  test('several need their number, typed', () => {
    const { type, effects, ui } = keyboardOn();
    type('   Dy');
    expect(effects).toEqual([]);
    type('2\r');
    expect(effects).toEqual([]);
    expect(ui().prompt).toBeNull();
    type('D3\r');
    expect(effects).toEqual([{ do: 'queue', action: 'drop', ids: ['Pmg1F7B', 'Pmg1F7C', 'Pmg1F7D'] }]);
  });

  test('the number may come in one piece with Enter, a paste may not', () => {
    const { keyboard, type, effects } = keyboardOn();
    type('   D');
    keyboard.paste('3\r');
    keyboard.key('3\rx', none);
    expect(effects).toEqual([]);
    keyboard.key('3\r', none);
    expect(effects).toHaveLength(1);
  });

  test('Esc leaves, and the tags stay', () => {
    const { keyboard, type, effects, ui } = keyboardOn();
    type('  D');
    keyboard.key('', { ...none, escape: true });
    expect(effects).toEqual([]);
    expect(ui()).toMatchObject({ prompt: null });
    expect(ui().queue.tagged.size).toBe(2);
  });
});

describe('I06 the answer about a renumbered mailbox', () => {
  function asked() {
    const on = keyboardOn({ page: 'accounts' });
    const details = [accountNamed('sales', renumbered)];
    on.store.tell(() => ({ accounts: { details, wrong: null } }));
    return on;
  }

  test('is typed out', () => {
    const { type, effects, ui } = asked();
    type('Aadopt');
    expect(ui().prompt).toMatchObject({ is: 'answer', account: 'sales', typed: 'adopt' });
    type('\r');
    expect(effects).toEqual([{ do: 'answer', account: 'sales', answer: 'adopt' }]);
    expect(ui().prompt).toBeNull();
  });

  test('T27 Enter held down, the key that asked held down, and half a word answer nothing', () => {
    for (const keys of ['A\r\r\r', 'AAAAAAAA\r', 'Aadop\r', 'Aa\r', 'Ay\r', 'A12\r']) {
      const { type, effects } = asked();
      type(keys);
      expect(effects, keys).toEqual([]);
    }
  });

  test('T26 may come in one piece with Enter, a paste may not', () => {
    const { keyboard, type, effects } = asked();
    type('A');
    keyboard.paste('adopt\r');
    keyboard.key('adopt now\r', none);
    expect(effects).toEqual([]);
    keyboard.key('adopt\r', none);
    expect(effects).toHaveLength(1);
  });

  test('is erased like a filter, and left with Esc', () => {
    const { keyboard, type, effects, ui } = asked();
    type('Afetchx');
    keyboard.key('', { ...none, backspace: true });
    expect(ui().prompt).toMatchObject({ typed: 'fetch' });
    keyboard.key('u', { ...none, ctrl: true });
    expect(ui().prompt).toMatchObject({ typed: '' });
    keyboard.key('', { ...none, escape: true });
    expect(ui().prompt).toBeNull();
    expect(effects).toEqual([]);
  });

  test('T28 a viewer is not asked', () => {
    const { store, type, ui } = asked();
    store.tell(() => ({ link: { is: 'live', role: 'viewer', skew: 0 } }));
    type('A');
    expect(ui().prompt).toBeNull();
  });
});

describe('G06 the dialog of a sign-in', () => {
  const code = { is: 'waiting', uri: 'https://x', complete: null, code: 'ABC', expiresAt: NOON + 60_000 } as const;
  const prompt = { is: 'signin', account: 'compta', stage: code } as const;

  test('takes no letter and no Enter while it waits, and Esc cancels', () => {
    const { keyboard, type, effects, ui } = keyboardOn({ page: 'accounts', prompt });
    type('qty1D\r');
    keyboard.key('adopt\r', none);
    expect(effects).toEqual([]);
    expect(ui().prompt).toEqual(prompt);
    keyboard.key('', { ...none, escape: true });
    expect(effects).toEqual([{ do: 'cancelSignIn', account: 'compta' }]);
  });

  test('is closed with Enter or Esc when it is over, and nothing is cancelled then', () => {
    for (const key of [enter, { ...none, escape: true }]) {
      const over = { ...prompt, stage: { is: 'over', signedIn: true, user: null, why: '' } as const };
      const { keyboard, effects, ui } = keyboardOn({ page: 'accounts', prompt: over });
      keyboard.key('', key);
      expect(ui().prompt).toBeNull();
      expect(effects).toEqual([]);
    }
  });

  test('T33 r tries the link again from there', () => {
    const { store, type, effects } = keyboardOn({ page: 'accounts', prompt });
    store.tell(() => ({ link: { is: 'lost', why: 'x', retryAt: null, trying: false } }));
    type('r');
    expect(effects).toEqual([{ do: 'retryLink' }]);
  });
});

describe('the field of a filter', () => {
  test('T22 filters live, Esc clears', () => {
    const { keyboard, type, ui } = keyboardOn();
    type('/he');
    expect(ui().queue.filter).toBe('he');
    keyboard.key('', { ...none, backspace: true });
    expect(ui().queue.filter).toBe('h');
    keyboard.key('', { ...none, escape: true });
    expect(ui()).toMatchObject({ prompt: null, queue: { filter: '' } });
  });

  test('T22 what is no regular expression yet keeps the filter before it', () => {
    const { type, ui } = keyboardOn({ page: 'session' });
    type('//(');
    expect(ui()).toMatchObject({ prompt: { text: '/(' }, logs: { session: { filter: '/' } } });
    type('b|c)');
    expect(ui().logs.session.filter).toBe('/(b|c)');
  });

  test('letters that are keys elsewhere are letters there, and an emoji is erased as a whole', () => {
    const { keyboard, type, ui } = keyboardOn();
    type('/qtD?1');
    keyboard.key('👨‍👩‍👧', none);
    expect(ui().prompt).toMatchObject({ text: 'qtD?1👨‍👩‍👧' });
    keyboard.key('', { ...none, backspace: true });
    expect(ui().prompt).toMatchObject({ text: 'qtD?1' });
    keyboard.key('u', { ...none, ctrl: true });
    expect(ui().prompt).toMatchObject({ text: '' });
  });
});
