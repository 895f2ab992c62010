/** What stays on the POP3 server, and until when (S54-S57, S59). */
import { describe, expect, test } from 'vitest';
import { days, systemClock } from '../../src/daemon/base/clock.ts';
import { subjects } from './scripted.ts';
import { inboundWorld, mail, recipient } from './world.ts';

const anna = 'anna@company.example';
const KEEP_HERS = 'Do not delete messages forwarded to this Recipient=1';

/** A clock that is set forward by whole days. */
function calendar() {
  let passed = 0;
  return {
    clock: { ...systemClock, now: () => Date.now() + passed },
    pass(count: number) {
      passed += days(count);
    },
  };
}

test('S54: all mail of an account stays on the server, and is fetched once, also over a restart', async () => {
  await using world = await inboundWorld({
    mailboxes: { office: [mail(anna, 'one'), mail(anna, 'two')] },
    ini: recipient('anna'),
    accountKeys: 'Keep on server=1',
  });
  expect(await world.session()).toMatchObject({ messages: 2, errors: [] });
  await world.reconfigure({});
  world.pop3.add('office', mail(anna, 'three'));
  expect(await world.session()).toMatchObject({ messages: 1, errors: [] });
  expect(subjects(world.inside.received)).toEqual(['one', 'two', 'three']);
  expect(world.pop3.messages('office')).toHaveLength(3);
  expect(world.told('mailbox.finished').at(-1)).toMatchObject({ left: 3, oversize: 0, stuck: 0 });
});

test('S55: what was given to a recipient who keeps its mail stays; what others had goes; neither comes twice', async () => {
  await using world = await inboundWorld({
    mailboxes: {
      office: [
        mail(anna, 'hers'),
        mail('sales@company.example', 'theirs'),
        mail(`sales@company.example, ${anna}`, 'both'),
      ],
    },
    ini: recipient('anna', KEEP_HERS) + recipient('sales'),
  });
  await world.session();
  expect(await world.session()).toMatchObject({ messages: 0, errors: [] });
  expect(world.pop3.messages('office').map(({ uidl }) => uidl)).toEqual(['office-1', 'office-3']);
  expect(world.inside.received).toHaveLength(3);
  expect(world.told('message.deleted')).toMatchObject([{ uidl: 'office-2', why: 'delivered' }]);
});

test('S56: what fell to who takes unroutable mail stays where the account says so, and what was routed goes', async () => {
  await using world = await inboundWorld({
    mailboxes: { office: [mail('nobody@company.example', 'lost'), mail(anna, 'found')] },
    ini: recipient('anna') + recipient('postmaster', 'Unroutable messages=1'),
    accountKeys: 'Do not delete non routable messages=1',
  });
  await world.session();
  expect(await world.session()).toMatchObject({ messages: 0, errors: [] });
  expect(world.pop3.messages('office').map(({ uidl }) => uidl)).toEqual(['office-1']);
  expect(subjects(world.inside.received)).toEqual(['[Man.Distr] lost', 'found']);
});

describe('S57: after its days, counted from when it was first seen', () => {
  test('what was kept for its recipient is deleted, also where the account keeps nothing', async () => {
    const { clock, pass } = calendar();
    await using world = await inboundWorld({
      mailboxes: { office: [mail(anna, 'hers')] },
      ini: recipient('anna', KEEP_HERS),
      accountKeys: 'Delete mail left on POP3 server after days=3',
      clock,
    });
    await world.session();
    pass(2);
    await world.session();
    expect(world.pop3.messages('office')).toHaveLength(1);
    pass(1);
    expect(await world.session()).toMatchObject({ messages: 0, errors: [] });
    expect(world.pop3.messages('office')).toHaveLength(0);
    expect(world.told('message.deleted')).toMatchObject([{ uidl: 'office-1', why: 'age' }]);
    expect(world.inside.received).toHaveLength(1);
  });

  test('a message that was refused, or that nobody takes, is not, however old it is', async () => {
    const { clock, pass } = calendar();
    await using world = await inboundWorld({
      mailboxes: { office: [mail(anna, 'refused'), mail('nobody@company.example', 'lost')] },
      ini: recipient('anna'),
      accountKeys: 'Delete mail left on POP3 server after days=3\nKeep on server=1',
      inside: { replies: { [anna]: '550 5.1.1 Unknown' } },
      clock,
    });
    await world.session();
    pass(30);
    await world.session();
    expect(world.pop3.messages('office')).toHaveLength(2);
    expect(world.told('message.deleted')).toEqual([]);
  });

  test('an oversize message is, once its recipient was told', async () => {
    const { clock, pass } = calendar();
    await using world = await inboundWorld({
      mailboxes: {
        office: [mail(anna, 'large', 'x'.repeat(900)), mail('nobody@company.example', 'large', 'x'.repeat(900))],
      },
      ini: recipient('anna'),
      accountKeys: 'Delete mail left on POP3 server after days=3\nMaximum size for messages=500',
      clock,
    });
    await world.session();
    pass(3);
    await world.session();
    expect(world.told('message.deleted')).toMatchObject([{ uidl: 'office-1', why: 'age' }]);
    expect(world.pop3.messages('office').map(({ uidl }) => uidl)).toEqual(['office-2']); // nobody knows of that one
  });
});

test('S59: a message whose id was forgotten is fetched again', async () => {
  await using world = await inboundWorld({
    mailboxes: { office: [mail(anna, 'one'), mail(anna, 'two')] },
    ini: recipient('anna'),
    accountKeys: 'Keep on server=1',
  });
  await world.session();
  await world.store.ledger.forget('office', ['office-2']);
  expect(await world.session()).toMatchObject({ messages: 1, errors: [] });
  expect(subjects(world.inside.received)).toEqual(['one', 'two', 'two']);
});

test('while somebody looks into the mailbox a session leaves it out, and calls that no error', async () => {
  await using world = await inboundWorld({ mailboxes: { office: [mail(anna, 'one')] }, ini: recipient('anna') });
  const inside = world.gate.enterForBrowser('office', () => false);
  expect(await world.session()).toMatchObject({ messages: 0, errors: [] });
  expect(world.told('mailbox.warned')).toHaveLength(1);
  expect(world.told('mailbox.connecting')).toEqual([]);

  inside?.leave();
  expect(await world.session()).toMatchObject({ messages: 1, errors: [] });
  expect(world.gate.enterForBrowser('office', () => true)).not.toBeNull(); // the session has left
});
