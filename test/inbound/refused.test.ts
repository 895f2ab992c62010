/** What is stopped on its way: by a rule (S78-S81), by the scanner, or as spam by the internal server (S74-S77). Real parts. */
import { describe, expect, test } from 'vitest';
import { StoreFailure } from '../../src/daemon/store/store.ts';
import { until } from '../kit/until.ts';
import { subjects } from './scripted.ts';
import { inboundWorld, mail, recipient, withLedger } from './world.ts';

const [anna, boss] = ['anna@company.example', 'boss@company.example'];
const SPAM = '550 5.7.1 Message rejected as spam by Content Filtering.';
const RECOGNISED = '[Rules]\nRejected as spam SMTP response=rejected as SPAM by content\n';
const rule = (name: string, keys: string) => `[Rule: ${name}]\nType=Intercept\n${keys}\n`;

async function quarantined(world: Awaited<ReturnType<typeof inboundWorld>>) {
  return (await world.quarantine.list(0, 10)).messages;
}

describe('a rule that stops a message', () => {
  test('S79: it lies in quarantine, is deleted from the server, and is no error', async () => {
    await using world = await inboundWorld({
      mailboxes: { office: [mail(anna, 'win a prize'), mail(anna, 'minutes')] },
      ini: recipient('anna') + rule('prizes', 'Subject=*prize*'),
    });
    expect(await world.session()).toMatchObject({ messages: 1, errors: [] });
    expect(subjects(world.inside.received)).toEqual(['minutes']);
    expect(world.pop3.messages('office')).toEqual([]);
    const [held] = await quarantined(world);
    expect(held).toMatchObject({
      account: 'office',
      uidl: 'office-1',
      rule: 'prizes',
      recipients: [anna],
      subject: 'win a prize',
    });
    expect(world.told('message.refused')).toMatchObject([{ by: 'rule', rule: 'prizes', quarantine: held?.id }]);
    expect(world.told('message.deleted').map(({ uidl, why }) => [uidl, why])).toEqual([
      ['office-1', 'rule'],
      ['office-2', 'delivered'],
    ]);
  });

  test('drops it: nothing of it is left, and the log says so', async () => {
    await using world = await inboundWorld({
      mailboxes: { office: [mail(anna, 'win a prize')] },
      ini: recipient('anna') + rule('prizes', 'Subject=*prize*\nAction=drop'),
    });
    expect(await world.session()).toMatchObject({ messages: 0, errors: [] });
    expect(await quarantined(world)).toEqual([]);
    expect(world.told('message.refused')).toMatchObject([{ by: 'rule', quarantine: '' }]);
    expect(world.pop3.messages('office')).toEqual([]);
  });

  test('redirects it: to that address and nobody else, once', async () => {
    await using world = await inboundWorld({
      mailboxes: { office: [mail(anna, 'win a prize')] },
      ini: recipient('anna') + rule('prizes', `Subject=*prize*\nAction=redirect ${boss}`),
      accountKeys: 'Keep on server=1',
    });
    for (let n = 0; n < 2; n += 1) await world.session();
    expect(world.inside.received.map(({ recipients }) => recipients)).toEqual([[boss]]);
    expect(world.told('message.changed')).toMatchObject([{ change: `redirected to ${boss} by rule prizes` }]);
  });

  test('I03: what is to go to quarantine stays on the server as long as it cannot be written there', async () => {
    let broken = true;
    await using world = await inboundWorld({
      mailboxes: { office: [mail(anna, 'win a prize')] },
      ini: recipient('anna') + rule('prizes', 'Subject=*prize*'),
      quarantine: (real) => ({
        put: async (message) => {
          if (broken) throw new StoreFailure('disk full', true);
          return await real.put(message);
        },
      }),
    });
    expect((await world.session()).errors).toHaveLength(1);
    expect(world.pop3.messages('office')).toHaveLength(1);
    broken = false;
    expect(await world.session()).toMatchObject({ errors: [] });
    expect(world.pop3.messages('office')).toEqual([]);
    expect(await quarantined(world)).toHaveLength(1);
  });

  test('I03: it is durable there, and in the ledger, before DELE', async () => {
    const log: string[] = [];
    await using world = await inboundWorld({
      mailboxes: { office: [mail(anna, 'win a prize')] },
      ini: recipient('anna') + rule('prizes', 'Subject=*prize*'),
      quarantine: (real) => ({
        put: async (message) => {
          const id = await real.put(message);
          log.push('quarantine');
          return id;
        },
      }),
      wrap: (store) =>
        withLedger(store, {
          async remember(account, entries) {
            await store.ledger.remember(account, entries);
            const left = world.pop3.messages('office').length;
            log.push(`ledger: ${entries[0]?.outcome}, ${left} on the server`);
          },
          async noteDeleted(account, uidls, at) {
            await store.ledger.noteDeleted(account, uidls, at);
            log.push(`ledger: to be deleted, ${world.pop3.messages('office').length} on the server`);
          },
        }),
    });
    await world.session();
    expect(log).toEqual([
      'quarantine',
      'ledger: intercepted, 1 on the server',
      'ledger: to be deleted, 1 on the server',
    ]);
    expect(world.pop3.messages('office')).toEqual([]);
  });
});

test('an unanswering scanner: the message waits on the server with the reason, and is examined anew next time', async () => {
  await using world = await inboundWorld({
    mailboxes: { office: [mail(anna, 'one')] },
    ini: `${recipient('anna')}[Scanner]\nCommand=/nonexistent/scanner\n`,
  });
  const { errors } = await world.session();
  expect(errors).toMatchObject([{ account: 'office' }]);
  expect(world.inside.received).toEqual([]);
  expect(world.told('message.failed')).toMatchObject([{ number: 1, recipient: '' }]);
  expect(await world.entries()).toMatchObject([{ failures: 1, deliveredAt: null }]);
  const [attempt] = await world.store.ledger.attempts('office', 'office-1');
  expect(attempt?.transcript[0]).toBe('> RETR 1');

  await world.reconfigure({ ini: `${recipient('anna')}[Scanner]\nCommand=/bin/true\n` });
  expect(await world.session()).toMatchObject({ messages: 1, errors: [] });
});

test('a scanner that finds something stops the message under its own name', async () => {
  await using world = await inboundWorld({
    mailboxes: { office: [mail(anna, 'one')] },
    ini: `${recipient('anna')}[Scanner]\nCommand=/bin/false\n`,
  });
  expect(await world.session()).toMatchObject({ errors: [] });
  expect(world.told('message.refused')).toMatchObject([{ by: 'scanner', rule: '' }]);
  expect(await quarantined(world)).toMatchObject([{ rule: 'scanner' }]);
});

describe('a refusal of the internal server', () => {
  test('S74, S62: without the recognition it is tried again and again, and stays', async () => {
    await using world = await inboundWorld({
      mailboxes: { office: [mail(anna, 'one')] },
      ini: recipient('anna'),
      inside: { replies: { [anna]: SPAM } },
    });
    for (let n = 0; n < 4; n += 1) await world.session();
    expect(world.told('message.fetched')).toHaveLength(4);
    expect(world.pop3.messages('office')).toHaveLength(1);
    expect(await quarantined(world)).toEqual([]);
  });

  test('S75, S76: that is recognised as spam: in quarantine with the reply, deleted, counted as refused, no error', async () => {
    await using world = await inboundWorld({
      mailboxes: { office: [mail(anna, 'one')] },
      ini: recipient('anna') + RECOGNISED,
      inside: { replies: { [anna]: SPAM } },
    });
    expect(await world.session()).toMatchObject({ messages: 0, errors: [] });
    const [held] = await quarantined(world);
    expect(held).toMatchObject({
      rule: 'internal server',
      why: SPAM,
      recipients: [anna],
      sender: 'sender@elsewhere.example',
    });
    expect(world.told('message.refused')).toMatchObject([{ by: 'internal server', why: SPAM, quarantine: held?.id }]);
    expect(world.told('message.deleted')).toMatchObject([{ why: 'spam' }]);
    expect(world.told('message.failed')).toEqual([]);
    expect(world.pop3.messages('office')).toEqual([]);
  });

  test.each([
    ['another code', '554 5.7.1 Message rejected as spam by Content Filtering.'],
    ['another text', '550 5.1.1 Unknown recipient'],
  ])('S75, S76: with %s it is no spam, and stays', async (_what, reply) => {
    await using world = await inboundWorld({
      mailboxes: { office: [mail(anna, 'one')] },
      ini: recipient('anna') + RECOGNISED,
      inside: { replies: { [anna]: reply } },
    });
    expect((await world.session()).errors).toHaveLength(1);
    expect(world.pop3.messages('office')).toHaveLength(1);
    expect(world.told('message.refused')).toEqual([]);
  });

  test('S76: for one of two: the other has it, the refused copy lies in quarantine for the one', async () => {
    await using world = await inboundWorld({
      mailboxes: { office: [mail(`${anna}, ${boss}`, 'one')] },
      ini: recipient('anna') + recipient('boss') + RECOGNISED,
      inside: { replies: { [anna]: SPAM } },
    });
    expect(await world.session()).toMatchObject({ messages: 1, errors: [] });
    expect(world.inside.received.map(({ recipients }) => recipients)).toEqual([[boss]]);
    expect(world.told('message.delivered')).toMatchObject([{ recipients: [{ address: boss }] }]);
    expect(await quarantined(world)).toMatchObject([{ recipients: [anna] }]);
    expect(world.told('message.deleted')).toMatchObject([{ why: 'delivered' }]);
  });

  test('S76: while another recipient is merely busy: the spam is settled at once, the other served later, nobody twice', async () => {
    const replies: Record<string, string> = { [anna]: SPAM, [boss]: '451 4.2.1 busy' };
    await using world = await inboundWorld({
      mailboxes: { office: [mail(`${anna}, ${boss}`, 'one')] },
      ini: recipient('anna') + recipient('boss') + RECOGNISED,
      inside: { replies },
    });
    expect((await world.session()).errors).toHaveLength(1);
    expect(world.pop3.messages('office')).toHaveLength(1);
    delete replies[boss];
    delete replies[anna];
    expect(await world.session()).toMatchObject({ messages: 1, errors: [] });
    expect(world.inside.received.map(({ recipients }) => recipients)).toEqual([[boss]]);
    expect(world.told('message.refused')).toHaveLength(1);
    expect(world.pop3.messages('office')).toEqual([]);
  });

  test('S76, I02: a quarantine that cannot be written gives nobody a second copy', async () => {
    let broken = true;
    await using world = await inboundWorld({
      mailboxes: { office: [mail(`${anna}, ${boss}`, 'one')] },
      ini: recipient('anna') + recipient('boss') + RECOGNISED,
      inside: { replies: { [anna]: SPAM } },
      quarantine: (real) => ({
        put: async (message) => {
          if (broken) throw new StoreFailure('disk full', true);
          return await real.put(message);
        },
      }),
    });
    for (let n = 0; n < 2; n += 1) expect((await world.session()).errors).toHaveLength(1);
    broken = false;
    expect(await world.session()).toMatchObject({ errors: [] });
    expect(world.inside.received).toHaveLength(1);
    expect(await quarantined(world)).toMatchObject([{ recipients: [anna] }]);
    await until('the mailbox to be empty', async () => (world.pop3.messages('office').length === 0 ? true : undefined));
  });
});
