import fc from 'fast-check';
import addressparser from 'nodemailer/lib/addressparser';
import { describe, expect, test } from 'vitest';
import { LONGEST_HEADER_BLOCK } from '../../../src/daemon/base/limits.ts';
import { bodyOf } from '../../../src/daemon/mail/body.ts';
import { readHeader } from '../../../src/daemon/mail/header-block.ts';
import { receivedField } from '../../../src/daemon/outbound/received.ts';
import { phraseOf } from '../../../src/daemon/outbound/rewrite/names.ts';
import { octets, readAll } from '../../rules/mail.ts';
import { inChunks, leavingWith, left, queued, withNames } from './mail.ts';

const REST = 'To: sales__fk@pytheas.com\r\nSubject: from sales__fk@pytheas.com\r\n\r\nFrom: sales__fk@pytheas.com\r\n';
const message = (...fields: string[]): string => `${fields.map((field) => `${field}\r\n`).join('')}${REST}`;

/** What leaves of a field; everything behind it is as it was. */
async function field(text: string, names: Record<string, string> = {}): Promise<string> {
  const after = await left(message(text), withNames(names));
  if (!after.endsWith(`\r\n${REST}`)) throw new Error(after);
  return after.slice(0, -REST.length - 2);
}

describe('S112: in From, Sender and Reply-To only the suffix goes', () => {
  test.each([
    ['From: sales__fk@pytheas.com', 'From: sales@pytheas.com'],
    ['From: "Fran\u00e7ois, K." <sales__fk@pytheas.com>', 'From: "Fran\u00e7ois, K." <sales@pytheas.com>'],
    ['Sender:sales__fk@pytheas.com (at work)', 'Sender:sales@pytheas.com (at work)'],
    ['REPLY-TO : a__b@x.example,\r\n\tb__c@x.example', 'REPLY-TO : a@x.example,\r\n\tb@x.example'],
    ['From: =?utf-8?Q?Dupont,_J?= <sales__fk@pytheas.com>', 'From: =?utf-8?Q?Dupont,_J?= <sales@pytheas.com>'],
    ['From: Us: a__b@x.example, <c__d@x.example>;', 'From: Us: a@x.example, <c@x.example>;'],
    ['From: K (a__b@c) <sales__fk (x) @\r\n pytheas.com>', 'From: K (a__b@c) <sales (x) @\r\n pytheas.com>'],
    ['From: <@a__b.example,@c.example:sales__fk@pytheas.com>', 'From: <@a__b.example,@c.example:sales@pytheas.com>'],
    ['From: "sales__fk"@pytheas.com', 'From: "sales"@pytheas.com'],
    ['From: "sales__fk@pytheas.com" <sales__fk@pytheas.com>', 'From: "sales@pytheas.com" <sales@pytheas.com>'],
    [`From: "'a__b@x.example'" <a__b@x.example>`, `From: "'a@x.example'" <a@x.example>`],
    ['From: a__b@x.example <a__b@x.example>', 'From: a@x.example <a@x.example>'],
    ['From: "never closed <sales__fk@pytheas.com>', 'From: "never closed <sales@pytheas.com>'],
    ['From: ventes__zo\u00c3\u00a9@pytheas.com', 'From: ventes@pytheas.com'],
  ])('%s', async (text, leaves) => {
    expect(await field(text)).toBe(leaves);
  });

  test.each([
    'To: sales__fk@pytheas.com',
    'From: sales__12345678901@pytheas.com',
    'From: "Team__fk" <sales@pytheas.com>',
    'From: Team__fk <sales@pytheas.com>',
    'From: (sales__fk@pytheas.com) sales@pytheas.com',
    'X-From: sales__fk@pytheas.com',
    'Disposition-Notification-To: sales__fk@pytheas.com',
    'From sales__fk@pytheas.com Mon Jan  1 10:00:00 2026',
  ])('%s stays', async (text) => {
    expect(await field(text)).toBe(text);
  });

  test('every From of a message that has two', async () => {
    const after = await left(message('From: a__b@x.example', 'From: c__d@x.example'));
    expect(after).toBe(message('From: a@x.example', 'From: c@x.example'));
  });

  test('our own Received field names a recipient, never the sender', async () => {
    const by = { name: 'gw.pytheas.com', id: 'Pmg1F7B', recipients: ['anna__fk@kunde.example'], at: queued.queuedAt };
    const received = receivedField({ heloName: 'mail', address: '127.0.0.1', protocol: 'ESMTP' }, by);
    const after = await left(received + message('From: sales__fk@pytheas.com'));
    expect(after).toBe(received + message('From: sales@pytheas.com'));
    expect(received).toContain('for <anna__fk@kunde.example>');
  });
});

describe('S113: the name before the address', () => {
  const names = { 'sales@pytheas.com': 'Service commercial', 'zoe@pytheas.com': 'Zo\u00e9 "Z" <x>, =?q?' };

  test.each([
    ['From: sales@pytheas.com', 'From: Service commercial <sales@pytheas.com>'],
    ['From: Fran\u00e7ois K <SALES@Pytheas.com>', 'From: Service commercial <SALES@Pytheas.com>'],
    ['From: "F. \\"K\\"" <sales__fk@pytheas.com>', 'From: Service commercial <sales@pytheas.com>'],
    ['From: <sales__fk@pytheas.com>', 'From: Service commercial <sales@pytheas.com>'],
    ['From:=?utf-8?Q?F=2C?=\r\n =?utf-8?Q?K?= <sales@pytheas.com>', 'From:Service commercial <sales@pytheas.com>'],
    ['From: F (or) K\r\n\t<sales@pytheas.com>', 'From: Service commercial (or)\r\n\t<sales@pytheas.com>'],
    ['From: sales@pytheas.com (F K)', 'From: Service commercial <sales@pytheas.com> (F K)'],
    ['From: a@x.example, F <sales@pytheas.com>', 'From: a@x.example, Service commercial <sales@pytheas.com>'],
    ['Reply-To: Us: F <sales@pytheas.com>;', 'Reply-To: Us: Service commercial <sales@pytheas.com>;'],
    ['Sender: F.K@x <sales__fk@pytheas.com>', 'Sender: Service commercial <sales@pytheas.com>'],
  ])('%s', async (text, leaves) => {
    expect(await field(text, names)).toBe(leaves);
  });

  test.each([
    'From: F K <other@pytheas.com>',
    'From: Service commercial <sales@pytheas.com>',
    'To: F K <sales@pytheas.com>',
    'From: "never closed <sales@pytheas.com>',
    'From: F K <sales@pytheas.com> and more',
    'From: F K <>',
  ])('%s stays', async (text) => {
    expect(await field(text, names)).toBe(text);
  });

  test('a message that its domain has signed keeps its name, and loses the suffix all the same', async () => {
    const signature = 'DKIM-Signature: v=1; h=from:to; b=abc';
    const after = await left(message(signature, 'From: F <sales__fk@pytheas.com>'), withNames(names));
    expect(after).toBe(message(signature, 'From: F <sales@pytheas.com>'));
  });

  test('a name outside ASCII is encoded, and a mail program reads it', async () => {
    const after = await left(message('From: zoe@pytheas.com'), withNames(names));
    expect(after).toMatch(/^From: =\?utf-8\?B\?[A-Za-z0-9+/=]+\?= <zoe@pytheas\.com>\r\n/);
    expect(readHeader(octets(after)).text('from')).toBe('Zo\u00e9 "Z" <x>, =?q? <zoe@pytheas.com>');
  });

  test('MSG03: whatever the name is, it is one name of one address, in lines of a bearable length', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(text, (name) => {
        const phrase = phraseOf(name);
        expect(phrase).toMatch(/^[ -~\r\n]*$/);
        expect(phrase.replaceAll('\r\n ', '')).not.toMatch(/[\r\n]/);
        for (const line of phrase.split('\r\n')) expect(line.length).toBeLessThan(130);
        const read = addressparser(`${phrase} <a@b.example>`.replaceAll('\r\n', ''));
        expect(read.map(({ address }) => address)).toEqual(['a@b.example']);
      }),
    );
  });

  test('a long name is folded between characters', () => {
    const name = '\u00e9'.repeat(200);
    expect(readHeader(Buffer.from(`From: ${phraseOf(name)}\r\n`)).text('from')).toBe(name);
  });
});

test('MSG05: behind the longest header that is read nothing changes, and a field that it cuts short stays', async () => {
  const filler = `X: ${'a'.repeat(90)}\r\n`;
  const long = filler.repeat(Math.floor((LONGEST_HEADER_BLOCK - 40) / filler.length));
  const mail = `${long}From: ${'c'.repeat(400)} <sales__fk@pytheas.com>\r\nSender: a__b@c.example\r\n\r\nHello\r\n`;
  expect(await left(mail)).toBe(mail);
  expect(await left(`From: sales__fk@pytheas.com\r\n${mail}`)).toBe(`From: sales@pytheas.com\r\n${mail}`);
});

test.each([
  ['a__b@c,', 'a@c,'],
  ['"a__b@c" ', '"a@c" '],
  ...['"', '(', '()', '=?a?q?', '<', '\\', '"\\', 'a__b', '@', ':', '(\\('].map((piece) => [piece, piece]),
])('MSG05: a field of nothing but %j is read once through', async (piece = '', leaves = '') => {
  const times = Math.floor(100_000 / piece.length);
  const after = await left(`From: ${piece.repeat(times)}\r\n\r\n`, withNames({ 'x@c': 'N' }));
  expect(after).toBe(`From: ${leaves.repeat(times)}\r\n\r\n`);
});

test('MSG05: of very many addresses in a field the first hundred get another name', async () => {
  const after = await left(`From: ${'a__b@c,'.repeat(10_000)}\r\n\r\n`, withNames({ 'a@c': 'N' }));
  expect(after).toBe(`From: ${'N <a@c>,'.repeat(100)}${'a@c,'.repeat(9_900)}\r\n\r\n`);
});

test('S112, S113: rewritten twice is rewritten once, and only sender fields change', async () => {
  const pieces = fc.constantFrom(
    ...['a__b@c.example', 'sales@pytheas.com', '"x, y"', '(c)', ' ', '\r\n ', '<', '>', ',', ';', ':', '"', '(', ')'],
    ...['=?utf-8?q?a,b?=', '\u00e9', '\\', 'Name', '<sales__fk@pytheas.com>', '@', '.', '__'],
  );
  const settings = withNames({ 'sales@pytheas.com': 'Service commercial', 'a@c.example': '\u00c9ric, ".' });
  await fc.assert(
    fc.asyncProperty(fc.array(pieces, { maxLength: 12 }), fc.uint8Array(), async (value, body) => {
      const rest = `Subject: a__b@c.example\r\n\r\n${Buffer.from(body).toString('latin1')}`;
      const once = await left(`From: ${value.join('')}x\r\n${rest}`, settings);
      expect(await left(once, settings)).toBe(once);
      expect(once.endsWith(`\r\n${rest}`)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

describe('I21: a message that nothing applies to', () => {
  test('is given back as it is', async () => {
    const stored = bodyOf(octets('From: a@b.example\r\n\r\nHello__x@y\r\n'));
    expect(await leavingWith({}).bodyOf(queued, stored)).toBe(stored);
    expect(await leavingWith(withNames({ 'c@d.example': 'C' })).bodyOf(queued, stored)).toBe(stored);
  });

  test('MSG13: and so is a report of the gateway', async () => {
    const stored = bodyOf(octets('From: sales__fk@pytheas.com\r\n\r\nHello\r\n'));
    const leaving = leavingWith({ ...withNames({ 'sales@pytheas.com': 'S' }), archiveFolder: '/nowhere' });
    expect(await leaving.bodyOf({ ...queued, reportOn: 'Pmg1' }, stored)).toBe(stored);
    expect(leaving.archiving({ ...queued, reportOn: 'Pmg1' }, stored)).toBe(null);
  });

  test('whatever its octets are, and however they come', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), fc.integer({ min: 1, max: 50 }), async (random, size) => {
        const mail = Buffer.concat([octets('From: a__b@c.example\r\n\r\n'), random]);
        const body = await leavingWith({}).bodyOf(queued, inChunks(mail, size));
        expect(await readAll(body)).toBe(`From: a@c.example\r\n\r\n${Buffer.from(random).toString('latin1')}`);
      }),
    );
  });
});

test('I12: a message that cannot be read fails where it is read, as if nothing were rewritten', async () => {
  const damaged = {
    bytes: 10,
    // oxlint-disable-next-line require-yield
    async *chunks(): AsyncIterable<Uint8Array> {
      throw new Error('the digest differs');
    },
  };
  const body = await leavingWith({}).bodyOf(queued, damaged);
  expect(body.bytes).toBe(10);
  await expect(readAll(body)).rejects.toThrow('the digest differs');
});
