/** `mailgate quarantine`: what was stopped, and what becomes of it. */
import { expect, test } from 'vitest';
import { CallError } from '../../src/protocol/errors.ts';
import { formatDate } from '../../src/protocol/lines.ts';
import { quarantinedMessage } from '../../src/protocol/model.ts';
import { samples, stopped } from '../control/answers.ts';
import { startGateway } from './gateway.ts';

const STOPPED = formatDate('2026-11-24T09:00:00.000Z', 'en');

test('quarantine list is a table of what was stopped, by whom, and for whom it was', async () => {
  await using gw = await startGateway();
  gw.answer('quarantine.list', {
    total: 2,
    messages: [stopped(), stopped({ id: 'Q1F7C', recipients: ['a@b.c', 'd@e.f', 'g@h.i'], subject: '\u001b[2J' })],
  });

  expect(await gw.ask('quarantine', 'list')).toMatchObject({
    code: 0,
    out: `id     stopped              size    from   to                 rule      subject
Q1F7B  ${STOPPED}  7.4 kb  a@b.c  sales@company.com  programs  A sample message
Q1F7C  ${STOPPED}  7.4 kb  a@b.c  a@b.c  +2          programs  \\x1b[2J
`,
  });
  gw.answer('quarantine.list', { total: 0, messages: [] });
  expect((await gw.ask('quarantine', 'list', '--lang', 'fr')).out).toBe('La quarantaine est vide.\n');
});

test('quarantine list --json is one message a line, range by range', async () => {
  await using gw = await startGateway();
  gw.gateway.replies['quarantine.list'] = async () => {
    const { offset, limit } = gw.range();
    const messages = Array.from({ length: Math.min(limit, 1_201 - offset) }, (_, n) =>
      stopped({ id: `Q${offset + n}` }),
    );
    return { total: 1_201, messages };
  };
  const messages = (await gw.ask('quarantine', 'list', '--json')).json() as { id: string }[];

  expect(messages.map(({ id }) => id)).toEqual(Array.from({ length: 1_201 }, (_, n) => `Q${n}`));
  expect(quarantinedMessage.parse(messages[0])).toEqual(messages[0]);
});

test('quarantine show says who stopped it and why, with header and text', async () => {
  await using gw = await startGateway();

  expect(await gw.ask('quarantine', 'show', 'Q1F7B')).toMatchObject({
    code: 0,
    out: `Q1F7B   "A sample message"   7.4 kb   stopped ${STOPPED}   deleted on ${formatDate('2026-12-24T09:00:00.000Z', 'en')}
  programs: invoice.exe matches *.exe
  From <a@b.c>   account sales
  To <sales@company.com>

  Subject: A sample message

  Hello.
${'  '}
`,
  });
  expect((await gw.ask('quarantine', 'show', 'Q1F7B', '--json')).json()).toEqual([samples['quarantine.show']]);
  expect((await gw.ask('quarantine', 'show', '../../x')).code).toBe(76);
});

test('one message is released or deleted without a question', async () => {
  await using gw = await startGateway();

  expect(await gw.ask('quarantine', 'release', 'Q1F7B', '--reason', 'asked the sender')).toMatchObject({
    code: 0,
    out: '1 message released.\n',
  });
  expect(await gw.ask('quarantine', 'delete', 'Q1F7B', 'Q1F7B', '--lang', 'fr')).toMatchObject({
    code: 0,
    out: '1 message supprimé.\n',
  });
  expect(gw.asked().map((one) => one.with)).toEqual([
    { ids: ['Q1F7B'], reason: 'asked the sender', by: 'anna' },
    { ids: ['Q1F7B'], by: 'anna' },
  ]);
});

test('several are counted first, and asked about', async () => {
  await using gw = await startGateway();

  expect(await gw.ask('quarantine', 'delete', 'Q1', 'Q2')).toMatchObject({
    code: 2,
    err: 'mailgate: This would delete 2 messages: without a terminal to ask on it takes --yes.\n',
  });
  const { code, err } = await gw.type('n\n', 'quarantine', 'release', 'Q1', 'Q2');
  expect(code).toBe(75);
  expect(err).toContain('Release 2 messages? [y/N] ');
  expect(gw.asked()).toEqual([]);
  expect((await gw.type('y\n', 'quarantine', 'release', 'Q1', 'Q2')).code).toBe(0);
  expect((await gw.ask('quarantine', 'delete', 'Q1', 'Q2', '--yes')).code).toBe(0);
});

test('what could not be released is named, and the exit code is 1; when the internal server is away it is 75', async () => {
  await using gw = await startGateway();
  const why = '550 5.1.1 unknown';
  gw.answer('quarantine.release', { changed: ['Q1'], skipped: [{ id: 'Q2', why }] });

  expect(await gw.ask('quarantine', 'release', 'Q1', 'Q2', '--yes')).toMatchObject({
    code: 1,
    out: '1 message released.\n',
    err: 'mailgate: Q2: 550 5.1.1 unknown\n',
  });
  gw.refuse('quarantine.release', new CallError('refused', 'The internal server cannot be reached.'));
  expect(await gw.ask('quarantine', 'release', 'Q1')).toMatchObject({
    code: 75,
    err: 'mailgate: The internal server cannot be reached.\n',
  });
});
