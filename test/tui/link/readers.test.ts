import { describe, expect, test } from 'vitest';
import { CallError } from '../../../src/protocol/errors.ts';
import type { Fact } from '../../../src/protocol/events.ts';
import { type AccountsReader, createAccountsReader } from '../../../src/tui/link/accounts-reader.ts';
import { createFollower } from '../../../src/tui/link/follow.ts';
import { createMessageReader } from '../../../src/tui/link/message-reader.ts';
import { createQueueReader, type Reader } from '../../../src/tui/link/queue-reader.ts';
import { createSignInWaiter } from '../../../src/tui/link/sign-in-waiter.ts';
import { createStore } from '../../../src/tui/store/store.ts';
import { manualClock } from '../../kit/clock.ts';
import { firstMinute, NOON, queueOf } from '../kit/facts.ts';
import { fakeGateway } from '../kit/gateway.ts';
import { plainLook } from '../kit/shown.ts';

async function started(length = 14) {
  const clock = manualClock(NOON);
  const store = createStore({ clock, look: plainLook, size: { columns: 80, rows: 24 }, target: 's', readOnly: false });
  const gateway = fakeGateway(firstMinute(), queueOf(length));
  const readers: Reader[] = [];
  const changed = (ids: readonly string[]): void => {
    for (const reader of readers) reader.changed(ids);
  };
  let accounts: AccountsReader | null = null;
  const accountsChanged = (anew?: 'anew'): void => accounts?.changed(anew);
  const follower = createFollower({ store, clock, linesOf: () => [], changed, accountsChanged });
  const link = gateway.connect(follower);
  follower.use(link);
  readers.push(createQueueReader({ store, link, clock }), createMessageReader({ store, link, clock }));
  accounts = createAccountsReader({ store, link, clock });
  const looking = [...readers, accounts, createSignInWaiter({ store, link, clock })];
  store.subscribe(() => {
    for (const reader of looking) reader.look();
  });
  gateway.goLive();
  await clock.advance(100);
  const asked = (method: string): Record<string, unknown>[] =>
    gateway.calls.filter((call) => call.method === method).map(({ params }) => params);
  return { clock, store, gateway, asked, ui: () => store.present().ui, world: () => store.present().world };
}

describe('the queue page', () => {
  test('asks nothing while it is not open', async () => {
    const { clock, gateway, asked } = await started();
    gateway.tell({ type: 'queue.removed', id: 'x', result: 'sent' });
    await clock.advance(1_000);
    expect(asked('queue.list')).toEqual([]);
  });

  test('asks for the screen and a screen more, and not again while nothing happens', async () => {
    const { clock, store, asked, world } = await started();
    store.go((ui) => ({ ...ui, page: 'queue' }));
    await clock.advance(5_000);
    expect(asked('queue.list')).toEqual([{ offset: 0, limit: 51 }]);
    expect(world().queue).toMatchObject({ total: 14, from: 0, wrong: null });
  });

  test('T06 asks four times a second at most, however much happens, and sees the last state', async () => {
    const { clock, store, gateway, asked, world } = await started();
    store.go((ui) => ({ ...ui, page: 'queue' }));
    for (let tick = 0; tick < 100; tick += 1) {
      gateway.tell({ type: 'queue.removed', id: 'x', result: 'sent' });
      await clock.advance(10);
    }
    gateway.queue.pop();
    gateway.tell({ type: 'queue.removed', id: 'x', result: 'sent' });
    await clock.advance(500);
    expect(asked('queue.list').length).toBeLessThanOrEqual(7);
    expect(world().queue.total).toBe(13);
  });

  test('asks for what is scrolled to', async () => {
    const { clock, store, asked, world } = await started(500);
    store.go((ui) => ({ ...ui, page: 'queue' }));
    await clock.advance(1_000);
    store.go((ui) => ({ ...ui, queue: { ...ui.queue, cursor: 400, top: 390 } }));
    await clock.advance(1_000);
    expect(asked('queue.list').at(-1)).toEqual({ offset: 373, limit: 51 });
    expect(world().queue).toMatchObject({ from: 373, total: 500 });
  });

  test('T22 a filter that the gateway refuses is told, asked once, and the rows before it stay', async () => {
    const { clock, store, gateway, asked, world } = await started();
    store.go((ui) => ({ ...ui, page: 'queue' }));
    await clock.advance(1_000);
    gateway.answer('queue.list', () => {
      throw new CallError('invalid_params', 'The filter ends in the middle.');
    });
    store.go((ui) => ({ ...ui, queue: { ...ui.queue, filter: 'age>' } }));
    await clock.advance(3_000);
    expect(asked('queue.list')).toHaveLength(2);
    expect(world().queue).toMatchObject({ filter: '', total: 14, wrong: 'The filter ends in the middle.' });
  });

  test('a question that failed is asked again, later', async () => {
    const { clock, store, gateway, asked, world } = await started();
    gateway.answer('queue.list', () => {
      throw new CallError('internal', 'The disk is slow.');
    });
    store.go((ui) => ({ ...ui, page: 'queue' }));
    await clock.advance(1_000);
    expect(asked('queue.list')).toHaveLength(1);
    gateway.answer('queue.list', () => ({ total: 0, messages: [] }));
    await clock.advance(2_000);
    expect(world().queue).toMatchObject({ total: 0, wrong: null });
  });
});

describe('an opened message', () => {
  test('is asked for once, and again when an event is about it', async () => {
    const { clock, store, gateway, asked, world } = await started();
    store.go((ui) => ({ ...ui, page: 'queue', message: { id: 'Pmg1F7B', top: 0 } }));
    await clock.advance(1_000);
    expect(asked('queue.show')).toEqual([{ id: 'Pmg1F7B' }]);
    expect(world().opened).toMatchObject({ is: 'shown', id: 'Pmg1F7B' });
    gateway.tell({ type: 'queue.removed', id: 'Pmg9999', result: 'sent' });
    await clock.advance(1_000);
    expect(asked('queue.show')).toHaveLength(1);
    gateway.queue.shift();
    gateway.tell({ type: 'queue.removed', id: 'Pmg1F7B', result: 'sent' });
    await clock.advance(1_000);
    expect(asked('queue.show')).toHaveLength(2);
    expect(world().opened).toEqual({ is: 'gone', id: 'Pmg1F7B', why: null });
  });

  test('that another one replaces is asked for too', async () => {
    const { clock, store, world } = await started();
    for (const id of ['Pmg1F7B', 'Pmg1F7C']) store.go((ui) => ({ ...ui, page: 'queue', message: { id, top: 0 } }));
    await clock.advance(1_000);
    expect(world().opened).toMatchObject({ is: 'shown', id: 'Pmg1F7C' });
  });
});

describe('the page Accounts', () => {
  const onPage = { page: 'accounts' } as const;
  const finished = {
    type: 'mailbox.finished',
    session: 1,
    account: 'sales',
    messages: 0,
    left: 0,
    errors: 0,
    oversize: 0,
    stuck: 0,
  } as const;

  test('asks nothing while it is not open', async () => {
    const { clock, gateway, asked } = await started();
    gateway.tell(finished);
    await clock.advance(5_000);
    expect(asked('accounts.list')).toEqual([]);
  });

  test('asks once, and not again while nothing happens that could change the answer', async () => {
    const { clock, store, gateway, asked, world } = await started();
    store.go((ui) => ({ ...ui, ...onPage }));
    await clock.advance(5_000);
    gateway.tell({ type: 'queue.removed', id: 'x', result: 'sent' });
    gateway.tell({ type: 'command.done', method: 'queue.hold', by: 'anna', what: 'x', result: '' });
    await clock.advance(5_000);
    expect(asked('accounts.list')).toEqual([{}]);
    expect(world().accounts.details?.map(({ name }) => name)).toEqual(['sales', 'info', 'support', 'compta']);
  });

  test.for<Fact>([
    finished,
    { type: 'mailbox.failed', session: 1, account: 'sales', host: 'h', reason: 'x', locked: false, cause: 'mailbox' },
    { type: 'mailbox.renumbered', session: 1, account: 'sales', known: 9, gone: 8, fresh: 8 },
    { type: 'account.noted', account: 'sales', note: 'x' },
    { type: 'signin.changed', subject: 'sales', signedIn: true, user: 'anna', reason: '' },
    { type: 'accounts.configured', accounts: [] },
    { type: 'session.scheduled', nextAt: null },
    { type: 'command.done', method: 'renumbered.answer', by: 'anna', what: 'sales, adopt', result: 'answered' },
  ])('asks again after $type', async (fact) => {
    const { clock, store, gateway, asked } = await started();
    store.go((ui) => ({ ...ui, ...onPage }));
    await clock.advance(5_000);
    gateway.tell(fact);
    await clock.advance(1_000);
    expect(asked('accounts.list')).toHaveLength(2);
  });

  test('T06 asks once a second at most, however much happens, and sees the last state', async () => {
    const { clock, store, gateway, asked, world } = await started();
    store.go((ui) => ({ ...ui, ...onPage }));
    for (let tick = 0; tick < 300; tick += 1) {
      gateway.tell(finished);
      await clock.advance(10);
    }
    gateway.accounts = gateway.accounts.slice(0, 1);
    gateway.tell(finished);
    await clock.advance(1_000);
    // One at once, and one in each of the four seconds after it.
    expect(asked('accounts.list').length).toBeLessThanOrEqual(5);
    expect(world().accounts.details).toHaveLength(1);
  });

  test('what failed is told, the answer before it stays, and it is asked again, later', async () => {
    const { clock, store, gateway, asked, world } = await started();
    store.go((ui) => ({ ...ui, ...onPage }));
    await clock.advance(2_000);
    gateway.answer('accounts.list', () => {
      throw new CallError('internal', 'The disk is slow.');
    });
    gateway.tell(finished);
    await clock.advance(1_000);
    expect(world().accounts).toMatchObject({ wrong: 'The disk is slow.' });
    expect(world().accounts.details).toHaveLength(4);
    gateway.answer('accounts.list', () => ({ accounts: [] }));
    await clock.advance(3_000);
    expect(world().accounts).toEqual({ details: [], wrong: null });
    expect(asked('accounts.list')).toHaveLength(3);
  });

  test('T34 a gateway that does not know the question is asked again only after it was away', async () => {
    const { clock, store, gateway, asked } = await started();
    gateway.answer('accounts.list', () => {
      throw new CallError('unknown_method', 'There is no method "accounts.list".');
    });
    store.go((ui) => ({ ...ui, ...onPage }));
    await clock.advance(60_000);
    gateway.tell(finished);
    await clock.advance(60_000);
    expect(asked('accounts.list')).toHaveLength(1);
    gateway.lose('It is replaced by a newer one.', null);
    gateway.goLive();
    await clock.advance(1_000);
    expect(asked('accounts.list')).toHaveLength(2);
  });
});

describe('G06 a sign-in that waits', () => {
  const code = { is: 'waiting', uri: 'https://x', complete: null, code: 'ABC', expiresAt: NOON + 900_000 } as const;
  const dialog = { is: 'signin', account: 'compta', stage: { ...code } } as const;

  async function waiting() {
    const on = await started();
    const ends: PromiseWithResolvers<unknown>[] = [];
    on.gateway.answer('signin.wait', () => {
      const end = Promise.withResolvers<unknown>();
      ends.push(end);
      return end.promise;
    });
    on.store.go((ui) => ({ ...ui, page: 'accounts', prompt: dialog }));
    await on.clock.advance(100);
    return { ...on, ends };
  }

  test('is waited for once, for as long as a person takes', async () => {
    const { clock, gateway, asked } = await waiting();
    await clock.advance(600_000);
    expect(asked('signin.wait')).toEqual([{ subject: 'compta' }]);
    const [call] = gateway.calls.filter(({ method }) => method === 'signin.wait');
    expect(call?.patience).toEqual({ timeout: null });
  });

  test('says what came of it', async () => {
    const { clock, ends, ui } = await waiting();
    ends[0]?.resolve({ signedIn: true, user: 'anna@company.com', why: '' });
    await clock.advance(100);
    expect(ui().prompt).toEqual({
      is: 'signin',
      account: 'compta',
      stage: { is: 'over', signedIn: true, user: 'anna@company.com', why: '' },
    });
  });

  test('T33 survives a lost link: it is asked again when the link is back', async () => {
    const { clock, gateway, ends, asked, ui } = await waiting();
    gateway.lose('The network is away.', null);
    ends[0]?.reject(new CallError('unreachable', 'The network is away.'));
    await clock.advance(60_000);
    expect(ui().prompt).toEqual(dialog);
    expect(asked('signin.wait')).toHaveLength(1);
    gateway.goLive();
    await clock.advance(1_000);
    expect(asked('signin.wait')).toHaveLength(2);
    ends[1]?.resolve({ signedIn: false, user: null, why: 'It was declined.' });
    await clock.advance(100);
    expect(ui().prompt).toMatchObject({ stage: { is: 'over', signedIn: false, why: 'It was declined.' } });
  });

  test('that the gateway refuses to tell of ends with its reason', async () => {
    const { clock, ends, ui } = await waiting();
    ends[0]?.reject(new CallError('forbidden', '"signin.wait" needs the role admin; this link is operator.'));
    await clock.advance(100);
    expect(ui().prompt).toMatchObject({
      stage: { is: 'over', signedIn: false, why: expect.stringContaining('needs the role admin') as string },
    });
  });

  test('that was left changes nothing when it ends, and neither does one before the present one', async () => {
    const { clock, store, ends, ui } = await waiting();
    store.go((now) => ({ ...now, prompt: { ...dialog, stage: { ...code, code: 'DEF' } } }));
    await clock.advance(100);
    ends[0]?.resolve({ signedIn: false, user: null, why: 'It was cancelled.' });
    await clock.advance(100);
    expect(ui().prompt).toMatchObject({ stage: { is: 'waiting', code: 'DEF' } });
    store.go((now) => ({ ...now, prompt: null }));
    ends[1]?.resolve({ signedIn: true, user: null, why: '' });
    await clock.advance(100);
    expect(ui().prompt).toBeNull();
  });
});
