/** Messages that will not go through: their dialogue is kept, and one never holds up the others (G02, G03, S71, S72, I22). */
import { describe, expect, test } from 'vitest';
import { type Act, closes, hears, says, sends, stalls, waits } from '../kit/misbehaving-pop3.ts';
import { deleting, fetching, leaving, opening, scripted, subjects } from './scripted.ts';
import { inboundWorld, mail, recipient } from './world.ts';

const [anna, boss] = ['anna@company.example', 'boss@company.example'];
const CUT = 'Unexpected disconnection from POP3 server: The server has closed the connection';
const [ONE, BAD, TWO] = ['one', 'bad', 'two'].map((subject) => mail(anna, subject).toString('latin1')) as [
  string,
  string,
  string,
];
const breaking = (text: string, number = 1): Act[] => [
  hears(`RETR ${number}`),
  sends(`+OK\r\n${text.slice(0, 60)}`),
  closes,
];

describe('G03: a message on which the session breaks', () => {
  test('S71, S72: is set aside after the second time, with its dialogues; the others have their turn', async () => {
    const all = opening(['b', BAD], ['t', TWO]);
    await using it = await scripted([
      [...all, ...breaking(BAD)],
      [...all, ...breaking(BAD)],
      [...all, ...fetching(TWO, 2), ...deleting(2), ...leaving],
    ]);
    for (let n = 0; n < 2; n += 1) expect((await it.world.session()).errors).toMatchObject([{ message: CUT }]);
    expect(it.world.told('message.stuck')).toMatchObject([{ number: 1, uidl: 'b' }]);
    expect(await it.world.session()).toMatchObject({ messages: 1, errors: [] });
    expect(it.world.told('mailbox.finished')).toMatchObject([{ left: 1, stuck: 1 }]);
    expect(it.world.told('alert.raised')).toMatchObject([{ key: 'stuck:office' }]);

    const attempts = await it.world.store.ledger.attempts('office', 'b');
    expect(attempts.map(({ result, relay }) => [result, relay])).toEqual([
      [CUT, '127.0.0.1'],
      [CUT, '127.0.0.1'],
    ]);
    expect(attempts[0]?.transcript).toEqual(['> RETR 1', '< +OK', `* ${CUT}`]);
    expect(it.problems).toEqual([]);
  });

  test('after others were received: the mailbox is opened once more in the same session, for those that are left', async () => {
    const all = opening(['o', ONE], ['b', BAD], ['t', TWO]);
    await using it = await scripted([
      [...all, ...fetching(ONE), ...breaking(BAD, 2)],
      [...all, ...fetching(TWO, 3), ...deleting(1), ...deleting(3), ...leaving],
      [...opening(['b', BAD]), ...fetching(BAD), ...deleting(), ...leaving],
    ]);
    expect(await it.world.session()).toMatchObject({ messages: 2, errors: [{ message: `Message 2: ${CUT}` }] });
    expect(it.pop3.connections).toBe(2);
    expect(it.world.told('mailbox.finished')).toMatchObject([{ messages: 2, left: 1, errors: 1, stuck: 0 }]);
    expect(await it.world.session()).toMatchObject({ messages: 1, errors: [] });
    expect(await it.world.entries()).toMatchObject([{ uidl: 'b', broke: 0 }]);
    expect(subjects(it.world.inside.received)).toEqual(['one', 'two', 'bad']);
    expect(it.problems).toEqual([]);
  });

  test('a server that does not let us in again so soon has refused no password (POP03)', async () => {
    const all = opening(['o', ONE], ['b', BAD], ['t', TWO]);
    await using it = await scripted([
      [...all, ...fetching(ONE), ...breaking(BAD, 2)],
      [
        ...[says('+OK'), hears('CAPA'), says('-ERR'), hears('USER office'), says('+OK')],
        hears('PASS secret-1'),
        says('-ERR no'),
      ],
      [...all, ...fetching(BAD, 2), ...fetching(TWO, 3), ...deleting(1), ...deleting(2), ...deleting(3), ...leaving],
    ]);
    expect((await it.world.session()).errors).toMatchObject([{ message: CUT }]);
    expect(it.world.told('mailbox.failed')).toMatchObject([{ reason: CUT, locked: false }]);
    expect(await it.world.session()).toMatchObject({ messages: 2, errors: [] });
    expect(it.problems).toEqual([]);
  });

  test('it breaks twice in one session: that is not tried a third time', async () => {
    const all = opening(['o', ONE], ['b', BAD], ['t', TWO], ['l', ONE]);
    await using it = await scripted([
      [...all, ...fetching(ONE), ...breaking(BAD, 2)],
      [...all, ...breaking(TWO, 3)],
      [...all, closes],
    ]);
    expect((await it.world.session()).errors).toHaveLength(2);
    expect(it.pop3.connections).toBe(2);
  });

  test('by our own stop: that is no fault of it', async () => {
    const reached = Promise.withResolvers<void>();
    const arrived: Act = waits({
      then: (done: () => void) => (reached.resolve(), done()),
    } as unknown as Promise<unknown>);
    await using it = await scripted([
      [...opening(['b', BAD]), hears('RETR 1'), sends(`+OK\r\n${BAD.slice(0, 60)}`), arrived, stalls],
    ]);
    const session = it.world.session();
    await reached.promise;
    it.world.cut();
    expect((await session).errors).toHaveLength(1);
    expect(await it.world.entries()).toEqual([]);
    expect(it.world.told('message.stuck')).toEqual([]);
  });

  test('G08: an operator who wants it has it fetched once more', async () => {
    const all = opening(['b', BAD]);
    await using it = await scripted([
      [...all, ...breaking(BAD)],
      [...all, ...breaking(BAD)],
      [...all, ...breaking(BAD)],
      [...all, ...leaving],
      [...all, ...fetching(BAD), ...deleting(), ...leaving],
    ]);
    const want = async () => {
      const [entry] = await it.world.entries();
      if (entry) await it.world.store.ledger.remember('office', [{ ...entry, wanted: true }]);
    };
    for (let n = 0; n < 2; n += 1) await it.world.session();
    await want();
    await it.world.session(); // breaks once more
    expect(await it.world.session()).toMatchObject({ messages: 0, errors: [] });
    await want();
    expect(await it.world.session()).toMatchObject({ messages: 1, errors: [] });
    expect(it.problems).toEqual([]);
  });
});

describe('a message that is refused', () => {
  test('S74, G02: its dialogue is kept, from the third session on it is stuck, and it is tried all the same', async () => {
    const replies: Record<string, string> = { [anna]: '550 5.1.1 Unknown' };
    await using world = await inboundWorld({
      mailboxes: { office: [mail(anna, 'one')] },
      ini: recipient('anna'),
      inside: { replies },
    });
    for (let n = 0; n < 2; n += 1) await world.session();
    expect(world.told('message.stuck')).toEqual([]);
    for (let n = 0; n < 2; n += 1) await world.session();
    expect(world.told('message.stuck')).toMatchObject([
      { number: 1, reason: expect.stringContaining('550 5.1.1 Unknown') as string },
    ]);
    expect(world.told('mailbox.finished').map(({ stuck }) => stuck)).toEqual([0, 0, 1, 1]);
    const attempts = await world.store.ledger.attempts('office', 'office-1');
    expect(attempts).toHaveLength(4);
    expect(attempts[0]?.transcript).toEqual(
      expect.arrayContaining(['> RETR 1', `> RCPT TO:<${anna}>`, '< 550 5.1.1 Unknown']) as string[],
    );
    expect(JSON.stringify(attempts)).not.toContain('secret-1');

    delete replies[anna];
    expect(await world.session()).toMatchObject({ messages: 1, errors: [] });
    expect(world.told('alert.cleared')).toMatchObject([{ key: 'stuck:office' }]);
  });

  test('G02: the dialogue of a message holds nothing of the messages before it', async () => {
    await using world = await inboundWorld({
      mailboxes: { office: [mail(anna, 'one'), mail(boss, 'two')] },
      ini: recipient('anna') + recipient('boss'),
      inside: { replies: { [boss]: '550 5.1.1 Unknown' } },
    });
    await world.session();
    const [attempt] = await world.store.ledger.attempts('office', 'office-2');
    const text = attempt?.transcript.join('\n') ?? '';
    expect(text).toContain('> RETR 2');
    expect(text).not.toContain('> RETR 1');
    expect(text).not.toContain(anna);
  });

  test('POP22: by the POP3 server: the others go on, its dialogue is kept, and the third time it is stuck', async () => {
    const all = opening(['b', BAD], ['t', TWO]);
    const refusing = [hears('RETR 1'), says('-ERR message 1 expunged')];
    await using it = await scripted([
      [...all, ...refusing, ...fetching(TWO, 2), ...deleting(2), ...leaving],
      [...opening(['b', BAD]), ...refusing, ...leaving],
    ]);
    expect(await it.world.session()).toMatchObject({ messages: 1, errors: [{ account: 'office' }] });
    for (let n = 0; n < 3; n += 1) await it.world.session();
    expect(it.world.told('message.stuck')).toHaveLength(1);
    const [attempt] = await it.world.store.ledger.attempts('office', 'b');
    expect(attempt?.transcript).toEqual(['> RETR 1', '< -ERR message 1 expunged']);
    expect(it.problems).toEqual([]);
  });

  test.each([
    ['dropped: the message is settled, and nobody gets it twice', null, [[boss]]],
    [
      'sent elsewhere: its copy goes there, and nobody gets it twice',
      'sales@company.example',
      [[boss], ['sales@company.example']],
    ],
  ])('a recipient whom an operator has %s', async (_what, to, expected) => {
    await using world = await inboundWorld({
      mailboxes: { office: [mail(`${anna}, ${boss}`, 'one')] },
      ini: recipient('anna') + recipient('boss'),
      inside: { replies: { [anna]: '550 5.1.1 Unknown' } },
    });
    await world.session();
    const [entry] = await world.entries();
    if (entry) await world.store.ledger.remember('office', [{ ...entry, readdressed: [{ from: anna, to }] }]);
    expect(await world.session()).toMatchObject({ messages: 1, errors: [] });
    expect(world.inside.received.map(({ recipients }) => recipients)).toEqual(expected);
    expect(world.pop3.messages('office')).toEqual([]);
  });
});

describe('I22: a message that goes round in a loop', () => {
  const looped = (hops: number) =>
    Buffer.from(`${'Received: from a by b\r\n'.repeat(hops)}${mail(anna, 'round').toString('latin1')}`, 'latin1');

  test('is set aside after 50 servers with that reason, and not fetched again; one of 50 is delivered', async () => {
    await using world = await inboundWorld({
      mailboxes: { office: [looped(51), looped(50)] },
      ini: recipient('anna'),
    });
    expect(await world.session()).toMatchObject({ messages: 1, errors: [{ account: 'office' }] });
    expect(world.told('message.stuck')).toMatchObject([
      { number: 1, reason: expect.stringContaining('51 servers') as string },
    ]);
    expect(await world.session()).toMatchObject({ messages: 0, errors: [] });
    expect(world.told('message.fetched')).toHaveLength(2);
    expect(world.pop3.messages('office')).toHaveLength(1);
  });

  test('G08: is delivered when an operator wants it', async () => {
    await using world = await inboundWorld({ mailboxes: { office: [looped(51)] }, ini: recipient('anna') });
    await world.session();
    const [entry] = await world.entries();
    if (entry) await world.store.ledger.remember('office', [{ ...entry, wanted: true }]);
    expect(await world.session()).toMatchObject({ messages: 1, errors: [] });
  });
});

describe('G08: a message that an operator', () => {
  test('wants although all have had it is delivered again, once', async () => {
    await using world = await inboundWorld({
      mailboxes: { office: [mail(anna, 'one')] },
      ini: recipient('anna'),
      accountKeys: 'Keep on server=1',
    });
    await world.session();
    const [entry] = await world.entries();
    if (entry) await world.store.ledger.remember('office', [{ ...entry, wanted: true }]);
    for (let n = 0; n < 2; n += 1) await world.session();
    expect(world.inside.received).toHaveLength(2);
    expect(await world.entries()).toMatchObject([{ wanted: false, deliveredTo: [anna] }]);
  });

  test('called fetched stays where it is, and is not fetched', async () => {
    await using world = await inboundWorld({
      mailboxes: { office: [mail(anna, 'one')] },
      ini: recipient('anna'),
      inside: { replies: { [anna]: '451 later' } },
    });
    await world.session();
    const [entry] = await world.entries();
    if (entry) await world.store.ledger.remember('office', [{ ...entry, deliveredAt: 1, outcome: 'marked' }]);
    expect(await world.session()).toMatchObject({ messages: 0, errors: [] });
    expect(world.told('message.fetched')).toHaveLength(1);
    expect(world.pop3.messages('office')).toHaveLength(1);
  });
});

describe('mail that nobody takes', () => {
  test('is fetched again when the routing has changed, and not before', async () => {
    await using world = await inboundWorld({
      mailboxes: { office: [mail(boss, 'lost')] },
      ini: recipient('anna'),
    });
    await world.session();
    expect(await world.session()).toMatchObject({ messages: 0, errors: [] });
    expect(world.told('message.fetched')).toHaveLength(1);
    expect(world.told('alert.cleared')).toEqual([]);
    await world.reconfigure({ ini: recipient('anna') + recipient('boss') });
    expect(await world.session()).toMatchObject({ messages: 1, errors: [] });
  });
});
