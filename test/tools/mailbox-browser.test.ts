/** A person's look into a POP3 mailbox (S60, S61, G08): what is there, and what two connections, two callers and a session make of it. */
import { expect, test } from 'vitest';
import { days, minutes, seconds } from '../../src/daemon/base/clock.ts';
import { until } from '../kit/until.ts';
import { mail, mailboxWorld } from './mailbox-world.ts';
import { wholeLedger } from '../kit/ledger.ts';

const account = 'Sales';

test('a mailbox is listed by number, with sender and subject by TOP, and looking changes nothing (S60, S61, G08)', async () => {
  await using world = await mailboxWorld([mail('a'), mail('b'), mail('c')]);
  await world.remember(world.seen('b'));

  const { total, bytes, messages } = await world.list();
  expect([total, bytes]).toEqual([3, 3 * mail('a').bytes.length]);
  expect(messages.map(({ number, uidl, from, subject }) => [number, uidl, from, subject])).toEqual([
    [1, 'a', 'anna@kunde.example', 'About a'],
    [2, 'b', 'a@b.example', 'known b'],
    [3, 'c', 'anna@kunde.example', 'About c'],
  ]);
  expect(world.wire.said.filter((line) => line.startsWith('TOP'))).toEqual(['TOP 1 0', 'TOP 3 0']);
  expect([...(await wholeLedger(world.store.ledger, account)).keys()]).toEqual(['b']);
  expect(world.events).toEqual([]);
});

test('only the range that is asked for is looked at, and a header only once', async () => {
  await using world = await mailboxWorld(['a', 'b', 'c', 'd'].map((uidl) => mail(uidl)));
  expect((await world.list({ offset: 1, limit: 2 })).messages.map(({ uidl }) => uidl)).toEqual(['b', 'c']);
  expect((await world.list({ offset: 2, limit: 9 })).messages.map(({ uidl }) => uidl)).toEqual(['c', 'd']);
  expect((await world.list({ offset: 4 })).messages).toEqual([]);
  expect(world.wire.said.filter((line) => line.startsWith('TOP'))).toEqual(['TOP 2 0', 'TOP 3 0', 'TOP 4 0']);
});

test('an account is found in any letters, and another name is answered with those there are', async () => {
  await using world = await mailboxWorld([mail('a')]);
  expect((await world.list({ account: 'sALES' })).total).toBe(1);
  expect(await world.refusal('mailbox.list', { account: 'sale' })).toMatchObject({
    reason: 'not_found',
    details: { known: ['Sales'] },
  });
});

test('a mailbox stays open between two calls, and is left after two minutes without any: nothing is deleted (S61)', async () => {
  await using world = await mailboxWorld([mail('a'), mail('b')]);
  await world.list();
  await world.call('mailbox.delete', { account, numbers: [1], close: false });
  expect(world.wire.connections).toBe(1);

  await world.clock.advance(minutes(2) - 1);
  expect(world.gate.enterForSession(account)).toBeNull();
  expect((await world.list()).messages.map(({ uidl, deleted }) => [uidl, deleted])).toEqual([
    ['a', true],
    ['b', false],
  ]);
  expect(world.wire.connections).toBe(1);

  await world.clock.advance(minutes(2));
  const session = world.gate.enterForSession(account);
  expect(session).not.toBeNull();
  expect(world.uidls()).toEqual(['a', 'b']);
  expect(world.wire.said).not.toContain('QUIT');

  session?.leave();
  expect((await world.list()).messages.map(({ deleted }) => deleted)).toEqual([false, false]); // the server has it free
});

test('who looks again after a while sees what has come since; pages of one list are of one connection', async () => {
  await using world = await mailboxWorld([mail('a'), mail('b')]);
  expect((await world.list({ limit: 1 })).total).toBe(2);
  await world.clock.advance(seconds(10));
  expect((await world.list({ limit: 1 })).total).toBe(2);
  expect(world.wire.connections).toBe(1);
  world.pop3.add('sales', mail('c').bytes);
  await world.clock.advance(seconds(1));
  expect((await world.list({ offset: 1 })).total).toBe(2);
  expect((await world.list()).total).toBe(3);
  expect(world.wire.connections).toBe(2);
});

test('two callers at once are served one after the other on one connection (G08)', async () => {
  await using world = await mailboxWorld(Array.from({ length: 40 }, (_, n) => mail(`m${n}`)));
  const [list, top, other] = await Promise.all([
    world.list({}, 'anna'),
    world.call('mailbox.top', { account, uidl: 'm7' }, 'bert'),
    world.list({ offset: 30 }, 'carl'),
  ]);
  expect(list.messages).toHaveLength(40);
  expect(top.message.subject).toBe('About m7');
  expect(other.messages.map(({ uidl }) => uidl)).toEqual(Array.from({ length: 10 }, (_, n) => `m${n + 30}`));
  expect(world.wire.connections).toBe(1);
});

test('a connection that died between two calls is made again, and numbers are good where they mean the same message', async () => {
  await using world = await mailboxWorld([mail('a'), mail('b')]);
  await world.list();
  await world.wire.cut();

  const top = await world.call('mailbox.top', { account, number: 2 });
  expect(top.message.uidl).toBe('b');
  expect(world.wire.connections).toBe(2);
});

test('a number that means another message by now is not obeyed: list again (I06)', async () => {
  await using world = await mailboxWorld([mail('a'), mail('b'), mail('c')]);
  await world.list();
  await world.call('mailbox.delete', { account, uidls: ['a'] }, 'bert'); // closes: 2 is c now

  for (const method of ['mailbox.delete', 'mailbox.mark-fetched', 'mailbox.fetch'] as const) {
    expect(await world.refusal(method, { account, numbers: [2] })).toMatchObject({
      reason: 'conflict',
      message: expect.stringContaining('list the mailbox again'),
    });
  }
  expect(world.uidls()).toEqual(['b', 'c']);

  await world.list();
  expect(await world.call('mailbox.delete', { account, numbers: [2] })).toEqual({
    changed: [{ number: 2, uidl: 'c' }],
    skipped: [],
  });
  expect(world.uidls()).toEqual(['b']);
});

test("a number is that of the caller's own list, and of nobody else's", async () => {
  await using world = await mailboxWorld([mail('a'), mail('b')]);
  await world.list({}, 'anna');
  expect(await world.refusal('mailbox.delete', { account, numbers: [1] }, 'bert')).toMatchObject({
    reason: 'conflict',
  });

  await world.call('mailbox.top', { account, number: 1 }, 'bert'); // now he has seen which one that is
  await world.call('mailbox.delete', { account, numbers: [1] }, 'bert');
  expect(world.uidls()).toEqual(['b']);
});

test('numbers are forgotten after an hour without a list', async () => {
  await using world = await mailboxWorld([mail('a')]);
  await world.list();
  await world.clock.advance(minutes(61));
  expect(await world.refusal('mailbox.delete', { account, numbers: [1] })).toMatchObject({ reason: 'conflict' });
});

test('messages without a UIDL of their own are listed, and can be deleted on the same connection only (POP12, POP14)', async () => {
  await using world = await mailboxWorld([mail('same', 'one'), mail('same', 'two, longer'), mail('c')]);
  await world.remember(world.seen('same', { deliveredAt: 1 }));
  const { messages } = await world.list();
  expect(messages.map(({ number, state, why }) => [number, state, why === ''])).toEqual([
    [1, 'new', false],
    [2, 'new', false],
    [3, 'new', true],
  ]);
  expect(await world.call('mailbox.mark-fetched', { account, numbers: [1], uidls: ['same', 'gone'] })).toMatchObject({
    changed: [],
    skipped: [
      { number: 0, uidl: 'same', why: expect.stringContaining('Several') },
      { number: 0, uidl: 'gone', why: expect.stringContaining('no such message') },
      { number: 1, uidl: 'same', why: expect.stringContaining('no UIDL of its own') },
    ],
  });

  await world.wire.cut();
  expect(await world.refusal('mailbox.delete', { account, numbers: [2] })).toMatchObject({ reason: 'conflict' });
  await world.list();
  await world.call('mailbox.delete', { account, numbers: [2] });
  expect(world.pop3.messages('sales').map(({ bytes }) => bytes.length)).toEqual([
    mail('same', 'one').bytes.length,
    mail('c').bytes.length,
  ]);
});

test('a session sends away who only looks, and the mailbox is looked into again when it is over (G08)', async () => {
  await using world = await mailboxWorld([mail('a')]);
  await world.list();
  const session = world.gate.enterForSession(account);
  expect(session).not.toBeNull();
  expect(await world.refusal('mailbox.list', { account })).toMatchObject({
    reason: 'conflict',
    message: expect.stringContaining('A session is downloading'),
  });

  session?.leave();
  expect((await world.list()).total).toBe(1);
});

test('a call that a session interrupts says so, at whatever step it was (G08)', async () => {
  await using world = await mailboxWorld([mail('a'), mail('b')]);
  for (const step of ['USER', 'LIST', 'TOP 1 0']) {
    const heard = world.wire.hold(step);
    const listing = world.refusal('mailbox.list', { account });
    await until(step, () => heard() || undefined);
    const session = world.gate.enterForSession(account);
    expect(session).not.toBeNull();
    expect(await listing).toMatchObject({ reason: 'conflict', message: expect.stringContaining('taken over') });
    expect(world.gate.enterForSession(account)).toBeNull(); // who was sent away does not open the door behind the session
    session?.leave();
  }
  world.wire.hold(null);
  expect((await world.list()).total).toBe(2);
});

test('a mailbox that cannot be opened is refused in the words of the log, and is free again', async () => {
  await using world = await mailboxWorld([mail('a')], { password: 'another' });
  expect(await world.refusal('mailbox.list', { account })).toMatchObject({
    reason: 'refused',
    message: expect.stringContaining('Login refused'),
    details: { kind: 'login' },
  });
  expect(world.gate.enterForSession(account)).not.toBeNull();
  expect(world.wire.said.join('\n')).not.toContain(world.home.path);
});

test('days on the server are counted from the first sight, for what is settled or too large and told only (S57)', async () => {
  const keys = ['Delete mail left on POP3 server after days=10', 'Maximum size for messages=1000', 'Keep on server=1'];
  const large = (uidl: string) => mail(uidl, `${'x'.repeat(2_000)}\r\n`);
  await using world = await mailboxWorld([mail('kept'), mail('new'), large('told'), large('untold'), mail('stuck')], {
    keys,
  });
  const now = world.clock.now();
  const old = { firstSeenAt: now - days(4) };
  await world.remember(
    world.seen('kept', { ...old, deliveredAt: now }),
    world.seen('new', old),
    world.seen('told', { ...old, noticedAt: now }),
    world.seen('untold', old),
    world.seen('stuck', { ...old, failures: 3, lastError: '550 no' }),
  );
  const due = new Date(now + days(6)).toISOString();
  expect((await world.list()).messages.map(({ uidl, state, deleteAt }) => [uidl, state, deleteAt])).toEqual([
    ['kept', 'kept', due],
    ['new', 'new', null],
    ['told', 'oversize', due],
    ['untold', 'oversize', null],
    ['stuck', 'stuck', null],
  ]);
});

test('one message is read: its fields decoded, its first lines, who has had it, and the tries that failed (G02, S61)', async () => {
  const text = 'R=C3=BCckruf\r\n=\r\nzweite\r\ndritte\r\n';
  const fields =
    'X-Word: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n';
  await using world = await mailboxWorld([mail('a'), mail('b', text, fields)]);
  const attempt = { at: '2026-11-24T10:00:00.000Z', ms: 5, relay: 'in', result: '550 no', transcript: ['> RCPT'] };
  await world.store.ledger.noteAttempt(account, 'b', attempt);
  await world.remember(
    world.seen('b', { deliveredTo: ['x@firma.example'], readdressed: [{ from: 'y@firma.example', to: null }] }),
  );
  await world.list();

  const top = await world.call('mailbox.top', { account, number: 2, lines: 2 });
  expect(top.headers).toContainEqual(['X-Word', 'Grüße']);
  expect(top.headers.map(([name]) => name)).toEqual([
    'From',
    'Subject',
    'X-Word',
    'Content-Type',
    'Content-Transfer-Encoding',
  ]);
  expect(top.text).toContain('Rückruf');
  expect(top.text).not.toContain('dritte');
  expect(top.deliveredTo).toEqual(['x@firma.example', 'y@firma.example (dropped)']);
  expect(top.attempts).toEqual([attempt]);
  expect(world.wire.said).toContain('TOP 2 2');
  expect(await world.refusal('mailbox.top', { account, number: 9 })).toMatchObject({ reason: 'not_found' });
  expect(await world.refusal('mailbox.top', { account, uidl: 'z' })).toMatchObject({ reason: 'not_found' });
});

test('a call that is under way when the gateway stops is told so, and opens nothing again', async () => {
  await using world = await mailboxWorld([mail('a')]);
  await world.list();
  const heard = world.wire.hold('TOP 1 20');
  const reading = world.refusal('mailbox.top', { account, number: 1 });
  await until('TOP', () => heard() || undefined);
  world.browser.close();
  expect(await reading).toMatchObject({ reason: 'stopping' });
  expect(await world.refusal('mailbox.list', { account })).toMatchObject({ reason: 'stopping' });
  expect(world.wire.connections).toBe(1);
  expect(world.clock.pending).toBe(0);
});

test('when the gateway stops, the mailbox is left, and no timer stays', async () => {
  await using world = await mailboxWorld([mail('a')]);
  await world.list();
  await world.call('mailbox.delete', { account, numbers: [1], close: false });
  world.browser.close();
  expect(world.clock.pending).toBe(0);
  expect(world.gate.enterForSession(account)).not.toBeNull();
  expect(world.uidls()).toEqual(['a']);
});
