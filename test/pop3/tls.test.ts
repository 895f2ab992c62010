/** TLS to a POP3 server: never less than was asked for, and what is wrong with a certificate said in words (I25, POP06-POP08). */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startPop3Server } from '../../demo/pop3-server.ts';
import { type BadCertificates, makeBadCertificates } from '../kit/bad-certificates.ts';
import { hears, says, sends, stalls, startMisbehavingPop3, startsTls } from '../kit/misbehaving-pop3.ts';
import { CANARY, failureAt, openAt, openedAt, recorder } from '../kit/pop3-download.ts';

let certificates: BadCertificates;
beforeAll(async () => {
  certificates = await makeBadCertificates();
});
afterAll(async () => {
  await certificates[Symbol.asyncDispose]();
});

const accounts = [{ name: 'anna', password: CANARY, messages: [] }];

describe.each(['stls', 'tls'] as const)('Security=%s', (security) => {
  const implicitTls = security === 'tls';

  test('I25: a certificate of an authority in the CA file is believed', async () => {
    await using server = await startPop3Server({ accounts, tls: certificates.unknownIssuer, implicitTls });
    const dialogue = recorder();
    const mailbox = await openedAt({ port: server.port, security, caFile: certificates.caFile, dialogue });

    expect(await mailbox.quit()).toMatchObject({ ok: true });
    expect(dialogue.told).toEqual(expect.arrayContaining([expect.stringMatching(/^\* TLSv1\.[23] TLS_/)]));
    // Inside TLS one round trip does.
    expect(dialogue.told).toContain('> AUTH PLAIN XXXX');
  });

  test('I25: a name is verified too', async () => {
    await using server = await startPop3Server({ accounts, tls: certificates.unknownIssuer, implicitTls });
    const mailbox = await openedAt({ port: server.port, host: 'localhost', security, caFile: certificates.caFile });

    expect(await mailbox.quit()).toMatchObject({ ok: true });
  });

  test('POP08: each refusal says which check failed, and how to accept this certificate alone', async () => {
    const cases = [
      ['unknownIssuer', null, 'its issuer (Unknown test CA) is unknown here'],
      ['selfSigned', null, 'it is self-signed'],
      ['expired', certificates.caFile, 'it expired on '],
      ['wrongName', certificates.caFile, 'the address 127.0.0.1 is not in it (it is for DNS:elsewhere.example)'],
    ] as const;
    for (const [name, caFile, reason] of cases) {
      await using server = await startPop3Server({ accounts, tls: certificates[name], implicitTls });
      const dialogue = recorder();
      const failure = await failureAt({ port: server.port, security, caFile, dialogue });

      expect(failure.kind).toBe('tls');
      expect(failure.message).toContain(`The certificate of 127.0.0.1 is refused: ${reason}`);
      expect(failure.message).toContain(`Certificate fingerprint=${certificates[name].fingerprint256}`);
      expect(dialogue.told.filter((line) => /USER|PASS|AUTH/.test(line))).toEqual([]);
    }
  });

  test('I25: a certificate with the configured fingerprint is accepted, in any spelling, and no other one', async () => {
    const { fingerprint256 } = certificates.selfSigned;
    const plain = fingerprint256.replaceAll(':', '').toLowerCase();
    for (const [tls, fingerprint, ok] of [
      [certificates.selfSigned, fingerprint256, true],
      [certificates.selfSigned, plain, true],
      [certificates.expired, certificates.expired.fingerprint256, true],
      [certificates.wrongName, fingerprint256, false],
      [certificates.selfSigned, '', false],
    ] as const) {
      await using server = await startPop3Server({ accounts, tls, implicitTls });
      const opened = await openAt({ port: server.port, security, fingerprint });
      expect(opened.ok).toBe(ok);
      if (opened.ok) await opened.mailbox.quit();
      else expect(opened.failure.message).toContain('It is not the one whose fingerprint is configured.');
    }
  });

  test('I25: a CA file that is not there is an error, and not a reason to do without', async () => {
    await using server = await startPop3Server({ accounts, tls: certificates.unknownIssuer, implicitTls });

    expect(await failureAt({ port: server.port, security, caFile: '/nowhere/ca.pem' })).toEqual({
      kind: 'tls',
      message: 'The CA file /nowhere/ca.pem cannot be read (ENOENT)',
    });
  });
});

const offered = [says('+OK ready'), hears('CAPA'), sends('+OK\r\nSTLS\r\nUSER\r\n.\r\n'), hears('STLS')];

test('POP07: a reply that was slipped in behind the one to STLS ends the session before the handshake', async () => {
  await using server = await startMisbehavingPop3([[...offered, sends('+OK\r\n+OK injected\r\n'), stalls]]);
  const failure = await failureAt({ port: server.port, security: 'stls' });

  expect(failure).toMatchObject({ kind: 'protocol' });
  expect(failure.message).toContain('"+OK injected" came where nothing was due');
  expect(server.heard).toEqual(['CAPA', 'STLS']);
});

test('POP07: what was announced in clear text counts for nothing inside TLS: capabilities are asked for again', async () => {
  const { cert, key, fingerprint256 } = certificates.selfSigned;
  const inTls = [hears('CAPA'), sends('+OK\r\nSASL PLAIN\r\n.\r\n')];
  const acts = [...offered, says('+OK'), startsTls, ...inTls, hears(`AUTH PLAIN ${plain()}`), says('-ERR [AUTH] no')];
  await using server = await startMisbehavingPop3([acts], { tls: { cert, key } });
  const failure = await failureAt({ port: server.port, security: 'stls', fingerprint: fingerprint256 });

  expect(server.problems).toEqual([]);
  expect(failure).toEqual({ kind: 'login', message: 'Login refused: -ERR [AUTH] no' });
});

test('POP08: a server with nothing newer than TLS 1.0 is refused, and it is said why', async () => {
  const { cert, key } = certificates.selfSigned;
  const old = { cert, key, minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
  await using server = await startMisbehavingPop3([[startsTls, stalls]], { tls: old });
  const failure = await failureAt({ port: server.port, security: 'tls' });

  expect(failure.kind).toBe('tls');
  expect(failure.message).toContain('it offers nothing newer than TLS 1.1');
});

test('POP08: a server that hangs up in the handshake is a failure of TLS, and there is no second try in clear text', async () => {
  await using server = await startMisbehavingPop3([[]]);
  const failure = await failureAt({ port: server.port, security: 'tls' });

  expect(failure.kind).toBe('tls');
  expect(server.connections).toBe(1);
});

function plain(): string {
  return Buffer.from(`\0anna\0${CANARY}`).toString('base64');
}
