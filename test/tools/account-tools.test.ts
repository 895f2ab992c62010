/** The account page: whose limit it is (G13), a try of the connection, the memory of what was fetched (S59), the answer of I06. */
import { describe, expect, test } from 'vitest';
import type { AccountStatus } from '../../src/protocol/model.ts';
import { until } from '../kit/until.ts';
import { mail, mailboxWorld, PASSWORD } from './mailbox-world.ts';
import { wholeLedger } from '../kit/ledger.ts';

const account = 'Sales';
const status = (more: Partial<AccountStatus> = {}): AccountStatus => ({
  ...{ name: account, state: 'ok', lastSuccessAt: null, consecutiveErrors: 0, lastError: null },
  ...{ left: 3, oversize: 0, stuck: 0, note: '' },
  ...more,
});

describe('the list of accounts', () => {
  test('has the keys of each account, and no secret of it', async () => {
    await using world = await mailboxWorld([], { keys: ['Comment=Head office', 'Keep on server=1', 'Enabled=0'] });
    world.world.nextAt = Date.UTC(2026, 10, 24, 12);
    const { accounts } = await world.call('accounts.list', {});
    expect(accounts).toMatchObject([
      {
        ...{ name: account, state: 'never', enabled: false, host: '127.0.0.1', port: world.wire.port },
        ...{ security: 'none', user: 'sales', authentication: 'auto', comment: 'Head office', keepOnServer: true },
        ...{ oauth2: null, signIn: null, renumbered: null, nextAt: '2026-11-24T12:00:00.000Z', tooLarge: [] },
      },
    ]);
    expect(JSON.stringify(accounts)).not.toContain(PASSWORD);
  });

  test.each([
    [0, { configuration: 0, mailServer: 0, disk: 0 }, { bytes: 0, setBy: 'nobody' }],
    [2_000, { configuration: 0, mailServer: 0, disk: 0 }, { bytes: 2_000, setBy: 'account' }],
    [2_000, { configuration: 0, mailServer: 1_500, disk: 0 }, { bytes: 1_500, setBy: 'mail server' }],
    [0, { configuration: 1_000, mailServer: 1_500, disk: 0 }, { bytes: 1_000, setBy: 'configuration' }],
    [1_000, { configuration: 1_000, mailServer: 1_000, disk: 0 }, { bytes: 1_000, setBy: 'account' }],
    [9_000, { configuration: 0, mailServer: 8_000, disk: 7_000 }, { bytes: 7_000, setBy: 'disk' }],
  ])('says whose limit keeps mail on the server: own %d, others %j (G13)', async (own, others, limit) => {
    await using world = await mailboxWorld([], { keys: [`Maximum size for messages=${own}`] });
    world.world.otherLimits = others;
    const { accounts } = await world.call('accounts.list', {});
    expect(accounts[0]).toMatchObject({ limit, limits: { account: own, ...others } });
  });

  test('names what a raised limit would release, the smallest first (G13)', async () => {
    await using world = await mailboxWorld([], { keys: ['Maximum size for messages=1000'] });
    const sized = (uidl: string, bytes: number, more = {}) => world.seen(uidl, { bytes, ...more });
    await world.remember(
      sized('huge', 9_000),
      sized('small', 999),
      sized('fits', 1_000),
      sized('large', 1_001),
      sized('delivered', 8_000, { deliveredAt: 1 }),
      sized('deleted', 8_000, { deletedAt: 1 }),
      sized('found', 10, { tooLargeFor: 1_000 }),
      ...Array.from({ length: 30 }, (_, n) => sized(`more${n}`, 20_000 + n)),
    );
    const listed = async () => (await world.call('accounts.list', {})).accounts[0]?.tooLarge ?? [];
    expect((await listed()).map(({ uidl }) => uidl).slice(0, 4)).toEqual(['found', 'large', 'huge', 'more0']);
    expect(await listed()).toHaveLength(20);
    expect((await listed())[1]).toEqual({ uidl: 'large', bytes: 1_001, from: 'a@b.example', subject: 'known large' });

    world.world.statuses.push(status({ oversize: 0 })); // the last session found none: the ledger is not read for nothing
    expect(await listed()).toEqual([]);
    world.world.statuses.splice(0, 1, status({ oversize: 32, note: 'token dies in 6 days' }));
    expect(await listed()).toHaveLength(20);
    expect((await world.call('accounts.list', {})).accounts[0]).toMatchObject({
      left: 3,
      note: 'token dies in 6 days',
    });
  });
});

describe('the try of an account', () => {
  test('shows the dialogue with the password masked, counts, and fetches and deletes nothing (S61, S92)', async () => {
    await using world = await mailboxWorld([mail('a'), mail('b')]);
    const { dialogue, ...found } = await world.call('accounts.test', { account: 'sales' });
    expect(found).toEqual({ ok: true, messages: 2, bytes: mail('a').bytes.length * 2, why: '' });
    expect(dialogue).toEqual(expect.arrayContaining(['> USER sales', '> PASS XXXX', '> LIST', '> QUIT', '< +OK bye']));
    expect(dialogue.every((line) => /^[<>*] /.test(line))).toBe(true);
    expect(dialogue.join('\n')).not.toContain(PASSWORD);
    expect(world.wire.said.some((line) => /^(RETR|TOP|DELE)/.test(line))).toBe(false);
    expect(world.gate.enterForSession(account)).not.toBeNull();
  });

  test('that is refused says why, with the dialogue up to there', async () => {
    await using world = await mailboxWorld([], { password: 'wrong' });
    const tried = await world.call('accounts.test', { account });
    expect(tried).toMatchObject({ ok: false, messages: 0, why: expect.stringContaining('Login refused') });
    expect(tried.dialogue.at(-1)).toContain('-ERR');
    expect(world.gate.enterForSession(account)).not.toBeNull();
  });

  test('gives way to a session, takes the place of one who only looks, and waits for nobody', async () => {
    await using world = await mailboxWorld([mail('a')]);
    await world.list();
    expect(await world.call('accounts.test', { account })).toMatchObject({ ok: true });
    expect((await world.list()).total).toBe(1);

    const heard = world.wire.hold('LIST');
    world.browser.close();
    const tried = world.refusal('accounts.test', { account });
    await until('LIST', () => heard() || undefined);
    const session = world.gate.enterForSession(account);
    expect(session).not.toBeNull();
    expect(await tried).toMatchObject({ reason: 'conflict' });
    expect(await world.refusal('accounts.test', { account })).toMatchObject({ reason: 'conflict' });
  });
});

describe('the memory of what was fetched', () => {
  test('is cleared for one message or for all, and the answer says how many that were (S59)', async () => {
    await using world = await mailboxWorld([mail('a')]);
    await world.remember(world.seen('a', { deliveredAt: 1 }), world.seen('b'), world.seen('c'));
    expect((await world.list()).messages[0]?.state).toBe('fetched');

    expect(await world.call('accounts.forget-ids', { account, uidl: 'z' })).toEqual({ forgotten: 0 });
    expect(await world.call('accounts.forget-ids', { account: 'SALES', uidl: 'a' })).toEqual({ forgotten: 1 });
    expect((await world.list()).messages[0]?.state).toBe('new');
    expect([...(await wholeLedger(world.store.ledger, account)).keys()]).toEqual(['b', 'c']);
    expect(await world.call('accounts.forget-ids', { account })).toEqual({ forgotten: 2 });
    expect((await wholeLedger(world.store.ledger, account)).size).toBe(0);
  });

  test('is not cleared under a session, which would write it back (S59)', async () => {
    await using world = await mailboxWorld([]);
    await world.remember(world.seen('a'));
    const session = world.gate.enterForSession(account);
    expect(await world.refusal('accounts.forget-ids', { account })).toMatchObject({ reason: 'conflict' });
    session?.leave();
    expect(await world.call('accounts.forget-ids', { account })).toEqual({ forgotten: 1 });
  });
});

test('the question of a renumbered mailbox is shown, answered once, and the answer waits for the next session (I06)', async () => {
  await using world = await mailboxWorld([]);
  const memo = 'renumbered:Sales';
  expect(await world.refusal('renumbered.answer', { account, answer: 'adopt' })).toMatchObject({ reason: 'refused' });
  expect(await world.store.memos.get(memo)).toBeNull();

  await world.store.memos.put(memo, JSON.stringify({ state: 'asked', known: 20, gone: 19, fresh: 18, at: 1 }));
  expect((await world.call('accounts.list', {})).accounts[0]?.renumbered).toEqual({ known: 20, gone: 19, fresh: 18 });

  expect(await world.call('renumbered.answer', { account: 'sales', answer: 'adopt' })).toEqual({
    account,
    answer: 'adopt',
  });
  expect(JSON.parse((await world.store.memos.get(memo)) ?? '')).toMatchObject({ state: 'adopt' });
  expect((await world.call('accounts.list', {})).accounts[0]?.renumbered).toBeNull();
  expect(await world.refusal('renumbered.answer', { account, answer: 'fetch' })).toMatchObject({ reason: 'refused' });
});
