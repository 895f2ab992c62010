import { describe, expect, test } from 'vitest';
import type { Fact } from '../../../src/protocol/events.ts';
import type { Command } from '../../../src/tui/keymap.ts';
import { accountsOf, listedAccounts, selectedAccount } from '../../../src/tui/store/accounts.ts';
import { firstUi, type Shown, type Ui } from '../../../src/tui/store/model.ts';
import { momentOf } from '../../../src/tui/store/moment.ts';
import { press } from '../../../src/tui/store/update.ts';
import { accountNamed, renumbered } from '../kit/accounts.ts';
import { ago, firstMinute, morning } from '../kit/facts.ts';
import { type Parts, shownOf } from '../kit/shown.ts';

const onPage = (accounts: Partial<Ui['accounts']> = {}, parts: Parts = {}): Shown =>
  shownOf({ size: [80, 24], ...parts, ui: { page: 'accounts', accounts: { ...firstUi.accounts, ...accounts } } });
const pressed = (shown: Shown, ...commands: Command[]): Ui =>
  commands.reduce((ui, command) => press({ ...shown, ui }, command).ui, shown.ui);
const selected = (shown: Shown, ui: Ui): string | undefined => selectedAccount(shown.world, ui)?.status.name;
const effectsOf = (shown: Shown, ui: Ui, command: Command) => press({ ...shown, ui }, command).effects;

describe('the list', () => {
  test('has what the events tell, and beside it what the gateway said when it was asked', () => {
    const [, , support] = accountsOf(shownOf().world);
    expect(support?.status).toMatchObject({ name: 'support', state: 'locked', consecutiveErrors: 3 });
    expect(support?.detail).toMatchObject({ name: 'support', host: 'pop.isp.com' });
  });

  test('has the accounts that the gateway has not been asked about yet', () => {
    const { world } = shownOf({ world: { accounts: { details: null, wrong: null } } });
    expect(accountsOf(world).map(({ status, detail }) => [status.name, detail])).toEqual([
      ['sales', null],
      ['info', null],
      ['support', null],
      ['compta', null],
    ]);
  });

  test.for([
    ['invalid password', ['support']],
    ['office365', ['compta']],
    ['locked', ['support']],
    ['!pop.isp', ['compta']],
    ['/^(sales|info)/', ['sales', 'info']],
    ['zebra', []],
  ] as const)('T22 is filtered by %s', ([filter, names]) => {
    const shown = onPage({ filter });
    expect(listedAccounts(shown.world, shown.ui).map(({ status }) => status.name)).toEqual(names);
  });
});

describe('the selection', () => {
  test('T21 moves by the line, by the page, to the ends', () => {
    const shown = onPage();
    expect(selected(shown, pressed(shown, 'move.down'))).toBe('info');
    expect(selected(shown, pressed(shown, 'move.last'))).toBe('compta');
    expect(selected(shown, pressed(shown, 'move.last', 'move.down'))).toBe('compta');
    expect(selected(shown, pressed(shown, 'move.last', 'move.pageUp'))).toBe('sales');
    expect(selected(shown, pressed(shown, 'move.up'))).toBe('sales');
  });

  test('T11 stays on its account, wherever that stands when the list is another', () => {
    const shown = onPage();
    const ui = pressed(shown, 'move.down', 'move.down');
    const details = ['compta', 'new', 'sales', 'support'].map((name) => accountNamed(name));
    const other = { ...shown.world, accounts: { details, wrong: null } };
    expect(selectedAccount(other, ui)?.status.name).toBe('support');
  });

  test('of an account that is gone stays at its place', () => {
    const configured: Fact = { type: 'accounts.configured', accounts: [{ name: 'sales', enabled: true }] };
    const shown = onPage({ name: 'compta', cursor: 3 }, { told: [...firstMinute(), { at: ago(0), fact: configured }] });
    const world = { ...shown.world, accounts: { details: [accountNamed('sales')], wrong: null } };
    expect(selectedAccount(world, shown.ui)?.status.name).toBe('sales');
  });

  test('of 100 accounts is always on the screen', () => {
    const details = Array.from({ length: 100 }, (_, index) => accountNamed(`a${index}`));
    const shown = onPage({}, { told: [], world: { accounts: { details, wrong: null } } });
    const ui = pressed(shown, 'move.last');
    expect(ui.accounts).toMatchObject({ cursor: 99, name: 'a99', top: 94 });
    expect(pressed({ ...shown, ui }, 'move.first').accounts).toMatchObject({ cursor: 0, top: 0 });
  });
});

describe('the keys of the selected account', () => {
  const shown = onPage();

  test('t triggers it alone', () => {
    const ui = pressed(shown, 'move.down');
    expect(effectsOf(shown, ui, 'account.trigger')).toEqual([{ do: 'trigger', accounts: ['info'] }]);
  });

  test('the trace is switched for it alone: off where it is on for it, else on', () => {
    expect(effectsOf(shown, shown.ui, 'account.trace')).toEqual([
      { do: 'trace', trace: 'pop3', on: true, account: 'sales' },
    ]);
    const support = pressed(shown, 'move.down', 'move.down');
    expect(effectsOf(shown, support, 'account.trace')).toEqual([
      { do: 'trace', trace: 'pop3', on: false, account: 'support' },
    ]);
  });

  test('on an empty page do nothing', () => {
    const empty = onPage({}, { told: [], world: { accounts: { details: [], wrong: null } } });
    for (const command of ['account.trigger', 'account.trace', 'account.signin', 'account.answer'] as const) {
      expect(press(empty, command)).toEqual({ ui: empty.ui, effects: [] });
    }
    expect(pressed(empty, 'account.open').account).toBeNull();
  });

  test('G06 the sign-in has a key where the account logs in with a token', () => {
    expect(momentOf(shown).oauth2).toBe(false);
    const ui = pressed(shown, 'move.last');
    expect(momentOf({ ...shown, ui }).oauth2).toBe(true);
    expect(effectsOf(shown, ui, 'account.signin')).toEqual([{ do: 'signin', account: 'compta' }]);
  });

  test('T24 an opened account is left with Esc, and the page with its filter stays', () => {
    const filtered = onPage({ filter: 'info' });
    const open = pressed(filtered, 'account.open', 'move.down');
    expect(open.account).not.toBeNull();
    const back = pressed({ ...filtered, ui: open }, 'back');
    expect(back).toMatchObject({ account: null, accounts: { filter: 'info' } });
    expect(pressed({ ...filtered, ui: back }, 'back').accounts.filter).toBe('');
  });
});

describe('I06 the question about a renumbered mailbox', () => {
  const details = [accountNamed('sales', renumbered)];
  const shown = onPage({}, { told: morning(), world: { accounts: { details, wrong: null } } });

  test('is asked with what was seen', () => {
    expect(momentOf(shown).renumbered).toBe(true);
    expect(pressed(shown, 'account.answer').prompt).toEqual({
      is: 'answer',
      account: 'sales',
      known: 14,
      gone: 12,
      fresh: 12,
      typed: '',
    });
  });

  test('is not asked about a mailbox that is what it was', () => {
    expect(pressed(onPage(), 'account.answer').prompt).toBeNull();
  });

  test.for(['adopt', 'fetch', 'ADOPT'])('is answered by the word %s, typed out', (typed) => {
    const ui: Ui = {
      ...shown.ui,
      prompt: { is: 'answer', account: 'sales', known: 14, gone: 12, fresh: 12, typed },
    };
    const step = press({ ...shown, ui }, 'answer.give');
    expect(step.effects).toEqual([{ do: 'answer', account: 'sales', answer: typed.toLowerCase() }]);
    expect(step.ui.prompt).toBeNull();
  });

  test.for(['', 'adop', 'adoptx', 'y'])('T27 Enter after %o leaves, and nothing is answered', (typed) => {
    const ui: Ui = {
      ...shown.ui,
      prompt: { is: 'answer', account: 'sales', known: 14, gone: 12, fresh: 12, typed },
    };
    expect(press({ ...shown, ui }, 'answer.give')).toEqual({ ui: { ...ui, prompt: null }, effects: [] });
  });
});

describe('G06 leaving the dialog of a sign-in', () => {
  const shown = onPage();
  const at = (stage: Extract<NonNullable<Ui['prompt']>, { is: 'signin' }>['stage']): Ui => {
    return { ...shown.ui, prompt: { is: 'signin', account: 'compta', stage } };
  };
  const waiting = at({ is: 'waiting', uri: 'https://x', complete: null, code: 'ABC', expiresAt: 1 });
  const cancel = { do: 'cancelSignIn', account: 'compta' };

  test('cancels what waits for a person', () => {
    const step = press({ ...shown, ui: waiting }, 'signin.cancel');
    expect(step).toEqual({ ui: { ...waiting, prompt: null }, effects: [cancel] });
  });

  test('cancels nothing that has ended, or has no code yet', () => {
    for (const stage of [{ is: 'asking' }, { is: 'over', signedIn: true, user: null, why: '' }] as const) {
      expect(press({ ...shown, ui: at(stage) }, 'signin.close').effects).toEqual([]);
    }
  });

  test('by quitting cancels it too: nobody would see it being finished', () => {
    expect(press({ ...shown, ui: waiting }, 'quit').effects).toEqual([cancel, { do: 'quit' }]);
  });
});
