/** What an -ERR means: only a refusal of the credentials counts as a wrong password (POP02, POP03, RFC 2449 §8, RFC 3206). */
import { describe, expect, test } from 'vitest';
import { seconds } from '../../src/daemon/base/clock.ts';
import { excerpt, notPop3, type Phase, refusal, responseCode } from '../../src/daemon/pop3/failure.ts';

const greeting: Phase = { is: 'greeting' };
const login: Phase = { is: 'login', codes: false };
const loginWithCodes = { is: 'login', codes: true } as const satisfies Phase;

test.each([
  [greeting, '-ERR', 'temporary'],
  [greeting, '-ERR go away', 'temporary'],
  [greeting, '-ERR [IN-USE] busy', 'in-use'],
  [greeting, '-ERR [LOGIN-DELAY] wait 5 minutes', 'temporary'],
  [greeting, '-ERR [SYS/TEMP] disk', 'temporary'],
  [greeting, '-ERR [SYS/PERM] no such service', 'refused'],
] as const)('POP02: %o "%s" is %s', (phase, line, kind) => {
  expect(refusal(line, phase).kind).toBe(kind);
});

test.each([
  [login, '-ERR', 'login'],
  [login, '-ERR invalid password', 'login'],
  [login, '-ERR [AUTH] invalid password', 'login'],
  [login, '-ERR [auth] invalid password', 'login'],
  [login, '-ERR account locked after too many failures', 'login'],
  [login, '-ERR [SYS/TEMP] cannot reach the directory', 'temporary'],
  [login, '-ERR [SYS/ELSE] a code of the future', 'temporary'],
  [login, '-ERR [SYS/PERM] mailbox corrupt', 'refused'],
  [login, '-ERR [LOGIN-DELAY] too soon', 'temporary'],
  [login, '-ERR [IN-USE] locked', 'in-use'],
  [login, '-ERR maildrop already locked', 'in-use'],
  [login, '-ERR unable to lock mailbox', 'in-use'],
  [login, '-ERR Mailbox is in use by another process', 'in-use'],
  [login, '-ERR another POP3 session is active', 'in-use'],
  [login, '-ERR temporary failure, try again later', 'temporary'],
  [loginWithCodes, '-ERR invalid password', 'temporary'],
  [loginWithCodes, '-ERR [AUTH] invalid password', 'login'],
  [loginWithCodes, '-ERR mailbox locked', 'in-use'],
] as const)('POP03: %o "%s" is %s', (phase, line, kind) => {
  expect(refusal(line, phase).kind).toBe(kind);
});

describe('the words of the log', () => {
  test('begin with what was refused, and go on with what the server said', () => {
    expect(refusal('-ERR [AUTH] invalid password', login).message).toBe('Login refused: -ERR [AUTH] invalid password');
    expect(refusal('-ERR no', { is: 'command', command: 'TOP 1 0' }).message).toBe('TOP 1 0 refused: -ERR no');
    expect(refusal('-ERR [SYS/TEMP] no', { is: 'command', command: 'STAT' })).toEqual({
      kind: 'temporary',
      message: 'STAT refused: -ERR [SYS/TEMP] no',
    });
  });

  test('are short, however long the server was', () => {
    expect(refusal(`-ERR ${'x'.repeat(8_000)}`, login).message.length).toBeLessThan(1_100);
  });

  test('have nothing in them that a terminal would obey', () => {
    expect(excerpt(Buffer.from('\x1b]0;owned\x07 \xe9\r\nmore'))).toBe('.]0;owned. ..');
    expect(notPop3(Buffer.from(`${'y'.repeat(100)}\r\n`)).message).toBe(`Not a POP3 reply: "${'y'.repeat(60)}…"`);
  });
});

test.each([
  ['nothing, and nothing was announced', '-ERR [LOGIN-DELAY] too soon', 0, undefined],
  ['nothing, but had announced it', '-ERR [LOGIN-DELAY] too soon', 900, 900],
  ['minutes', '-ERR [LOGIN-DELAY] wait 5 minutes', 0, 300],
  ['seconds', '-ERR [LOGIN-DELAY] once every 600 sec, please', 0, 600],
  ['less than was announced', '-ERR [LOGIN-DELAY] wait 10s', 900, 900],
  ['years: asked again after a day', '-ERR [LOGIN-DELAY] wait 999999 minutes', 0, 86_400],
  ['a number that is no time', '-ERR [LOGIN-DELAY] error 5', 0, undefined],
  ['a time, without the code', '-ERR too many sessions, wait 5 minutes', 900, undefined],
])('POP02: how long a server wants to be left alone: it says %s', (_, line, announced, expected) => {
  const { restFor } = refusal(line, { ...loginWithCodes, delay: seconds(announced) });
  expect(restFor).toBe(expected === undefined ? undefined : seconds(expected));
});

test('a response code is what stands in brackets right after -ERR', () => {
  expect(responseCode('-ERR [sys/temp] x')).toBe('SYS/TEMP');
  expect(responseCode('-ERR x [AUTH]')).toBeNull();
  expect(responseCode('-ERR [AUTH')).toBeNull();
});
