import { describe, expect, test } from 'vitest';
import { closes, hears, says, sends } from '../kit/misbehaving-pop3.ts';
import { deleting, fetching, leaving, opening, scripted, subjects, topping } from './scripted.ts';
import { inboundWorld, mail, recipient, withLedger } from './world.ts';
import { wholeLedger } from '../kit/ledger.ts';

const anna = 'anna@company.example';

describe('a UIDL that comes back after its message was deleted (POP16)', () => {
  const withId = (subject: string, id: string) => `Message-ID: <${id}@x>\r\n${mail(anna, subject).toString('latin1')}`;

  test('with another message of the same size under it: that one is delivered, not deleted unseen', async () => {
    const [one, two] = [withId('one', '1'), withId('two', '2')];
    const top = [hears('TOP 1 0'), sends(`+OK\r\n${two.split('\r\n\r\n')[0]}\r\n\r\n.\r\n`)];
    await using it = await scripted([
      [...opening(['u', one]), ...fetching(one), ...deleting(), ...leaving],
      [...opening(['u', two]), ...top, ...fetching(two), ...deleting(), ...leaving],
    ]);
    await it.world.session();
    expect(await it.world.session()).toMatchObject({ messages: 1, errors: [] });
    expect(subjects(it.world.inside.received)).toEqual(['one', 'two']);
    expect(it.problems).toEqual([]);
  });

  test('without a Message-ID, or without TOP: it is fetched, and its digest says who it is', async () => {
    const [one, two] = [mail(anna, 'one').toString('latin1'), mail(anna, 'two').toString('latin1')];
    const named = withId('three', '3');
    await using it = await scripted([
      [...opening(['u', one]), ...fetching(one), ...deleting(), ...leaving],
      [...opening(['u', one]), ...fetching(one), ...deleting(), ...leaving],
      [...opening(['u', two]), ...fetching(two), ...deleting(), ...leaving],
      [...opening(['n', named]), ...fetching(named), ...deleting(), ...leaving],
      [...opening(['n', named]), hears('TOP 1 0'), says('-ERR'), ...fetching(named), ...deleting(), ...leaving],
    ]);
    for (let n = 0; n < 5; n += 1) expect((await it.world.session()).errors).toEqual([]);
    expect(subjects(it.world.inside.received)).toEqual(['one', 'two', 'three']);
    expect(it.problems).toEqual([]);
  });

  test('after a QUIT that was lost, with another message of the same size under it: that one is not deleted unseen', async () => {
    const [one, two] = [mail(anna, 'one').toString('latin1'), mail(anna, 'two').toString('latin1')];
    await using it = await scripted([
      [...opening(['u', one]), ...fetching(one), ...deleting(), hears('QUIT'), closes],
      [...opening(['u', two]), ...fetching(two), ...deleting(), ...leaving],
    ]);
    expect((await it.world.session()).errors).toHaveLength(1);
    expect(await it.world.session()).toMatchObject({ messages: 1, errors: [] });
    expect(subjects(it.world.inside.received)).toEqual(['one', 'two']);
    expect(it.problems).toEqual([]);
  });

  test('X04: after a QUIT that was lost or refused, the same message is known by its header, and deleted without being fetched', async () => {
    const one = withId('one', '1');
    const two = withId('two', '2');
    const again = [
      ...opening(['u', one], ['v', two]),
      ...topping(one),
      ...topping(two, 2),
      ...deleting(),
      ...deleting(2),
    ];
    await using it = await scripted([
      [
        ...[...opening(['u', one], ['v', two]), ...fetching(one), ...fetching(two, 2)],
        ...[...deleting(), ...deleting(2), hears('QUIT'), closes],
      ],
      [...again, hears('QUIT'), says('-ERR not all were removed')],
      [...again, ...leaving],
    ]);
    for (let n = 0; n < 2; n += 1) expect((await it.world.session()).errors).toHaveLength(1);
    await it.world.reconfigure({}); // as a restart does: only the ledger remembers
    expect(await it.world.session()).toMatchObject({ messages: 0, errors: [] });
    expect(it.world.inside.received).toHaveLength(2);
    expect(it.world.told('message.deleted')).toHaveLength(2);
    expect(it.problems).toEqual([]);
  });

  test('with another one that nobody takes: it stays, also over a restart of the gateway, and is looked at once', async () => {
    const one = mail(anna, 'one').toString('latin1');
    const two = mail('otto@company.example', 'two').toString('latin1');
    expect(two.length).toBe(one.length);
    await using it = await scripted([
      [...opening(['u', one]), ...fetching(one), ...deleting(), ...leaving],
      [...opening(['u', two]), ...fetching(two), ...leaving],
      [...opening(['u', two]), ...leaving],
    ]);
    await it.world.session();
    await it.world.reconfigure({}); // as a restart does: only the ledger remembers
    for (let n = 0; n < 2; n += 1) await it.world.session();
    expect(it.world.told('message.unroutable')).toHaveLength(1);
    expect(it.problems).toEqual([]);
  });

  test('I05: a server that says +OK and keeps all is asked for the header only, and told to delete again', async () => {
    const one = withId('one', '1');
    const top = [hears('TOP 1 0'), sends(`+OK\r\n${one.split('\r\n\r\n')[0]}\r\n\r\n.\r\n`)];
    await using it = await scripted([
      [...opening(['u', one]), ...fetching(one), ...deleting(), ...leaving],
      [...opening(['u', one]), ...top, ...deleting(), ...leaving],
    ]);
    await it.world.session();
    expect(await it.world.session()).toMatchObject({ messages: 0, errors: [] });
    expect(it.world.inside.received).toHaveLength(1);
    expect(it.problems).toEqual([]);
  });
});

test('a kept message whose size a server counts anew is fetched once more, and then known by that size', async () => {
  const one = mail(anna, 'one').toString('latin1');
  const counted = opening(['u', `${one}xx`]);
  await using it = await scripted(
    [
      [...opening(['u', one]), ...fetching(one), ...leaving],
      [...counted, ...fetching(one), hears('NOOP'), says('+OK'), ...leaving],
      [...counted, ...leaving],
    ],
    { accountKeys: 'Keep on server=1' },
  );
  for (let n = 0; n < 3; n += 1) expect((await it.world.session()).errors).toEqual([]);
  expect(it.world.inside.received).toHaveLength(1);
  expect(it.problems).toEqual([]);
});

test('POP25: what the server would not delete is counted among what is left there', async () => {
  const [one, two] = [mail(anna, 'one').toString('latin1'), mail(anna, 'two').toString('latin1')];
  await using it = await scripted([
    [
      ...[...opening(['u', one], ['v', two]), ...fetching(one), ...fetching(two, 2)],
      ...[...deleting(), hears('DELE 2'), says('-ERR locked'), ...leaving],
    ],
  ]);
  await it.world.session();
  expect(it.world.told('message.deleted')).toMatchObject([{ uidl: 'u' }]);
  expect(it.world.told('mailbox.finished')).toMatchObject([{ messages: 2, left: 1 }]);
});

test('POP10: sizes that no mailbox has are added up to a number that every client can read', async () => {
  const listing = (of: (n: number) => string) =>
    `+OK\r\n${Array.from({ length: 10_000 }, (_, n) => `${n + 1} ${of(n)}\r\n`).join('')}.\r\n`;
  const login = opening().slice(0, -4);
  await using it = await scripted([
    [
      ...login,
      hears('LIST'),
      sends(listing(() => '999999999999')),
      hears('UIDL'),
      sends(listing((n) => `u${n}`)),
      closes,
    ],
  ]);
  await it.world.session();
  expect(it.world.told('mailbox.planned')).toMatchObject([{ fetch: 10_000, bytes: Number.MAX_SAFE_INTEGER }]);
});

test('I20: what a server calls a message is told in bounded length, and remembered whole', async () => {
  const one = mail(anna, 'x'.repeat(3_900)).toString('latin1');
  const uidl = 'u'.repeat(5_000);
  await using it = await scripted([[...opening([uidl, one]), ...fetching(one), ...deleting(), hears('QUIT'), closes]]);
  await it.world.session();
  for (const event of it.world.events) expect(JSON.stringify(event).length).toBeLessThan(2_000);
  expect([...(await wholeLedger(it.world.store.ledger, 'office')).keys()]).toEqual([uidl]);
});

describe('mail that nobody takes', () => {
  test('is an alert that is told once, and taken back when none is left', async () => {
    await using world = await inboundWorld({
      mailboxes: { office: [mail('nobody@company.example', 'lost')] },
      ini: recipient('anna'),
    });
    expect(await world.session()).toMatchObject({ errors: [{ account: 'office' }] });
    await world.session();
    expect(world.told('alert.raised')).toHaveLength(1);
    expect(world.told('alert.cleared')).toEqual([]);
  });

  test('is not said to be gone by a session that did not look at all of it', async () => {
    const lost = mail('nobody@company.example', 'lost').toString('latin1');
    await using it = await scripted([
      [...opening(['u', lost]), ...fetching(lost), ...leaving],
      [...opening(['u', lost], ['v', lost]), hears('RETR 2'), sends('+OK\r\n'), closes],
      [...opening(), ...leaving],
    ]);
    for (let n = 0; n < 2; n += 1) await it.world.session();
    expect(it.world.told('alert.cleared')).toEqual([]);
    await it.world.session();
    expect(it.problems).toEqual([]);
    expect(it.world.told('alert.raised')).toHaveLength(1);
    expect(it.world.told('alert.cleared')).toMatchObject([{ key: 'unroutable:office' }]);
  });

  test('I27: nor by one that was told to stop, which takes no further message and deletes what it has handed over', async () => {
    const stopping = new AbortController();
    await using world = await inboundWorld({
      mailboxes: { office: [mail(anna, 'one'), mail('nobody@company.example', 'lost')] },
      ini: recipient('anna'),
      wrap: (store) =>
        withLedger(store, {
          async remember(account, entries) {
            stopping.abort(); // before it is on disk: the walk may begin the next one while it waits for that
            await store.ledger.remember(account, entries);
          },
        }),
    });
    const running = world.walk.poller.run(stopping.signal);
    expect(await world.session()).toMatchObject({ messages: 1, errors: [] });
    await running;
    expect(world.told('message.deleted')).toHaveLength(1);
    expect(world.told('message.unroutable')).toEqual([]);
    expect(world.told('alert.cleared')).toEqual([]);
    expect(await world.walk.poller.trigger(null, 'operator', true)).toMatchObject({ ok: false, why: 'stopping' });
  });
});

test('I20: a report carries the first errors of an account and how many there were', async () => {
  await using world = await inboundWorld({
    mailboxes: { office: Array.from({ length: 150 }, (_, n) => mail('nobody@company.example', `${n}`)) },
    ini: recipient('anna'),
  });
  const { errors, accounts } = await world.session();
  expect(errors).toHaveLength(101);
  expect(errors.at(-1)).toEqual({ account: 'office', message: '50 more errors: the log has them.' });
  expect(accounts).toEqual([{ name: 'office', messages: 0, errors: 150 }]);
  expect(world.told('session.finished')).toMatchObject([{ errors: 150 }]);
});

test('REL01: an internal server that goes away in the middle: what it took is deleted, the rest is not downloaded', async () => {
  await using world = await inboundWorld({
    mailboxes: { office: Array.from({ length: 10 }, (_, n) => mail(anna, `${n}`)) },
    ini: recipient('anna'),
    wrap: (store) =>
      withLedger(store, {
        async remember(account, entries) {
          await store.ledger.remember(account, entries);
          await world.inside.stop();
        },
      }),
  });
  const { messages, errors } = await world.session();
  expect(messages).toBe(1);
  expect(errors.at(-1)?.message).toMatch(/^Nothing can be handed over to the internal server: /);
  expect(world.told('message.fetched').length).toBeLessThanOrEqual(3); // the second finds the conversation cut, the third no other
  expect(world.told('message.deleted')).toHaveLength(1);
  expect(world.pop3.messages('office')).toHaveLength(9);
});

test('a bug in one account is its failure alone, and what it had delivered before stays counted', async () => {
  let calls = 0;
  await using world = await inboundWorld({
    mailboxes: { office: [mail(anna, 'one'), mail(anna, 'two')], other: [mail(anna, 'three')] },
    ini: recipient('anna'),
    wrap: (store) =>
      withLedger(store, {
        async remember(account, entries) {
          if (account === 'office') calls += 1;
          if (calls === 2 && account === 'office') throw new TypeError('a bug');
          await store.ledger.remember(account, entries);
        },
      }),
  });
  const report = await world.session();
  expect(report).toMatchObject({ messages: 3, errors: [{ account: 'office' }] }); // the second was taken, and comes once more
  expect(world.told('message.delivered')).toHaveLength(report.messages);
  expect(world.pop3.messages('office')).toHaveLength(2);
  expect(world.pop3.messages('other')).toHaveLength(0);
});
