/** What a person decides about messages on the POP3 server (S60, G08): durable before the answer, gone only after QUIT (I03, I05). */
import { describe, expect, test } from 'vitest';
import { wishesOf } from '../../src/daemon/inbound/wishes.ts';
import type { SessionReport } from '../../src/protocol/commands.ts';
import { until } from '../kit/until.ts';
import { mail, mailboxWorld, report } from './mailbox-world.ts';
import { wholeLedger } from '../kit/ledger.ts';

const account = 'Sales';
const gone = (uidl: string) => ({ type: 'message.deleted', session: 0, account, uidl, why: 'operator' });

test('what is deleted is gone after QUIT, told, and remembered as deleted (S60, S61, I03, POP16)', async () => {
  await using world = await mailboxWorld([mail('a'), mail('b'), mail('c')]);
  await world.remember(world.seen('b', { deliveredAt: 1, deliveredTo: ['x@firma.example'] }));
  await world.list();

  expect(await world.call('mailbox.delete', { account, numbers: [1], uidls: ['b', 'z'] })).toEqual({
    changed: [
      { number: 1, uidl: 'a' },
      { number: 2, uidl: 'b' },
    ],
    skipped: [{ number: 0, uidl: 'z', why: expect.stringContaining('no such message') }],
  });
  expect(world.uidls()).toEqual(['c']);
  expect(world.told('message.deleted')).toMatchObject([gone('a'), gone('b')]);
  expect(await world.entry('a')).toBeUndefined();
  expect(await world.entry('b')).toMatchObject({ deletedAt: world.clock.now(), deliveredTo: ['x@firma.example'] });
  expect(world.wire.said.at(-1)).toBe('QUIT');
  expect(world.gate.enterForSession(account)).not.toBeNull();
});

test('until it is closed a deletion can be taken back with RSET (G08)', async () => {
  await using world = await mailboxWorld([mail('a'), mail('b')]);
  await world.list();
  await world.call('mailbox.delete', { account, numbers: [1, 2], close: false });
  expect((await world.list()).messages.map(({ deleted }) => deleted)).toEqual([true, true]);
  expect(world.told('message.deleted')).toEqual([]);

  expect(await world.call('mailbox.undelete', { account })).toEqual({ account });
  expect(world.wire.said.at(-1)).toBe('RSET');
  expect((await world.list()).messages.map(({ deleted }) => deleted)).toEqual([false, false]);

  await world.call('mailbox.delete', { account, numbers: [2], close: false });
  expect(await world.call('mailbox.delete', { account, numbers: [2], close: false })).toMatchObject({
    changed: [],
    skipped: [{ number: 2, why: expect.stringContaining('already') }],
  });
  expect(await world.call('mailbox.close', { account })).toEqual({ deleted: 1 });
  expect(world.uidls()).toEqual(['a']);
  expect(world.told('message.deleted')).toMatchObject([gone('b')]);
});

test('a mailbox that is not open has nothing to close, and nothing to take back: it is not opened for that', async () => {
  await using world = await mailboxWorld([mail('a')]);
  expect(await world.call('mailbox.close', { account })).toEqual({ deleted: 0 });
  expect(await world.call('mailbox.undelete', { account })).toEqual({ account });
  expect(world.wire.connections).toBe(0);
});

test('a QUIT that is not confirmed deletes nothing as far as anybody knows: nothing is told or remembered (I05)', async () => {
  await using world = await mailboxWorld([mail('a')]);
  await world.remember(world.seen('a'));
  await world.list();
  world.wire.cutWhenSaid('QUIT');

  expect(await world.refusal('mailbox.delete', { account, numbers: [1] })).toMatchObject({
    reason: 'refused',
    message: expect.stringContaining('not known'),
  });
  expect(world.told('message.deleted')).toEqual([]);
  expect(await world.entry('a')).toMatchObject({ deletedAt: null });
  expect(world.uidls()).toEqual(['a']);
});

test('deletions of a connection that died are taken back, and the next call says so (RFC 1939 §6)', async () => {
  await using world = await mailboxWorld([mail('a'), mail('b')]);
  await world.list();
  await world.call('mailbox.delete', { account, numbers: [1], close: false });
  await world.wire.cut();

  expect(await world.refusal('mailbox.delete', { account, numbers: [2] })).toMatchObject({
    reason: 'conflict',
    message: expect.stringContaining('1 message that was marked for deletion stay'),
  });
  expect(world.uidls()).toEqual(['a', 'b']);
  expect((await world.list()).messages.map(({ deleted }) => deleted)).toEqual([false, false]);
});

test('what somebody has marked keeps a session out, and is neither deleted nor lost by what another one does', async () => {
  await using world = await mailboxWorld([mail('a'), mail('b')]);
  await world.list({}, 'anna');
  await world.list({}, 'bert');
  await world.call('mailbox.delete', { account, numbers: [1], close: false }, 'anna');

  expect(world.gate.enterForSession(account)).toBeNull();
  for (const method of ['mailbox.delete', 'mailbox.fetch'] as const) {
    expect(await world.refusal(method, { account, numbers: [2] }, 'bert')).toMatchObject({
      reason: 'conflict',
      message: expect.stringContaining('by anna'),
    });
  }
  expect(await world.refusal('accounts.forget-ids', { account }, 'bert')).toMatchObject({ reason: 'conflict' });
  await world.call('mailbox.delete', { account, numbers: [2], close: false }, 'bert');
  expect(await world.call('mailbox.close', { account }, 'bert')).toEqual({ deleted: 2 });
  expect(world.uidls()).toEqual([]);
});

test('a message is fetched by a session that finds the wish in the ledger and the mailbox free (G08)', async () => {
  await using world = await mailboxWorld([mail('a'), mail('b')]);
  await world.remember(world.seen('a', { broke: 2, lastError: 'cut' }));
  await world.list();
  const asked: unknown[] = [];
  world.world.session = async (name, by) => {
    const inside = world.gate.enterForSession(name);
    const wishes = [...(await wholeLedger(world.store.ledger, name)).values()].filter(({ wanted }) => wanted);
    asked.push([name, by, inside !== null, wishes.map(({ uidl }) => uidl)]);
    inside?.leave();
    return { kind: 'running', session: 7, joined: false, finished: Promise.resolve(report(7)) };
  };

  expect(await world.call('mailbox.fetch', { account, numbers: [1], uidls: ['b', 'z'] })).toEqual({
    changed: [
      { number: 1, uidl: 'a' },
      { number: 2, uidl: 'b' },
    ],
    skipped: [{ number: 0, uidl: 'z', why: expect.any(String) }],
    later: false,
    session: 7,
    report: null,
  });
  expect(asked).toEqual([[account, 'anna', true, ['a', 'b']]]);
  expect(world.wire.said.at(-1)).toBe('QUIT');
  expect(await world.entry('a')).toMatchObject({ broke: 2, lastError: 'cut', wanted: true });
  expect(await world.entry('b')).toMatchObject({
    bytes: mail('b').bytes.length,
    from: 'anna@kunde.example',
    subject: 'About b',
    wanted: true,
  });
  expect(await world.call('mailbox.fetch', { account, uidls: ['a'], wait: true })).toMatchObject({
    session: 7,
    report: report(7),
  });
});

test('a session that was past the mailbox when it was asked for is followed by another one', async () => {
  await using world = await mailboxWorld([mail('a')]);
  await world.list();
  const sessions: number[] = [];
  world.world.session = async () => {
    sessions.push(sessions.length + 1);
    const first = sessions.length === 1;
    if (!first) await world.remember(world.seen('a', { wanted: false }));
    return { kind: 'running', session: sessions.length, joined: first, finished: Promise.resolve(report(1)) };
  };
  const fetched = await world.call('mailbox.fetch', { account, numbers: [1], wait: true });
  expect(fetched.session).toBe(2);
  expect(sessions).toEqual([1, 2]);

  sessions.length = 0;
  await world.list();
  await world.call('mailbox.fetch', { account, numbers: [1] });
  await until('the second session', () => sessions.length === 2 || undefined);
});

test('a wish stays when no session can run now, and the answer says why', async () => {
  await using world = await mailboxWorld([mail('a')]);
  await world.list();
  expect(await world.refusal('mailbox.fetch', { account, numbers: [1] })).toMatchObject({
    reason: 'refused',
    message: expect.stringContaining('not now'),
  });
  expect(await world.entry('a')).toMatchObject({ wanted: true });
  expect((await world.list()).messages).toMatchObject([{ state: 'new', why: expect.stringContaining('wants it') }]);
});

test('nothing is fetched for names that mean no message, and no session is asked for', async () => {
  await using world = await mailboxWorld([mail('a')]);
  world.world.session = async () => {
    throw new Error('nobody asked for this');
  };
  await world.list();
  expect(await world.call('mailbox.fetch', { account, numbers: [5] })).toEqual({
    changed: [],
    skipped: [{ number: 5, uidl: '', why: expect.any(String) }],
    later: false,
    session: null,
    report: null,
  });
});

test('what is marked as fetched stays and is not downloaded, whether it was known or not (G08)', async () => {
  await using world = await mailboxWorld([mail('a'), mail('b')]);
  await world.remember(
    world.seen('a', { wanted: true, broke: 2, failures: 3, lastError: '550 no', deliveredTo: ['x@firma.example'] }),
    world.seen('b', { bytes: 7, deliveredAt: 1, deliveredTo: ['y@firma.example'] }), // another message of that name
  );
  await world.list();
  await world.call('mailbox.mark-fetched', { account, numbers: [1, 2] });

  const marked = { outcome: 'marked', keep: true, wanted: false, broke: 0, deliveredAt: world.clock.now() };
  expect(await world.entry('a')).toMatchObject({ ...marked, failures: 3, deliveredTo: ['x@firma.example'] });
  expect(await world.entry('b')).toMatchObject({ ...marked, bytes: mail('b').bytes.length, deliveredTo: [] });
  await world.wire.cut();
  expect((await world.list()).messages.map(({ state, deleteAt }) => [state, deleteAt])).toEqual([
    ['fetched', null],
    ['fetched', null],
  ]);
  expect(world.uidls()).toEqual(['a', 'b']);
});

test('a recipient is dropped or replaced for one message, and that stands in the ledger (G03)', async () => {
  await using world = await mailboxWorld([mail('a'), mail('b')]);
  await world.remember(world.seen('a', { failures: 3, lastError: '550 no', deliveredTo: ['had@firma.example'] }));
  await world.list();
  const call = (from: string, to: string | null) =>
    world.call('mailbox.readdress', { account, number: 1, from, to, reason: 'he left' });

  expect(await call('x@firma.example', null)).toEqual({ uidl: 'a', from: 'x@firma.example', to: null });
  await call('y@firma.example', 'z@firma.example');
  expect(await world.entry('a')).toMatchObject({
    readdressed: [
      { from: 'x@firma.example', to: null },
      { from: 'y@firma.example', to: 'z@firma.example' },
    ],
    failures: 0,
    deliveredTo: ['had@firma.example'],
  });
  for (const [from, to, reason] of [
    ['HAD@firma.example', null, 'refused'],
    ['x@firma.example', 'had@firma.example', 'refused'],
    ['x@firma.example', 'no address', 'invalid_params'],
    ['x@firma.example\r\nRCPT TO:<y@z>', null, 'invalid_params'],
  ] as const) {
    expect(await world.refusal('mailbox.readdress', { account, uidl: 'a', from, to })).toMatchObject({ reason });
  }
  expect(await world.refusal('mailbox.readdress', { account, uidl: 'z', from: 'a@b.example' })).toMatchObject({
    reason: 'not_found',
  });
});

test('a decision while a session downloads is refused: the session would write over it', async () => {
  await using world = await mailboxWorld([mail('a')]);
  await world.list();
  const session = world.gate.enterForSession(account);
  for (const method of ['mailbox.mark-fetched', 'mailbox.delete'] as const)
    expect(await world.refusal(method, { account, uidls: ['a'] })).toMatchObject({ reason: 'conflict' });
  expect(await world.entry('a')).toBeUndefined();
  session?.leave();
});

describe('what is to be fetched while a session is in the mailbox (G08)', () => {
  test('is noted at once, beside what the session writes, and the session after it is asked for', async () => {
    await using world = await mailboxWorld([mail('a'), mail('b'), mail('c')]);
    await world.remember(world.seen('known'));
    await world.list();
    await world.wire.cut();
    const running = world.gate.enterForSession(account);
    const first = Promise.withResolvers<SessionReport>();
    const sessions: number[] = [];
    world.world.session = async () => {
      sessions.push(sessions.length + 7);
      const joined = sessions.length === 1;
      const finished = joined ? first.promise : Promise.resolve(report(8));
      return { kind: 'running', session: joined ? 7 : 8, joined, finished };
    };

    const wishes = { account, numbers: [2], uidls: ['a', 'known', 'z'] };
    expect(await world.call('mailbox.fetch', wishes)).toEqual({
      changed: [
        { number: 2, uidl: 'b' },
        { number: 1, uidl: 'a' },
        { number: 0, uidl: 'known' },
      ],
      skipped: [{ number: 0, uidl: 'z', why: expect.stringContaining('Nobody has seen') }],
      ...{ later: true, session: 7, report: null },
    });
    expect(await wishesOf(world.store.memos, account)).toEqual(['a', 'b', 'known']);
    expect(await world.entry('b')).toBeUndefined();

    running?.leave();
    first.resolve(report(7));
    await until('the session after it', () => sessions.length === 2 || undefined);
  });

  test('is no second session where the running one has taken it', async () => {
    await using world = await mailboxWorld([mail('a')]);
    await world.list();
    await world.wire.cut();
    world.gate.enterForSession(account);
    let asked = 0;
    world.world.session = async () => {
      asked += 1;
      for (const uidl of await wishesOf(world.store.memos, account))
        await world.store.memos.put(`wanted:${JSON.stringify(account)}:${uidl}`, null);
      return { kind: 'running', session: 7, joined: true, finished: Promise.resolve(report(7)) };
    };
    expect(await world.call('mailbox.fetch', { account, numbers: [1], wait: true })).toMatchObject({
      ...{ later: true, session: 7 },
    });
    expect(asked).toBe(1);
  });

  test('by a number needs a list that was seen; what has no UIDL of its own cannot be named', async () => {
    await using world = await mailboxWorld([mail('twice'), mail('twice')]);
    world.gate.enterForSession(account)?.leave();
    await world.list({}, 'anna');
    await world.wire.cut();
    world.gate.enterForSession(account);
    expect(await world.refusal('mailbox.fetch', { account, numbers: [1] }, 'bert')).toMatchObject({
      ...{ reason: 'conflict', message: expect.stringContaining('list the mailbox again') },
    });
    expect(await world.call('mailbox.fetch', { account, numbers: [1] }, 'anna')).toMatchObject({
      ...{ changed: [], skipped: [{ number: 1, uidl: 'twice' }], later: false, session: null },
    });
  });
});
