/** How a token is said to a POP3 server (RFC 5034 §4): in one line, in two steps as Microsoft wants it, or as the server likes it better. */
import { describe, expect, test } from 'vitest';
import { loginSteps, refusesForm, xoauth2FormFor } from '../../src/daemon/pop3/sasl.ts';
import { type Act, closes, hears, octetByOctet, says, sends, startMisbehavingPop3 } from '../kit/misbehaving-pop3.ts';
import { CANARY, openAt, recorder } from '../kit/pop3-download.ts';

const said = Buffer.from(`user=anna\x01auth=Bearer ${CANARY}\x01\x01`).toString('base64');

/** Up to the login, and from it on. */
const before: Act[] = [says('+OK ready'), hears('CAPA'), sends('+OK\r\nSASL PLAIN XOAUTH2\r\n.\r\n')];
const after: Act[] = [says('+OK'), hears('STAT'), says('+OK 0 0')];
const inOneLine = hears(`AUTH XOAUTH2 ${said}`);
const inTwoSteps: Act[] = [hears('AUTH XOAUTH2'), says('+ '), hears(said)];

async function opened(lists: Act[][], options: { xoauth2?: 'in one line' | 'in two steps' } = {}) {
  await using server = await startMisbehavingPop3(lists, { packets: octetByOctet });
  const dialogue = recorder('whole');
  const result = await openAt({ port: server.port, authentication: 'xoauth2', dialogue, ...options });
  if (result.ok) result.mailbox.destroy();
  expect(server.problems).toEqual([]);
  expect([...dialogue.told, JSON.stringify(result)].join('\n')).not.toMatch(new RegExp(`${CANARY}|${said}`));
  return { result, told: dialogue.told, connections: server.connections };
}

describe('the form of the token', () => {
  test.each([
    ['outlook.office365.com', 'in two steps'],
    ['OUTLOOK.OFFICE365.COM', 'in two steps'],
    ['office365.com', 'in two steps'],
    ['notoffice365.com', 'in one line'],
    ['office365.com.example', 'in one line'],
    ['pop.gmail.com', 'in one line'],
  ] as const)('for %s is %s', (host, form) => {
    expect(xoauth2FormFor({ host })).toBe(form);
  });

  test('is what the account says, where it says it', () => {
    expect(xoauth2FormFor({ host: 'pop.firma.example', xoauth2: 'in two steps' })).toBe('in two steps');
    expect(xoauth2FormFor({ host: 'outlook.office365.com', xoauth2: 'in one line' })).toBe('in one line');
  });

  test('in two steps it is so however short the token, and the first line holds nothing of it', () => {
    const steps = loginSteps('xoauth2', { user: 'anna', secret: CANARY }, '+OK', 'in two steps');
    expect(steps).toEqual([
      { say: 'AUTH XOAUTH2', shown: 'AUTH XOAUTH2', then: 'challenge' },
      { say: said, shown: 'XXXX', then: 'ok', ifAsked: { say: '', shown: '' } },
    ]);
  });

  test.each([
    '-ERR Protocol error. Connection is closed. 10', // Microsoft (getmail6 #256)
    '-ERR Command line too long',
    '-ERR Syntax error in AUTH',
    '-ERR Invalid number of arguments',
    '-ERR bad command argument',
    '-ERR unexpected initial response',
    '-ERR initial response not supported',
  ])('"%s" refuses the form', (line) => {
    expect(refusesForm(line)).toBe(true);
  });

  test.each([
    '-ERR [AUTH] Invalid argument',
    '-ERR [SYS/TEMP] Protocol error',
    '-ERR Authentication failure: unknown user name or bad password.',
    '-ERR Logon failure: unknown user or bad password',
    '-ERR invalid credentials',
    '-ERR mailbox locked',
    '-ERR',
  ])('"%s" does not', (line) => {
    expect(refusesForm(line)).toBe(false);
  });
});

describe('the login', () => {
  test('as Microsoft wants it: AUTH XOAUTH2, +, and the token', async () => {
    const { result, told } = await opened([[...before, ...inTwoSteps, ...after]], { xoauth2: 'in two steps' });
    expect(result.ok).toBe(true);
    expect(told.filter((line) => line.startsWith('> '))).toEqual(['> CAPA', '> AUTH XOAUTH2', '> XXXX', '> STAT']);
  });

  test('as Gmail wants it: in one line', async () => {
    expect((await opened([[...before, inOneLine, ...after]])).result.ok).toBe(true);
  });

  test('a server that overlooks the initial response is given it again, when it asks with an empty challenge', async () => {
    for (const challenge of ['+ ', '+']) {
      const acts = [...before, inOneLine, says(challenge), hears(said), ...after];
      expect((await opened([acts])).result.ok).toBe(true);
    }
  });

  test('a refusal that comes after that has its reason in a challenge, too', async () => {
    const acts = [...before, inOneLine, says('+ '), hears(said), says('+ eyJzdGF0dXMiOiI0MDAifQ=='), hears('')];
    const { result } = await opened([[...acts, says('-ERR [AUTH] expired')]]);
    expect(result).toMatchObject({
      ok: false,
      failure: { kind: 'login', message: 'Login refused: -ERR [AUTH] expired' },
    });
  });

  test('a server that refuses the one line, and hangs up, is asked once more in two steps', async () => {
    const first = [...before, inOneLine, says('-ERR Protocol error. Connection is closed. 10'), closes];
    const { result, told, connections } = await opened([first, [...before, ...inTwoSteps, ...after]]);

    expect(result.ok).toBe(true);
    expect(connections).toBe(2);
    expect(told).toContain('* The token was refused for how it was said; once more, in two steps');
  });

  test('and once only: what it says then is the answer', async () => {
    const refused = says('-ERR Protocol error');
    const { result, connections } = await opened([
      [...before, inOneLine, refused],
      [...before, hears('AUTH XOAUTH2'), refused],
    ]);
    expect(result).toMatchObject({
      ok: false,
      failure: { kind: 'login', message: 'Login refused: -ERR Protocol error' },
    });
    expect(connections).toBe(2);
  });

  test('POP03: a token that is refused is not said a second time', async () => {
    const { result, connections } = await opened([[...before, inOneLine, says('-ERR invalid credentials')]]);
    expect(result).toMatchObject({ ok: false, failure: { kind: 'login' } });
    expect(connections).toBe(1);
  });
});
