/** What the methods do: their results, who may call them, and what is recorded of them. */
import { expect, test } from 'vitest';
import type { Log } from '../../src/daemon/base/log.ts';
import { methods } from '../../src/protocol/commands.ts';
import { BODY, DIGEST } from './fake-queue.ts';
import { caller, failure, memoryRing, queued, rawClient, report, startControl, tellStart, watch } from './world.ts';

test('status is the state as commands.md has it', async () => {
  await using world = await startControl();
  tellStart(world.bus);
  world.bus.tell({ type: 'problem.raised', key: 'listener', message: 'Port 2500 is taken.' });
  using link = await caller(world.socket);

  const status = await link.client.call('status', {});
  expect(methods.status.result.parse(status)).toEqual(status);
  expect(status.gateway).toMatchObject({ name: 'gw1', health: 'degraded', problems: ['Port 2500 is taken.'] });
  expect(status.accounts.map(({ name }) => name)).toEqual(['sales', 'info']);
});

test('S50: trigger starts a session of the named accounts, is told and recorded', async () => {
  await using world = await startControl();
  tellStart(world.bus);
  using link = await caller(world.socket);

  expect(await link.client.call('trigger', { accounts: ['sales'] })).toEqual({
    session: 12,
    joined: false,
    report: null,
  });
  expect(world.gateway.asked).toEqual([{ method: 'trigger', with: { accounts: ['sales'], force: false, by: 'anna' } }]);
  expect(world.audited).toEqual([
    { at: expect.any(Number), by: 'anna', method: 'trigger', what: 'sales', reason: '', result: 'session 12' },
  ]);
});

test('S50: trigger with wait answers with the report of the session', async () => {
  await using world = await startControl();
  tellStart(world.bus);
  using link = await caller(world.socket);

  const answer = await link.client.call('trigger', { wait: true });
  expect(answer.report).toEqual(report);
  expect(world.audited[0]).toMatchObject({ what: 'all accounts', result: 'session 12: 3 messages, 1 error' });
});

test('a trigger of an unknown account is not found, and one that is refused says why', async () => {
  await using world = await startControl();
  tellStart(world.bus);
  world.gateway.triggered = { kind: 'refused', why: 'sales is locked out.' };
  using link = await caller(world.socket);

  expect(await failure(link.client.call('trigger', { accounts: ['nobody'] }))).toMatchObject({ reason: 'not_found' });
  expect(await failure(link.client.call('trigger', {}))).toMatchObject({
    reason: 'refused',
    message: 'sales is locked out.',
  });
  expect(world.audited.map(({ result }) => result)).toEqual(['There is no account "nobody".', 'sales is locked out.']);
});

test('S91: a trace is switched with every detail that was given', async () => {
  await using world = await startControl();
  tellStart(world.bus);
  using link = await caller(world.socket);

  const status = await link.client.call('trace.set', {
    trace: 'pop3',
    on: true,
    account: 'sales',
    sessions: 2,
    forSeconds: 600,
  });
  expect(methods['trace.set'].result.parse(status)).toMatchObject({ on: true, account: 'sales', sessions: 2 });
  expect(world.gateway.asked[0]?.with).toEqual({
    change: { trace: 'pop3', on: true, account: 'sales', peer: null, forSeconds: 600, sessions: 2, whole: false },
    by: 'anna',
  });
  expect(world.audited[0]).toMatchObject({
    method: 'trace.set',
    what: 'pop3 on for sales',
    result: 'on for 2 sessions',
  });
});

test('queue.list gives ranges and the total, and counts only what is in the queue', async () => {
  await using world = await startControl();
  world.gateway.messages = ['Pmg1F7B', 'Pmg1F7C', 'Pmg1F7D'].map((id) => queued({ id }));
  using link = await caller(world.socket);

  const page = await link.client.call('queue.list', { offset: 1, limit: 1 });
  expect(methods['queue.list'].result.parse(page)).toEqual({
    total: 3,
    messages: [queued({ id: 'Pmg1F7C' })],
    next: expect.any(String),
  });
  expect(world.gateway.asked[0]?.with).toEqual({ states: ['waiting', 'sending', 'deferred', 'held'] });
});

test('a page of messages with very many recipients is shorter than asked for, and never empty', async () => {
  await using world = await startControl();
  const recipients = Array.from({ length: 5_000 }, (_, n) => ({
    address: `r${n}@a.com`,
    state: 'waiting' as const,
    reply: null,
  }));
  world.gateway.messages = Array.from({ length: 9 }, (_, n) => queued({ id: `Pmg100${n}`, recipients }));
  using link = await caller(world.socket);

  const { total, messages } = await link.client.call('queue.list', {});
  expect(total).toBe(9);
  expect(messages).toHaveLength(1);
});

test('queue.show takes a name with or without .tmp', async () => {
  await using world = await startControl();
  world.gateway.messages = [queued()];
  using link = await caller(world.socket);

  const shown = await link.client.call('queue.show', { id: 'Pmg1F7B.tmp' });
  expect(methods['queue.show'].result.parse(shown)).toMatchObject({ id: 'Pmg1F7B', text: 'Hello.\n' });
});

test('all that a filter matches is changed, and what it was about is recorded with its reason', async () => {
  await using world = await startControl();
  world.gateway.messages = [
    queued({ id: 'Pmg1000' }),
    queued({ id: 'Pmg1001', state: 'deferred' }),
    queued({ id: 'Pmg1002', state: 'sending' }),
  ];
  using link = await caller(world.socket);

  const held = await link.client.call('queue.hold', { all: true, reason: 'check first', forSeconds: 60 });
  expect(held).toEqual({
    changed: ['Pmg1000', 'Pmg1001'],
    skipped: [{ id: 'Pmg1002', why: 'it is being sent right now' }],
    changedTotal: 2,
    skippedTotal: 1,
  });
  expect(world.gateway.asked.at(-1)?.with).toMatchObject({
    by: 'anna',
    reason: 'check first',
    until: expect.any(Number),
  });
  expect(world.audited[0]).toMatchObject({
    what: 'all messages: check first',
    reason: 'check first',
    result: '2 changed, 1 skipped',
  });
});

test('a list goes on where it ended, by what the page before said, and its end can be asked for at once', async () => {
  await using world = await startControl();
  world.gateway.messages = Array.from({ length: 25 }, (_, n) =>
    queued({ id: `Pmg${(0x1000 + n).toString(16).toUpperCase()}` }),
  );
  using link = await caller(world.socket);
  const { client } = link;

  const first = await client.call('queue.list', { limit: 10 });
  const second = await client.call('queue.list', { limit: 10, after: first.next ?? '' });
  const third = await client.call('queue.list', { limit: 10, after: second.next ?? '' });
  expect([first, second, third].map(({ total, messages }) => [total, messages.length])).toEqual([
    [25, 10],
    [null, 10],
    [null, 5],
  ]);
  expect(third.next).toBeNull();
  const ids = [first, second, third].flatMap(({ messages }) => messages.map(({ id }) => id));
  expect(ids).toEqual(world.gateway.messages.map(({ id }) => id));
  expect((await client.call('queue.list', { last: true, limit: 3 })).messages.map(({ id }) => id)).toEqual(
    ids.slice(-3),
  );

  for (const params of [{ after: 'nowhere' }, { after: first.next ?? '', offset: 3 }, { last: true, offset: 1 }])
    expect(await failure(client.call('queue.list', params))).toMatchObject({ reason: 'invalid_params' });
});

test('G09: a selection is named in one way, and how many were shown goes along', async () => {
  await using world = await startControl();
  world.gateway.messages = [queued()];
  using link = await caller(world.socket);
  expect(await link.client.call('queue.count', { all: true })).toEqual({
    ...{ messages: 1, recipients: 1, bytes: 7_578, sending: 0 },
  });
  await link.client.call('queue.drop', { filter: 'state=waiting', expect: 1 });
  expect(world.gateway.asked.at(-1)?.with).toMatchObject({ filter: { states: ['waiting'] }, expect: 1 });
  expect(await link.client.call('queue.count', { all: true, trash: true })).toMatchObject({ messages: 1 });

  for (const params of [{}, { ids: ['Pmg1F7B'], all: true }, { all: true, filter: 'state=held' }])
    expect(await failure(link.client.call('queue.drop', params))).toMatchObject({ reason: 'invalid_params' });
});

test('WS11: what can be no name is not looked up, and hides nothing of the rest', async () => {
  await using world = await startControl();
  world.gateway.messages = [queued()];
  using link = await caller(world.socket);
  const odd = ['../../x', '%2e%2e', 'Pmg1f7b', 'Pmg\u0000', 'x'.repeat(64)];
  expect(await failure(link.client.call('queue.drop', { ids: odd }))).toMatchObject({ reason: 'not_found' });
  expect(world.gateway.asked).toEqual([]);
  expect(await link.client.call('queue.drop', { ids: [...odd, 'Pmg1F7B.tmp'] })).toMatchObject({
    changed: ['Pmg1F7B'],
    skippedTotal: odd.length,
  });
});

test('a message is read by the link that opened it, and by no other; what was opened is recorded (I30)', async () => {
  await using world = await startControl();
  world.gateway.messages = [queued()];
  using anna = await caller(world.socket);
  using bert = await caller(world.socket, { user: 'bert' });

  const opened = await anna.client.call('queue.export', { id: 'Pmg1F7B.tmp', reason: 'evidence' });
  expect(opened).toEqual({ id: 'Pmg1F7B', file: 'Pmg1F7B.tmp', bytes: BODY.length, digest: DIGEST });
  const { octets } = await anna.client.call('queue.read', { id: 'Pmg1F7B', offset: 9, limit: 8 });
  expect(Buffer.from(octets, 'base64').toString()).toBe('A sample');
  expect(await failure(bert.client.call('queue.read', { id: 'Pmg1F7B', offset: 0 }))).toMatchObject({
    reason: 'not_found',
  });
  expect(world.audited).toMatchObject([{ by: 'anna', method: 'queue.export', what: 'Pmg1F7B: evidence' }]);

  world.gateway.messages = [];
  expect(await failure(anna.client.call('queue.read', { id: 'Pmg1F7B', offset: 0 }))).toMatchObject({
    reason: 'not_found',
  });
});

test('WS15: two operators release and drop the same message; one wins, the other hears how it stands', async () => {
  await using world = await startControl();
  world.gateway.messages = [queued()];
  using anna = await caller(world.socket);
  using bert = await caller(world.socket, { user: 'bert' });

  const results = await Promise.allSettled([
    anna.client.call('queue.hold', { ids: ['Pmg1F7B'] }),
    bert.client.call('queue.hold', { ids: ['Pmg1F7B'] }),
  ]);
  expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  const lost = results.find((result) => result.status === 'rejected');
  expect(lost?.reason).toMatchObject({
    reason: 'conflict',
    message: 'Pmg1F7B: it is held already',
    details: { skipped: [{ id: 'Pmg1F7B', state: 'held' }] },
  });

  await anna.client.call('queue.drop', { ids: ['Pmg1F7B'] });
  expect(await failure(bert.client.call('queue.release', { ids: ['Pmg1F7B'] }))).toMatchObject({ reason: 'not_found' });
});

test('WS15: a message that is being sent is not changed', async () => {
  await using world = await startControl();
  world.gateway.messages = [queued({ state: 'sending' })];
  using link = await caller(world.socket);

  for (const action of ['queue.hold', 'queue.release', 'queue.retry', 'queue.drop'] as const) {
    const error = await failure(link.client.call(action, { ids: ['Pmg1F7B'] }));
    expect(error).toMatchObject({ reason: 'conflict', message: 'Pmg1F7B: it is being sent right now' });
  }
});

test('WS09: a link that asked to be a viewer may look and not touch; its try is recorded', async () => {
  await using world = await startControl();
  world.gateway.messages = [queued()];
  using link = await caller(world.socket, { role: 'viewer' });

  await link.client.call('queue.list', {});
  for (const action of ['queue.hold', 'queue.release', 'queue.retry', 'queue.drop'] as const)
    expect(await failure(link.client.call(action, { all: true }))).toMatchObject({ reason: 'forbidden' });
  expect(await failure(link.client.call('trigger', {}))).toMatchObject({ reason: 'forbidden' });
  expect(await failure(link.client.call('trace.set', { trace: 'pop3', on: true }))).toMatchObject({
    reason: 'forbidden',
  });
  expect(world.gateway.messages[0]?.state).toBe('waiting');
  expect(world.audited).toHaveLength(6);
  expect(world.audited[0]).toMatchObject({ by: 'anna', method: 'queue.hold', result: 'forbidden' });
});

test('every changing call is told to those who watch', async () => {
  await using world = await startControl();
  world.gateway.messages = [queued()];
  using screen = watch(world.socket, { subscribe: { topics: ['audit', 'queue'] } });
  await screen.live();
  using link = await caller(world.socket);
  await link.client.call('queue.hold', { ids: ['Pmg1F7B'], reason: 'check first' });
  await screen.upTo(2);

  expect(screen.heard).toMatchObject([
    { type: 'queue.changed', ids: ['Pmg1F7B'], change: 'held', by: 'anna', reason: 'check first' },
    { type: 'command.done', method: 'queue.hold', by: 'anna', what: 'Pmg1F7B: check first', result: '1 changed' },
  ]);
});

test('WS10: the same call with the same id, from another connection too, is done once and answered alike', async () => {
  await using world = await startControl();
  world.gateway.messages = [queued()];
  using first = await caller(world.socket);
  using second = await caller(world.socket);
  const id = 'a1b2c3d4-0000-4000-8000-000000000001';

  const answers = [
    await first.client.call('queue.hold', { ids: ['Pmg1F7B'] }, { id }),
    await second.client.call('queue.hold', { ids: ['Pmg1F7B'] }, { id }),
  ];
  expect(answers[1]).toEqual(answers[0]);
  expect(world.gateway.asked.filter(({ method }) => method === 'hold')).toHaveLength(1);
  expect(world.audited).toHaveLength(1);
});

test('WS10: an id that was used for another call is refused', async () => {
  await using world = await startControl();
  using link = await caller(world.socket);
  const id = 'a1b2c3d4-0000-4000-8000-000000000002';
  await link.client.call('trigger', {}, { id });

  expect(await failure(link.client.call('queue.drop', { all: true }, { id }))).toMatchObject({
    reason: 'invalid_request',
  });
});

test('numbers as ids belong to their connection: 1 and 1 are two calls', async () => {
  await using world = await startControl();
  for (let n = 0; n < 2; n++) {
    using client = await rawClient(world.socket);
    await client.ask('{"jsonrpc":"2.0","id":1,"method":"trigger","params":{}}');
  }
  expect(world.gateway.asked).toHaveLength(2);
});

test('events.read pages through the ring, by number and by time, and ends where a subscription may go on', async () => {
  await using world = await startControl();
  tellStart(world.bus);
  for (let n = 0; n < 5; n++) world.bus.tell({ type: 'alert.raised', key: `${n}`, message: 'x', about: '' });
  using link = await caller(world.socket);

  const first = await link.client.call('events.read', { since: 0, limit: 6 });
  expect(methods['events.read'].result.parse(first)).toMatchObject({ last: 6, more: true });
  const rest = await link.client.call('events.read', { since: first.last, limit: 6 });
  expect(rest).toMatchObject({ last: 8, more: false });
  expect([...first.events, ...rest.events].map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);

  const alerts = await link.client.call('events.read', { since: '2020-01-01T00:00:00.000Z', topics: ['alert'] });
  expect(alerts.events).toHaveLength(5);
  const none = await link.client.call('events.read', { since: '2100-01-01T00:00:00.000Z' });
  expect(none).toEqual({ events: [], last: 8, more: false });
});

test('events.read cuts an answer that would be too large, and says that there is more', async () => {
  await using world = await startControl();
  const line = 'x'.repeat(100_000);
  for (let n = 0; n < 60; n++)
    world.bus.tell({ type: 'trace.line', trace: 'pop3', scope: 'sales', direction: '<', line });
  using link = await caller(world.socket);

  const first = await link.client.call('events.read', { since: 0 });
  expect(first).toMatchObject({ last: 41, more: true });
  const rest = await link.client.call('events.read', { since: first.last });
  expect(rest.events.map(({ seq }) => seq)).toEqual(Array.from({ length: 19 }, (_, n) => n + 42));
});

test('I24: what a method throws in surprise goes to the log of the program, not to the client', async () => {
  const logged: unknown[] = [];
  const log: Log = { info() {}, warn() {}, error: (_what, error) => logged.push(error) };
  const ring = { ...memoryRing(), read: () => Promise.reject(new Error('password=canary')) };
  await using world = await startControl({ log, ring });
  using link = await caller(world.socket);

  const error = await failure(link.client.call('events.read', { since: 0 }));
  expect(error).toMatchObject({ reason: 'internal', message: expect.not.stringContaining('canary') });
  expect(logged).toEqual([expect.objectContaining({ message: 'password=canary' })]);
});
