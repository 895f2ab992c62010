/**
 * Mail as it should not be, on the whole walk: it arrives with its octets, or it stays, and nothing in it decides what it must not
 * (MSG05, MSG06, MSG08, MSG10, MSG12, MSG14, MSG16, POP21, POP28, I21, I22).
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hears, says } from '../kit/misbehaving-pop3.ts';
import { fetching, leaving, opening, scripted, subjects } from './scripted.ts';
import { inboundWorld, mail, recipient } from './world.ts';

const anna = 'anna@company.example';
/** Takes all of it, whatever stands in it. */
const BOSS = recipient('boss', 'Forward all messages=1');

/** POP3 carries nothing that does not end with CRLF (RFC 1939 §3): the server adds one. */
const asItComes = (text: string) => (text === '' || text.endsWith('\r\n') ? text : `${text}\r\n`);

/** The policy for line ends (POP21): each of them leaves as CRLF. */
const asItLeaves = (octets: Buffer) => asItComes(octets.toString('latin1')).replaceAll(/\r\n|\r|\n/g, '\r\n');

async function delivered(messages: Buffer[], ini = BOSS, accountKeys = '') {
  await using world = await inboundWorld({ mailboxes: { office: messages }, ini, accountKeys });
  const report = await world.session();
  return {
    ...{ report, left: world.pop3.messages('office').length, events: [...world.events] },
    received: [...world.inside.received],
    bodies: world.inside.received.map(({ bytes }) => bytes.toString('latin1')),
  };
}

test.each<[string, string]>([
  ['POP28: no octet at all', ''],
  ['POP28: a header alone', 'Subject: x\r\n'],
  ['POP28: a body alone', '\r\nbody\r\n'],
  ['POP28: a body without the empty line before it', 'no header at all\r\n'],
  ['POP21: a bare LF for each line end', 'Subject: x\n\nbody\n.\nmore\n'],
  ['POP21: a bare CR for each line end', 'Subject: x\r\rbody\r.\rmore\r'],
  ['POP21: all of them mixed', 'Subject: x\r\n\n\rbody\r\r\n.\n.\r\n\r'],
  ['POP21: a line of 100 KB', `Subject: x\r\n\r\n${'y'.repeat(100_000)}\r\n`],
  ['MSG10: NUL, 8-bit and control octets', 'Subject: \0\x1a\xff\r\n\r\n\0\x80\x1a\x7f\x04\r\n'],
  ['MSG10: no CRLF at the end', 'Subject: x\r\n\r\nbody'],
  ['MSG10: the From line of an mbox', 'From a@b.c Tue Nov 24 10:00:00 2026\r\nSubject: x\r\n\r\nbody\r\n'],
  ['MSG14: lines of dots only', 'Subject: x\r\n\r\n.\r\n..\r\n...\r\n.\r\n'],
  ['MSG14: nothing but a dot', '.\r\n'],
  ['MSG05: a header line of 1 MB', `X: ${'y'.repeat(1_000_000)}\r\nSubject: x\r\n\r\nbody\r\n`],
  ['MSG05: 100,000 fields', `${'X: y\r\n'.repeat(100_000)}\r\nbody\r\n`],
  ['MSG05: a header of 20 MB without a body', 'X: 0123456789abcdef\r\n'.repeat(1_000_000)],
  ['MSG06: 10,000 multiparts in one another', nested(10_000)],
  ['MSG08: no From and no To', 'Subject: x\r\n\r\nbody\r\n'],
  ['MSG08: 10,000 comments in one another', `To: ${'('.repeat(10_000)}${')'.repeat(10_000)}\r\n\r\nx\r\n`],
])('%s: is handed over with its octets, and deleted', async (_what, text) => {
  const message = Buffer.from(text, 'latin1');
  const { bodies, report, left } = await delivered([message]);

  expect(report).toMatchObject({ messages: 1, errors: [] });
  expect(bodies.map((body) => body.length)).toEqual([asItLeaves(message).length]);
  expect(bodies[0] === asItLeaves(message)).toBe(true); // 20 MB are no help in a report
  expect(left).toBe(0);
});

function nested(depth: number): string {
  const parts = Array.from(
    { length: depth },
    (_, n) => `Content-Type: multipart/mixed; boundary=b${n}\r\n\r\n--b${n}\r\n`,
  );
  return `MIME-Version: 1.0\r\n${parts.join('')}\r\nx\r\n`;
}

test('I21, POP21: random octets arrive as they came, line ends apart', { timeout: 120_000 }, async () => {
  const octet = fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(0x0d, 0x0a, 0x2e, 0x00, 0x61) },
    fc.integer({ min: 0, max: 255 }),
  );
  const message = fc.array(octet, { maxLength: 400 }).map((list) => Buffer.from(list));
  await fc.assert(
    fc.asyncProperty(fc.array(message, { minLength: 40, maxLength: 60 }), async (random) => {
      const { bodies } = await delivered(random);
      expect(bodies).toEqual(random.map(asItLeaves));
    }),
    { numRuns: 10 },
  );
});

describe('routing of what is odd', () => {
  test('MSG05: a recipient within the first 100 KB of the header is found, whatever follows; one behind them is not', async () => {
    const near = Buffer.from(`To: ${anna}\r\nX: ${'y'.repeat(1_000_000)}\r\n\r\nnear\r\n`);
    const far = Buffer.from(`X: ${'y'.repeat(1_000_000)}\r\nTo: ${anna}\r\n\r\nfar\r\n`);
    const { bodies, report, left } = await delivered([near, far], recipient('anna'));
    expect(bodies).toEqual([near.toString('latin1')]);
    expect([report.errors.length, left]).toEqual([1, 1]); // it stays, and is said
  });

  test('MSG08: what names nobody takes the way of unroutable mail; without From its sender is the null one', async () => {
    const odd = ['', 'To: undisclosed-recipients:;\r\n', `To: ${'('.repeat(20_000)} <${anna}>\r\n`, 'To: <@>\r\n'];
    const postmaster = recipient('postmaster', 'Unroutable messages=1');
    const { received, bodies } = await delivered(
      odd.map((to) => Buffer.from(`${to}Subject: s\r\n\r\nx\r\n`)),
      recipient('anna') + postmaster,
    );
    expect(received.map(({ recipients, sender }) => [recipients[0], sender])).toEqual(
      odd.map(() => ['postmaster@company.example', '']),
    );
    expect(bodies.every((body) => body.includes('Subject: [Man.Distr] s'))).toBe(true);
  });

  test('MSG08: From and To twice, groups, and 5,000 addresses: each recipient has it once', async () => {
    const crowd = Array.from({ length: 5_000 }, (_, n) => `n${n}@y.example`).join(',\r\n ');
    const fields = `From: a@b.c\r\nFrom: d@e.f\r\nTo: Team: ${anna}, ${anna};\r\nTo: "${anna}" <${anna}>\r\nCc: ${crowd}\r\n`;
    const { received } = await delivered([Buffer.from(`${fields}\r\nx\r\n`)], recipient('anna'));
    expect(received.map(({ recipients, sender }) => [recipients, sender])).toEqual([[[anna], 'a@b.c']]);
  });

  test('MSG10: the From line of an mbox hides no recipient', async () => {
    const mbox = `From a@b.c Tue Nov 24 10:00:00 2026\r\nFrom: a@b.c\r\nTo: ${anna}\r\n\r\nx\r\n`;
    expect((await delivered([Buffer.from(mbox)], recipient('anna'))).received).toMatchObject([{ recipients: [anna] }]);
  });

  test('MSG16: Bcc, X-Envelope-To and Delivered-To name nobody unless the account says so, and travel on as they came', async () => {
    const fields = `Return-Path: <r@p.q>\r\nBcc: ${anna}\r\nX-Envelope-To: ${anna}\r\nDelivered-To: ${anna}\r\n`;
    const message = Buffer.from(`${fields}From: f@g.h\r\nTo: x@y.example\r\nSubject: s\r\n\r\nx\r\n`);
    const unnamed = await delivered([message], recipient('anna'));
    expect([unnamed.received.length, unnamed.left]).toEqual([0, 1]);
    const trusted = await delivered([message], recipient('anna'), 'Search header=X-Envelope-To');
    expect(trusted.received).toMatchObject([{ recipients: [anna], sender: 'r@p.q' }]);
    expect(trusted.bodies).toEqual([message.toString('latin1')]);
  });
});

test('MSG12: 1,000 different messages with one Message-ID, and some without any or with one of 10 KB: all of them arrive, once', async () => {
  const ids = ['<same@x>', '', `<${'i'.repeat(10_000)}@x>`];
  const messages = Array.from({ length: 1_000 }, (_, n) => {
    const id = ids[n % 50] ?? ids[0];
    return Buffer.from(`${id ? `Message-ID: ${id}\r\n` : ''}${mail(anna, `${1_000 + n}`).toString('latin1')}`);
  });
  await using world = await inboundWorld({
    mailboxes: { office: messages },
    ini: recipient('anna'),
    accountKeys: 'Keep on server=1',
  });
  expect(await world.session()).toMatchObject({ messages: 1_000, errors: [] });
  expect(subjects(world.inside.received)).toEqual(messages.map((_, n) => `${1_000 + n}`));
  expect(await world.session()).toMatchObject({ messages: 0, errors: [] });
});

test('MSG14: a message of exactly the limit arrives, one of an octet more stays, by what LIST says and by what comes', async () => {
  const exact = mail(anna, 'exact').toString('latin1');
  const more = mail(anna, 'exact', 'Hello!.\r\n').toString('latin1');
  expect(more.length).toBe(exact.length + 1);
  const limit = { accountKeys: `Maximum size for messages=${exact.length}` };
  const top = [hears('TOP 1 0'), says('-ERR')];
  const other = [hears('TOP 2 0'), says('-ERR')];
  // The first is too large by what LIST says; of the second LIST says less than comes.
  const listed = opening(['a', more], ['b', exact], ['c', exact]);
  await using it = await scripted(
    [
      [
        ...[...listed, ...fetching(more, 2), ...fetching(exact, 3), ...top, ...other],
        ...[hears('DELE 3'), says('+OK'), ...leaving],
      ],
    ],
    limit,
  );
  expect(await it.world.session()).toMatchObject({ messages: 1, errors: [] });
  expect(it.world.inside.received.map(({ bytes }) => bytes.toString('latin1'))).toEqual([exact]);
  expect(it.world.told('message.oversize').map(({ uidl }) => uidl)).toEqual(['a', 'b']);
  expect(it.problems).toEqual([]);
});

test('I22: an internal server that puts what it gets back into the mailbox: it goes round no more than 50 times', async () => {
  await using world = await inboundWorld({ mailboxes: { office: [mail(anna, 'round')] }, ini: recipient('anna') });
  let seen = 0;
  for (let turn = 0; turn < 60; turn += 1) {
    await world.session();
    const back = world.inside.received.slice(seen);
    seen += back.length;
    // As each server does (RFC 5321 §4.4).
    for (const { bytes } of back)
      world.pop3.add('office', Buffer.concat([Buffer.from('Received: from a by b; now\r\n'), bytes]));
  }
  expect(seen).toBe(51);
  expect(world.pop3.messages('office')).toHaveLength(1);
  expect(world.told('message.stuck')).toMatchObject([{ reason: expect.stringContaining('51 servers') as string }]);
  expect(world.told('alert.raised')).toMatchObject([{ key: 'stuck:office' }]);
});
