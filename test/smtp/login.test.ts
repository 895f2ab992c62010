import { createHmac } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { startSmtpSink } from '../../demo/smtp-sink.ts';
import { Secret } from '../../src/daemon/base/secret.ts';
import type { SmtpPeer } from '../../src/daemon/smtp/conversation.ts';
import { mechanismsFor } from '../../src/daemon/smtp/login.ts';
import { ehloReply, type Script, startMisbehavingSmtp } from '../kit/misbehaving-smtp.ts';
import { failureOf, openTo, peerAt, writtenDialogue } from './world.ts';

const CANARY = 'canary-p;w#d-é';
const base64 = (text: string) => Buffer.from(text).toString('base64');

type Mechanism = NonNullable<SmtpPeer['login']>['mechanism'];
const loginBy = (mechanism: Mechanism, password = CANARY) => ({
  login: { user: 'anna@firma.example', password: new Secret(password), mechanism },
});

/** Offers mechanisms, and answers each line of the AUTH with the next of these. */
function asks(offered: string[], ...replies: string[]): Script {
  return async (client) => {
    await client.say('220 hello');
    await client.line();
    await client.say(ehloReply([`AUTH ${offered.join(' ')}`]));
    for (const reply of replies) {
      await client.line();
      await client.say(reply);
    }
  };
}

describe('the choice of a mechanism', () => {
  const choice = (mechanism: Mechanism, offered: string[], channel: 'secret' | 'clear') =>
    mechanismsFor(loginBy(mechanism).login, offered, channel);

  test('auto takes the shortest that is safe: PLAIN under TLS, CRAM-MD5 in clear text; never XOAUTH2', () => {
    expect(choice('auto', ['LOGIN', 'CRAM-MD5', 'PLAIN', 'XOAUTH2'], 'secret')).toEqual(['plain', 'login', 'cram-md5']);
    expect(choice('auto', ['LOGIN', 'PLAIN', 'CRAM-MD5'], 'clear')).toEqual(['cram-md5', 'plain', 'login']);
    expect(choice('auto', ['XOAUTH2', 'GSSAPI'], 'secret')).toEqual([]);
  });

  test('a named one is used alone, and only when it is offered', () => {
    expect(choice('login', ['PLAIN', 'LOGIN'], 'secret')).toEqual(['login']);
    expect(choice('cram-md5', ['PLAIN', 'LOGIN'], 'secret')).toEqual([]);
    expect(choice('none', ['PLAIN'], 'secret')).toEqual([]);
  });
});

describe('S108: the login', () => {
  test.each([
    ['plain', [], [`AUTH PLAIN ${base64(`\0anna@firma.example\0${CANARY}`)}`]],
    ['login', ['334 VXNlcm5hbWU6', '334 UGFzc3dvcmQ6'], ['AUTH LOGIN', base64('anna@firma.example'), base64(CANARY)]],
    ['xoauth2', [], [`AUTH XOAUTH2 ${base64(`user=anna@firma.example\x01auth=Bearer ${CANARY}\x01\x01`)}`]],
    [
      'cram-md5',
      [`334 ${base64('<1896.697170952@postoffice.example>')}`],
      [
        'AUTH CRAM-MD5',
        base64(
          `anna@firma.example ${createHmac('md5', CANARY).update('<1896.697170952@postoffice.example>').digest('hex')}`,
        ),
      ],
    ],
  ] as [Mechanism, string[], string[]][])('by %s says just this', async (mechanism, challenges, said) => {
    await using server = await startMisbehavingSmtp(
      asks([mechanism.toUpperCase()], ...challenges, '235 2.7.0 Welcome', '221 Bye'),
    );
    const conversation = await openTo(peerAt(server.port, loginBy(mechanism)));
    expect(conversation.abilities.login).toBe(true);
    await conversation.quit();
    expect(server.heard.split('\r\n')).toEqual(['EHLO gateway.example', ...said, 'QUIT', '']);
  });

  test.each(['auto', 'plain', 'login', 'cram-md5'] as const)(
    'by %s is let in by an independent server, and only with the right password',
    async (mechanism) => {
      const auth = { user: 'anna@firma.example', password: CANARY };
      await using sink = await startSmtpSink({ name: 'sink', auth });
      expect((await openTo(peerAt(sink.port, loginBy(mechanism)))).abilities.login).toBe(true);
      expect(await failureOf(peerAt(sink.port, loginBy(mechanism, 'wrong')))).toMatchObject({ kind: 'login' });
    },
  );

  test('by none is no login', async () => {
    await using server = await startMisbehavingSmtp(asks(['PLAIN'], '221 Bye'));
    const conversation = await openTo(peerAt(server.port, loginBy('none')));
    expect(conversation.abilities.login).toBe(false);
    await conversation.quit();
    expect(server.heard).not.toContain('AUTH');
  });
});

describe('REL06: a login that is refused', () => {
  test('535 is a failure of the login, and is not tried another way', async () => {
    await using server = await startMisbehavingSmtp(asks(['PLAIN', 'LOGIN'], '535 5.7.8 Bad credentials', '221 Bye'));
    expect(await failureOf(peerAt(server.port, loginBy('auto')))).toEqual({
      kind: 'login',
      message: 'The login as anna@firma.example was refused: 535 5.7.8 Bad credentials',
      reply: '535 5.7.8 Bad credentials',
    });
    expect(server.heard.match(/AUTH/g)).toHaveLength(1);
  });

  test('454 is temporary, and no failure of the login', async () => {
    await using server = await startMisbehavingSmtp(
      asks(['PLAIN'], '454 4.7.0 Temporary authentication failure', '221 Bye'),
    );
    expect(await failureOf(peerAt(server.port, loginBy('auto')))).toMatchObject({ kind: 'refused' });
  });

  test('504 to a mechanism that was announced is followed by the next one', async () => {
    await using server = await startMisbehavingSmtp(
      asks(
        ['PLAIN', 'LOGIN'],
        '504 5.5.4 Unrecognized authentication type',
        '334 VXNlcm5hbWU6',
        '334 UGFzc3dvcmQ6',
        '235 Ok',
      ),
    );
    expect((await openTo(peerAt(server.port, loginBy('auto')))).abilities.login).toBe(true);
  });

  test('XOAUTH2 gets its reason first, and then the refusal', async () => {
    const why = base64('{"status":"401","schemes":"bearer"}');
    await using server = await startMisbehavingSmtp(
      asks(['XOAUTH2'], `334 ${why}`, '535 5.7.8 Token expired', '221 Bye'),
    );
    expect(await failureOf(peerAt(server.port, loginBy('xoauth2')))).toMatchObject({
      kind: 'login',
      reply: '535 5.7.8 Token expired',
    });
    await server.quiet();
    expect(server.heard).toMatch(/AUTH XOAUTH2 [^\r]+\r\n\r\nQUIT/);
  });

  const token = base64(`user=anna@firma.example\x01auth=Bearer ${CANARY}\x01\x01`);

  test.each(['500 5.5.2 Line too long', '501 5.5.4 Invalid arguments'])(
    'XOAUTH2 in two steps, once, after "%s" to the one line',
    async (refused) => {
      await using server = await startMisbehavingSmtp(asks(['XOAUTH2'], refused, '334 ', '235 Ok', '221 Bye'));
      const dialogue = writtenDialogue();
      const conversation = await openTo(peerAt(server.port, loginBy('xoauth2')), { dialogue });
      expect(conversation.abilities.login).toBe(true);
      await conversation.quit();
      expect(server.heard.split('\r\n')).toEqual([
        ...['EHLO gateway.example', `AUTH XOAUTH2 ${token}`, 'AUTH XOAUTH2', token, 'QUIT', ''],
      ]);
      expect(dialogue.lines.join('\n')).not.toMatch(new RegExp(`${CANARY}|${token}`));
    },
  );

  test('XOAUTH2: a peer that refuses both forms has refused the login', async () => {
    const refused = '501 5.5.124 Invalid XOAUTH2 auth data';
    await using server = await startMisbehavingSmtp(asks(['XOAUTH2'], refused, refused, '221 Bye'));
    expect(await failureOf(peerAt(server.port, loginBy('xoauth2')))).toMatchObject({ kind: 'login', reply: refused });
    expect(server.heard.match(/^AUTH/gm)).toHaveLength(2);
  });

  test('XOAUTH2: a peer that overlooks the initial response is given it again, and its reason is heard all the same', async () => {
    await using server = await startMisbehavingSmtp(
      asks(['XOAUTH2'], '334 ', '334 eyJzdGF0dXMiOiI0MDEifQ==', '535 5.7.8 Token expired', '221 Bye'),
    );
    expect(await failureOf(peerAt(server.port, loginBy('xoauth2')))).toMatchObject({
      ...{ kind: 'login', reply: '535 5.7.8 Token expired' },
    });
    await server.quiet();
    expect(server.heard.split('\r\n').slice(1)).toEqual([`AUTH XOAUTH2 ${token}`, token, '', 'QUIT', '']);
  });

  test('a challenge that never ends is taken back', async () => {
    await using server = await startMisbehavingSmtp(
      asks(['LOGIN'], '334 a', '334 b', '334 c', '501 5.0.0 Cancelled', '221 Bye'),
    );
    expect(await failureOf(peerAt(server.port, loginBy('login')))).toMatchObject({ kind: 'login' });
    expect(server.heard).toContain('\r\n*\r\n');
  });

  test('a 250 is no welcome', async () => {
    await using server = await startMisbehavingSmtp(asks(['PLAIN'], '250 Ok', '221 Bye'));
    expect(await failureOf(peerAt(server.port, loginBy('auto')))).toMatchObject({ kind: 'protocol' });
  });

  test.each([
    [['GSSAPI', 'NTLM'], 'The server offers no login that is known here (it offers: GSSAPI NTLM).'],
    [[], 'The server offers no login that is known here (it offers: none; perhaps only after STARTTLS).'],
  ])('a server with %j has nothing for us', async (offered, message) => {
    await using server = await startMisbehavingSmtp(asks(offered, '221 Bye'));
    expect(await failureOf(peerAt(server.port, loginBy('auto')))).toEqual({ kind: 'login', message, reply: null });
  });

  test('a server without EHLO is not logged in to by HELO', async () => {
    await using server = await startMisbehavingSmtp(async (client) => {
      await client.say('220 hello');
      await client.line();
      await client.say('502 What?');
    });
    expect(await failureOf(peerAt(server.port, loginBy('auto')))).toMatchObject({ kind: 'refused' });
    expect(server.heard).not.toMatch(/HELO|AUTH/);
  });
});

describe('I24: the password', () => {
  const everyWay: [string, Mechanism, string[]][] = [
    ['PLAIN', 'plain', [`535 5.7.8 ${base64(`\0anna@firma.example\0${CANARY}`)} is wrong`]],
    [
      'LOGIN',
      'login',
      ['334 VXNlcm5hbWU6', '334 UGFzc3dvcmQ6', `535 5.7.8 No ${CANARY} and no ${base64(CANARY)} here`],
    ],
    ['XOAUTH2', 'xoauth2', [`535 5.7.8 Token ${CANARY} is void`]],
    ['CRAM-MD5', 'cram-md5', [`334 ${base64('<1.2@x>')}`, `535 5.7.8 ${CANARY}`]],
  ];

  test.each(everyWay)(
    'said by %s stands in no dialogue and no failure, not even when the peer repeats it',
    async (_name, mechanism, replies) => {
      await using server = await startMisbehavingSmtp(asks([mechanism.toUpperCase()], ...replies, '221 Bye'));
      const dialogue = writtenDialogue('whole');
      const failure = await failureOf(peerAt(server.port, loginBy(mechanism)), { dialogue });
      expect(failure.kind).toBe('login');

      const told = dialogue.lines.join('\n') + inspect(failure) + JSON.stringify(failure);
      expect(told).toMatch(/XXXX/);
      for (const secret of [CANARY, base64(CANARY), base64(`\0anna@firma.example\0${CANARY}`)])
        expect(told).not.toContain(secret);
      for (const line of server.heard.split('\r\n').filter((line) => /^AUTH \S+ |^[A-Za-z0-9+/=]{9,}$/.test(line))) {
        expect(told).not.toContain(line);
      }
    },
  );

  test('is masked as the description has it', async () => {
    await using server = await startMisbehavingSmtp(
      asks(['LOGIN'], '334 VXNlcm5hbWU6', '334 UGFzc3dvcmQ6', '235 Ok', '221 Bye'),
    );
    const dialogue = writtenDialogue();
    await (await openTo(peerAt(server.port, loginBy('login')), { dialogue })).quit();
    expect(dialogue.lines.slice(5, -2)).toEqual([
      '> AUTH LOGIN',
      '< 334 VXNlcm5hbWU6',
      '> XXXX',
      '< 334 UGFzc3dvcmQ6',
      '> XXXX',
      '< 235 Ok',
      '* Logged in as anna@firma.example.',
    ]);
  });
});
