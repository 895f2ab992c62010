import { describe, expect, test } from 'vitest';
import { CallError } from '../../src/protocol/errors.ts';
import type { Role } from '../../src/protocol/model.ts';
import { createActions } from '../../src/tui/actions.ts';
import { createFollower } from '../../src/tui/link/follow.ts';
import type { Effect } from '../../src/tui/store/step.ts';
import { createStore } from '../../src/tui/store/store.ts';
import { manualClock } from '../kit/clock.ts';
import { firstMinute, NOON, queueOf } from './kit/facts.ts';
import { fakeGateway } from './kit/gateway.ts';
import { plainLook } from './kit/shown.ts';

type StartOptions = { live?: boolean; language?: 'en' | 'fr'; role?: Role };

function started({ live = true, language = 'en', role = 'admin' }: StartOptions = {}) {
  const clock = manualClock(NOON);
  const look = { ...plainLook, language };
  const store = createStore({ clock, look, size: { columns: 80, rows: 24 }, target: 'sock', readOnly: false });
  const gateway = fakeGateway(firstMinute(), queueOf(5));
  const link = gateway.connect(
    createFollower({ store, clock, linesOf: () => [], changed: () => {}, accountsChanged: () => {} }),
  );
  if (live) gateway.goLive(role);
  const done: string[] = [];
  const perform = createActions({
    store,
    link,
    clock,
    quit: () => done.push('quit'),
    suspend: () => done.push('suspend'),
  });
  const notice = (): string => {
    const { notice: now } = store.present().ui;
    return now === null ? '' : `${now.kind}: ${now.text}`;
  };
  const asked = () => gateway.calls.filter(({ method }) => method !== 'events.read');
  const calls = (): string[] => gateway.calls.map(({ method }) => method).filter((method) => method !== 'events.read');
  return { clock, store, gateway, perform, notice, calls, asked, done, settle: () => clock.advance(0) };
}

describe('T29 an action', () => {
  test('is pending, then done with what the gateway said', async () => {
    const { perform, notice, settle } = started();
    perform({ do: 'trigger' });
    expect(notice()).toBe('pending: Starting a download session …');
    await settle();
    expect(notice()).toBe('done: Session 13 started.');
  });

  test('that joins says so', async () => {
    const { gateway, perform, notice, settle } = started();
    gateway.answer('trigger', () => ({ session: 12, joined: true, report: null }));
    perform({ do: 'trigger' });
    await settle();
    expect(notice()).toBe('done: Session 12 was running already: joined.');
  });

  test('that fails says why, in the words of the gateway', async () => {
    const { gateway, perform, notice, settle } = started();
    gateway.answer('queue.drop', () => {
      throw new CallError('forbidden', 'A viewer drops nothing.');
    });
    perform({ do: 'queue', action: 'drop', ids: ['Pmg1F7B'] });
    await settle();
    expect(notice()).toBe('failed: Dropping 1 message: failed: A viewer drops nothing.');
  });

  test('pressed twice is asked once, and may be asked again after the answer', async () => {
    const { gateway, perform, notice, calls, settle } = started();
    const { promise, resolve } = Promise.withResolvers<unknown>();
    gateway.answer('trigger', () => promise);
    perform({ do: 'trigger' });
    perform({ do: 'trigger' });
    expect(notice()).toBe('pending: The gateway has not answered yet.');
    expect(calls()).toEqual(['trigger']);
    resolve({ session: 13, joined: false, report: null });
    await settle();
    expect(notice()).toBe('done: Session 13 started.');
    perform({ do: 'trigger' });
    expect(calls()).toEqual(['trigger', 'trigger']);
  });

  test('on several messages tells what was done, what not, and why; what was done loses its tag', async () => {
    const { gateway, store, perform, notice, settle } = started();
    const tag = { bytes: 1, recipients: 1 };
    store.go((ui) => {
      return {
        ...ui,
        queue: {
          ...ui.queue,
          tagged: new Map([
            ['Pmg1F7B', tag],
            ['Pmg1F80', tag],
          ]),
        },
      };
    });
    gateway.answer('queue.hold', () => {
      return { changed: ['Pmg1F7B'], skipped: [{ id: 'Pmg1F80', why: 'it is being sent right now' }] };
    });
    perform({ do: 'queue', action: 'hold', ids: ['Pmg1F7B', 'Pmg1F80'] });
    await settle();
    expect(notice()).toBe('done: Held: 1 message. 1 skipped: Pmg1F80: it is being sent right now');
    expect([...store.present().ui.queue.tagged.keys()]).toEqual(['Pmg1F80']);
  });

  test('without a link is not asked at all', async () => {
    const { gateway, perform, notice, calls, settle } = started();
    gateway.lose('gone', null);
    perform({ do: 'trigger' });
    await settle();
    expect(notice()).toBe('failed: Not while the link is lost.');
    expect(calls()).toEqual([]);
  });

  test('speaks French', async () => {
    const { perform, notice, settle } = started({ language: 'fr' });
    perform({ do: 'trace', trace: 'smtp-in', on: true });
    expect(notice()).toBe('pending: Bascule de la trace SMTP entrante …');
    await settle();
    expect(notice()).toBe('done: La trace SMTP entrante est active.');
  });
});

test.for<[Effect, string]>([
  [{ do: 'queue', action: 'hold', ids: ['a'] }, 'queue.hold'],
  [{ do: 'queue', action: 'release', ids: ['a'] }, 'queue.release'],
  [{ do: 'queue', action: 'retry', ids: ['a'] }, 'queue.retry'],
  [{ do: 'queue', action: 'drop', ids: ['a'] }, 'queue.drop'],
  [{ do: 'trace', trace: 'pop3', on: true }, 'trace.set'],
  [{ do: 'trigger', accounts: ['sales'] }, 'trigger'],
  [{ do: 'answer', account: 'sales', answer: 'adopt' }, 'renumbered.answer'],
  [{ do: 'cancelSignIn', account: 'sales' }, 'signin.cancel'],
])('%o calls %s', async ([effect, method]) => {
  const { perform, calls, notice, settle } = started();
  perform(effect);
  await settle();
  expect(calls()).toEqual([method]);
  expect(notice()).toMatch(/^done/);
});

test('what is no call is done here', () => {
  const { gateway, perform, done } = started({ live: false });
  perform({ do: 'quit' });
  perform({ do: 'suspend' });
  perform({ do: 'retryLink' });
  expect(done).toEqual(['quit', 'suspend']);
  expect(gateway.retries).toBe(1);
});

describe('on the selected account', () => {
  test('S50 a trigger is for it alone, and says so', async () => {
    const { perform, asked, notice, settle } = started();
    perform({ do: 'trigger', accounts: ['sales'] });
    await settle();
    expect(asked()).toEqual([{ method: 'trigger', params: { accounts: ['sales'] } }]);
    expect(notice()).toBe('done: Session 13 started for sales.');
  });

  test('G01 a trace is for it alone, and says so', async () => {
    const { perform, asked, notice, settle } = started();
    perform({ do: 'trace', trace: 'pop3', on: true, account: 'sales' });
    await settle();
    expect(asked()).toEqual([{ method: 'trace.set', params: { trace: 'pop3', on: true, account: 'sales' } }]);
    expect(notice()).toBe('done: The POP3 trace for sales is on.');
  });

  test('I06 an answer is given, and what it means is said', async () => {
    const { perform, asked, notice, settle } = started();
    perform({ do: 'answer', account: 'sales', answer: 'fetch' });
    await settle();
    expect(asked()).toEqual([{ method: 'renumbered.answer', params: { account: 'sales', answer: 'fetch' } }]);
    expect(notice()).toBe('done: The messages of sales are fetched as new ones.');
  });

  test('I06 an answer that came too late says so in the words of the gateway', async () => {
    const { gateway, perform, notice, settle } = started();
    gateway.answer('renumbered.answer', () => {
      throw new CallError('refused', 'Nothing is asked about the mailbox of sales.');
    });
    perform({ do: 'answer', account: 'sales', answer: 'adopt' });
    await settle();
    expect(notice()).toBe('failed: Answering for sales: failed: Nothing is asked about the mailbox of sales.');
  });
});

describe('G06 a sign-in', () => {
  const begun = {
    subject: 'compta',
    verificationUri: 'https://microsoft.com/devicelogin',
    verificationUriComplete: null,
    userCode: 'E8KQ-9H3U',
    expiresAt: new Date(NOON + 900_000).toISOString(),
  };

  test('opens its dialog at once, and has the code when the gateway has it', async () => {
    const { gateway, store, perform, asked, settle } = started();
    gateway.answer('signin.start', () => begun);
    perform({ do: 'signin', account: 'compta' });
    expect(store.present().ui.prompt).toEqual({ is: 'signin', account: 'compta', stage: { is: 'asking' } });
    await settle();
    expect(asked()).toEqual([{ method: 'signin.start', params: { subject: 'compta' }, patience: { timeout: 60_000 } }]);
    expect(store.present().ui.prompt).toMatchObject({
      stage: { is: 'waiting', uri: begun.verificationUri, code: 'E8KQ-9H3U', expiresAt: NOON + 900_000 },
    });
    expect(store.present().ui.busy).toEqual([]);
  });

  test('that cannot begin says why in its dialog', async () => {
    const { gateway, store, perform, settle } = started();
    gateway.answer('signin.start', () => {
      throw new CallError('refused', 'invalid_client: look at Client id.');
    });
    perform({ do: 'signin', account: 'compta' });
    await settle();
    expect(store.present().ui.prompt).toMatchObject({
      stage: { is: 'over', signedIn: false, why: 'invalid_client: look at Client id.' },
    });
  });

  test('that was left before its code came is cancelled when it comes', async () => {
    const { gateway, store, perform, calls, notice, settle } = started();
    const { promise, resolve } = Promise.withResolvers<unknown>();
    gateway.answer('signin.start', () => promise);
    gateway.answer('signin.cancel', () => ({ cancelled: true }));
    perform({ do: 'signin', account: 'compta' });
    store.go((ui) => ({ ...ui, prompt: null }));
    resolve(begun);
    await settle();
    expect(calls()).toEqual(['signin.start', 'signin.cancel']);
    expect(store.present().ui.prompt).toBeNull();
    expect(notice()).toBe('done: The sign-in of compta is cancelled.');
  });

  test('T28 takes an admin: who is less hears why not, and nothing is asked', async () => {
    for (const role of ['operator', 'viewer'] as const) {
      const { store, perform, calls, notice, settle } = started({ role });
      perform({ do: 'signin', account: 'compta' });
      await settle();
      expect(calls()).toEqual([]);
      expect(store.present().ui.prompt).toBeNull();
      expect(notice()).toBe(`failed: Only an admin may sign an account in; this link is ${role}.`);
    }
  });

  test('does not begin without a link, and what waits cannot be cancelled without one', async () => {
    const { gateway, store, perform, calls, notice, settle } = started();
    gateway.lose('gone', null);
    perform({ do: 'signin', account: 'compta' });
    expect(notice()).toBe('failed: Not while the link is lost.');
    expect(store.present().ui.prompt).toBeNull();
    perform({ do: 'cancelSignIn', account: 'compta' });
    await settle();
    expect(notice()).toContain('could not be cancelled; it ends with its code');
    expect(calls()).toEqual([]);
  });

  test('T29 begun twice before the code came is begun once', async () => {
    const { gateway, store, perform, calls, notice, settle } = started();
    const { promise, resolve } = Promise.withResolvers<unknown>();
    gateway.answer('signin.start', () => promise);
    gateway.answer('signin.cancel', () => ({ cancelled: true }));
    perform({ do: 'signin', account: 'compta' });
    store.go((ui) => ({ ...ui, prompt: null }));
    perform({ do: 'signin', account: 'compta' });
    expect(notice()).toBe('pending: The gateway has not answered yet.');
    resolve(begun);
    await settle();
    expect(calls()).toEqual(['signin.start', 'signin.cancel']);
  });
});
