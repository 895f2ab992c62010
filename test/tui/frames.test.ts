/**
 * The screens as a person sees them, each in a text file of `test/screens`: read them when they change. `vitest -u` writes them anew.
 */
import { expect, test } from 'vitest';
import { CallError } from '../../src/protocol/errors.ts';
import type { Look } from '../../src/tui/look.ts';
import { renumbered } from './kit/accounts.ts';
import { accountless, ago, firstMinute } from './kit/facts.ts';
import { key, startScreen, type TestScreen, type TestScreenOptions } from './kit/screen.ts';

type Shot = {
  name: string;
  title: string;
  options?: TestScreenOptions;
  /** Brings the screen to where the picture is taken. */
  until: (screen: TestScreen) => Promise<unknown>;
};

const wide: [number, number] = [120, 40];
const usual: [number, number] = [80, 24];
const small: [number, number] = [40, 10];
const huge: [number, number] = [200, 60];
const sizes = { wide, usual, small } as const;
const french: Partial<Look> = { language: 'fr' };

async function open(screen: TestScreen, page: string, what: string | RegExp): Promise<void> {
  await screen.sees('●');
  screen.type(page);
  await screen.sees(what);
}

const pages: { page: string; digit: string; sees: string | RegExp }[] = [
  { page: 'dashboard', digit: '1', sees: /Login refused/ },
  { page: 'session', digit: '2', sees: /Delivered to/ },
  { page: 'outbound', digit: '3', sees: /Subject: / },
  { page: 'queue', digit: '4', sees: /Pmg1F7D/ },
  { page: 'accounts', digit: '5', sees: '▸ sales' },
  { page: 'traces', digit: '6', sees: '▸ POP3' },
];

const everyPage: Shot[] = Object.entries(sizes).flatMap(([name, size]) =>
  pages.map(({ page, digit, sees }) => ({
    name: `${page}-${size.join('x')}`,
    title: `T09 page ${page} at ${size.join('x')} (${name})`,
    options: { size },
    until: (screen: TestScreen) => open(screen, digit, sees),
  })),
);

const code = {
  verificationUri: 'https://microsoft.com/devicelogin',
  verificationUriComplete: null,
  userCode: 'E8KQ-9H3U',
  expiresAt: ago(-14.5),
};

/** On page Accounts, with `name` selected. */
async function select(screen: TestScreen, name: string): Promise<void> {
  await open(screen, '5', '▸ ');
  screen.type(key.home);
  const below = ['sales', 'info', 'support', 'compta'].indexOf(name);
  for (let step = 0; step < below; step += 1) screen.type(key.down);
  await screen.sees(`▸ ${name}`);
}

async function signingIn(screen: TestScreen, started: Partial<typeof code> | { verificationUriComplete: string } = {}) {
  const ended = Promise.withResolvers<unknown>();
  screen.gateway.answer('signin.start', () => ({ subject: 'compta', ...code, ...started }));
  screen.gateway.answer('signin.wait', () => ended.promise);
  await select(screen, 'compta');
  // What the list answers has come: before it nobody knows that the account has a sign-in.
  await screen.stands();
  screen.type('s');
  return ended;
}

async function asking(screen: TestScreen): Promise<void> {
  screen.gateway.accounts = screen.gateway.accounts.map((account) =>
    account.name === 'sales' ? { ...account, ...renumbered } : account,
  );
  screen.gateway.tell({ type: 'mailbox.renumbered', session: 12, account: 'sales', known: 14, gone: 12, fresh: 12 });
  await select(screen, 'sales');
  await screen.stands();
  screen.type('A');
  await screen.sees('adopt');
}

const onAccounts: Shot[] = [
  {
    name: 'accounts-200x60',
    title: 'T09 page Accounts at 200x60: a mailbox a column of its own',
    options: { size: huge },
    until: (screen) => select(screen, 'compta'),
  },
  {
    name: 'accounts-info-80x24',
    title: 'G13 page Accounts with an account that mail is too large for: whose limit, and what a raise would release',
    options: { size: usual },
    until: (screen) => select(screen, 'info'),
  },
  {
    name: 'accounts-fr-80x24',
    title: 'page Accounts in French',
    options: { size: usual, look: french },
    until: (screen) => select(screen, 'info'),
  },
  {
    name: 'accounts-fr-120x40',
    title: 'page Accounts in French, wide',
    options: { look: french },
    until: (screen) => select(screen, 'compta'),
  },
  {
    name: 'accounts-ascii-80x24',
    title: 'T17 page Accounts in ASCII',
    options: { size: usual, look: { ascii: true } },
    until: async (screen) => {
      await screen.sees('* live');
      screen.type('5');
      await screen.sees('> sales');
      await screen.stands();
      screen.type(key.end);
      await screen.sees('> compta');
    },
  },
  {
    name: 'accounts-wrong-80x24',
    title:
      'page Accounts when the gateway does not answer for them: what the events told stays, and why the rest is missing',
    options: { size: usual },
    until: async (screen) => {
      screen.gateway.answer('accounts.list', () => {
        throw new CallError('internal', 'The disk is slow.');
      });
      await open(screen, '5', 'The disk is slow.');
    },
  },
  {
    name: 'accounts-none-80x24',
    title: 'page Accounts without any account',
    options: { size: usual, told: accountless(), queue: [] },
    until: (screen) => open(screen, '5', 'No account to download from.'),
  },
  {
    name: 'accounts-lost-80x24',
    title: 'T33 page Accounts when the link is lost: the last data stay',
    options: { size: usual },
    until: async (screen) => {
      await select(screen, 'support');
      screen.gateway.lose('The gateway is stopping.', screen.clock.now() + 3_500);
      await screen.sees('as of 12:00:00');
    },
  },
  {
    name: 'account-80x24',
    title: 'an account, opened: all that is known of it',
    options: { size: usual },
    until: async (screen) => {
      await select(screen, 'info');
      screen.type(key.enter);
      await screen.lacks('sales');
    },
  },
  {
    name: 'account-40x10',
    title: 'an account, opened on the smallest screen',
    options: { size: small },
    until: async (screen) => {
      await select(screen, 'support');
      screen.type(key.enter);
      await screen.sees('Last error');
    },
  },
  ...(['en', 'fr'] as const).flatMap((language) =>
    ([usual, small] as const).map((size): Shot => {
      return {
        name: `signin-${language}-${size.join('x')}`,
        title: `G06 the code of a sign-in in ${language} at ${size.join('x')}`,
        options: { size, look: { language } },
        until: async (screen) => {
          await signingIn(screen);
          await screen.sees(code.userCode);
        },
      };
    }),
  ),
  {
    name: 'signin-whole-120x40',
    title: 'G06 the code of a sign-in, and the address that has it in it',
    until: async (screen) => {
      await signingIn(screen, { verificationUriComplete: 'https://microsoft.com/devicelogin?user_code=E8KQ-9H3U' });
      await screen.sees(code.userCode);
    },
  },
  {
    name: 'signin-browser-80x24',
    title: 'G06 a provider that gives no code: the page, and the command that takes the address back',
    options: { size: usual },
    until: async (screen) => {
      await signingIn(screen, { userCode: '', verificationUri: 'https://accounts.google.com/o/oauth2/v2/auth?x=1' });
      await screen.sees('mailgate sign-in');
    },
  },
  {
    name: 'signin-lost-80x24',
    title: 'G06 T33 the link is lost while a sign-in waits: its code stays',
    options: { size: usual },
    until: async (screen) => {
      await signingIn(screen);
      await screen.sees(code.userCode);
      screen.gateway.lose('The gateway is stopping.', screen.clock.now() + 3_500);
      await screen.sees('No link now');
    },
  },
  {
    name: 'signin-done-80x24',
    title: 'G06 who signed in',
    options: { size: usual },
    until: async (screen) => {
      const ended = await signingIn(screen);
      await screen.sees(code.userCode);
      ended.resolve({ signedIn: true, user: 'compta@company.com', why: '' });
      await screen.sees('signed in as');
    },
  },
  {
    name: 'signin-failed-fr-40x10',
    title: 'G06 why a sign-in came to nothing, on the smallest screen',
    options: { size: small, look: french },
    until: async (screen) => {
      const ended = await signingIn(screen);
      await screen.sees(code.userCode);
      ended.resolve({ signedIn: false, user: null, why: 'The code has expired: expired_token' });
      await screen.sees('expired_token');
    },
  },
  ...(['en', 'fr'] as const).flatMap((language) =>
    ([usual, small] as const).map((size): Shot => {
      return {
        name: `renumbered-${language}-${size.join('x')}`,
        title: `I06 the question about a renumbered mailbox in ${language} at ${size.join('x')}`,
        options: { size, look: { language } },
        until: async (screen) => {
          await asking(screen);
          screen.type('ado');
          await screen.sees('ado_');
        },
      };
    }),
  ),
];

const others: Shot[] = [
  {
    name: 'dashboard-fr-80x24',
    title: 'the Dashboard in French',
    options: { size: usual, look: french },
    until: (screen) => screen.sees('Identification refusée'),
  },
  {
    name: 'dashboard-fr-120x40',
    title: 'the wide Dashboard in French',
    options: { look: french },
    until: (screen) => screen.sees('Identification refusée'),
  },
  {
    name: 'session-fr-80x24',
    title: 'page Session in French: the words of S100 stay, numbers follow the language',
    options: { size: usual, look: french },
    until: (screen) => open(screen, '2', /Remis à/),
  },
  {
    name: 'queue-fr-120x40',
    title: 'page Queue in French',
    options: { look: french },
    until: (screen) => open(screen, '4', /destinataire/),
  },
  {
    name: 'help-fr-80x24',
    title: 'T20 the keys in French',
    options: { size: usual, look: french },
    until: (screen) => open(screen, '?', /Ouvrir la page/),
  },
  {
    name: 'help-120x40',
    title: 'T20 the keys',
    until: (screen) => open(screen, '?', /These keys/),
  },
  {
    name: 'dashboard-ascii-80x24',
    title: 'T17 the Dashboard in ASCII',
    options: { size: usual, look: { ascii: true } },
    until: (screen) => screen.sees('Login refused'),
  },
  {
    name: 'session-ascii-fr-80x24',
    title: 'T17 page Session in ASCII and French: accents go from our words, message data is escaped',
    options: { size: usual, look: { ascii: true, ...french } },
    until: async (screen) => {
      await screen.sees('Identification refusee');
      screen.type('2');
      await screen.sees('Remis a');
    },
  },
  {
    name: 'dashboard-plain-80x24',
    title: 'T19 for a screen reader: no rules, no bars, no sparklines',
    options: { size: usual, look: { plain: true } },
    until: (screen) => screen.sees('Login refused'),
  },
  {
    name: 'dashboard-first-minute-80x24',
    title: 'a gateway that has just started: nothing is wrong, nothing waits, unknown is -',
    options: { size: usual, told: firstMinute(), queue: [] },
    until: (screen) => screen.sees('Nothing needs you.'),
  },
  {
    name: 'message-120x40',
    title: 'a queued message, opened: every attempt with its dialogue, newest first',
    until: async (screen) => {
      await open(screen, '4', 'Pmg1F7B');
      screen.type(key.enter);
      await screen.sees('Attempt 2');
    },
  },
  {
    name: 'message-80x24',
    title: 'a queued message on 80x24',
    options: { size: usual },
    until: async (screen) => {
      await open(screen, '4', 'Pmg1F7B');
      screen.type(key.enter);
      await screen.sees('Attempt 2');
    },
  },
  {
    name: 'confirm-many-120x40',
    title: 'T27 the question before three messages are dropped: object, effect, their number to type',
    until: async (screen) => {
      await open(screen, '4', 'Pmg1F7B');
      for (const space of [' ', ' ', ' ']) screen.type(space);
      await screen.sees('3 tagged');
      screen.type('D');
      await screen.sees('type 3');
    },
  },
  {
    name: 'confirm-one-fr-80x24',
    title: 'T27 the question about one message in French',
    options: { size: usual, look: french },
    until: async (screen) => {
      await open(screen, '4', 'Pmg1F7B');
      screen.type('D');
      await screen.sees('o pour confirmer');
    },
  },
  {
    name: 'read-only-80x24',
    title: 'T28 read-only: the header says so, what changes something has no key',
    options: { size: usual, readOnly: true },
    until: (screen) => open(screen, '4', 'Pmg1F7B'),
  },
  {
    name: 'no-answer-80x24',
    title: 'T01 before the gateway ever answered: what was tried, why it failed, what to do',
    options: { size: usual, live: false },
    until: async (screen) => {
      screen.gateway.lose('There is no control socket: the daemon does not run there.', screen.clock.now() + 3_500);
      await screen.sees('mailgate run');
    },
  },
  {
    name: 'lost-80x24',
    title: 'T33 the link is lost: the last data stay, stamped; when it is tried again',
    options: { size: usual },
    until: async (screen) => {
      await screen.sees('Login refused');
      screen.gateway.lose('The gateway is stopping.', screen.clock.now() + 3_500);
      await screen.sees('as of 12:00:00');
    },
  },
  {
    name: 'lost-40x10',
    title: 'T33 the link is lost, on the smallest screen',
    options: { size: small },
    until: async (screen) => {
      await screen.sees('Login');
      screen.gateway.lose('The gateway is stopping.', screen.clock.now() + 3_500);
      await screen.sees('as of 12:00:00');
    },
  },
  {
    name: 'too-small-30x5',
    title: 'T09 below 40x10 one line says present and needed size',
    options: { size: [30, 5] },
    until: (screen) => screen.sees('30x5'),
  },
];

test.for([...everyPage, ...onAccounts, ...others])('$title', async ({ name, options, until }) => {
  await using screen = startScreen(options);
  await until(screen);
  await screen.stands();
  expect(screen.terminal.brokenRows()).toBe(0);
  await expect(`${screen.terminal.text()}\n`).toMatchFileSnapshot(`../screens/${name}.txt`);
});
