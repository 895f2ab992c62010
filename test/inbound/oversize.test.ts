/** Messages that are too large, on real parts: who is told, when, and what releases them (S63-S68, G13, POP20). */
import { describe, expect, test } from 'vitest';
import { oversizeDue } from '../../src/daemon/inbound/oversize.ts';
import { newLedgerEntry } from '../../src/daemon/store/store.ts';
import { hears, says, sends } from '../kit/misbehaving-pop3.ts';
import { deleting, fetching, leaving, listing, opening, scripted, subjects, topping } from './scripted.ts';
import { inboundWorld, mail, recipient } from './world.ts';

const anna = 'anna@company.example';
const SENDER = 'sender@elsewhere.example';
const large = (to = anna) => mail(to, 'large', `${'x'.repeat(76)}\r\n`.repeat(100));
const LIMIT = 'Maximum size for messages=1000';

const notices = (world: { inside: { received: readonly { sender: string; recipients: readonly string[] }[] } }) =>
  world.inside.received.filter(({ sender }) => sender === '').flatMap(({ recipients }) => recipients);

test('S65, S66: it is not downloaded and not deleted, and its recipient is told once, also over a restart', async () => {
  await using world = await inboundWorld({
    mailboxes: { office: [large()] },
    ini: recipient('anna'),
    accountKeys: LIMIT,
  });
  expect(await world.session()).toMatchObject({ messages: 0, errors: [] });
  await world.session();
  await world.reconfigure({});
  await world.session();
  expect(world.told('message.fetched')).toEqual([]);
  expect(world.pop3.messages('office')).toHaveLength(1);
  expect(notices(world)).toEqual([anna]);
  expect(world.told('message.oversize')).toMatchObject([
    { number: 1, limit: 1_000, setBy: 'account', from: SENDER, subject: 'large', told: [anna] },
  ]);
  expect(world.told('mailbox.finished').map(({ left, oversize }) => [left, oversize])).toEqual([
    [1, 1],
    [1, 1],
    [1, 1],
  ]);
});

test('S64: a limit that only the internal server has is a warning in the log, and is told as its own', async () => {
  await using world = await inboundWorld({
    mailboxes: { office: [large()] },
    ini: recipient('anna'),
    inside: { size: 5_000 },
  });
  await world.session();
  expect(world.told('message.oversize')).toMatchObject([{ limit: 5_000, setBy: 'mail server', told: [anna] }]);
});

test('G13: another limit in its way is said again, but nobody is told twice', async () => {
  await using world = await inboundWorld({
    mailboxes: { office: [large()] },
    ini: recipient('anna'),
    accountKeys: LIMIT,
  });
  await world.session();
  await world.reconfigure({ accountKeys: '', insideKeys: 'Size limit bytes=2000' });
  await world.session();
  expect(world.told('message.oversize').map(({ limit, setBy, told }) => [limit, setBy, told])).toEqual([
    [1_000, 'account', [anna]],
    [2_000, 'configuration', []],
  ]);
  expect(notices(world)).toEqual([anna]);
});

test('S66, G13: raising the limit fetches it by itself', async () => {
  await using world = await inboundWorld({
    mailboxes: { office: [large()] },
    ini: recipient('anna'),
    accountKeys: LIMIT,
  });
  await world.session();
  await world.reconfigure({ accountKeys: 'Maximum size for messages=100000' });
  expect(await world.session()).toMatchObject({ messages: 1, errors: [] });
  expect(world.pop3.messages('office')).toHaveLength(0);
  expect(subjects(world.inside.received).at(-1)).toBe('large');
});

test('G08: a message that an operator wants is fetched in spite of the limit, and the limit holds for the others', async () => {
  await using world = await inboundWorld({
    mailboxes: { office: [large(), large()] },
    ini: recipient('anna'),
    accountKeys: LIMIT,
  });
  await world.session();
  const [one] = await world.entries();
  if (one) await world.store.ledger.remember('office', [{ ...one, wanted: true }]);
  expect(await world.session()).toMatchObject({ messages: 1, errors: [] });
  expect(world.pop3.messages('office').map(({ uidl }) => uidl)).toEqual(['office-2']);
});

test('S67: with the option, the sender is told, too', async () => {
  await using world = await inboundWorld({
    mailboxes: { office: [large()] },
    ini: recipient('anna'),
    accountKeys: `${LIMIT}\nAlso notify the sender=1`,
  });
  await world.session();
  await world.session();
  expect(notices(world)).toEqual([anna, SENDER]);
  expect(world.told('message.oversize')).toMatchObject([{ told: [anna, SENDER] }]);
});

test('S65: a notice that nobody took is tried again in the next session, and then told', async () => {
  const replies: Record<string, string> = { [anna]: '451 4.2.1 busy' };
  await using world = await inboundWorld({
    mailboxes: { office: [large()] },
    ini: recipient('anna'),
    accountKeys: LIMIT,
    inside: { replies },
  });
  await world.session();
  expect(world.told('report.failed')).toMatchObject([{ report: 'notice', to: anna }]);
  delete replies[anna];
  await world.session();
  await world.session();
  expect(notices(world)).toEqual([anna]);
  expect(world.told('message.oversize').map(({ told }) => told)).toEqual([[], [anna]]);
});

test("one that is nobody's is told to nobody, and its header is asked for once", async () => {
  const lost = large('nobody@company.example').toString('latin1');
  await using it = await scripted(
    [
      [...opening(['u', lost]), ...topping(lost), ...leaving],
      [...opening(['u', lost]), ...leaving],
    ],
    { accountKeys: LIMIT },
  );
  for (let n = 0; n < 2; n += 1) await it.world.session();
  expect(it.world.told('message.oversize')).toMatchObject([{ subject: 'large', told: [] }]);
  expect(it.problems).toEqual([]);
});

test('a server without TOP: the warning is there, without a name', async () => {
  const text = large().toString('latin1');
  await using it = await scripted([[...opening(['u', text]), hears('TOP 1 0'), says('-ERR no TOP here'), ...leaving]], {
    accountKeys: LIMIT,
  });
  expect(await it.world.session()).toMatchObject({ errors: [] });
  expect(it.world.told('message.oversize')).toMatchObject([{ from: '', subject: '', told: [] }]);
  expect(it.problems).toEqual([]);
});

test('POP13: oversize messages without a name are known by their header, and told once', async () => {
  const [one, two] = [large().toString('latin1'), `X-Other: 1\r\n${large().toString('latin1')}`];
  const session = [...opening(['same', one], ['same', two]), ...topping(one), ...topping(two, 2), ...leaving];
  await using it = await scripted([session, session], { accountKeys: LIMIT });
  for (let n = 0; n < 2; n += 1) await it.world.session();
  expect(it.world.told('message.oversize').map(({ number }) => number)).toEqual([1, 2]);
  expect(notices(it.world)).toEqual([anna, anna]);
  expect(it.problems).toEqual([]);
});

test('POP20: a body that is longer than LIST said stays, is told, and is fetched once the limit is larger than that', async () => {
  const text = large().toString('latin1');
  const small = listing([['u', 100]]);
  await using it = await scripted(
    [
      [...small, ...fetching(text), ...topping(text), ...leaving],
      [...small, ...leaving],
      [...small, ...fetching(text), hears('NOOP'), says('+OK'), ...deleting(), ...leaving],
    ],
    { accountKeys: LIMIT },
  );
  for (let n = 0; n < 2; n += 1) expect(await it.world.session()).toMatchObject({ messages: 0, errors: [] });
  expect(it.world.told('message.oversize')).toMatchObject([{ bytes: 1_001, limit: 1_000, told: [anna] }]);
  await it.world.reconfigure({ accountKeys: 'Maximum size for messages=1001000' });
  expect(await it.world.session()).toMatchObject({ messages: 1, errors: [] });
  expect(it.problems).toEqual([]);
});

test('a session that breaks at the header of an oversize message has handed the others over all the same', async () => {
  const [text, small] = [large().toString('latin1'), mail(anna, 'small').toString('latin1')];
  await using it = await scripted(
    [
      [...opening(['u', text], ['v', small]), ...fetching(small, 2), hears('TOP 1 0'), sends('+OK\r\nFrom: ')],
      [...opening(['u', text], ['v', small]), ...topping(text), ...deleting(2), ...leaving],
    ],
    { accountKeys: LIMIT },
  );
  expect(await it.world.session()).toMatchObject({ messages: 1, errors: [{ account: 'office' }] });
  expect(await it.world.session()).toMatchObject({ messages: 0, errors: [] });
  expect(it.problems).toEqual([]);
});

describe('what is still to be said of a message that is too large', () => {
  const words = 'It is larger than 10 octets, the limit of the account.';
  const said = { ...newLedgerEntry('u', 100, 0), lastError: words };
  test.each([
    ['it is new', undefined, { warning: true, notice: true }],
    ['all was said', { ...said, noticedAt: 1 }, { warning: false, notice: false }],
    ['another limit is in the way', { ...said, noticedAt: 1, lastError: 'x' }, { warning: true, notice: false }],
    ['nobody took the notice', { ...said, failures: 9 }, { warning: false, notice: true }],
    ['nobody ever takes it', { ...said, failures: 10 }, { warning: false, notice: false }],
    ['nobody is there for it', { ...said, unroutableUnder: 'r' }, { warning: false, notice: false }],
    ['somebody is there for it now', { ...said, unroutableUnder: 'other' }, { warning: false, notice: true }],
  ])('%s', (_what, entry, expected) => {
    expect(oversizeDue(entry, words, 'r')).toEqual(expected);
  });
});
