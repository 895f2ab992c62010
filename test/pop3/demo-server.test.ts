/** The demo's POP3 server, before a client that is not ours: node-pop3, with a deadline around it (S61). */
import Pop3Command from 'node-pop3';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { startPop3Server } from '../../demo/pop3-server.ts';
import { bytesOf, openedAt } from '../kit/pop3-download.ts';
import { openPop3 } from '../kit/raw-pop3.ts';
import { until } from '../kit/until.ts';

const messages = [
  { uidl: 'first', bytes: Buffer.from('Subject: one\r\n\r\nhello\r\n') },
  { uidl: 'second', bytes: Buffer.from('Subject: two\r\n\r\n.dots\r\n..\r\n.\r\nno end') },
];
const accounts = [{ name: 'anna', password: 'geheim', messages }];

/** It hangs where a reply is not one packet: nobody waits for that longer than this. */
async function within<T>(asked: Promise<T>): Promise<T> {
  let answer: { value: T } | undefined;
  const done = asked.then((value) => {
    answer = { value };
  });
  await until('node-pop3', () => answer, { within: 10_000 });
  await done;
  return await asked;
}

describe('node-pop3', () => {
  test('lists, identifies and fetches', async () => {
    await using server = await startPop3Server({ accounts });
    const client = new Pop3Command({ user: 'anna', password: 'geheim', host: '127.0.0.1', port: server.port });

    expect(await within(client.LIST())).toEqual([
      ['1', '23'],
      ['2', '38'],
    ]);
    expect(await within(client.UIDL())).toEqual([
      ['1', 'first'],
      ['2', 'second'],
    ]);
    expect(await within(client.RETR(1))).toBe('Subject: one\r\n\r\nhello');
    expect(await within(client.TOP(1, 0))).toBe('Subject: one\r\n');
    await within(client.QUIT());
  });
});

describe('the protocol', () => {
  test('DELE takes effect at QUIT, and not when the client just goes', async () => {
    await using server = await startPop3Server({ accounts });
    const goes = await openPop3({ port: server.port });
    for (const line of ['USER anna', 'PASS geheim', 'DELE 1']) expect(await goes.ask(line)).toMatch(/^\+OK/);
    await goes[Symbol.asyncDispose]();
    await until('the lock to be given back', async () => {
      await using next = await openPop3({ port: server.port });
      await next.ask('USER anna');
      return (await next.ask('PASS geheim')).startsWith('+OK') || undefined;
    });

    expect(server.messages('anna')).toHaveLength(2);
  });

  test('what comes after login is not seen, and stays at QUIT', async () => {
    await using server = await startPop3Server({ accounts });
    const mailbox = await openedAt({ port: server.port, password: 'geheim' });
    server.add('anna', Buffer.from('late\r\n'));

    expect(mailbox.messages).toBe(2);
    expect(await mailbox.delete([1, 2])).toMatchObject({ ok: true });
    expect(await mailbox.quit()).toMatchObject({ ok: true });
    expect(server.messages('anna').map(({ bytes }) => Buffer.from(bytes).toString())).toEqual(['late\r\n']);
  });

  test.each([
    ['RETR 3', '-ERR no such message'],
    ['RETR 0', '-ERR no such message'],
    ['RETR x', '-ERR no such message'],
    ['LIST 1', '+OK 1 23'],
    ['UIDL 2', '+OK 2 second'],
    ['STAT', '+OK 2 61'],
    ['NOOP', '+OK'],
    ['USER anna', '-ERR unknown command, or not now'],
    ['XYZZY', '-ERR unknown command, or not now'],
  ])('%s is answered %s', async (command, answer) => {
    await using server = await startPop3Server({ accounts });
    await using client = await openPop3({ port: server.port });
    await client.ask('USER anna');
    await client.ask('PASS geheim');

    expect(await client.ask(command)).toBe(answer);
  });

  test('nothing but a login before the login', async () => {
    await using server = await startPop3Server({ accounts });
    await using client = await openPop3({ port: server.port });

    for (const command of ['LIST', 'RETR 1', 'DELE 1', 'STLS']) expect(await client.ask(command)).toMatch(/^-ERR/);
    await client.ask('USER anna');
    expect(await client.ask('PASS falsch')).toBe('-ERR [AUTH] invalid user name or password');
    expect(await client.ask('AUTH CRAM-MD5')).toMatch(/^-ERR/);
    expect(await client.ask('AUTH PLAIN')).toBe('+ ');
    expect(await client.ask(Buffer.from('\0anna\0geheim').toString('base64'))).toBe('+OK logged in');
  });

  test('commands that come in one packet are answered in order', async () => {
    await using server = await startPop3Server({ accounts });
    const socket = connect(server.port, '127.0.0.1');
    socket.end('USER anna\r\nPASS geheim\r\nLIST 1\r\nNOOP\r\nDELE 1\r\nQUIT\r\n');
    const answers = await bytesOf({ bytes: 0, chunks: () => socket });

    expect(answers.toString().split('\r\n')).toEqual([
      '+OK POP3 server ready',
      '+OK',
      '+OK logged in',
      '+OK 1 23',
      '+OK',
      '+OK marked',
      '+OK bye',
      '',
    ]);
    expect(server.messages('anna')).toHaveLength(1);
  });
});
