import { describe, expect, test } from 'vitest';
import { renderKeysDoc } from '../../src/tui/keys-doc.ts';
import { bindingsAt, keymap, type Moment, places } from '../../src/tui/keymap.ts';
import { texts } from '../../src/tui/text/texts.ts';
import { footer } from '../../src/tui/view/footer.ts';
import { helpRows } from '../../src/tui/view/help.ts';
import type { AccountDetail } from '../../src/protocol/model.ts';
import { accountNamed, renumbered } from './kit/accounts.ts';
import { lines, type Parts, shownOf } from './kit/shown.ts';

const everything = {
  lost: true,
  tagged: true,
  filtered: true,
  alerts: true,
  oauth2: true,
  renumbered: true,
  readOnly: false,
};
const ways = [true, false].map((way) => ({ one: way, over: way }));

describe('the keymap', () => {
  test.for(places)('has no key twice at %s', (place) => {
    for (const way of ways) {
      const keys = bindingsAt({ ...everything, place, ...way }).flatMap((binding) => binding.keys);
      expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
    }
  });

  test('a capital letter changes mail and asks, a small one never does', () => {
    const capitals = keymap.filter(({ keys }) => keys.some((key) => /^[A-Z]$/.test(key)));
    expect(capitals.filter(({ does }) => does !== 'move.last').map(({ does }) => does)).toEqual([
      'queue.hold',
      'queue.release',
      'queue.retry',
      'queue.drop',
      'account.answer',
    ]);
  });

  test('T24 Esc quits nowhere', () => {
    const moments: Moment[] = places.flatMap((place) => ways.map((way) => ({ ...everything, place, ...way })));
    for (const moment of moments) {
      const escape = bindingsAt(moment).find(({ keys }) => keys.includes('esc'));
      expect(escape?.does).not.toBe('quit');
    }
  });

  test('T21 in every list all the keys of moving work', () => {
    const lists = [
      'dashboard',
      'session',
      'outbound',
      'queue',
      'message',
      'accounts',
      'account',
      'traces',
      'help',
    ] as const;
    const moving = [
      'up',
      'down',
      'j',
      'k',
      'pageup',
      'pagedown',
      'g',
      'G',
      'home',
      'end',
      'tab',
      'shift-tab',
      '1',
      '5',
      '6',
    ];
    for (const place of lists) {
      const keys = bindingsAt({ ...everything, place, one: false, over: false }).flatMap((binding) => binding.keys);
      expect(keys).toEqual(expect.arrayContaining(moving));
    }
  });

  test('T28 a viewer has no key that changes anything', () => {
    for (const place of places) {
      const bindings = bindingsAt({ ...everything, place, one: true, over: true, readOnly: true });
      expect(bindings.filter(({ operator }) => operator)).toEqual([]);
    }
  });

  test('every key has a name or is one character', () => {
    for (const { keys } of keymap) {
      for (const key of keys) {
        for (const say of Object.values(texts)) expect(say.keyNames[key] ?? key).toMatch(/^(.|.{2,12})$/u);
        expect(key.length === 1 || texts.en.keyNames[key] !== undefined).toBe(true);
      }
    }
  });
});

describe('T20 what is drawn from it', () => {
  test('the footer has the keys that work now', () => {
    const keys = (parts: Parameters<typeof shownOf>[0]): string => lines(footer(shownOf(parts)).rows)[1] ?? '';
    expect(keys({ ui: { page: 'queue' } })).toContain('D drop');
    expect(keys({ ui: { page: 'queue' }, readOnly: true })).not.toContain('D drop');
    expect(keys({})).not.toContain('reconnect');
    const lost = { is: 'lost', why: 'x', retryAt: null, trying: false } as const;
    expect(keys({ world: { link: lost } })).toContain('r reconnect now');
    expect(keys({ world: { link: lost } })).not.toContain('trigger');
  });

  test('G06 I06 on page Accounts it has the keys of the selected account', () => {
    const keys = (parts: Partial<AccountDetail>, more: Parts = {}): string => {
      const world = { accounts: { details: [accountNamed('sales', parts)], wrong: null }, ...more.world };
      return lines(footer(shownOf({ ...more, ui: { page: 'accounts' }, world })).rows)[1] ?? '';
    };
    expect(keys({})).toBe(' t trigger   Enter open   space POP3 trace   / filter   ? keys   q quit');
    expect(keys({ oauth2: 'google' })).toContain('s sign in');
    expect(keys(renumbered)).toContain('A answer');
    const operator = { is: 'live', role: 'operator', skew: 0 } as const;
    expect(keys({ oauth2: 'google' }, { world: { link: operator } })).toContain('s sign in');
    expect(keys({ oauth2: 'google', ...renumbered }, { readOnly: true })).toBe(
      ' Enter open   / filter   ? keys   q quit',
    );
  });

  test('on a narrow screen keys and quit are still there', () => {
    expect(lines(footer(shownOf({ ui: { page: 'queue' }, size: [40, 10] })).rows)[1]).toMatch(/\? keys {2,3}q quit$/);
  });

  test('the help has every key of the table, and is searched', () => {
    const help = (filter: string): string => lines(helpRows(shownOf({ ui: { help: { top: 0, filter } } }))).join('\n');
    for (const { does } of keymap) expect(help('')).toContain(texts.en.commands[does].does);
    expect(help('trash')).toBe(
      ' Queue\n   D                Drop messages into the trash; asks first\n\n Message\n   D                Drop messages into the trash; asks first',
    );
    expect(help('zebra')).toBe('   No key does that.');
  });

  test('the document has every key of the table', () => {
    const document = renderKeysDoc();
    for (const { does } of keymap) expect(document).toContain(texts.en.commands[does].does);
    expect(document.split('\n')[0]).toBe('# Keys');
    expect(document).toContain('| `D` | Drop messages into the trash; asks first *(operator)* |');
  });
});
