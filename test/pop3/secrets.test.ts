/** A password or token is in nothing that is told and in no failure, whatever the login and whatever the server repeats (I24, S92). */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startPop3Server } from '../../demo/pop3-server.ts';
import type { Pop3Server } from '../../src/daemon/pop3/mailbox.ts';
import { type BadCertificates, makeBadCertificates } from '../kit/bad-certificates.ts';
import { type Act, hears, octetByOctet, says, sends, startMisbehavingPop3 } from '../kit/misbehaving-pop3.ts';
import { CANARY, openAt, recorder } from '../kit/pop3-download.ts';

let certificates: BadCertificates;
beforeAll(async () => {
  certificates = await makeBadCertificates();
});
afterAll(async () => {
  await certificates[Symbol.asyncDispose]();
});

const TOKEN = `${CANARY}-${'t'.repeat(400)}`;
const base64 = (text: string) => Buffer.from(text).toString('base64');
const xoauth2 = (token: string) => base64(`user=anna\x01auth=Bearer ${token}\x01\x01`);
/** Of the greeting below and CANARY. */
const APOP_DIGEST = '870627a078df242bf16d9c243b6b6358';

/** Any form in which the secret could show: as it is, as a part of base64 at each of its three places, as digest. */
const TRACES = [CANARY, ...[0, 1, 2].map((shift) => base64(`${'.'.repeat(shift)}${CANARY}`).slice(4, -4))];

interface Login {
  readonly authentication: Pop3Server['authentication'];
  readonly password: string;
  /** What the server hears, all of which it repeats in its refusal. */
  readonly heard: readonly (readonly [line: string, answer: string | null])[];
  readonly shown: readonly string[];
}

const logins: Login[] = [
  {
    authentication: 'user',
    password: CANARY,
    heard: [
      ['USER anna', '+OK'],
      [`PASS ${CANARY}`, null],
    ],
    shown: ['> USER anna', '> PASS XXXX'],
  },
  {
    authentication: 'plain',
    password: CANARY,
    heard: [[`AUTH PLAIN ${base64(`\0anna\0${CANARY}`)}`, null]],
    shown: ['> AUTH PLAIN XXXX'],
  },
  {
    authentication: 'plain',
    password: TOKEN,
    heard: [
      ['AUTH PLAIN', '+ '],
      [base64(`\0anna\0${TOKEN}`), null],
    ],
    shown: ['> AUTH PLAIN', '> XXXX'],
  },
  {
    authentication: 'login',
    password: CANARY,
    heard: [
      ['AUTH LOGIN', '+ VXNlcm5hbWU6'],
      [base64('anna'), '+ UGFzc3dvcmQ6'],
      [base64(CANARY), null],
    ],
    shown: ['> AUTH LOGIN', `> ${base64('anna')}`, '> XXXX'],
  },
  {
    authentication: 'xoauth2',
    password: CANARY,
    heard: [[`AUTH XOAUTH2 ${xoauth2(CANARY)}`, null]],
    shown: ['> AUTH XOAUTH2 XXXX'],
  },
  {
    authentication: 'xoauth2',
    password: TOKEN,
    heard: [
      ['AUTH XOAUTH2', '+ '],
      [xoauth2(TOKEN), null],
    ],
    shown: ['> AUTH XOAUTH2', '> XXXX'],
  },
];

function refusing({ heard, password }: Login): Act[] {
  const dialog = heard.flatMap(([line, answer]) => [
    hears(line),
    says(answer ?? `-ERR no: ${heard.map(([said]) => said).join(' ')} ${password}`),
  ]);
  return [says('+OK ready'), hears('CAPA'), says('-ERR'), ...dialog];
}

describe.each(logins)('$authentication, with $shown', (login) => {
  test('I24: refused by a server that repeats all it heard, the login leaves no trace of the secret', async () => {
    await using server = await startMisbehavingPop3([refusing(login)]);
    const dialogue = recorder('whole');
    const opened = await openAt({
      port: server.port,
      authentication: login.authentication,
      password: login.password,
      dialogue,
    });

    expect(server.problems).toEqual([]);
    expect(opened).toMatchObject({ ok: false, failure: { kind: 'login' } });
    expect(dialogue.told.filter((line) => line.startsWith('> ') && line !== '> CAPA')).toEqual(login.shown);
    const all = [...dialogue.told, JSON.stringify(opened)].join('\n');
    for (const trace of TRACES) expect(all).not.toContain(trace);
  });
});

test('I24: the digest of APOP is a secret too: it can be guessed against', async () => {
  const greeting = '+OK <1896.697170952@dbc.mtview.ca.us>';
  await using server = await startMisbehavingPop3([
    [says(greeting), hears('CAPA'), says('-ERR'), hears(`APOP anna ${APOP_DIGEST}`)],
  ]);
  const dialogue = recorder();
  await openAt({ port: server.port, authentication: 'apop', dialogue });

  expect(server.problems).toEqual([]);
  expect(dialogue.told).toContain('> APOP anna XXXX');
  expect(dialogue.told.join('\n')).not.toContain(APOP_DIGEST);
});

test('I24: a login that works, in clear text and inside TLS, leaves no trace either', async () => {
  const { cert, key, fingerprint256: fingerprint } = certificates.selfSigned;
  const accounts = [{ name: 'anna', password: CANARY, messages: [] }];
  await using server = await startPop3Server({ accounts, tls: { cert, key } });
  const told: string[] = [];
  for (const security of ['none', 'stls'] as const) {
    for (const authentication of ['auto', 'user', 'plain'] as const) {
      const dialogue = recorder('whole');
      const opened = await openAt({ port: server.port, security, authentication, fingerprint, dialogue });
      if (!opened.ok) throw new Error(opened.failure.message);
      await opened.mailbox.list();
      await opened.mailbox.quit();
      told.push(...dialogue.told);
    }
  }

  expect(told.filter((line) => line.includes('XXXX'))).toHaveLength(6);
  for (const trace of TRACES) expect(told.join('\n')).not.toContain(trace);
});

test('I24: what is no reply is not quoted in the middle of a login: it may be the password, or a part of it', async () => {
  const answers = [sends(`${CANARY}\r\n`), says('+ what?'), says(`+OKAY ${CANARY}`), sends(`+OK\r\n${CANARY}\r\n`)];
  for (const answer of answers) {
    const acts = [
      says('+OK'),
      hears('CAPA'),
      says('-ERR'),
      hears('USER anna'),
      says('+OK'),
      hears(`PASS ${CANARY}`),
      answer,
    ];
    for (const packets of [undefined, octetByOctet]) {
      await using server = await startMisbehavingPop3([acts], packets === undefined ? {} : { packets });
      const dialogue = recorder();
      const opened = await openAt({ port: server.port, dialogue });

      expect(opened).toMatchObject({ ok: false, failure: { kind: expect.stringMatching(/protocol|disconnected/) } });
      expect([...dialogue.told, JSON.stringify(opened)].join('\n')).not.toContain(CANARY.slice(0, 6));
    }
  }
});
