import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seconds } from '../../src/daemon/base/clock.ts';
import { Secret } from '../../src/daemon/base/secret.ts';
import type { SmtpPeer } from '../../src/daemon/smtp/conversation.ts';
import { type Certificate, makeCertificate } from '../kit/certificate.ts';
import { manualClock } from '../kit/clock.ts';
import {
  answering,
  ehloReply,
  type Heard,
  octetByOctet,
  type Script,
  startMisbehavingSmtp,
} from '../kit/misbehaving-smtp.ts';
import { scratchFolder } from '../kit/scratch.ts';
import { until } from '../kit/until.ts';
import { failureOf, openTo, peerAt, writtenDialogue } from './world.ts';

let certificate: Certificate;
let tls: { cert: Buffer; key: Buffer };

beforeAll(async () => {
  certificate = await makeCertificate();
  tls = { cert: await readFile(certificate.certFile), key: await readFile(certificate.keyFile) };
});
afterAll(() => certificate[Symbol.asyncDispose]());

const offersTls = { ehlo: ['STARTTLS', 'SIZE 1000'], startTls: '220 Go ahead' };
const withCa = (differing: Partial<SmtpPeer> = {}): Partial<SmtpPeer> => ({
  security: 'starttls',
  caFile: certificate.caFile,
  ...differing,
});

describe('I25: TLS that is required', () => {
  test.each(['starttls', 'tls'] as const)(
    '%s with a CA file that vouches for the server is spoken',
    async (security) => {
      await using server = await startMisbehavingSmtp(answering(offersTls), { tls, implicitTls: security === 'tls' });
      const dialogue = writtenDialogue();
      await (await openTo(peerAt(server.port, withCa({ security })), { dialogue })).quit();
      expect(dialogue.lines).toContain('* TLSv1.3, certificate verified.');
      expect(server.heard.match(/EHLO/g)).toHaveLength(security === 'tls' ? 1 : 2);
    },
  );

  test('forgets what was announced in clear', async () => {
    const heard: Heard = { commands: [], messages: [] };
    const script: Script = async (client) => {
      await client.say('220 hello');
      await client.line();
      await client.say(ehloReply(['STARTTLS', 'SIZE 1', 'DSN', 'AUTH PLAIN']));
      heard.commands.push(await client.line());
      await client.say('220 Go ahead');
      await client.startTls();
      await client.line();
      await client.say(ehloReply(['SIZE 2000', 'PIPELINING']));
    };
    await using server = await startMisbehavingSmtp(script, { tls });
    const { abilities } = await openTo(peerAt(server.port, withCa()));
    expect(abilities).toMatchObject({ maxSize: 2_000, dsn: false, pipelining: true });
    expect(heard.commands).toEqual(['STARTTLS']);
  });

  test.each([
    ['is not offered (REL04)', { ehlo: ['SIZE 1000'] }],
    ['is answered 454 (REL04)', { ehlo: ['STARTTLS'], startTls: '454 4.7.0 Not now' }],
    ['is answered 502', { ehlo: ['STARTTLS'], startTls: '502 5.5.1 What?' }],
  ])('%s: nothing more is said in clear', async (_what, answers) => {
    await using server = await startMisbehavingSmtp(answering(answers));
    const login = { user: 'u', password: new Secret('canary-password'), mechanism: 'auto' as const };
    const failure = await failureOf(peerAt(server.port, withCa({ login })));
    expect(failure.kind).toBe('tls');
    expect(failure.message).toContain('TLS is required');
    await server.quiet();
    expect(server.heard).not.toMatch(/AUTH|MAIL/);
  });

  test('with a server that speaks no TLS on that port says so', async () => {
    await using server = await startMisbehavingSmtp(answering({}));
    expect(await failureOf(peerAt(server.port, withCa({ security: 'tls' })))).toMatchObject({
      kind: 'tls',
      message: 'The TLS handshake with 127.0.0.1 failed: the server speaks no TLS on this port.',
    });
  });

  test.each(['close', 'reset'] as const)('with a server that does %s in the handshake', async (end) => {
    await using server = await startMisbehavingSmtp(async (client) => {
      await client.octets(5);
      client[end]();
    });
    expect(await failureOf(peerAt(server.port, withCa({ security: 'tls' })))).toMatchObject({ kind: 'tls' });
  });
});

describe('I18: a handshake that stalls', () => {
  const stalls: Script = async (client) => {
    await client.say('220 hello');
    await client.line();
    await client.say(ehloReply(['STARTTLS']));
    await client.line();
    await client.say('220 Go ahead');
    await client.octets(5);
  };

  test('ends when its time is over', async () => {
    const clock = manualClock();
    await using server = await startMisbehavingSmtp(stalls);
    const failing = failureOf(peerAt(server.port, withCa()), { clock });
    await until('the hello of TLS', () => server.heard.includes('\x16\x03') || undefined);
    await clock.advance(seconds(60));
    expect(await failing).toMatchObject({ kind: 'timeout' });
    await server.quiet();
    expect(clock.pending).toBe(0);
  });

  test('ends when we are stopped', async () => {
    await using server = await startMisbehavingSmtp(stalls);
    const stopping = new AbortController();
    const failing = failureOf(peerAt(server.port, withCa()), { stop: stopping.signal });
    await until('the hello of TLS', () => server.heard.includes('\x16\x03') || undefined);
    stopping.abort();
    expect(await failing).toMatchObject({ kind: 'stopped' });
    await server.quiet();
  });
});

describe('REL05: octets behind `220 Go ahead`, before TLS', () => {
  test.each([
    ['in one packet', '220 Go ahead\r\n250 2.1.0 injected\r\n'],
    ['half a line', '220 Go ahead\r\n250'],
  ])('%s end the session', async (_what, octets) => {
    const script: Script = async (client) => {
      await client.say('220 hello');
      await client.line();
      await client.say(ehloReply(['STARTTLS']));
      await client.line();
      await client.send(octets);
    };
    await using server = await startMisbehavingSmtp(script, { tls });
    expect(await failureOf(peerAt(server.port, withCa()))).toMatchObject({ kind: 'protocol' });
    expect(server.heard).not.toMatch(/EHLO.*EHLO/s);
  });

  test('in packets of their own are no TLS, and no reply either', async () => {
    const script: Script = async (client) => {
      await client.say('220 hello');
      await client.line();
      await client.say(ehloReply(['STARTTLS']));
      await client.line();
      await client.send('220 Go ahead\r\n');
      await client.octets(5);
      await client.send('250-injected\r\n250 AUTH PLAIN\r\n');
    };
    await using server = await startMisbehavingSmtp(script, { packets: octetByOctet });
    expect(await failureOf(peerAt(server.port, withCa()))).toMatchObject({ kind: 'tls' });
  });
});

describe('certificates', () => {
  test('that nobody vouches for are refused; the message names the check and the fingerprint', async () => {
    await using server = await startMisbehavingSmtp(answering(offersTls), { tls });
    const failure = await failureOf(peerAt(server.port, { security: 'starttls' }));
    expect(failure.kind).toBe('tls');
    expect(failure.message).toMatch(/its issuer \(.*\) is unknown here/);
    expect(failure.message).toContain(certificate.fingerprint256);
    expect(server.heard).not.toMatch(/EHLO.*EHLO/s);
  });

  test('for another name are refused, though the CA vouches for them', async () => {
    await using server = await startMisbehavingSmtp(answering(offersTls), { tls });
    const peer = peerAt(server.port, withCa({ host: 'relay.example' }));
    const failure = await failureOf(peer, { lookup: async () => ['127.0.0.1'] });
    expect(failure).toMatchObject({ kind: 'tls' });
    expect(failure.message).toContain('the name relay.example is not in it');
  });

  test.each([
    ['with colons', (fingerprint: string) => fingerprint],
    ['without colons, in small letters', (fingerprint: string) => fingerprint.replaceAll(':', '').toLowerCase()],
    ['with its kind before it', (fingerprint: string) => `SHA256:${fingerprint}`],
  ])('known by their fingerprint %s are accepted', async (_how, written) => {
    await using server = await startMisbehavingSmtp(answering(offersTls), { tls });
    const dialogue = writtenDialogue();
    const fingerprint = written(certificate.fingerprint256);
    await (await openTo(peerAt(server.port, { security: 'starttls', fingerprint }), { dialogue })).quit();
    expect(dialogue.lines).toContain('* TLSv1.3, known certificate.');
  });

  test('REL22: that differ from the known one are refused, even if a CA vouches for them', async () => {
    await using server = await startMisbehavingSmtp(answering(offersTls), { tls });
    const failure = await failureOf(peerAt(server.port, withCa({ fingerprint: 'AB:'.repeat(31) + 'CD' })));
    expect(failure).toMatchObject({ kind: 'tls' });
    expect(failure.message).toContain(
      `not the one whose fingerprint is configured. To accept it all the same: Certificate fingerprint=${certificate.fingerprint256}`,
    );
  });

  test('are not asked for when the CA file cannot be read, or holds none', async () => {
    await using scratch = await scratchFolder('ca');
    await writeFile(scratch.file('empty.pem'), 'no certificate');
    await using server = await startMisbehavingSmtp(answering(offersTls), { tls });
    for (const [name, words] of [
      ['missing.pem', 'cannot be read'],
      ['empty.pem', ''],
    ] as const) {
      const failure = await failureOf(peerAt(server.port, withCa({ caFile: scratch.file(name) })));
      expect(failure.kind).toBe('tls');
      expect(failure.message).toContain(words);
    }
  });
});

describe('opportunistic TLS (direct delivery)', () => {
  test('is used although nobody vouches for the certificate, and says so', async () => {
    await using server = await startMisbehavingSmtp(answering(offersTls), { tls });
    const dialogue = writtenDialogue();
    await (await openTo(peerAt(server.port, { security: 'opportunistic' }), { dialogue })).quit();
    expect(dialogue.lines).toContain('* TLSv1.3, certificate not verified.');
  });

  test.each([
    ['not offered', { ehlo: ['DSN'] }],
    ['refused', { ehlo: ['STARTTLS'], startTls: '454 Not now' }],
  ])('%s is done without', async (_what, answers) => {
    await using server = await startMisbehavingSmtp(answering(answers));
    expect((await openTo(peerAt(server.port, { security: 'opportunistic' }))).usable).toBe(true);
    expect(server.connections).toBe(1);
  });

  test('that fails in the handshake is done without, on a new connection', async () => {
    await using server = await startMisbehavingSmtp(async (client, n) => {
      if (n > 1) return await answering({ ehlo: ['STARTTLS'] })(client, n);
      await client.say('220 hello');
      await client.line();
      await client.say(ehloReply(['STARTTLS']));
      await client.line();
      await client.say('220 Go ahead');
      await client.octets(5);
      client.close();
    });
    expect((await openTo(peerAt(server.port, { security: 'opportunistic' }))).usable).toBe(true);
    expect(server.connections).toBe(2);
  });
});
