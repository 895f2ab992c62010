/** Which login is chosen, and what it says (RFC 1939 §7, 4616, 5034). */
import { describe, expect, test } from 'vitest';
import { concealer, chooseMechanism, loginSteps, type Step, unsendable } from '../../src/daemon/pop3/sasl.ts';

const anna = { user: 'anna', secret: 'tanstaaf' };
const base64 = (text: string) => Buffer.from(text).toString('base64');

function steps(...of: Parameters<typeof loginSteps>): Step[] {
  const made = loginSteps(...of);
  if (!Array.isArray(made)) throw new Error(made.message);
  return made;
}

test.each([
  ['inside TLS it is PLAIN where that is offered', { user: true, sasl: ['PLAIN', 'LOGIN'] }, true, 'plain'],
  ['in clear text it is USER and PASS, as the trace shows it (S92)', { user: true, sasl: ['PLAIN'] }, false, 'user'],
  ['in clear text it is PLAIN where USER is not offered', { user: false, sasl: ['PLAIN'] }, false, 'plain'],
  ['it is LOGIN where nothing else is offered', { user: false, sasl: ['LOGIN'] }, true, 'login'],
  ['it is USER and PASS where nothing is offered', { user: false, sasl: [] }, true, 'user'],
  ['it is never APOP or XOAUTH2', { user: true, sasl: ['XOAUTH2', 'CRAM-MD5'] }, true, 'user'],
] as const)('auto: %s', (_, offered, secure, mechanism) => {
  expect(chooseMechanism('auto', offered, { secure })).toBe(mechanism);
});

test('what is asked for is used, whatever is offered', () => {
  expect(chooseMechanism('apop', { user: true, sasl: ['PLAIN'] }, { secure: true })).toBe('apop');
});

describe('the lines', () => {
  test('USER and PASS: the password is shown as XXXX (S92)', () => {
    expect(steps('user', anna, '+OK').map(({ say, shown }) => [say, shown])).toEqual([
      ['USER anna', 'USER anna'],
      ['PASS tanstaaf', 'PASS XXXX'],
    ]);
  });

  test('PLAIN: all in one line, and once more if the server asks', () => {
    const response = base64('\0anna\0tanstaaf');

    expect(steps('plain', anna, '+OK')).toEqual([
      {
        say: `AUTH PLAIN ${response}`,
        shown: 'AUTH PLAIN XXXX',
        then: 'ok',
        ifAsked: { say: response, shown: 'XXXX' },
      },
    ]);
  });

  test('PLAIN: a response that makes the line longer than 255 octets waits for the challenge (RFC 5034 §4)', () => {
    const long = { user: 'anna', secret: 'x'.repeat(200) };

    expect(steps('plain', long, '+OK')).toEqual([
      { say: 'AUTH PLAIN', shown: 'AUTH PLAIN', then: 'challenge' },
      { say: base64(`\0anna\0${long.secret}`), shown: 'XXXX', then: 'ok' },
    ]);
  });

  test('XOAUTH2: a token of the usual length takes two steps, a short one goes at once', () => {
    const token = (secret: string) => ({ user: 'anna@example.com', secret });
    const long = steps('xoauth2', token('y'.repeat(1_200)), '+OK');
    const short = steps('xoauth2', token('y'.repeat(20)), '+OK');

    expect(long.map(({ shown, then }) => [shown, then])).toEqual([
      ['AUTH XOAUTH2', 'challenge'],
      ['XXXX', 'ok'],
    ]);
    expect(Buffer.from(long[1]?.say ?? '', 'base64').toString()).toBe(
      `user=anna@example.com\x01auth=Bearer ${'y'.repeat(1_200)}\x01\x01`,
    );
    expect(short.map(({ shown, then }) => [shown, then])).toEqual([['AUTH XOAUTH2 XXXX', 'ok']]);
    expect([long[1]?.ifAsked, short[0]?.ifAsked]).toEqual([
      { say: '', shown: '' },
      { say: '', shown: '' },
    ]);
  });

  test('APOP: the digest of RFC 1939 §7, and not shown', () => {
    const greeting = '+OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>';

    expect(steps('apop', { user: 'mrose', secret: 'tanstaaf' }, greeting)).toEqual([
      { say: 'APOP mrose c4c9334bac560ecc979e58001b3e22fb', shown: 'APOP mrose XXXX', then: 'ok' },
    ]);
  });

  test.each(['+OK ready', '+OK <no-at-sign>', '+OK <a\x80b@c>'])(
    'APOP: "%s" has no timestamp that can be believed',
    (greeting) => {
      expect(loginSteps('apop', anna, greeting)).toMatchObject({ kind: 'protocol' });
    },
  );
});

test('a line break or NUL is found before anything is sent, and not quoted', () => {
  expect(unsendable(anna)).toBeNull();
  for (const bad of ['\r', '\n', '\0']) {
    expect(unsendable({ user: 'anna', secret: `geheim${bad}` })).toMatchObject({ kind: 'login' });
    expect(unsendable({ user: 'anna', secret: `geheim${bad}` })?.message).not.toContain('geheim');
    expect(unsendable({ user: `a${bad}`, secret: '' })).toMatchObject({ kind: 'login' });
  }
});

test('I24: what a server repeats of a secret is masked, as it is and as it was encoded', () => {
  for (const mechanism of ['user', 'plain', 'login', 'xoauth2', 'apop'] as const) {
    const made = steps(mechanism, anna, '+OK <1@a>');
    const conceal = concealer(made, anna.secret);
    const secrets = made.filter(({ say, shown }) => say !== shown).map(({ say }) => say);

    for (const repeated of [...secrets, anna.secret]) {
      expect(conceal(`-ERR what is ${repeated}?`)).not.toContain(repeated);
      expect(conceal(`-ERR what is ${repeated}?`)).toContain('XXXX?');
    }
  }
});
