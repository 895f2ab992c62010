/** `mailgate mailbox`: what lies in a POP3 mailbox, and what becomes of it (S60, G08). */
import { describe, expect, test } from 'vitest';
import type { ResultOf } from '../../src/protocol/commands.ts';
import { formatDate } from '../../src/protocol/lines.ts';
import { mailboxMessage } from '../../src/protocol/model.ts';
import { listed, samples } from '../control/answers.ts';
import { report } from '../control/world.ts';
import { startGateway } from './gateway.ts';

type Gateway = Awaited<ReturnType<typeof startGateway>>;

/** A mailbox with so many messages, which answers in ranges of the size that was asked for. */
function fill(gw: Gateway, total: number): void {
  gw.gateway.replies['mailbox.list'] = async (): Promise<ResultOf<'mailbox.list'>> => {
    const { offset, limit } = gw.range();
    const messages = Array.from({ length: Math.min(limit, total - offset) }, (_, n) =>
      listed({ number: offset + n + 1, uidl: `u${offset + n + 1}` }),
    );
    return { total, bytes: 1, messages };
  };
}

describe('mailbox list', () => {
  test('G08: is a table with the state of each message', async () => {
    await using gw = await startGateway();
    gw.answer('mailbox.list', {
      total: 5,
      bytes: 1,
      messages: [
        listed(),
        listed({ number: 2, state: 'fetched', deleteAt: '2026-12-24T12:00:00.000Z', subject: 'é\u202e' }),
        listed({ number: 3, state: 'oversize', bytes: 20_971_520, why: 'larger than 10.0 Mb' }),
        listed({ number: 4, state: 'stuck', why: 'it broke the session twice' }),
        listed({ number: 5, state: 'kept', deleted: true }),
      ],
    });

    expect(await gw.ask('mailbox', 'list', 'sales')).toMatchObject({
      code: 0,
      err: '',
      out: `no.  state      size     deleted on  from   subject           remark
1    new        7.4 kb               a@b.c  A sample message
2    fetched    7.4 kb   2026-12-24  a@b.c  é\\u202e
3    too large  20.0 Mb              a@b.c  A sample message  larger than 10.0 Mb
4    stuck      7.4 kb               a@b.c  A sample message  it broke the session twice
5    deleted    7.4 kb               a@b.c  A sample message
`,
    });
    const french = (await gw.ask('mailbox', 'list', 'sales', '--lang', 'fr')).out;
    expect(french).toContain('2   téléchargé  7,4 kb   24/12/2026   a@b.c  é\\u202e');
  });

  test('--json is one message a line, as commands.md has it', async () => {
    await using gw = await startGateway();
    const messages = (await gw.ask('mailbox', 'list', 'sales', '--json')).json();

    expect(messages).toEqual(samples['mailbox.list'].messages);
    for (const message of messages) expect(mailboxMessage.parse(message)).toEqual(message);
  });

  test('shows a hundred and says how many there are; --limit more, --all all of them, range by range', async () => {
    await using gw = await startGateway();
    fill(gw, 1_201);

    const first = await gw.ask('mailbox', 'list', 'sales', '--json');
    expect(first.json()).toHaveLength(100);
    expect(first.err).toBe('mailgate: 100 of 1201 messages; --all shows the rest.\n');
    expect((await gw.ask('mailbox', 'list', 'sales', '--json', '--limit', '700')).json()).toHaveLength(700);
    const all = await gw.ask('mailbox', 'list', 'sales', '--json', '--all');
    expect(all.json().map((message) => (message as { number: number }).number)).toEqual(
      Array.from({ length: 1_201 }, (_, n) => n + 1),
    );
    expect(all.err).toBe('');
  });

  test('says when the mailbox is empty', async () => {
    await using gw = await startGateway();
    gw.answer('mailbox.list', { total: 0, bytes: 0, messages: [] });

    expect(await gw.ask('mailbox', 'list', 'sales')).toMatchObject({ code: 0, out: 'The mailbox is empty.\n' });
    expect(await gw.ask('mailbox', 'list', 'sales', '--json')).toMatchObject({ code: 0, out: '' });
    expect((await gw.ask('mailbox', 'list', 'nobody')).code).toBe(76);
  });
});

test('G02: mailbox top prints header, text and the dialogue of each try that failed', async () => {
  await using gw = await startGateway();
  const { code, out } = await gw.ask('mailbox', 'top', 'sales', '1', '--lines', '5');

  expect(code).toBe(0);
  expect(out).toBe(`1   "A sample message"   7.4 kb   stuck: it broke the session twice   u1
  Delivered to <sales@company.com>

  Subject: A sample message

  Hello.
${'  '}

Attempt 1   ${formatDate('2026-11-24T09:00:00.000Z', 'en')}   took 0.4 s   pop.isp.com   The connection was lost.
  > RETR 1
`);
  await gw.ask('mailbox', 'top', 'sales', '4', '--uidl', 'a', '--uidl', 'b', '--json');
  expect(gw.asked().map((one) => one.with)).toEqual([
    { account: 'sales', number: 1, lines: 5, by: 'anna' },
    { account: 'sales', number: 4, lines: 20, by: 'anna' },
    { account: 'sales', uidl: 'a', lines: 20, by: 'anna' },
    { account: 'sales', uidl: 'b', lines: 20, by: 'anna' },
  ]);
  expect((await gw.ask('mailbox', 'top', 'sales', '1', '--json')).json()).toEqual([samples['mailbox.top']]);
});

describe('mailbox fetch', () => {
  test('names the session that does it', async () => {
    await using gw = await startGateway();

    expect(await gw.ask('mailbox', 'fetch', 'sales', '1')).toMatchObject({
      code: 0,
      out: '1 message is fetched. Session 13 does it.\n',
    });
    expect(await gw.ask('mailbox', 'fetch', 'sales', '1', '--lang', 'fr')).toMatchObject({
      out: "1 message sera téléchargé. La session 13 s'en charge.\n",
    });
    expect((await gw.ask('mailbox', 'fetch', 'sales', '1', '--json')).json()).toEqual([samples['mailbox.fetch']]);
    expect(gw.asked()[0]?.with).toEqual({ account: 'sales', numbers: [1], wait: false, by: 'anna' });
  });

  test('--wait tells the end of the session, and exits 1 when it had errors', async () => {
    await using gw = await startGateway();
    gw.answer('mailbox.fetch', { ...samples['mailbox.fetch'], report });

    expect(await gw.ask('mailbox', 'fetch', 'sales', '1', '--wait')).toMatchObject({
      code: 1,
      out: `1 message is fetched. Session 13 does it.
Session 12 finished: 3 messages, 1 error.
  info: Login refused: -ERR [AUTH] invalid password
`,
    });
    gw.answer('mailbox.fetch', { ...samples['mailbox.fetch'], report: { ...report, errors: [] } });
    expect((await gw.ask('mailbox', 'fetch', 'sales', '1', '--wait')).code).toBe(0);
  });

  test('what cannot be fetched is named, and the exit code is 1', async () => {
    await using gw = await startGateway();
    const skipped = [
      { number: 7, uidl: 'u7', why: 'it is gone' },
      { number: 0, uidl: 'u8', why: 'no such message' },
    ];
    gw.answer('mailbox.fetch', { changed: [], skipped, later: false, session: null, report: null });

    expect(await gw.ask('mailbox', 'fetch', 'sales', '7', '--uidl', 'u8')).toMatchObject({
      code: 1,
      out: '0 messages are fetched.\n',
      err: 'mailgate: 7 (u7): it is gone\nmailgate: u8: no such message\n',
    });
  });
});

test('mailbox mark-fetched takes numbers and UIDLs, each once', async () => {
  await using gw = await startGateway();

  expect(await gw.ask('mailbox', 'mark-fetched', 'sales', '1', '1', '--uidl', 'u2')).toMatchObject({
    code: 0,
    out: '1 message marked as fetched.\n',
  });
  expect(gw.asked()[0]?.with).toEqual({ account: 'sales', numbers: [1], uidls: ['u2'], by: 'anna' });
});

describe('S60: mailbox delete', () => {
  test('says how many and takes --yes where nobody can be asked', async () => {
    await using gw = await startGateway();

    expect(await gw.ask('mailbox', 'delete', 'sales', '1', '2')).toMatchObject({
      code: 2,
      out: '',
      err: 'mailgate: This would delete 2 messages of sales for good: without a terminal to ask on it takes --yes.\n',
    });
    expect(gw.asked()).toEqual([]);
    expect(await gw.ask('mailbox', 'delete', 'sales', '1', '--yes', '--reason', 'spam')).toMatchObject({
      code: 0,
      out: '1 message deleted.\n',
    });
    expect(gw.asked()[0]?.with).toEqual({ account: 'sales', numbers: [1], close: true, reason: 'spam', by: 'anna' });
  });

  test('T27: asks on a terminal, for one message too; only a yes is one', async () => {
    await using gw = await startGateway();
    for (const typed of ['\n', 'n\n', 'of course\n']) {
      const { code, err } = await gw.type(typed, 'mailbox', 'delete', 'sales', '1');
      expect(code).toBe(75);
      expect(err).toContain('Delete 1 message of sales from the POP3 server for good? [y/N] ');
      expect(err).toContain('Nothing was changed.');
    }
    expect(gw.asked()).toEqual([]);

    const french = await gw.type('oui\n', 'mailbox', 'delete', 'sales', '1', '2', '--lang', 'fr');
    expect(french).toMatchObject({ code: 0, out: '1 message supprimé.\n' });
    expect(french.err).toContain('Supprimer définitivement 2 messages de sales du serveur POP3 ? [o/N] ');
  });

  test('G08: --no-close only marks, undelete takes it back, close deletes', async () => {
    await using gw = await startGateway();

    expect(await gw.ask('mailbox', 'delete', 'sales', '1', '--no-close')).toMatchObject({
      code: 0,
      out: '1 message marked: mailbox close deletes, mailbox undelete takes it back.\n',
    });
    expect(await gw.ask('mailbox', 'undelete', 'sales')).toMatchObject({
      code: 0,
      out: 'sales: nothing is marked as deleted any more.\n',
    });
    expect(await gw.ask('mailbox', 'close', 'sales')).toMatchObject({ code: 0, out: '1 message deleted.\n' });
    expect(gw.asked().map(({ method }) => method)).toEqual(['mailbox.delete', 'mailbox.undelete', 'mailbox.close']);
    expect(gw.asked()[0]?.with).toMatchObject({ close: false });
  });
});

test('mailbox readdress drops a recipient, or sends its copy elsewhere', async () => {
  await using gw = await startGateway();

  expect(await gw.ask('mailbox', 'readdress', 'sales', '1', '--from', 'x@company.com', '--drop')).toMatchObject({
    code: 0,
    out: 'u1: <x@company.com> gets no copy.\n',
  });
  gw.answer('mailbox.readdress', { uidl: 'u1', from: 'x@company.com', to: 'y@company.com' });
  const elsewhere = ['--from', 'x@company.com', '--to', 'y@company.com', '--reason', 'left'];
  expect(await gw.ask('mailbox', 'readdress', 'sales', '--uidl', 'u1', ...elsewhere)).toMatchObject({
    code: 0,
    out: 'u1: the copy of <x@company.com> goes to <y@company.com>.\n',
  });
  expect(gw.asked().map((one) => one.with)).toEqual([
    { account: 'sales', number: 1, from: 'x@company.com', to: null, by: 'anna' },
    { account: 'sales', uidl: 'u1', from: 'x@company.com', to: 'y@company.com', reason: 'left', by: 'anna' },
  ]);
});

test.each([
  [['fetch', 'sales'], 'Which messages? Name them by number, or by --uidl.'],
  [['top', 'sales', '0'], 'Expected the number of a message, found "0".'],
  [['delete', 'sales', '1-3', '--yes'], 'Expected the number of a message, found "1-3".'],
  [['list', 'sales', '--limit', '0'], 'Expected a whole number from 1 on.'],
  [['readdress', 'sales', '1', '--from', 'a@b.c'], 'Give --to ADDRESS, or --drop.'],
  [['readdress', 'sales', '1', '--from', 'a@b.c', '--to', 'd@e.f', '--drop'], 'Give --to ADDRESS, or --drop.'],
  [['readdress', 'sales', '1', '--uidl', 'u1', '--from', 'a@b.c', '--drop'], 'One message at a time.'],
  [['readdress', 'sales', '1', '--drop'], "required option '--from <address>' not specified"],
])('usage: mailbox %j exits 2', async (args, what) => {
  await using gw = await startGateway();
  const { code, out, err } = await gw.ask('mailbox', ...args);

  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toContain(what);
  expect(gw.asked()).toEqual([]);
});
