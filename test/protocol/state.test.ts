import { describe, expect, test } from 'vitest';
import type { Fact } from '../../src/protocol/events.ts';
import { apply, emptyState, type GatewayState } from '../../src/protocol/state.ts';

const AT = '2026-11-24T10:00:00.000Z';

/** The state after these facts, told at one instant. */
const after = (facts: Fact[], state: GatewayState = emptyState): GatewayState =>
  facts.reduce((folded, fact, n) => apply(folded, { ...fact, seq: n + 1, at: AT }), state);

const sales = { session: 1, account: 'sales' };
const message = { ...sales, number: 1, uidl: 'u' };
const configured: Fact = { type: 'accounts.configured', accounts: [{ name: 'sales', enabled: true }] };
const started: Fact = { type: 'session.started', session: 1, accounts: ['sales', 'info'], trigger: 'schedule' };
const connected: Fact = { type: 'mailbox.connected', ...sales, host: 'h', login: true, messages: 3, bytes: 9 };
const planned: Fact = { type: 'mailbox.planned', ...sales, fetch: 3, bytes: 9 };
const fetched: Fact = { type: 'message.fetched', ...message, bytes: 3, from: 'a@b.c', subject: 'Offer' };
const delivered: Fact = { type: 'message.delivered', ...message, bytes: 3, recipients: [], final: true };
const refused: Fact = { type: 'message.failed', ...message, recipient: 'x@y.z', reason: '550 no' };
const failed = (reason: string, locked = false): Fact => ({
  type: 'mailbox.failed',
  ...sales,
  host: 'h',
  reason,
  locked,
  cause: 'mailbox',
});
const finished = (errors: number, left = 0): Fact => ({
  type: 'mailbox.finished',
  ...sales,
  messages: 2,
  left,
  errors,
  oversize: 1,
  stuck: 2,
});

const accountOf = (state: GatewayState) => state.accounts[0];

describe('a session in the state', () => {
  test('counts its messages, its mailboxes and how far each of them is', () => {
    const state = after([configured, started, connected, planned, fetched, delivered, fetched, delivered]);
    expect(state.session.running).toEqual({ id: 1, startedAt: AT, accounts: 2, done: 0, messages: 2, of: 3 });
    expect(state.mailboxes).toMatchObject([
      { account: 'sales', state: 'fetching', messages: 2, of: 3, bytes: 6, current: 'Offer' },
      { account: 'info', state: 'waiting', messages: 0 },
    ]);
    expect(state.counters).toMatchObject({ downloaded: 2, delivered: 2 });

    const over = after(
      [finished(0, 1), { type: 'session.finished', session: 1, messages: 2, bytes: 6, errors: 0 }],
      state,
    );
    expect(over.mailboxes[0]).toMatchObject({ state: 'done', current: '' });
    expect(over.session).toMatchObject({ running: null, last: { id: 1, messages: 2, errors: 0 } });
    expect(accountOf(over)).toMatchObject({ state: 'ok', left: 1, lastSuccessAt: AT, consecutiveErrors: 0 });
    expect(accountOf(over)).toMatchObject({ oversize: 1, stuck: 2 });
  });

  test('S76: a message that is stopped counts as refused, and moves no further', () => {
    const stopped = { by: 'rule', rule: 'programs', why: 'a.exe', quarantine: 'Q1F7B' } as const;
    const state = after([configured, started, connected, fetched, { type: 'message.refused', ...message, ...stopped }]);
    expect(state.counters).toMatchObject({ downloaded: 1, delivered: 0, refused: 1 });
    expect(state.mailboxes[0]).toMatchObject({ state: 'fetching', current: '' });
  });

  test('I06: a mailbox that was renumbered rests until somebody answers, and says how', () => {
    const renumbered: Fact = { type: 'mailbox.renumbered', ...sales, known: 40, gone: 38, fresh: 39 };
    const state = after([configured, started, connected, renumbered]);
    expect(accountOf(state)).toMatchObject({ state: 'paused', consecutiveErrors: 1 });
    expect(accountOf(state)?.lastError).toContain('mailgate renumbered');
    expect(state.mailboxes[0]).toMatchObject({ state: 'failed', error: accountOf(state)?.lastError });
    expect(accountOf(after([started, connected, finished(0)], state))).toMatchObject({ state: 'ok', lastError: null });
  });

  test('an account whose messages were refused says what is wrong with it', () => {
    const state = after([configured, started, connected, refused, finished(1, 1)]);
    expect(accountOf(state)).toMatchObject({ state: 'error', lastError: '550 no', consecutiveErrors: 1, left: 1 });
  });

  test('so does one whose messages nobody takes, whatever was wrong with it before', () => {
    const unroutable: Fact = { type: 'message.unroutable', ...message, from: '', subject: '' };
    const state = after([configured, started, failed('cut'), started, connected, unroutable, finished(1, 1)]);
    expect(accountOf(state)).toMatchObject({ state: 'error', consecutiveErrors: 2 });
    expect(accountOf(state)?.lastError).toContain('no recipient');
    expect(state.mailboxes[0]?.error).toBe(accountOf(state)?.lastError);
  });

  test('a good session takes back what was wrong', () => {
    const state = after([configured, started, failed('cut'), started, connected, finished(0)]);
    expect(accountOf(state)).toMatchObject({ state: 'ok', lastError: null, consecutiveErrors: 0 });
  });

  test('POP03: an account is locked until its server lets it in: one that is away has unlocked nothing', () => {
    const locked = after([configured, started, failed('Login refused', true)]);
    expect(accountOf(locked)).toMatchObject({ state: 'locked', lastError: 'Login refused' });
    expect(accountOf(after([started, failed('nobody listens there')], locked))).toMatchObject({ state: 'locked' });
    expect(accountOf(after([started, connected, failed('cut')], locked))).toMatchObject({ state: 'error' });
    expect(accountOf(after([started, connected, finished(0)], locked))).toMatchObject({ state: 'ok' });
  });

  test('a disabled account that an operator has fetched by name is disabled all the same', () => {
    const disabled: Fact = { type: 'accounts.configured', accounts: [{ name: 'sales', enabled: false }] };
    const state = after([disabled, started, connected, finished(0, 4)]);
    expect(accountOf(state)).toMatchObject({ state: 'disabled', left: 4, lastSuccessAt: AT });
    expect(accountOf(after([started, failed('cut')], state))).toMatchObject({ state: 'disabled', lastError: 'cut' });
  });
});

test('G06: a remark stands on the row of its account until it is taken back, whatever the sessions do', () => {
  const state = after([configured, { type: 'account.noted', account: 'sales', note: 'token dies in 6 days' }]);
  expect(accountOf(after([started, connected, finished(0)], state))).toMatchObject({ note: 'token dies in 6 days' });
  expect(accountOf(after([{ type: 'account.noted', account: 'sales', note: '' }], state))).toMatchObject({ note: '' });
});

test('REL14: what strangers write takes a bounded place in the state, cut between characters', () => {
  const long = `${'x'.repeat(198)}\u{1f600}${'y'.repeat(10_000)}`;
  const state = after([
    configured,
    started,
    { type: 'message.fetched', ...message, bytes: 1, from: '', subject: long },
    { type: 'message.failed', ...message, recipient: '', reason: long },
    failed(long),
    { type: 'problem.raised', key: 'p', message: long },
    { type: 'alert.raised', key: 'a', message: long, about: long },
    { type: 'queue.connected', connection: 1, peer: long, esmtp: true },
    {
      type: 'transfer.started',
      id: 'i',
      relay: 'r',
      sender: long,
      bytes: 1,
      queuedAt: AT,
      recipients: [],
      subject: long,
    },
  ]);
  expect(JSON.stringify(state).length).toBeLessThan(5_000);
  expect(state.transfers[0]?.subject).toMatch(/^x{198}.…$/u);
  expect(JSON.stringify(state)).not.toContain('\\ud8');
});
