/** Names and numbers that a server makes up: no message is lost, delivered twice, or deleted for another (POP12-POP17, POP25). */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { newLedgerEntry } from '../../src/daemon/store/store.ts';
import { type Act, closes, hears, says, sends } from '../kit/misbehaving-pop3.ts';
import { deleting, fetching, leaving, listing, opening, scripted, subjects } from './scripted.ts';
import { mail } from './world.ts';

const anna = 'anna@company.example';
const text = (subject: string) => mail(anna, subject).toString('latin1');
const [ONE, TWO, THREE] = ['one', 'two', 'tre'].map(text) as [string, string, string];
const KEEP = { accountKeys: 'Keep on server=1' };

/** The listing of a server without UIDL. */
function nameless(...texts: string[]): Act[] {
  const acts = opening(...texts.map((one): [string, string] => ['', one]));
  return [...acts.slice(0, -1), says('-ERR unknown command')];
}

const all = (...texts: string[]): Act[] => texts.flatMap((one, at) => fetching(one, at + 1));
const deletingAll = (count: number): Act[] => Array.from({ length: count }, (_, at) => deleting(at + 1)).flat();

describe('POP12: a server without UIDL', () => {
  test('whose QUIT was lost: what is still there is known by its content, although its number is another one', async () => {
    await using it = await scripted([
      [...nameless(ONE, TWO), ...all(ONE, TWO), ...deletingAll(2), hears('QUIT'), closes],
      // Message 1 has been taken away by somebody else; a new one has come. Numbers say nothing.
      [...nameless(TWO, THREE), ...all(TWO, THREE), ...deletingAll(2), ...leaving],
    ]);
    await it.world.session();
    expect(await it.world.session()).toMatchObject({ messages: 1, errors: [] });
    expect(subjects(it.world.inside.received)).toEqual(['one', 'two', 'tre']);
    expect(it.problems).toEqual([]);
  });

  test('whose mail is kept there: nobody has it twice', async () => {
    const session = [...nameless(ONE, TWO), ...all(ONE, TWO), ...leaving];
    await using it = await scripted([session, session, session], KEEP);
    for (let n = 0; n < 3; n += 1) expect((await it.world.session()).errors).toEqual([]);
    expect(subjects(it.world.inside.received)).toEqual(['one', 'two']);
    expect(it.world.told('message.deleted')).toEqual([]);
    expect(it.problems).toEqual([]);
  });
});

describe('POP13, POP14: names that are none', () => {
  test('POP13: two that share a name for a while: each is delivered once, and neither is deleted for the other', async () => {
    await using it = await scripted([
      [...opening(['u', ONE]), ...fetching(ONE), hears('DELE 1'), says('+OK'), hears('QUIT'), closes],
      // The first is still there; another one has its name by now.
      [...opening(['u', TWO], ['u', ONE]), ...all(TWO, ONE), ...deletingAll(2), ...leaving],
    ]);
    await it.world.session();
    expect((await it.world.session()).errors).toEqual([]);
    expect(subjects(it.world.inside.received)).toEqual(expect.arrayContaining(['one', 'two']) as string[]);
    expect(it.world.inside.received.length).toBeLessThanOrEqual(3); // the first may come once more: it is an unknown one now
    expect(it.problems).toEqual([]);
  });

  test.each<[string, string[]]>([
    ['paths', ['../../etc/x', '/etc/passwd', 'C:\\con']],
    ['blanks inside, and at the end', ['a b', 'a  b', 'a b ']],
    ['8-bit and control octets', ['\xe9', '\x01', '\x7f\x1b[2J']],
    ['octets that begin alike, up to a NUL', ['a\0b', 'a\0c', 'a']],
    ['upper and lower case', ['abc', 'ABC', 'aBC']],
    ['words of a query', ["'; DROP TABLE ledger; --", '%', '_']],
    ['words of JavaScript', ['__proto__', 'constructor', 'toString']],
    ['more than 70 octets that differ in the last', ['1', '2', '3'].map((end) => `${'u'.repeat(300)}${end}`)],
  ])('POP14: %s: each name is one message, kept by the ledger octet for octet', async (_what, uidls) => {
    const texts = [ONE, TWO, THREE];
    const named = uidls.map((uidl, at): [string, string] => [uidl, texts[at] ?? '']);
    await using it = await scripted(
      [
        [...opening(...named), ...all(...texts), ...leaving],
        [...opening(...named), ...leaving],
        // The second has gone, the others stay known.
        [...opening(...named.filter((_, at) => at !== 1)), ...leaving],
        [...opening(...named), ...fetching(TWO, 2), ...leaving],
      ],
      KEEP,
    );
    for (let n = 0; n < 2; n += 1) expect((await it.world.session()).errors).toEqual([]);
    await it.world.reconfigure(KEEP); // as a restart does
    for (let n = 0; n < 2; n += 1) expect((await it.world.session()).errors).toEqual([]);
    expect(subjects(it.world.inside.received)).toEqual(['one', 'two', 'tre', 'two']);
    expect((await it.world.entries()).map(({ uidl }) => uidl).toSorted()).toEqual(uidls.toSorted());
    expect(it.problems).toEqual([]);
  });
});

describe('POP14: a UIDL that looks like our own name for content (sha256:…)', () => {
  const [A, B] = ['a', 'b'].map((digit) => `sha256:${digit.repeat(64)}`) as [string, string];

  test.each(['sha256:abc', A])('is a UIDL, and known for as long as it is listed: %s', async (uidl) => {
    const both = opening([uidl, ONE], ['v', TWO]);
    const one = opening([uidl, ONE]);
    await using it = await scripted(
      [
        [...both, ...all(ONE, TWO), ...leaving],
        [...one, ...leaving],
        [...one, ...leaving],
      ],
      KEEP,
    );
    for (let n = 0; n < 3; n += 1) expect((await it.world.session()).errors).toEqual([]);
    expect(it.world.inside.received).toHaveLength(2);
    expect(it.problems).toEqual([]);
  });

  test('POP16: is noted like any other when its message is to be deleted', async () => {
    await using it = await scripted([
      [...opening([A, ONE]), ...fetching(ONE), ...deleting(), hears('QUIT'), closes],
      [...opening([A, TWO]), ...fetching(TWO), ...deleting(), ...leaving],
    ]);
    for (let n = 0; n < 2; n += 1) await it.world.session();
    expect(subjects(it.world.inside.received)).toEqual(['one', 'two']);
    expect(it.problems).toEqual([]);
  });

  test('is not forgotten with a mailbox that is no longer nameless, and one that is gone is', async () => {
    await using it = await scripted(
      [
        [...opening([A, ONE], [B, TWO], ['', THREE]), ...all(ONE, TWO, THREE), ...leaving],
        [...opening([A, ONE]), ...leaving],
      ],
      KEEP,
    );
    for (let n = 0; n < 2; n += 1) await it.world.session();
    expect((await it.world.entries()).map(({ uidl }) => uidl)).toEqual([A]);
    expect(it.problems).toEqual([]);
  });
});

test('POP12: what a ledger of before knows by its content, under sha256: and its digest, is delivered no second time', async () => {
  const session = [...nameless(ONE), ...all(ONE), ...leaving];
  await using it = await scripted([session, session, [...opening(), ...leaving]], KEEP);
  const { ledger } = it.world.store;
  const digest = createHash('sha256').update(ONE).digest('hex');
  const known = { ...newLedgerEntry(`sha256:${digest}`, ONE.length, 1), digest, deliveredAt: 2, deliveredTo: [anna] };
  await ledger.remember('office', [known]);
  for (let n = 0; n < 2; n += 1) expect(await it.world.session()).toMatchObject({ messages: 0, errors: [] });
  expect(it.world.inside.received).toEqual([]);
  await it.world.session();
  expect(await it.world.entries()).toEqual([]);
  expect(it.problems).toEqual([]);
});

describe('POP13: messages without a name of their own are an alarm', () => {
  const clean = [...opening(), ...leaving];

  test.each<[string, [uidl: string, text: string][]]>([
    [
      'two under one UIDL',
      [
        ['u', ONE],
        ['u', TWO],
      ],
    ],
    [
      'one of two blank',
      [
        ['u', ONE],
        ['', TWO],
      ],
    ],
    [
      'all blank, and kept there',
      [
        ['', ONE],
        ['', TWO],
      ],
    ],
  ])('%s: told once, and over when they are gone', async (_what, messages) => {
    const known = messages[0]?.[0] === messages[1]?.[0] ? all(ONE, TWO) : fetching(TWO, 2);
    await using it = await scripted(
      [[...opening(...messages), ...all(ONE, TWO), ...leaving], [...opening(...messages), ...known, ...leaving], clean],
      KEEP,
    );
    for (let n = 0; n < 2; n += 1) await it.world.session();
    expect(it.world.told('alert.raised')).toMatchObject([{ key: 'nameless:office', about: 'office' }]);
    expect(it.world.told('alert.cleared')).toEqual([]);
    await it.world.session();
    expect(it.world.told('alert.cleared')).toMatchObject([{ key: 'nameless:office' }]);
    expect(it.problems).toEqual([]);
  });

  test('POP12: but a server that has no UIDL, where nothing is kept, costs nothing and is none', async () => {
    await using it = await scripted([[...nameless(ONE), ...all(ONE), ...deleting(), ...leaving], clean]);
    for (let n = 0; n < 2; n += 1) await it.world.session();
    expect(it.world.told('alert.raised')).toEqual([]);
    expect(it.problems).toEqual([]);
  });
});

test('POP17: what LIST and UIDL do not both name waits for the next session', async () => {
  const halves = [...opening(['a', ONE], ['b', TWO])];
  const lists = halves.slice(0, -1);
  await using it = await scripted([
    // Message 2 has come between LIST and UIDL, message 3 has gone there.
    [...lists, sends('+OK\r\n1 a\r\n3 c\r\n.\r\n'), ...fetching(ONE), ...deleting(), ...leaving],
    [...opening(['b', TWO]), ...fetching(TWO), ...deleting(), ...leaving],
  ]);
  for (let n = 0; n < 2; n += 1) expect(await it.world.session()).toMatchObject({ messages: 1, errors: [] });
  expect(subjects(it.world.inside.received)).toEqual(['one', 'two']);
  expect(it.problems).toEqual([]);
});

test('POP16: a name that comes back with a message of another size, before the first was deleted, is a new message', async () => {
  const longer = text('one and more');
  await using it = await scripted(
    [
      [...opening(['u', ONE]), ...fetching(ONE), ...leaving],
      [...opening(['u', longer]), ...fetching(longer), ...leaving],
      [...opening(['u', longer]), ...leaving],
    ],
    KEEP,
  );
  for (let n = 0; n < 3; n += 1) expect((await it.world.session()).errors).toEqual([]);
  expect(subjects(it.world.inside.received)).toEqual(['one', 'one and more']);
  expect(it.problems).toEqual([]);
});

test('POP25: a server that never lets a message go: it is told to in each session, nobody has it twice, and no alarm is raised', async () => {
  const refusing: Act[] = [hears('DELE 1'), says('-ERR not permitted')];
  await using it = await scripted([
    [...opening(['u', ONE]), ...fetching(ONE), ...refusing, ...leaving],
    [...opening(['u', ONE]), ...refusing, ...leaving],
  ]);
  for (let n = 0; n < 4; n += 1) expect((await it.world.session()).errors).toEqual([]);
  expect(it.world.inside.received).toHaveLength(1);
  expect(it.world.told('message.deleted')).toEqual([]);
  expect(it.world.told('alert.raised')).toEqual([]);
  expect(it.world.told('mailbox.finished').map(({ left }) => left)).toEqual([1, 1, 1, 1]);
  expect(it.problems).toEqual([]);
});

test('POP26, I05: a server that answers QUIT with +OK and keeps all, in each session, gives nobody a second copy', async () => {
  const named = `Message-ID: <1@x>\r\n${ONE}`;
  const again = [
    ...opening(['u', named]),
    hears('TOP 1 0'),
    sends(`+OK\r\n${named.split('\r\n\r\n')[0]}\r\n\r\n.\r\n`),
  ];
  await using it = await scripted([
    [...opening(['u', named]), ...fetching(named), ...deleting(), ...leaving],
    [...again, ...deleting(), ...leaving],
  ]);
  for (let n = 0; n < 4; n += 1) expect((await it.world.session()).errors).toEqual([]);
  expect(it.world.inside.received).toHaveLength(1);
  expect(it.problems).toEqual([]);
});

test('POP20: sizes that LIST makes up: a message is what its final dot ends, delivered once', async () => {
  const made = listing([
    ['a', 1],
    ['b', 999_999_999_999],
    ['c', 0],
  ]);
  await using it = await scripted([
    [...made, ...all(ONE, TWO, THREE), hears('NOOP'), says('+OK'), ...deletingAll(3), ...leaving],
  ]);
  expect(await it.world.session()).toMatchObject({ messages: 3, errors: [] });
  expect(it.world.inside.received.map(({ bytes }) => bytes.toString('latin1'))).toEqual([ONE, TWO, THREE]);
  expect(it.problems).toEqual([]);
});
