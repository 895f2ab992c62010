import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressesIn, domainOf, isAddress, normalAddress, parsePath } from '../../src/daemon/mail/address.ts';
import { type Body, bodyOf } from '../../src/daemon/mail/body.ts';
import { readHeader } from '../../src/daemon/mail/header-block.ts';
import { envelopeSender, labelOf } from '../../src/daemon/mail/message.ts';
import { shownText } from '../../src/daemon/mail/shown-text.ts';
import { withSubjectPrefix } from '../../src/daemon/mail/subject-prefix.ts';

const header = (text: string) => readHeader(Buffer.from(text.replaceAll('\n', '\r\n'), 'latin1'));

async function octets(body: Body): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const chunk of body.chunks()) parts.push(chunk);
  return Buffer.concat(parts).toString('latin1');
}

describe('the header block', () => {
  test('fields are found without case, unfolded, in order', () => {
    const read = header('Received: a\nSUBJECT: one\n two\nreceived: b\n');
    expect(read.values('Received')).toEqual(['a', 'b']);
    expect(read.text('subject')).toBe('one two');
    expect(read.fields().map(([name]) => name)).toEqual(['Received', 'SUBJECT', 'received']);
  });

  test('encoded words are decoded, raw UTF-8 and Latin-1 are read as what they are', () => {
    expect(header('Subject: =?utf-8?q?=C3=A9t=C3=A9?=\n').text('subject')).toBe('été');
    expect(readHeader(Buffer.from('Subject: été\r\n')).text('subject')).toBe('été');
    expect(header('Subject: \xe9t\xe9\n').text('subject')).toBe('été');
  });

  test('MSG02: an unknown charset is shown as something, and nothing throws', () => {
    expect(header('Subject: =?x-unknown?b?gICA?=\n').text('subject')).toEqual(expect.any(String));
  });

  test('MSG05: a header of 100,000 lines and one of a megabyte are read in a bounded way', () => {
    expect(header('X: y\n'.repeat(100_000)).fields().length).toBeLessThanOrEqual(2_000);
    expect(header(`Subject: ${'x'.repeat(1_000_000)}\n`).text('subject').length).toBe(4_000);
  });

  test('octets that are no header give no fields', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const read = readHeader(bytes);
        expect(read.text('subject')).toEqual(expect.any(String));
        expect(addressesIn(read.values('to')).every(isAddress)).toBe(true);
      }),
    );
  });
});

describe('addresses', () => {
  test.each([
    ['a@b.c', true],
    ['"quoted.local"@b.c', true],
    ['nobody', false],
    ['@b.c', false],
    ['a@', false],
    ['a b@c.d', false],
    ['a@b.c\r\nRCPT TO:<x@y>', false],
    ['a\u0000@b.c', false],
    [`${'x'.repeat(251)}@b.c`, false],
    [`${'é'.repeat(130)}@b.c`, false],
    ['a\u00a0b@c.d', false],
    ['a\u0085@c.d', false],
    ['a\ud800@c.d', false],
    ['grüße@kunde.example', true],
  ])('%j can stand in an envelope: %s', (text, expected) => expect(isAddress(text)).toBe(expected));

  test('are compared without case and without a dot at the end', () => {
    expect(normalAddress(' Sales@Company.COM. ')).toBe('sales@company.com');
    expect(domainOf('Sales@Company.COM')).toBe('company.com');
  });

  test.each([
    ['<a@b.c>', 'a@b.c'],
    ['a@b.c', 'a@b.c'],
    ['<>', ''],
    ['', ''],
    ['<not an address>', null],
  ])('Return-Path %j is %j', (text, expected) => expect(parsePath(text)).toBe(expected));
});

describe('what is said of a message', () => {
  test('the envelope sender is the Return-Path, else From; a null one stays null', () => {
    expect(envelopeSender(header('Return-Path: <r@p.q>\nFrom: f@g.h\n'))).toBe('r@p.q');
    expect(envelopeSender(header('From: F <f@g.h>\n'))).toBe('f@g.h');
    expect(envelopeSender(header('Return-Path: <>\nFrom: f@g.h\n'))).toBe('');
    expect(envelopeSender(header('Return-Path: nonsense\nFrom: f@g.h\n'))).toBe('f@g.h');
    expect(envelopeSender(header('Subject: x\n'))).toBe('');
  });

  test('the label has the first author, the subject and the Message-ID', () => {
    expect(labelOf(header('From: A <a@b.c>, d@e.f\nSubject: hi\nMessage-ID: <1@x>\n'))).toEqual({
      from: 'a@b.c',
      subject: 'hi',
      messageId: '<1@x>',
    });
  });
});

describe('the text that a person looks at', () => {
  const shown = (text: string, characters = 100) => shownText(Buffer.from(text.replaceAll('\n', '\r\n')), characters);

  test('is decoded from base64 and quoted-printable, also where the message was cut', async () => {
    const base64 = Buffer.from('été '.repeat(50)).toString('base64').slice(0, 100);
    expect(
      await shown(`Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n${base64}`),
    ).toMatch(/^été été/);
    const mixed =
      'Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Transfer-Encoding: quoted-printable\n\nh=C3=A9\n--a\nContent-Type: application/pdf\n\nx';
    expect(await shown(mixed)).toBe('hé');
  });

  test('is the HTML where there is nothing else, and what it is where no parser knows', async () => {
    expect(await shown('Content-Type: text/html\n\n<p>hi</p>')).toBe('<p>hi</p>');
    expect(await shown('no header at all')).toBe('');
    expect(await shown('Subject: x\n\nlong text', 4)).toBe('long');
  });
});

describe('S89: the prefix of unroutable mail', () => {
  const marked = (text: string, block = text.split('\r\n\r\n')[0] ?? '') =>
    octets(withSubjectPrefix(bodyOf(Buffer.from(text, 'latin1')), Buffer.from(block, 'latin1'), '[Man.Distr]'));

  test('stands in front of the subject, and nothing else changes', async () => {
    expect(await marked('From: a@b.c\r\nsubject:  Hello\r\n\r\nSubject: not this one\r\n')).toBe(
      'From: a@b.c\r\nsubject:  [Man.Distr] Hello\r\n\r\nSubject: not this one\r\n',
    );
  });

  test('a message without a subject gets one', async () => {
    expect(await marked('From: a@b.c\r\n\r\nbody')).toBe('Subject: [Man.Distr]\r\nFrom: a@b.c\r\n\r\nbody');
  });

  test('the size is that of what is sent, however the body is cut into chunks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }), async (cuts) => {
        const whole = Buffer.from('From: a@b.c\r\nSubject: Hello\r\n\r\nbody\r\n');
        const body: Body = {
          bytes: whole.length,
          async *chunks() {
            let at = 0;
            for (let n = 0; at < whole.length; n += 1) {
              const next = at + (cuts[n % cuts.length] ?? 1);
              yield whole.subarray(at, next);
              at = next;
            }
          },
        };
        const prefixed = withSubjectPrefix(body, whole.subarray(0, 27), '[Man.Distr]');
        const text = await octets(prefixed);
        expect(text).toBe('From: a@b.c\r\nSubject: [Man.Distr] Hello\r\n\r\nbody\r\n');
        expect(prefixed.bytes).toBe(text.length);
      }),
    );
  });
});
