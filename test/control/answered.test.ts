/** The methods that parts of the daemon answer: passed on as they came, checked before, and recorded when they change something. */
import { describe, expect, test } from 'vitest';
import type { Answered } from '../../src/daemon/control/gateway.ts';
import { type MethodName, methods, type ParamsOf } from '../../src/protocol/commands.ts';
import { queueMethods } from '../../src/protocol/queue-methods.ts';
import { CallError } from '../../src/protocol/errors.ts';
import { samples } from './answers.ts';
import { caller, failure, startControl, tellStart, watch } from './world.ts';

type Asked = Exclude<Answered, 'route.try' | 'rules.try'>;

/** One call of each, and what the audit trail says of it; null: it only reads. */
const calls: { [M in Asked]: [params: ParamsOf<M>, recorded: [what: string, result: string] | null] } = {
  'accounts.list': [{}, null],
  'accounts.test': [{ account: 'sales' }, ['sales', 'ok, 3 messages']],
  'accounts.forget-ids': [{ account: 'sales', uidl: 'u1' }, ['sales, u1', '3 forgotten']],
  'renumbered.answer': [{ account: 'sales', answer: 'adopt' }, ['sales, adopt', 'answered']],
  'mailbox.list': [{ account: 'sales', offset: 0, limit: 100 }, null],
  'mailbox.top': [{ account: 'sales', number: 1, lines: 20 }, null],
  'mailbox.fetch': [{ account: 'sales', numbers: [1], wait: false }, ['sales, 1', '1 changed: session 13']],
  'mailbox.mark-fetched': [{ account: 'sales', uidls: ['u1', 'u2'] }, ['sales, u1, u2', '1 changed']],
  'mailbox.delete': [
    { account: 'sales', numbers: [1, 2, 3, 4], close: true, reason: 'spam' },
    ['sales, 4 messages: spam', '1 changed'],
  ],
  'mailbox.undelete': [{ account: 'sales' }, ['sales', 'taken back']],
  'mailbox.close': [{ account: 'sales' }, ['sales', '1 deleted']],
  'mailbox.readdress': [
    { account: 'sales', number: 1, from: 'x@company.com', to: 'y@company.com', reason: 'left' },
    ['sales, 1: x@company.com to y@company.com: left', 'readdressed'],
  ],
  'quarantine.list': [{ offset: 0, limit: 100 }, null],
  'quarantine.show': [{ id: 'Q1F7B' }, null],
  'quarantine.release': [{ ids: ['Q1F7B'], reason: 'harmless' }, ['Q1F7B: harmless', '1 changed']],
  'quarantine.delete': [{ ids: ['Q1F7B'] }, ['Q1F7B', '1 changed']],
  'logs.list': [{ offset: 0, limit: 100 }, null],
  'logs.show': [{ session: 12, offset: 0, limit: 1_000 }, null],
  'alerts.list': [{}, null],
  'alerts.ack': [{ keys: ['sales'] }, ['sales', '1 acknowledged']],
  'test.mail-server': [{ host: 'mx.company.com', port: 25 }, ['mx.company.com:25', 'ok']],
  'test.relay': [{}, ['the relay', 'ok']],
  'test.listener': [{}, ['the listener', 'ok']],
  'test.notice': [{ party: 'sender' }, null],
  doctor: [{ run: 'run-0001', account: 'sales', number: 4 }, ['sales, message 4', 'ok']],
  'signin.start': [{ subject: 'sales' }, ['sales', 'begun']],
  'signin.wait': [{ subject: 'sales' }, null],
  'signin.answer': [{ subject: 'sales', address: 'http://localhost:25995/?code=x' }, ['sales', 'signed in']],
  'signin.cancel': [{ subject: 'sales' }, ['sales', 'cancelled']],
  'signin.forget': [{ subject: 'sales' }, ['sales', 'forgotten']],
};
const names = Object.keys(calls) as Asked[];

describe.each(names)('%s', (method) => {
  const [params, recorded] = calls[method];

  test('is passed on with who asks, and answered', async () => {
    await using world = await startControl();
    tellStart(world.bus);
    using link = await caller(world.socket);

    const result = await link.client.call(method, params);
    expect(methods[method].result.parse(result)).toEqual(samples[method]);
    expect(world.gateway.asked).toEqual([{ method, with: { ...params, by: 'anna' } }]);
    const entry = recorded && { at: expect.any(Number), by: 'anna', method, what: recorded[0], result: recorded[1] };
    expect(world.audited).toEqual(entry === null ? [] : [expect.objectContaining(entry)]);
  });

  test('WS09: it is for its role and those above', async () => {
    await using world = await startControl();
    tellStart(world.bus);
    const { who } = methods[method];
    using viewer = await caller(world.socket, { role: 'viewer' });
    using operator = await caller(world.socket, { role: 'operator' });

    if (who === 'viewer') await viewer.client.call(method, params);
    else expect(await failure(viewer.client.call(method, params))).toMatchObject({ reason: 'forbidden' });
    if (who === 'admin')
      expect(await failure(operator.client.call(method, params))).toMatchObject({ reason: 'forbidden' });
    expect(world.gateway.asked).toHaveLength(who === 'viewer' ? 1 : 0);
    expect(world.audited.filter(({ result }) => result === 'forbidden')).toHaveLength(
      { viewer: 0, operator: 1, admin: 2 }[who],
    );
  });
});

test('every method that the daemon does not answer by itself stands in this table', () => {
  const own: MethodName[] = ['status', 'subscribe', 'events.read', 'trigger', 'trace.set', 'upload'];
  const others = [...own, ...Object.keys(queueMethods)];
  expect([...names, ...others, 'route.try', 'rules.try'].toSorted()).toEqual(Object.keys(methods).toSorted());
});

const onAccounts = names.filter((method) => 'account' in calls[method][0]);

test.each(onAccounts)('%s of an account that there is not is not found, and nobody is asked', async (method) => {
  await using world = await startControl();
  tellStart(world.bus);
  using link = await caller(world.socket);

  const error = await failure(link.client.call(method, { ...calls[method][0], account: 'nobody' }));
  expect(error).toMatchObject({
    reason: 'not_found',
    message: 'There is no account "nobody".',
    details: { name: 'nobody', known: ['sales', 'info'] },
  });
  expect(world.gateway.asked).toEqual([]);
});

test('an account is known in whatever letters, and passed on as the configuration writes it', async () => {
  await using world = await startControl();
  tellStart(world.bus);
  using link = await caller(world.socket);
  await link.client.call('mailbox.list', { account: 'SALES' });
  await link.client.call('mailbox.list', { account: '\u00a0Sales ' }); // blanks as the configuration takes them
  await link.client.call('route.try', { message: '', account: 'Sales' });
  await link.client.call('trigger', { accounts: ['Info'] });
  await link.client.call('trace.set', { trace: 'pop3', on: true, account: 'Info' });

  expect(world.gateway.asked.map((one) => one.with)).toMatchObject([
    { account: 'sales' },
    { account: 'sales' },
    { account: 'sales' },
    { accounts: ['info'] },
    { change: { account: 'info' } },
  ]);
});

test.each([
  ['mailbox.fetch', { account: 'sales' }, 'Name the messages by "numbers" or by "uidls".'],
  ['mailbox.delete', { account: 'sales', numbers: [], uidls: [] }, 'Name the messages by "numbers" or by "uidls".'],
  ['mailbox.mark-fetched', { account: 'sales' }, 'Name the messages by "numbers" or by "uidls".'],
  ['mailbox.top', { account: 'sales' }, 'Name the message by "number" or by "uidl".'],
  ['mailbox.readdress', { account: 'sales', from: 'a@b.c' }, 'Name the message by "number" or by "uidl".'],
  ['doctor', { run: 'run-0001', number: 4 }, 'A message has its number in an account: name it.'],
  ['doctor', { run: 'short' }, 'run: '],
] as const)('%s of %j is refused: %s', async (method, params, why) => {
  await using world = await startControl();
  tellStart(world.bus);
  using link = await caller(world.socket);

  const error = await failure(link.client.call(method, params));
  expect(error).toMatchObject({ reason: 'invalid_params', message: expect.stringContaining(why) });
  expect(world.gateway.asked).toEqual([]);
});

test('what an answering part refuses is heard and recorded', async () => {
  await using world = await startControl();
  tellStart(world.bus);
  world.gateway.replies['mailbox.fetch'] = () =>
    Promise.reject(new CallError('conflict', 'The mailbox is open elsewhere.'));
  using link = await caller(world.socket);

  const error = await failure(link.client.call('mailbox.fetch', { account: 'sales', numbers: [1] }));
  expect(error).toMatchObject({ reason: 'conflict', message: 'The mailbox is open elsewhere.' });
  expect(world.audited).toMatchObject([{ method: 'mailbox.fetch', result: 'The mailbox is open elsewhere.' }]);
});

test('G06: the code and the address of a sign-in are the answer to whoever asked, and stand nowhere else', async () => {
  await using world = await startControl();
  tellStart(world.bus);
  using screen = watch(world.socket, { subscribe: { since: 0 } });
  await screen.live();
  using link = await caller(world.socket);

  const { userCode } = await link.client.call('signin.start', { subject: 'sales' });
  await screen.upTo(world.bus.last);
  expect(screen.heard.at(-1)).toMatchObject({ type: 'command.done', method: 'signin.start', result: 'begun' });
  expect(JSON.stringify([screen.heard, world.audited])).not.toContain(userCode);
});

describe('WS11: what cannot be the name of a message in quarantine', () => {
  const odd = ['../../x', '%2e%2e', 'a\u0000b', '.', '-rf', ''];

  test.each(odd)('%j is not looked up', async (id) => {
    await using world = await startControl();
    using link = await caller(world.socket);

    expect(await failure(link.client.call('quarantine.show', { id }))).toMatchObject({ reason: 'not_found' });
    expect(await failure(link.client.call('quarantine.delete', { ids: [id] }))).toMatchObject({ reason: 'not_found' });
    expect(world.gateway.asked).toEqual([]);
  });

  test('a name of a megabyte is no request at all', async () => {
    await using world = await startControl();
    using link = await caller(world.socket);

    const call = link.client.call('quarantine.show', { id: 'x'.repeat(1_000_000) });
    expect(await failure(call)).toMatchObject({ reason: 'unreachable' }); // closed with 1009 (WS05)
    expect(world.gateway.asked).toEqual([]);
  });

  test('beside names that can be one it is skipped, and a name that stands twice is released once', async () => {
    await using world = await startControl();
    using link = await caller(world.socket);

    const result = await link.client.call('quarantine.release', { ids: ['Q1F7B', '../../x', 'Q1F7B'] });
    expect(result).toEqual({
      changed: ['Q1F7B'],
      skipped: [{ id: '../../x', why: 'no such message in quarantine' }],
    });
    expect(world.gateway.asked[0]?.with).toEqual({ ids: ['Q1F7B'], by: 'anna' });
  });
});
