import { readFile } from 'node:fs/promises';
import { createTransport } from 'nodemailer';
import { expect, test, vi } from 'vitest';
import { startSmtpSink } from '../../demo/smtp-sink.ts';
import { bodyOf } from '../../src/daemon/mail/body.ts';
import { makeCertificate } from '../kit/certificate.ts';
import { manualClock } from '../kit/clock.ts';
import { envelopeTo, never, openTo, peerAt, summary } from './world.ts';

const FROM = 'anna@firma.example';
const RAW = 'Subject: x\r\n\r\n.dot\r\nend\r\n';

test('the sink keeps what an independent client hands over, octet for octet', async () => {
  await using sink = await startSmtpSink({ name: 'sink.example' });
  const client = createTransport({ host: '127.0.0.1', port: sink.port, ignoreTLS: true });
  await client.sendMail({ envelope: { from: FROM, to: ['a@b.example', 'c@d.example'] }, raw: RAW });
  client.close();

  const [mail] = await sink.waitFor(1, 10_000);
  expect(mail).toEqual({ sender: FROM, recipients: ['a@b.example', 'c@d.example'], bytes: Buffer.from(RAW) });
});

test('the sink answers a recipient as it is told to, also when that changes', async () => {
  const replies: Record<string, string> = {
    'later@b.example': '450 4.2.1 Greylisted',
    'gone@b.example': '550 5.1.1 No such user',
  };
  await using sink = await startSmtpSink({ name: 'sink', replies });
  const conversation = await openTo(peerAt(sink.port));
  const envelope = envelopeTo(['later@b.example', 'gone@b.example', 'a@b.example']);
  const first = await conversation.send(envelope, bodyOf(Buffer.from(RAW)), never);
  expect(summary(first.recipients)).toEqual([
    'deferred 450 4.2.1 Greylisted',
    'failed 550 5.1.1 No such user',
    'sent 250 2.0.0 Ok: taken',
  ]);

  delete replies['later@b.example'];
  const second = await conversation.send(envelopeTo(['later@b.example']), bodyOf(Buffer.from(RAW)), never);
  expect(summary(second.recipients)).toEqual(['sent 250 2.0.0 Ok: taken']);
  await conversation.quit();
  expect(sink.received.map(({ recipients }) => recipients)).toEqual([['a@b.example'], ['later@b.example']]);
});

test('the sink greets without the wait of 100 ms that smtp-server makes, and announces what S110 shows', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] }); // nobody moves this clock: a greeting that waits for it never comes
  try {
    await using sink = await startSmtpSink({ name: 'smtprelay.isp.com', size: 21_000_000 });
    const conversation = await openTo(peerAt(sink.port), { clock: manualClock() });
    expect(conversation.abilities).toMatchObject({ esmtp: true, maxSize: 21_000_000, dsn: true });
    await conversation.quit();
  } finally {
    vi.useRealTimers();
  }
});

test.each(['starttls', 'tls'] as const)('the sink speaks %s, and asks for a login', async (security) => {
  await using certificate = await makeCertificate();
  const tls = { cert: await readFile(certificate.certFile), key: await readFile(certificate.keyFile) };
  const auth = { user: 'u', password: 'p' };
  await using sink = await startSmtpSink({ name: 'sink', tls, implicitTls: security === 'tls', auth });
  const { fingerprint256: fingerprint } = certificate;

  const stranger = await openTo(peerAt(sink.port, { security, fingerprint }));
  const { recipients } = await stranger.send(envelopeTo(['a@b.example']), bodyOf(Buffer.from(RAW)), never);
  expect(recipients).toMatchObject([{ outcome: 'deferred', code: 530 }]);
  await stranger.quit();
});

test('a wait for mail that does not come ends', async () => {
  await using sink = await startSmtpSink({ name: 'sink' });
  await expect(sink.waitFor(1, 10)).rejects.toThrow('0 of 1 messages came.');
});

test('stopping the sink ends its connections', async () => {
  const sink = await startSmtpSink({ name: 'sink' });
  const conversation = await openTo(peerAt(sink.port));
  await sink.stop();
  const { recipients } = await conversation.send(envelopeTo(['a@b.example']), bodyOf(Buffer.from(RAW)), never);
  expect(recipients).toMatchObject([{ outcome: 'deferred', code: null }]);
});
