/** `mailgate accounts` and `renumbered`. */
import { expect, test } from 'vitest';
import { formatClock } from '../../src/protocol/lines.ts';
import { accountDetail } from '../../src/protocol/model.ts';
import { CallError } from '../../src/protocol/errors.ts';
import { account, samples } from '../control/answers.ts';
import { startGateway } from './gateway.ts';

const NEXT = formatClock('2026-11-24T09:10:00.000Z');

test('G13: accounts list says how each account is, what limits it and who set the limit, and what a raised one would release', async () => {
  await using gw = await startGateway();
  const { code, out } = await gw.ask('accounts', 'list');

  expect(code).toBe(0);
  expect(out).toBe(`name   state  left  too large  stuck  limit    set by           next   note
sales  ok     3     1          1      10.0 Mb  internal server  ${NEXT}
info   ok     0     0          0      10.0 Mb  internal server  ${NEXT}

sales: 1 message is larger than 10.0 Mb; a raised limit releases them, the smallest first.
  Limits: account none, internal server 10.0 Mb, configuration none, disk none.
  20.0 Mb  big  a@b.c  Plans
`);
});

test('what needs a person stands in the note, and remote text cannot steer the terminal', async () => {
  await using gw = await startGateway();
  const signIn = { signedIn: false, user: null, expiresAt: null };
  const calm = { left: 0, oversize: 0, stuck: 0, tooLarge: [], limit: { bytes: 0, setBy: 'nobody' as const } };
  gw.answer('accounts.list', {
    accounts: [
      account({ ...calm, state: 'paused', renumbered: { known: 40, gone: 38, fresh: 39 }, lastError: 'new UIDLs' }),
      account({ ...calm, name: 'info', state: 'locked', signIn, nextAt: null, lastError: '-ERR \u001b[2Jno' }),
      account({ ...calm, name: 'old', state: 'disabled', note: 'token dies in 6 days' }),
    ],
  });

  expect((await gw.ask('accounts', 'list')).out.split('\n').slice(1)).toEqual([
    `sales  paused    0     0          0      none           ${NEXT}  renumbered: mailgate renumbered sales adopt|fetch`,
    'info   locked    0     0          0      none           -      not signed in: mailgate sign-in info; -ERR \\x1b[2Jno',
    `old    disabled  0     0          0      none           ${NEXT}  token dies in 6 days`,
    '',
  ]);
});

test('accounts list in French, and with no account at all', async () => {
  await using gw = await startGateway();
  const french = (await gw.ask('accounts', 'list', '--lang', 'fr')).out;
  expect(french).toContain('nom    état      restent  trop gros  bloqués  limite   fixée par');
  expect(french).toContain(
    "sales : 1 message dépasse 10,0 Mb ; une limite relevée les libère, les plus petits d'abord.",
  );

  gw.answer('accounts.list', { accounts: [] });
  expect(await gw.ask('accounts', 'list')).toMatchObject({ code: 0, out: 'None is configured.\n' });
  expect(await gw.ask('accounts', 'list', '--json')).toMatchObject({ code: 0, out: '' });
});

test('WS16: accounts list --json is one account a line, its password as ***', async () => {
  await using gw = await startGateway();
  const accounts = (await gw.ask('accounts', 'list', '--json')).json();

  expect(accounts).toEqual(samples['accounts.list'].accounts.map((one) => ({ ...one, password: '***' })));
  for (const one of accounts) expect(accountDetail.loose().parse(one)).toEqual(one);
});

test('accounts test prints the dialogue; one account that does not let us in makes it exit 1', async () => {
  await using gw = await startGateway();
  expect(await gw.ask('accounts', 'test', 'sales')).toMatchObject({
    code: 0,
    out: '< +OK ready\n> USER sales\nIt works: 3 messages, 41.2 kb.\n',
  });

  const refused = { ok: false, messages: 0, bytes: 0, why: 'Login refused: -ERR no', dialogue: ['< -ERR no'] };
  gw.answer('accounts.test', refused);
  expect(await gw.ask('accounts', 'test', 'sales', 'info', '--lang', 'fr')).toMatchObject({
    code: 1,
    out: '< -ERR no\nCela ne fonctionne pas : Login refused: -ERR no\n'.repeat(2),
  });
  const { code, json } = await gw.ask('accounts', 'test', 'sales', 'info', '--json');
  expect({ code, documents: json() }).toEqual({
    code: 1,
    documents: [
      { account: 'sales', ...refused },
      { account: 'info', ...refused },
    ],
  });
  expect(await gw.ask('accounts', 'test', 'nobody')).toMatchObject({
    code: 76,
    err: 'mailgate: There is no account "nobody".\n',
  });
});

test('S59: accounts forget-ids forgets all, or one message', async () => {
  await using gw = await startGateway();

  expect(await gw.ask('accounts', 'forget-ids', 'sales')).toMatchObject({
    code: 0,
    out: '3 messages of sales forgotten.\n',
  });
  gw.answer('accounts.forget-ids', { forgotten: 1 });
  expect(await gw.ask('accounts', 'forget-ids', 'sales', '--uidl', 'u1', '--lang', 'fr')).toMatchObject({
    code: 0,
    out: '1 message oublié de sales.\n',
  });
  expect((await gw.ask('accounts', 'forget-ids', 'sales', '--json')).json()).toEqual([{ forgotten: 1 }]);
  expect(gw.asked().map((one) => one.with)).toEqual([
    { account: 'sales', by: 'anna' },
    { account: 'sales', uidl: 'u1', by: 'anna' },
    { account: 'sales', by: 'anna' },
  ]);
});

test('I06: renumbered answers adopt or fetch, and nothing else', async () => {
  await using gw = await startGateway();

  expect(await gw.ask('renumbered', 'sales', 'adopt')).toMatchObject({
    code: 0,
    out: 'sales: the messages are taken for the known ones.\n',
  });
  expect(await gw.ask('renumbered', 'sales', 'fetch', '--lang', 'fr')).toMatchObject({
    code: 0,
    out: 'sales : les messages sont considérés comme nouveaux.\n',
  });
  expect((await gw.ask('renumbered', 'sales', 'adopt', '--json')).json()).toEqual([samples['renumbered.answer']]);
  expect(await gw.ask('renumbered', 'sales', 'forget')).toMatchObject({
    code: 2,
    err: expect.stringContaining('adopt, fetch'),
  });
  gw.refuse('renumbered.answer', new CallError('conflict', 'Nothing is asked about sales.'));
  expect(await gw.ask('renumbered', 'sales', 'adopt')).toMatchObject({
    code: 75,
    err: 'mailgate: Nothing is asked about sales.\n',
  });
});
