/** A server that gives all messages of a mailbox new names (I06, G04, POP15): asked about, not downloaded twice. Real parts. */
import { expect, test } from 'vitest';
import { type RunningPop3Server, startPop3Server } from '../../demo/pop3-server.ts';
import { numberingMemo, writeNumbering } from '../../src/daemon/inbound/renumbering.ts';
import { hears, says } from '../kit/misbehaving-pop3.ts';
import { leaving, opening, scripted, subjects } from './scripted.ts';
import { inboundWorld, mail, recipient } from './world.ts';

const anna = 'anna@company.example';
const MEMO = numberingMemo('office');
const KEEP = { ini: recipient('anna'), accountKeys: 'Keep on server=1' };

const letter = (subject: string, id = subject) =>
  Buffer.from(`Message-ID: <${id}@x>\r\n${mail(anna, subject).toString('latin1')}`, 'latin1');
const letters = (count: number, make: (n: number) => Buffer = (n) => letter(`letter ${n}`)): Buffer[] =>
  Array.from({ length: count }, (_, n) => make(n + 1));
const named = (prefix: string, messages: Buffer[]) =>
  messages.map((bytes, n) => ({ uidl: `${prefix}-${n + 1}`, bytes }));

/** A world whose mailbox `office` can be given other messages, on the same port: as after a migration. */
async function movingWorld(
  messages: { uidl: string; bytes: Buffer }[],
  more: Partial<Parameters<typeof inboundWorld>[0]> = KEEP,
) {
  await using stack = new AsyncDisposableStack();
  const start = (now: typeof messages, port: number) =>
    startPop3Server({ accounts: [{ name: 'office', password: 'secret-1', messages: now }], port });
  let server: RunningPop3Server = await start(messages, 0);
  const { port } = server;
  stack.defer(() => server.stop());
  const world = stack.use(await inboundWorld({ elsewhere: { port, accounts: ['office'] }, ...more }));
  const everything = stack.move();
  return {
    world,
    left: () => server.messages('office').map(({ uidl }) => uidl),
    async becomes(now: typeof messages) {
      await server.stop();
      server = await start(now, port);
    },
    answer: (state: 'adopt' | 'fetch') => world.store.memos.put(MEMO, writeNumbering({ state })),
    [Symbol.asyncDispose]: () => everything.disposeAsync(),
  };
}

test('I06, POP15: nothing is fetched or deleted until somebody answers; it is said in each session, the alert once, also over a restart', async () => {
  const mailbox = letters(8);
  await using it = await movingWorld(named('old', mailbox));
  await it.world.session();
  await it.becomes(named('new', mailbox));
  for (let n = 0; n < 2; n += 1) {
    const { messages, errors } = await it.world.session();
    expect([messages, errors.length]).toEqual([0, 1]);
  }

  expect(it.world.inside.received).toHaveLength(8);
  expect(it.left()).toHaveLength(8);
  expect(it.world.told('mailbox.renumbered')).toMatchObject([
    { known: 8, gone: 8, fresh: 8 },
    { known: 8, gone: 8, fresh: 8 },
  ]);
  expect(it.world.told('alert.raised')).toMatchObject([{ key: 'renumbered:office' }]);
  expect(it.world.told('mailbox.finished')).toHaveLength(1); // the first session's
  expect((await it.world.entries()).map(({ uidl }) => uidl)).toEqual(named('old', mailbox).map(({ uidl }) => uidl));

  await it.world.reconfigure({});
  await it.world.session();
  expect(it.world.told('mailbox.renumbered')).toHaveLength(3);
});

test('G04: adopted, the messages are the known ones: none is downloaded, and the question is over', async () => {
  const mailbox = letters(8);
  await using it = await movingWorld(named('old', mailbox));
  await it.world.session();
  await it.becomes(named('new', [...mailbox, letter('really new')]));
  await it.world.session();
  await it.answer('adopt');
  expect(await it.world.session()).toMatchObject({ messages: 1, errors: [] });
  expect(await it.world.session()).toMatchObject({ messages: 0, errors: [] });
  expect(subjects(it.world.inside.received).filter((subject) => subject !== 'really new')).toHaveLength(8);
  expect(it.world.told('message.fetched')).toHaveLength(9);
  expect(it.world.told('alert.cleared')).toMatchObject([{ key: 'renumbered:office' }]);
  expect(await it.world.store.memos.get(MEMO)).toBeNull();
  expect((await it.world.entries()).map(({ uidl }) => uidl)).toEqual(named('new', letters(9)).map(({ uidl }) => uidl));
});

test('G04: what cannot be told apart is fetched and known by its digest; nobody has it twice', async () => {
  const twins = letters(8, (n) => mail(anna, `no name ${n}`)); // no Message-ID, and all of one size
  await using it = await movingWorld(named('old', twins));
  await it.world.session();
  await it.becomes(named('new', twins.toReversed()));
  await it.world.session();
  await it.answer('adopt');
  expect(await it.world.session()).toMatchObject({ messages: 0, errors: [] });
  expect(it.world.told('message.fetched')).toHaveLength(16);
  expect(it.world.inside.received).toHaveLength(8);
  expect(await it.world.session()).toMatchObject({ messages: 0, errors: [] });
  expect(it.world.told('message.fetched')).toHaveLength(16);
});

test('G04: who has had a message before it was renumbered does not get it again, and who has not does', async () => {
  const replies: Record<string, string> = { 'sales@company.example': '451 busy' };
  const both = letters(8, (n) =>
    Buffer.from(
      letter(`both ${n}`).toString('latin1').replace(`To: ${anna}`, `To: ${anna}, sales@company.example`),
      'latin1',
    ),
  );
  await using it = await movingWorld(named('old', both), {
    ini: recipient('anna') + recipient('sales'),
    inside: { replies },
  });
  await it.world.session();
  await it.becomes(named('new', both));
  await it.world.session();
  await it.answer('adopt');
  delete replies['sales@company.example'];
  expect(await it.world.session()).toMatchObject({ messages: 8, errors: [] });
  const recipients = it.world.inside.received.flatMap((received) => received.recipients);
  expect(recipients.filter((address) => address === anna)).toHaveLength(8);
  expect(recipients.filter((address) => address !== anna)).toHaveLength(8);
  expect(it.left()).toEqual([]);
});

test('I06: fetched as new messages, they come once more, and nothing is asked a second time', async () => {
  const mailbox = letters(8);
  await using it = await movingWorld(named('old', mailbox));
  await it.world.session();
  await it.becomes(named('new', mailbox));
  await it.world.session();
  await it.answer('fetch');
  expect(await it.world.session()).toMatchObject({ messages: 8, errors: [] });
  expect(await it.world.session()).toMatchObject({ messages: 0, errors: [] });
  expect(it.world.inside.received).toHaveLength(16);
  expect(it.world.told('mailbox.renumbered')).toHaveLength(1);
});

test('a question that asks itself no more, because the old names are back, is over', async () => {
  const mailbox = letters(8);
  await using it = await movingWorld(named('old', mailbox));
  await it.world.session();
  await it.becomes(named('new', mailbox));
  await it.world.session();
  await it.becomes(named('old', mailbox));
  expect(await it.world.session()).toMatchObject({ messages: 0, errors: [] });
  expect(await it.world.store.memos.get(MEMO)).toBeNull();
  expect(it.world.told('alert.cleared')).toMatchObject([{ key: 'renumbered:office' }]);
});

test('I06: a mailbox that was emptied by hand, and got as much other mail, asks nothing', async () => {
  await using it = await movingWorld(named('old', letters(8)));
  await it.world.session();
  await it.becomes(
    named(
      'new',
      letters(8, (n) => letter(`letter ${n + 20}`)),
    ),
  );
  expect(await it.world.session()).toMatchObject({ messages: 8, errors: [] });
  expect(it.world.told('mailbox.renumbered')).toEqual([]);
});

test('I06: deletions that a lost answer to QUIT left in doubt, and new mail after them, ask nothing', async () => {
  const [old, more] = [letters(6), letters(6, (n) => letter(`later ${n}`))].map((some) => some.map(String)) as [
    string[],
    string[],
  ];
  const texts = (prefix: string, some: string[]): [string, string][] => some.map((text, n) => [`${prefix}${n}`, text]);
  const retrieving = (some: string[]) =>
    some.flatMap((text, n) => [
      hears(`RETR ${n + 1}`),
      { does: 'send' as const, octets: Buffer.from(`+OK\r\n${text}.\r\n`) },
    ]);
  const deletingAll = (some: string[]) => some.flatMap((_, n) => [hears(`DELE ${n + 1}`), says('+OK')]);
  await using it = await scripted([
    [...opening(...texts('o', old)), ...retrieving(old), ...deletingAll(old), hears('QUIT')],
    [...opening(...texts('n', more)), ...retrieving(more), ...deletingAll(more), ...leaving],
  ]);
  await it.world.session();
  expect(await it.world.session()).toMatchObject({ messages: 6, errors: [] });
  expect(it.world.told('mailbox.renumbered')).toEqual([]);
  expect(it.problems).toEqual([]);
});

test('G04: an adoption that breaks off is gone on with in the next session', async () => {
  const mailbox = letters(8);
  const replies: Record<string, string> = {};
  await using it = await movingWorld(named('old', mailbox), { ...KEEP, inside: { replies } });
  await it.world.session();
  await it.becomes(named('new', [...mailbox, letter('really new')]));
  await it.world.session();
  await it.answer('adopt');
  await it.world.inside.stop(); // the new one cannot be handed over
  expect((await it.world.session()).errors).toHaveLength(1);
  expect(await it.world.store.memos.get(MEMO)).not.toBeNull();
  expect((await it.world.entries()).filter(({ uidl }) => uidl.startsWith('new-'))).toHaveLength(8);
  expect(it.world.told('message.fetched')).toHaveLength(8);
});
