import { describe, expect, test } from 'vitest';
import type { AccountDetail } from '../../../src/protocol/model.ts';
import type { Look } from '../../../src/tui/look.ts';
import { firstUi, type Prompt } from '../../../src/tui/store/model.ts';
import { accountPageRows } from '../../../src/tui/view/account.ts';
import { accountsPage } from '../../../src/tui/view/accounts.ts';
import { answerRows } from '../../../src/tui/view/answer.ts';
import { signInRows } from '../../../src/tui/view/sign-in.ts';
import { accountNamed, renumbered } from '../kit/accounts.ts';
import { ago, NOON } from '../kit/facts.ts';
import { lines, type Parts, shownOf } from '../kit/shown.ts';

const MB = 1_048_576;

/** One account, which no event has told of. */
function only(parts: Partial<AccountDetail>, others: Parts = {}): Parts {
  return {
    told: [],
    size: [120, 40],
    ...others,
    world: { accounts: { details: [accountNamed('sales', parts)], wrong: null }, ...others.world },
    ui: { page: 'accounts', ...others.ui },
  };
}
const page = (parts: Parts): string[] => lines(accountsPage(shownOf(parts)));
const whole = (parts: Partial<AccountDetail>, others: Parts = {}): string[] =>
  lines(accountPageRows(shownOf(only(parts, { size: [160, 40], ...others }))));
const french: Partial<Look> = { language: 'fr' };

describe('a row of the page Accounts', () => {
  test('T16 has a sign and a word for every state', () => {
    const states = ['never', 'ok', 'error', 'paused', 'locked', 'disabled'] as const;
    const details = states.map((state) => accountNamed(state, { state }));
    const rows = page(only({}, { world: { accounts: { details, wrong: null } } })).slice(2, 8);
    expect(rows.map((row) => row.slice(16, 28).trim())).toEqual([
      '○ not yet',
      '● ok',
      '✗ error',
      '! paused',
      '✗ locked',
      '○ disabled',
    ]);
  });

  test('G13 says the limit that counts and whose it is', () => {
    const row = (parts: Partial<AccountDetail>): string => page(only(parts))[2] ?? '';
    expect(row({ limit: { bytes: 10 * MB, setBy: 'account' } })).toContain('10 MB account');
    expect(row({ limit: { bytes: 20 * MB, setBy: 'mail server' } })).toContain('20 MB server');
    expect(row({ limit: { bytes: 25 * MB, setBy: 'configuration' } })).toContain('25 MB config');
    expect(row({ limit: { bytes: 0, setBy: 'nobody' } })).not.toContain('MB');
  });

  test('T09 on a narrow screen counts that have no column stand in the remark', () => {
    const narrow = (parts: Partial<AccountDetail>): string => page(only(parts, { size: [40, 10] }))[1] ?? '';
    expect(narrow({ stuck: 2 })).toContain('2 stuck');
    expect(narrow({ oversize: 1 })).toContain('1 too large');
    expect(page(only({ stuck: 2 }))[2]).not.toContain('2 stuck');
  });

  test('I06 says the open question instead of the error that says the same', () => {
    const row = page(only({ ...renumbered, lastError: 'Its messages all have new UIDLs' }))[2];
    expect(row).toContain('renumbered?');
    expect(row).not.toContain('UIDLs');
  });

  test('of an account that the gateway has not said more of has - where it would stand', () => {
    const rows = page({ ui: { page: 'accounts' }, world: { accounts: { details: null, wrong: null } } });
    expect(rows[2]).toMatch(/▸ sales +● ok +0 +0 +0 +0 {2}- +-$/);
    expect(rows.join('\n')).toContain('Size limit     asking the gateway …');
  });
});

describe('the page', () => {
  test('says why the gateway does not answer, and keeps what it said before', () => {
    const shown = only({}, { world: { accounts: { details: [accountNamed('sales')], wrong: 'The disk is slow.' } } });
    expect(page(shown)[0]).toContain('✗ The disk is slow.');
    expect(page(shown)[2]).toContain('sales');
  });

  test('without an account says so; with a filter that lets none through, too', () => {
    expect(page(only({}, { world: { accounts: { details: [], wrong: null } } }))[2]).toBe(
      '   No account to download from.',
    );
    const accounts = { ...firstUi.accounts, filter: 'zebra' };
    const filtered = page(only({}, { ui: { accounts } }));
    expect(filtered[2]).toBe('   No account matches the filter.');
    expect(filtered[0]).toContain('0 of 1   filter: zebra');
  });

  test('counts the rows of the account that find no room, and says which key shows them', () => {
    const tooLarge = Array.from({ length: 20 }, (_, n) => {
      return { uidl: `u${n}`, bytes: 30 * MB + n, from: 'a@b.com', subject: 'x' };
    });
    const rows = page(only({ tooLarge, oversize: 23 }, { size: [80, 24] }));
    expect(rows.at(-1)).toMatch(/^ {3}\d+ more: Enter shows all$/);
    expect(whole({ tooLarge, oversize: 23 }).join('\n')).toContain('and 3 more');
  });
});

describe('all of an account', () => {
  test('the last error is there in full, on as many rows as it takes', () => {
    const lastError = `Login refused: -ERR ${'[AUTH] invalid password '.repeat(12)}really`;
    const rows = whole({ lastError }, { size: [80, 24] });
    const shown = rows.slice(
      0,
      rows.findIndex((row) => row.includes('Size limit')),
    );
    expect(shown.map((row) => row.slice(18)).join(' ')).toBe(lastError);
  });

  test('G13 each limit, who decides, and what a raise would release', () => {
    const text = whole({
      limit: { bytes: 10 * MB, setBy: 'account' },
      limits: { account: 10 * MB, mailServer: 20 * MB, configuration: 0, disk: 0 },
      tooLarge: [
        { uidl: 'a', bytes: 12 * MB, from: 'a@b.com', subject: 'Plans' },
        { uidl: 'b', bytes: 31 * MB, from: 'c@d.com', subject: 'All of it' },
      ],
    }).join('\n');
    expect(text).toContain('Size limit     10 MB, set by the account');
    expect(text).toContain('account 10 MB · internal server 20 MB · configuration none');
    expect(text).toContain('20 MB at the account would release 1 of 2; beyond that the internal server decides.');
    expect(text).toContain('Too large      12 MB  too large for the account: a@b.com "Plans"');
    expect(text).toContain('31 MB  too large for the account and the internal server: c@d.com "All of it"');
  });

  test('G13 in French, without any limit, and where nobody would limit after the raise', () => {
    const none = {
      limit: { bytes: 0, setBy: 'nobody' },
      limits: { account: 0, mailServer: 0, configuration: 0, disk: 0 },
    } as const;
    expect(whole(none).join('\n')).toContain('none: messages of any size are fetched');
    const alone = {
      limit: { bytes: 10 * MB, setBy: 'account' } as const,
      limits: { account: 10 * MB, mailServer: 0, configuration: 0, disk: 0 },
      tooLarge: [{ uidl: 'a', bytes: 12 * MB, from: 'a@b.com', subject: '' }],
    };
    const text = whole(alone, { look: french }).join('\n');
    expect(text).toContain('10 Mo, fixée par le compte');
    expect(text).toContain('serveur interne aucune, ou pas encore connue');
    expect(text).toContain('Sans limite chez le compte, il serait libéré.');
  });

  test('G06 a sign-in: whose it is and until when; that there is none, and the key for it; a program', () => {
    const oauth2 = 'microsoft';
    const signIn = { signedIn: true, user: 'anna@company.com', expiresAt: ago(-60) };
    expect(whole({ oauth2, signIn }).join('\n')).toContain('microsoft: signed in as anna@company.com, until 13:00');
    const out = { oauth2, signIn: { signedIn: false, user: null, expiresAt: null } };
    expect(whole(out).join('\n')).toContain('microsoft: not signed in: s signs in');
    expect(whole(out, { readOnly: true }).join('\n')).not.toContain('s signs in');
    expect(whole({ oauth2, signIn: null }).join('\n')).toContain('the token comes from a program');
    expect(whole({}).join('\n')).not.toContain('Sign-in');
  });

  test('G06 the note of the row is there, in the language of the screen', () => {
    const note = 'token dies in 6 days';
    expect(whole({ note }).join('\n')).toContain('token dies in 6 days');
    expect(whole({ note }, { look: french }).join('\n')).toContain('jeton valable encore 6 j');
  });

  test('I06 the question stands there with the key that answers, which a viewer does not have', () => {
    expect(whole(renumbered).join('\n')).toContain('12 of 14 known messages are gone');
    expect(whole(renumbered).join('\n')).toContain('A answers');
    expect(whole(renumbered, { readOnly: true }).join('\n')).not.toContain('A answers');
  });

  test('G01 a trace that is on for it is said', () => {
    const shown = shownOf({ ui: { page: 'accounts', accounts: { ...firstUi.accounts, name: 'support' } } });
    expect(lines(accountPageRows(shown)).join('\n')).toContain('POP3 on for this account, until 12:04');
    const other = shownOf({ ui: { page: 'accounts', accounts: { ...firstUi.accounts, name: 'info' } } });
    expect(lines(accountPageRows(other)).join('\n')).not.toContain('POP3 on');
  });
});

describe('G06 the dialog of a sign-in', () => {
  const code = {
    is: 'waiting',
    uri: 'https://microsoft.com/devicelogin',
    complete: null,
    code: 'E8KQ-9H3U',
    expiresAt: NOON + 90_000,
  } as const;
  const dialog = (parts: Parts, height: number, stage: Extract<Prompt, { is: 'signin' }>['stage'] = code): string[] => {
    return lines(signInRows(shownOf(parts), { is: 'signin', account: 'compta', stage }, height));
  };

  test('has page and code on rows of their own, so that they can be copied', () => {
    for (const size of [
      [120, 40],
      [80, 24],
      [40, 10],
    ] as [number, number][]) {
      const rows = dialog({ size }, size[1] - 5).map((row) => row.trim());
      expect(rows).toContain(code.uri);
      expect(rows).toContain(code.code);
      expect(rows).toContain('waiting …   1:30 left');
    }
  });

  test('counts down to nothing, and says then that the code has run out', () => {
    const left = (now: number): string =>
      dialog({ now, size: [80, 24] }, 19).find((row) => row.includes('waiting')) ?? '';
    expect(left(NOON + 89_001)).toContain('0:01 left');
    expect(left(NOON + 90_000)).toContain('The code has run out.');
  });

  test('T33 without a link keeps page, code and time, on the smallest screen too', () => {
    const link = { is: 'lost', why: 'x', retryAt: null, trying: false } as const;
    for (const size of [
      [80, 24],
      [40, 10],
    ] as [number, number][]) {
      const text = dialog({ size, world: { link } }, size[1] - 5).join('\n');
      expect(text).toContain(code.uri);
      expect(text).toContain(code.code);
      expect(text).toContain('1:30 left');
    }
  });

  test('an address that is longer than the screen goes on in the next row, whole', () => {
    const uri = `https://login.example/${'x'.repeat(90)}`;
    const rows = dialog({ size: [40, 10] }, 5, { ...code, uri }).map((row) => row.trim());
    expect(rows.join('')).toContain(uri);
  });
});

test('I06 the question explains both answers and fits the smallest screen', () => {
  const prompt: Prompt = { is: 'answer', account: 'sales', known: 14, gone: 12, fresh: 12, typed: 'ad' };
  const usual = lines(answerRows(shownOf({ size: [80, 24] }), prompt, 19)).join('\n');
  expect(usual).toContain('adopt  They are the known ones.');
  expect(usual).toContain('fetch  They are new.');
  const small = lines(answerRows(shownOf({ size: [40, 10] }), prompt, 5));
  expect(small).toHaveLength(5);
  expect(small.at(-1)).toContain('ad_');
});
