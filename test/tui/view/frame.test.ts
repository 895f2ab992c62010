import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Fact } from '../../../src/protocol/events.ts';
import { firstUi, pages, type Prompt, type Ui } from '../../../src/tui/store/model.ts';
import { drawFrame } from '../../../src/tui/view/frame.ts';
import { textOf, widthOf } from '../../../src/tui/view/row.ts';
import { accountNamed } from '../kit/accounts.ts';
import { ago, FAMILY, HOSTILE, morning, NOON, queueOf, type Told } from '../kit/facts.ts';
import { detailOf } from '../kit/gateway.ts';
import { lines, type Parts, shownOf } from '../kit/shown.ts';

const confirm: Prompt = {
  is: 'confirm',
  action: 'drop',
  ids: ['Pmg1F7B', 'Pmg1F7C'],
  bytes: 9_999_999,
  recipients: 2,
  subject: '',
  typed: '',
};
const message = queueOf(1)[0];
const opened = { is: 'shown', id: 'Pmg1F7B', detail: detailOf(message ?? ({} as never)) } as const;

const waiting = {
  is: 'waiting',
  uri: `https://login.example/${HOSTILE}`,
  complete: `https://login.example/?${FAMILY}`,
  code: 'E8KQ-9H3U',
  expiresAt: NOON + 1,
} as const;

const situations: [string, Partial<Ui>][] = [
  ...pages.map((page): [string, Partial<Ui>] => [page, { page }]),
  ['help', { help: { top: 3, filter: '' } }],
  ['message', { page: 'queue', message: { id: 'Pmg1F7B', top: 2 } }],
  ['confirm', { page: 'queue', prompt: confirm }],
  ['filter', { page: 'queue', prompt: { is: 'filter', on: 'queue', text: HOSTILE + FAMILY, before: '' } }],
  ['account', { page: 'accounts', account: { top: 1 } }],
  ['filtered accounts', { page: 'accounts', accounts: { ...firstUi.accounts, filter: HOSTILE } }],
  ['answer', { page: 'accounts', prompt: { is: 'answer', account: HOSTILE, known: 9, gone: 8, fresh: 8, typed: 'x' } }],
  ['sign-in begun', { page: 'accounts', prompt: { is: 'signin', account: HOSTILE, stage: { is: 'asking' } } }],
  ['sign-in', { page: 'accounts', prompt: { is: 'signin', account: FAMILY, stage: waiting } }],
  [
    'sign-in over',
    {
      page: 'accounts',
      prompt: { is: 'signin', account: 'x', stage: { is: 'over', signedIn: false, user: null, why: HOSTILE } },
    },
  ],
  ['notice', { notice: { kind: 'failed', text: HOSTILE, until: null } }],
];

describe('every frame has exactly the rows and columns of the screen', () => {
  const sizes = fc.tuple(fc.integer({ min: 1, max: 220 }), fc.integer({ min: 1, max: 70 }));

  test.for(situations)('T09 T10 T12 %s, at any size, in both languages, in ASCII and for screen readers', ([, ui]) => {
    fc.assert(
      fc.property(
        sizes,
        fc.constantFrom('en' as const, 'fr' as const),
        fc.boolean(),
        fc.boolean(),
        (size, language, ascii, plain) => {
          const shown = shownOf({ ui, size, look: { language, ascii, plain }, world: { opened } });
          const { rows } = drawFrame(shown);
          expect(rows).toHaveLength(size[1]);
          for (const row of rows) expect(widthOf(row), textOf(row)).toBe(size[0]);
        },
      ),
      { numRuns: 30 },
    );
  });

  test('T44 T12 whatever the names, subjects and replies are', () => {
    const text = fc.oneof(fc.constantFrom(HOSTILE, FAMILY), fc.string({ unit: 'binary', maxLength: 80 }));
    fc.assert(
      fc.property(
        text,
        fc.constantFrom(...situations),
        fc.constantFrom([40, 10], [80, 24], [120, 40]),
        (remote, [, ui], size) => {
          const { rows } = drawFrame(shownOf({ ...poisoned(remote), ui, size: size as [number, number] }));
          expect(rows).toHaveLength(size[1] ?? 0);
          for (const row of rows) {
            expect(widthOf(row)).toBe(size[0]);
            expect(textOf(row)).not.toMatch(/[\p{Cc}\p{Cs}\p{Bidi_Control}]/u);
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  test('TTY14 a name of 100,000 characters, negative and senseless numbers', () => {
    const huge = poisoned('x'.repeat(100_000));
    const { rows } = drawFrame(shownOf({ ...huge, ui: { page: 'queue' } }));
    expect(rows.every((row) => widthOf(row) === 120)).toBe(true);
    const counted = {
      type: 'queue.counted',
      waiting: -1,
      sending: Number.NaN,
      deferred: 1e300,
      held: 0,
      bytes: Number.POSITIVE_INFINITY,
      oldestAt: '9999-12-31T23:59:59.999Z',
    } as const;
    const accounts = drawFrame(shownOf({ ...huge, ui: { page: 'accounts' } }));
    expect(accounts.rows.every((row) => widthOf(row) === 120)).toBe(true);
    const senseless = drawFrame(shownOf({ told: [...morning(), { at: ago(0), fact: counted }] }));
    expect(senseless.rows.every((row) => widthOf(row) === 120)).toBe(true);
  });
});

describe('small screens', () => {
  test('T09 below 40x10 one line says what is there and what is needed', () => {
    const { rows } = drawFrame(shownOf({ size: [36, 9] }));
    expect(lines(rows)).toEqual(['36x9: MailGate needs 40x10', ...Array<string>(8).fill('')]);
  });

  test('T09 40x10 has link, alerts, queue counts and the running session', () => {
    const text = lines(drawFrame(shownOf({ size: [40, 10] })).rows).join('\n');
    for (const part of ['● live', '! 2 alerts', 'queue 14', 'held 2', 'Session 12   running 0:15']) {
      expect(text).toContain(part);
    }
  });

  test('TTY16 the cursor stands at the end of what is typed, and is hidden otherwise', () => {
    const prompt: Prompt = { is: 'filter', on: 'queue', text: '你好', before: '' };
    expect(drawFrame(shownOf({ ui: { page: 'queue', prompt } })).cursor).toEqual({ x: 6, y: 38 });
    expect(drawFrame(shownOf()).cursor).toBeNull();
  });
});

/** The same text wherever something comes from elsewhere. */
function poisoned(text: string): Parts {
  const facts: Fact[] = [
    { type: 'gateway.started', name: text, version: '1', pid: 1, home: text, language: 'en' },
    { type: 'accounts.configured', accounts: [{ name: text, enabled: true }] },
    { type: 'session.started', session: 1, accounts: [text], trigger: 'once' },
    { type: 'mailbox.connected', session: 1, account: text, host: text, login: true, messages: 3, bytes: 1 },
    { type: 'message.fetched', session: 1, account: text, number: 1, uidl: text, bytes: 1, from: text, subject: text },
    { type: 'mailbox.failed', session: 1, account: text, host: text, reason: text, locked: false, cause: 'mailbox' },
    { type: 'account.noted', account: text, note: text },
    { type: 'alert.raised', key: text, message: text, about: text },
    { type: 'problem.raised', key: `p:${text}`, message: text },
    {
      type: 'queue.accepted',
      connection: 1,
      id: text,
      sender: text,
      size: 1,
      priority: 'low',
      recipients: [text],
      subject: text,
      bytes: 1,
    },
    {
      type: 'transfer.started',
      id: text,
      relay: text,
      sender: text,
      bytes: 1,
      queuedAt: text,
      recipients: [text],
      subject: text,
    },
    { type: 'trace.line', trace: 'pop3', scope: text, direction: '<', line: text },
  ];
  const told = facts.map((fact): Told => ({ at: ago(1), fact }));
  const rows = queueOf(9).map((queued) => {
    return {
      ...queued,
      id: text.slice(0, 64),
      sender: text,
      recipients: [{ address: text, state: 'failed' as const, reply: text }],
      subject: text,
      lastReply: text,
      relay: text,
    };
  });
  const detail = {
    ...detailOf(queueOf(1)[0] ?? ({} as never)),
    subject: text,
    text,
    headers: [[text, text]] as [string, string][],
  };
  const account = accountNamed(text, {
    ...{ user: text, host: text, comment: text, authentication: text, note: text, lastError: text, oauth2: text },
    signIn: { signedIn: true, user: text, expiresAt: text },
    limits: { account: -1, mailServer: Number.NaN, configuration: 1, disk: 0 },
    tooLarge: [{ uidl: text, bytes: 1e300, from: text, subject: text }],
    renumbered: { known: -1, gone: 1e300, fresh: Number.NaN },
    nextAt: text,
  });
  return {
    told,
    world: {
      accounts: { details: [account], wrong: text },
      queue: { filter: '', total: 9, from: 0, rows, wrong: text },
      opened: { is: 'shown', id: 'Pmg1F7B', detail },
    },
  };
}

test.for([
  [120, 40, 'en', 'sending paused by anna'],
  [80, 24, 'en', 'sending paused by anna'],
  [40, 10, 'en', 'sending paused by anna'],
  [80, 24, 'fr', 'envoi suspendu par anna'],
] as const)(
  'a Dashboard of %i x %i in %s says that sending is paused, and by whom',
  ([columns, rows, language, words]) => {
    const paused = { by: 'anna', reason: 'the relay moves', until: null };
    const fact: Fact = { type: 'transfer.paused', paused, by: 'anna', reason: '' };
    const told: Told[] = [...morning(), { at: ago(1), fact }];
    const frame = drawFrame(shownOf({ told, size: [columns, rows], look: { language } }));
    expect(lines(frame.rows).join('\n')).toContain(words);
  },
);
