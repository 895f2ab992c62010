import { apply, emptyState } from '../../src/protocol/state.ts';
import { describe, expect, test } from 'vitest';
import { StoreFailure, type Store } from '../../src/daemon/store/store.ts';
import { type Act, closes, hears, says, sends, startMisbehavingPop3, waits } from '../kit/misbehaving-pop3.ts';
import { topping } from './scripted.ts';
import { inboundWorld, mail, recipient, withLedger } from './world.ts';

const anna = 'anna@company.example';

describe('from the POP3 mailbox to the internal server', () => {
  test('S82, S58: every message goes to its recipient once, octet for octet, and a second session downloads nothing', async () => {
    const messages = [
      mail(anna, 'plain'),
      mail(anna, 'dots', '.\r\n..\r\n.x\r\n'),
      mail(anna, '8-bit', 'caf\xe9 \x00 \x1a\r\n'),
      mail(anna, 'empty', ''),
      mail(`${anna}, sales@company.example`, 'both'),
    ];
    await using world = await inboundWorld({
      mailboxes: { office: messages },
      ini: recipient('anna') + recipient('sales'),
    });
    expect(await world.session()).toMatchObject({ session: 1, messages: 5, errors: [] });
    expect(world.inside.received.map(({ bytes }) => bytes.toString('latin1'))).toEqual(
      messages.map((bytes) => bytes.toString('latin1')),
    );
    expect(world.inside.received.at(-1)).toMatchObject({
      sender: 'sender@elsewhere.example',
      recipients: [anna, 'sales@company.example'],
    });
    expect(world.pop3.messages('office')).toHaveLength(0);

    world.pop3.add('office', mail(anna, 'new'));
    expect(await world.session()).toMatchObject({ session: 2, messages: 1, errors: [] });
    expect(world.inside.received).toHaveLength(6);
    expect(world.told('message.fetched')).toHaveLength(6);
  });

  test('S54: where mail is kept on the server it is fetched once', async () => {
    await using world = await inboundWorld({
      mailboxes: { office: [mail(anna, 'kept')] },
      ini: recipient('anna'),
      accountKeys: 'Keep on server=1',
    });
    await world.session();
    expect(await world.session()).toMatchObject({ messages: 0, errors: [] });
    expect(world.inside.received).toHaveLength(1);
    expect(world.pop3.messages('office')).toHaveLength(1);
  });

  test('S90: a whole mailbox goes to one recipient; S89: what has no recipient falls to who takes such mail, with its prefix', async () => {
    await using world = await inboundWorld({
      mailboxes: {
        office: [mail('nobody@company.example', 'lost')],
        whole: [mail('undisclosed-recipients:;', 'list mail')],
      },
      ini:
        recipient('postmaster', 'POP3 accounts=office\nUnroutable messages=1') +
        recipient('boss', 'POP3 accounts=whole\nForward all messages=1'),
    });
    expect(await world.session()).toMatchObject({ messages: 2, errors: [] });
    const got = world.inside.received.map(({ recipients, bytes }) => [
      recipients[0],
      /Subject: (.*)\r/.exec(bytes.toString())?.[1],
    ]);
    expect(got.toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1))).toEqual([
      ['boss@company.example', 'list mail'],
      ['postmaster@company.example', '[Man.Distr] lost'],
    ]);
  });

  test('a message that nobody takes stays on the POP3 server, with an alert that is taken back when it is gone', async () => {
    await using world = await inboundWorld({
      mailboxes: { office: [mail('nobody@company.example', 'lost')] },
      ini: recipient('anna'),
    });
    const report = await world.session();
    expect(report).toMatchObject({ messages: 0, errors: [{ account: 'office' }] });
    expect(world.pop3.messages('office')).toHaveLength(1);
    expect(world.told('alert.raised')).toMatchObject([{ key: 'unroutable:office' }]);
    expect(world.told('message.unroutable')).toMatchObject([{ subject: 'lost', from: 'sender@elsewhere.example' }]);
  });

  test('S63, S64: what is larger than the account, or the internal server, allows is left where it is, with a warning', async () => {
    const large = mail(anna, 'large', `${'x'.repeat(76)}\r\n`.repeat(100));
    await using own = await inboundWorld({
      mailboxes: { office: [large, mail(anna, 'small')] },
      ini: recipient('anna'),
      accountKeys: 'Maximum size for messages=1000',
    });
    expect(await own.session()).toMatchObject({ messages: 1, errors: [] });
    expect(own.told('message.oversize')).toMatchObject([{ limit: 1_000, setBy: 'account' }]);
    expect(own.pop3.messages('office')).toHaveLength(1);

    await using learnt = await inboundWorld({
      mailboxes: { office: [large, mail(anna, 'small')] },
      ini: recipient('anna'),
      inside: { size: 5_000 },
    });
    expect(await learnt.session()).toMatchObject({ messages: 1, errors: [] });
    expect(learnt.told('message.fetched')).toHaveLength(1);
    expect(learnt.told('message.oversize')).toMatchObject([{ limit: 5_000, setBy: 'mail server' }]);
    expect(learnt.pop3.messages('office')).toHaveLength(1);
  });

  test('S62, I03: a recipient whom the internal server refuses keeps the message there, and who has had it never gets it again', async () => {
    const replies: Record<string, string> = { 'sales@company.example': '451 4.2.1 Mailbox busy' };
    await using world = await inboundWorld({
      mailboxes: { office: [mail(`${anna}, sales@company.example`, 'both')] },
      ini: recipient('anna') + recipient('sales'),
      inside: { replies },
    });
    const first = await world.session();
    expect(first.errors).toMatchObject([
      { account: 'office', message: expect.stringContaining('451 4.2.1 Mailbox busy') as string },
    ]);
    expect(world.pop3.messages('office')).toHaveLength(1);
    const delivered = () =>
      world.told('message.delivered').map(({ recipients, final }) => [recipients.map(({ address }) => address), final]);
    expect(delivered()).toEqual([[[anna], false]]);
    expect(world.told('message.failed')).toMatchObject([{ recipient: 'sales@company.example' }]);
    expect(first).toMatchObject({ messages: 0 });

    delete replies['sales@company.example'];
    expect(await world.session()).toMatchObject({ messages: 1, errors: [] });
    expect(delivered()).toEqual([
      [[anna], false],
      [['sales@company.example'], true],
    ]);
    expect(world.events.reduce(apply, emptyState).counters).toMatchObject({ delivered: 1 });
    expect(world.inside.received.map(({ recipients }) => recipients)).toEqual([[anna], ['sales@company.example']]);
    expect(world.pop3.messages('office')).toHaveLength(0);
  });

  test('REL01: an internal server that is away costs nothing: everything stays, and nothing is downloaded in vain', async () => {
    await using world = await inboundWorld({
      mailboxes: { office: [mail(anna, 'one'), mail(anna, 'two')] },
      ini: recipient('anna'),
    });
    await world.inside.stop();
    const report = await world.session();
    expect(report).toMatchObject({
      messages: 0,
      errors: [{ message: expect.stringMatching(/^Nothing can be handed over to the internal server: /) as string }],
    });
    expect(world.told('message.fetched')).toEqual([]);
    expect(world.told('mailbox.failed')).toMatchObject([
      { account: 'office', locked: false, cause: 'internal server' },
    ]);
    expect(world.pop3.messages('office')).toHaveLength(2);
  });

  test('I19: an account that cannot log in has its own clear line, and the others go on', async () => {
    await using world = await inboundWorld({
      mailboxes: { office: [mail(anna, 'one')] },
      ini: `${recipient('anna')}[POP3 account: wrong]\nHost=127.0.0.1\nPort=1\nSecurity=none\nUser=wrong\nPassword=canary-77\nPoll every minutes=0\n`,
    });
    const report = await world.session();
    expect(report.messages).toBe(1);
    expect(report.errors).toMatchObject([{ account: 'wrong' }]);
    expect(world.told('mailbox.failed')).toMatchObject([{ account: 'wrong', locked: false }]);
    expect(JSON.stringify(world.events)).not.toContain('canary');
  });

  test('I19: an account whose server keeps us waiting takes one place, and all the others are served meanwhile', async () => {
    const release = Promise.withResolvers<void>();
    await using tarpit = await startMisbehavingPop3([[says('+OK ready'), hears('CAPA'), waits(release.promise)]]);
    const names = Array.from({ length: 12 }, (_, n) => `account-${n}`);
    await using world = await inboundWorld({
      mailboxes: Object.fromEntries(names.map((name) => [name, [mail(anna, name)]])),
      ini: `${recipient('anna')}[POP3 account: tarpit]\nHost=127.0.0.1\nPort=${tarpit.port}\nSecurity=none\nUser=t\nPassword=p\nPoll every minutes=0\n`,
    });
    const session = world.session();
    await world.inside.waitFor(12, 30_000);
    release.resolve();
    const { messages, errors } = await session;
    expect([messages, errors.map(({ account }) => account)]).toEqual([12, ['tarpit']]);
    expect(names.flatMap((name) => world.pop3.messages(name))).toEqual([]);
  });

  test('a message of 3 MB goes through a temporary file, and nothing is left of it', async () => {
    const large = mail(anna, 'large', `${'y'.repeat(70)}\r\n`.repeat(43_000));
    await using world = await inboundWorld({ mailboxes: { office: [large] }, ini: recipient('anna') });
    expect(await world.session()).toMatchObject({ messages: 1, bytes: large.length, errors: [] });
    expect(world.inside.received[0]?.bytes.equals(large)).toBe(true);
    const { readdir } = await import('node:fs/promises');
    expect(await readdir(world.home.file('tmp'))).toEqual([]);
  });
});

/** A store whose ledger fails at a call of `remember`, before or after it has written. */
function failing(when: 'before' | 'after', at: number): (store: Store) => Store {
  let calls = 0;
  return (store) =>
    withLedger(store, {
      async remember(account, entries) {
        calls += 1;
        if (calls === at && when === 'before') throw new StoreFailure('disk I/O error', false);
        await store.ledger.remember(account, entries);
        if (calls === at && when === 'after') throw new StoreFailure('disk I/O error', false);
      },
    });
}

describe('the windows of a crash (reliability: X01-X04), one for each step', () => {
  test('X03: the ledger fails after the 250: nothing is deleted, and that one message is handed over once more', async () => {
    await using world = await inboundWorld({
      mailboxes: { office: [mail(anna, 'one'), mail(anna, 'two'), mail(anna, 'three')] },
      ini: recipient('anna'),
      wrap: failing('before', 2),
    });
    const report = await world.session();
    expect(report.errors).toMatchObject([
      { message: expect.stringContaining('The ledger could not be used') as string },
    ]);
    expect(world.pop3.messages('office')).toHaveLength(3);
    expect(await world.session()).toMatchObject({ errors: [] });
    const subjects = world.inside.received.map(({ bytes }) => /Subject: (.*)\r/.exec(bytes.toString())?.[1]);
    expect(subjects).toEqual(['one', 'two', 'two', 'three']);
    expect(world.pop3.messages('office')).toHaveLength(0);
  });

  test('X04: the ledger is durable but DELE was never sent: deleted next time, without a duplicate and without a download', async () => {
    await using world = await inboundWorld({
      mailboxes: { office: [mail(anna, 'one'), mail(anna, 'two')] },
      ini: recipient('anna'),
      wrap: failing('after', 2),
    });
    await world.session();
    expect(world.pop3.messages('office')).toHaveLength(2);
    expect(await world.session()).toMatchObject({ messages: 0, errors: [] });
    expect(world.inside.received).toHaveLength(2);
    expect(world.told('message.fetched')).toHaveLength(2);
    expect(world.pop3.messages('office')).toHaveLength(0);
  });

  const text = `Message-ID: <1@x>\r\n${mail(anna, 'one').toString('latin1')}`;
  const opening: Act[] = [
    says('+OK ready'),
    hears('CAPA'),
    says('-ERR'),
    hears('USER office'),
    says('+OK'),
    hears('PASS secret-1'),
    says('+OK'),
    hears('STAT'),
    says(`+OK 1 ${text.length}`),
    hears('LIST'),
    sends(`+OK\r\n1 ${text.length}\r\n.\r\n`),
    hears('UIDL'),
    sends('+OK\r\n1 u-1\r\n.\r\n'),
  ];
  const fetching: Act[] = [hears('RETR 1'), sends(`+OK\r\n${text}.\r\n`)];
  const deleting: Act[] = [hears('DELE 1'), says('+OK')];

  test.each<[string, Act[]]>([
    ['answers QUIT with -ERR', [hears('QUIT'), says('-ERR some deleted messages not removed')]],
    ['hangs up instead of answering QUIT', [hears('QUIT'), closes]],
  ])(
    'I05: a server that %s has deleted nothing that we count on; the next session deletes without fetching',
    async (_what, ending) => {
      await using pop3 = await startMisbehavingPop3([
        [...opening, ...fetching, ...deleting, ...ending],
        [...opening, ...topping(text), ...deleting, hears('QUIT'), says('+OK')],
      ]);
      await using world = await inboundWorld({
        elsewhere: { port: pop3.port, accounts: ['office'] },
        ini: recipient('anna'),
      });
      const first = await world.session();
      expect(first.errors).toHaveLength(1);
      expect(world.told('message.deleted')).toHaveLength(0);
      expect(await world.session()).toMatchObject({ messages: 0, errors: [] });
      expect(world.told('message.deleted')).toMatchObject([{ uidl: 'u-1', why: 'delivered' }]);
      expect(world.inside.received).toHaveLength(1);
      expect(pop3.problems).toEqual([]);
    },
  );

  test('X01, POP19: a cut in the middle of RETR delivers nothing and deletes nothing', async () => {
    await using pop3 = await startMisbehavingPop3([
      [...opening, hears('RETR 1'), sends(`+OK\r\n${text.slice(0, 60)}`), closes],
      [...opening, ...fetching, ...deleting, hears('QUIT'), says('+OK')],
    ]);
    await using world = await inboundWorld({
      elsewhere: { port: pop3.port, accounts: ['office'] },
      ini: recipient('anna'),
    });
    expect((await world.session()).errors).toMatchObject([
      { message: 'Unexpected disconnection from POP3 server: The server has closed the connection' },
    ]);
    expect(world.inside.received).toHaveLength(0);
    expect(await world.session()).toMatchObject({ messages: 1, errors: [] });
    expect(world.inside.received).toHaveLength(1);
    expect(pop3.problems).toEqual([]);
  });

  test('POP12, POP13: messages without a name of their own are delivered once each, and known by their content if QUIT failed', async () => {
    const two = [mail(anna, 'one').toString('latin1'), mail(anna, 'two').toString('latin1')];
    const listing = sends(`+OK\r\n1 ${two[0]?.length}\r\n2 ${two[1]?.length}\r\n.\r\n`);
    const same = [
      ...opening.slice(0, 8),
      says('+OK 2 300'),
      hears('LIST'),
      listing,
      hears('UIDL'),
      sends('+OK\r\n1 same\r\n2 same\r\n.\r\n'),
      hears('RETR 1'),
      sends(`+OK\r\n${two[0]}.\r\n`),
      hears('RETR 2'),
      sends(`+OK\r\n${two[1]}.\r\n`),
      hears('DELE 1'),
      says('+OK'),
      hears('DELE 2'),
      says('+OK'),
      hears('QUIT'),
    ];
    await using pop3 = await startMisbehavingPop3([
      [...same, closes],
      [...same, says('+OK')],
    ]);
    await using world = await inboundWorld({
      elsewhere: { port: pop3.port, accounts: ['office'] },
      ini: recipient('anna'),
    });
    await world.session();
    expect(await world.session()).toMatchObject({ messages: 0, errors: [] });
    expect(world.inside.received).toHaveLength(2);
    expect(pop3.problems).toEqual([]);
  });
});

test('I03: no DELE leaves before every 250 and the ledger are there, seen in one log of both peers and the store', async () => {
  const log: string[] = [];
  const text = mail(anna, 'one').toString('latin1');
  const note = (entry: string): Act => ({
    does: 'wait',
    until: { then: (done: () => void) => (log.push(entry), done()) } as unknown as Promise<unknown>,
  });
  await using pop3 = await startMisbehavingPop3([
    [
      ...[
        says('+OK ready'),
        hears('CAPA'),
        says('-ERR'),
        hears('USER office'),
        says('+OK'),
        hears('PASS secret-1'),
        says('+OK'),
        hears('STAT'),
      ],
      ...[
        says(`+OK 1 ${text.length}`),
        hears('LIST'),
        sends(`+OK\r\n1 ${text.length}\r\n.\r\n`),
        hears('UIDL'),
        sends('+OK\r\n1 u-1\r\n.\r\n'),
      ],
      ...[
        hears('RETR 1'),
        sends(`+OK\r\n${text}.\r\n`),
        hears('DELE 1'),
        note('DELE'),
        says('+OK'),
        hears('QUIT'),
        note('QUIT'),
        says('+OK'),
      ],
    ],
  ]);
  await using world = await inboundWorld({
    elsewhere: { port: pop3.port, accounts: ['office'] },
    ini: recipient('anna'),
    wrap: (store) =>
      withLedger(store, {
        async remember(account, entries) {
          log.push(`250 for ${world.inside.received.length}`);
          await store.ledger.remember(account, entries);
          log.push('ledger durable');
        },
        async noteDeleted(account, uidls, at) {
          await store.ledger.noteDeleted(account, uidls, at);
          log.push('deletion noted');
        },
      }),
  });
  await world.session();
  expect(log).toEqual(['250 for 1', 'ledger durable', 'DELE', 'deletion noted', 'QUIT']);
});
