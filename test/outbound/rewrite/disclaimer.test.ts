import { simpleParser } from 'mailparser';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { IN_MEMORY } from '../../../src/daemon/base/limits.ts';
import { disclaimerOf } from '../../../src/daemon/outbound/rewrite/disclaimer-text.ts';
import {
  attached,
  forwarded,
  message,
  multipart,
  octets,
  part,
  type PartText,
  readAll,
  text,
} from '../../rules/mail.ts';
import { inChunks, leavingWith, left, queued, withDisclaimer, withNames } from './mail.ts';

const ASCII = 'Pytheas SA\r\n\r\nThis mail is confidential.';
const FRENCH = 'Pytheas SA \u2013 ce message est confidentiel, destin\u00e9 \u00e0 vous.';

/** A text part in that charset and encoding. */
const plain = (body: string, charset?: string, encoding?: string, type = 'text/plain'): PartText =>
  part(
    [
      `Content-Type: ${type}${charset === undefined ? '' : `; charset=${charset}`}`,
      ...(encoding === undefined ? [] : [`Content-Transfer-Encoding: ${encoding}`]),
    ],
    body,
  );

const html = (body: string, charset = 'utf-8', encoding?: string): PartText =>
  plain(body, charset, encoding, 'text/html');
const under = (mail: string, disclaimer = ASCII): Promise<string> => left(mail, withDisclaimer(disclaimer));

describe('a plain text', () => {
  test('gets it behind an empty line, and nothing else changes', async () => {
    const mail = 'From: a@b.example\r\nSubject: x\r\n\r\nHello\r\n';
    expect(await under(mail)).toBe(`${mail}\r\n${ASCII}\r\n`);
  });

  test('without a last line end, or without any text, it stands right all the same', async () => {
    expect(await under('Subject: x\r\n\r\nHello')).toBe(`Subject: x\r\n\r\nHello\r\n\r\n${ASCII}\r\n`);
    expect(await under('Subject: x\r\n\r\n')).toBe(`Subject: x\r\n\r\n${ASCII}\r\n`);
  });

  test('a part of it keeps its boundary', async () => {
    const mail = message(multipart('b', [plain('Hello'), attached('report.pdf')]));
    const after = message(multipart('b', [plain(`Hello\r\n\r\n${ASCII}`), attached('report.pdf')]));
    expect(await under(mail)).toBe(after);
  });

  test.each([
    ['us-ascii', undefined, 'Hello'],
    ['us-ascii', '7bit', 'Hello'],
    ['iso-8859-1', 'quoted-printable', 'caf=E9 =\r\nnoir'],
    ['iso-8859-1', 'base64', Buffer.from('caf\u00e9 noir', 'latin1').toString('base64')],
    ['utf-8', 'base64', Buffer.from('caf\u00e9').toString('base64')],
    ['utf-8', 'quoted-printable', 'caf=C3=A9'],
    ['utf-8', '8bit', Buffer.from('caf\u00e9').toString('latin1')],
    ['windows-1252', '8bit', 'caf\u00e9'],
    ['iso-2022-jp', '7bit', '\u001b$B$3\u001b(B'],
    ['utf-16le', 'base64', Buffer.from('caf\u00e9', 'utf16le').toString('base64')],
  ])('in %s, %s is read with it, in French too, and is ASCII where it was', async (charset, encoding, body) => {
    for (const disclaimer of [ASCII, FRENCH])
      for (const wrap of [false, true]) {
        const content = plain(body, charset, encoding);
        const mail = message(wrap ? multipart('b', [content, attached('a.pdf')]) : content);
        const before = await simpleParser(octets(mail));
        const after = await under(mail, disclaimer);
        const read = await simpleParser(octets(after));
        expect(read.text?.trimEnd()).toBe(`${before.text?.trimEnd()}\n\n${disclaimer.replaceAll('\r\n', '\n')}`);
        expect(read.attachments.map(({ filename }) => filename)).toEqual(wrap ? ['a.pdf'] : []);
        if (!/[\u0080-\u00ff]/.test(mail)) expect(after).not.toMatch(/[\u0080-\u00ff]/);
      }
  });

  test('without a header for it, it says what it became', async () => {
    const after = await under('Subject: x\r\n\r\nHello =)\r\n', 'Destin\u00e9');
    expect(after).toBe(
      'Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n' +
        'Content-Transfer-Encoding: quoted-printable\r\n\r\nHello =3D)\r\n\r\nDestin=C3=A9\r\n',
    );
  });

  test('its other parameters stay, and a flowed one is stuffed', async () => {
    const mail = message(part(['Content-Type: text/plain;\r\n charset="US-ASCII"; format=flowed; delsp=yes'], 'Hello'));
    const after = await under(mail, '\u00e9\n> no quote');
    expect(after).toContain('Content-Type: text/plain;\r\n charset=utf-8; format=flowed; delsp=yes\r\n');
    expect(after).toContain('\r\n\r\n=C3=A9\r\n > no quote\r\n');
  });

  test('it may have 8-bit octets where the message may have them', async () => {
    const mail = message(plain('caf\u00e9', 'iso-8859-1', '8bit'));
    const after = await left(mail, withDisclaimer('Destin\u00e9'), { eightBit: true });
    expect(after).toBe(message(plain('caf\u00e9\r\n\r\nDestin\u00e9', 'iso-8859-1', '8bit')));
  });
});

describe('a text in HTML', () => {
  const page = '<html><body><p>caf\u00e9</p>\r\n</BODY></html>\r\n';
  const bytes = Buffer.from(page, 'latin1');

  test.each([
    ['8bit', page],
    ['base64', (bytes.toString('base64').match(/.{1,40}/g) ?? []).join('\r\n')],
    ['quoted-printable', page.replace('\u00e9', '=E9').replace('</BODY', '<=\r\n/BO=\r\nDY')],
  ])('in %s gets it made into HTML, before the body ends', async (encoding, body) => {
    for (const wrap of [false, true]) {
      const content = html(body, 'iso-8859-1', encoding);
      const after = await under(message(wrap ? multipart('b', [content]) : content), `a < b & "c"\nDestin\u00e9`);
      const read = await simpleParser(octets(after));
      const shown = read.html || '';
      expect(shown.replace(/\s+/g, ' ').trim()).toBe(
        '<html><body><p>caf\u00e9</p> <div><br> a &#60; b &#38; &#34;c&#34;<br> Destin&#233; </div> </BODY></html>',
      );
    }
  });

  test('without an end of its body it gets it at its own', async () => {
    expect(await under(message(html('<p>Hi')), 'Us')).toContain('<p>Hi\r\n<div><br>\r\nUs\r\n</div>\r\n');
  });

  test('lines stay short, whatever the letters', async () => {
    const words = 'destin\u00e9 '.repeat(200);
    const after = await under(message(html('<p>Hi')), `${words}\n${'\u3042'.repeat(1_000)}`);
    for (const line of after.split('\r\n')) expect(line.length).toBeLessThan(200);
    const read = await simpleParser(octets(after));
    const shown = (read.html || '').replace(/<!--\s*-->/g, '');
    expect(shown.match(/&#12354;/g)?.length).toBe(1_000);
    expect(shown.match(/destin&#233;/g)?.length).toBe(200);
  });
});

describe('a message of several parts', () => {
  test('each form of its text gets it, and nothing behind them', async () => {
    const related = multipart('r', [html('<p>Hi</p>'), attached('logo.png')], 'related');
    const forms = multipart('a', [plain('Hi'), related, attached('invite.ics')], 'alternative');
    const mail = message(multipart('m', [forms, plain('List footer')]));
    const after = await under(mail, 'Us');
    const withIt = multipart('m', [
      multipart(
        'a',
        [
          plain('Hi\r\n\r\nUs'),
          multipart('r', [html('<p>Hi</p>\r\n<div><br>\r\nUs\r\n</div>'), attached('logo.png')], 'related'),
          attached('invite.ics'),
        ],
        'alternative',
      ),
      plain('List footer'),
    ]);
    expect(after).toBe(message(withIt));
  });

  test('all forms, or none', async () => {
    const forms = multipart('a', [plain('Hi'), html('PGh0bWw+', 'utf-8', 'base64!')], 'alternative');
    expect(await under(message(forms))).toBe(message(forms));
  });

  test('a file before the text, and a forwarded message, are not the text', async () => {
    const inner = message(text('inner'));
    const mail = message(multipart('b', [attached('a.txt'), forwarded(inner), plain('Hello')]));
    expect(await under(mail, 'Us')).toBe(
      message(multipart('b', [attached('a.txt'), forwarded(inner), plain('Hello\r\n\r\nUs')])),
    );
  });
});

describe('MSG15: what is signed or encrypted stays as it is', () => {
  const signature = part(['Content-Type: application/pgp-signature; name=signature.asc'], 'abc');
  const nested = Array.from({ length: 12 }).reduce<PartText>((inner, _, at) => multipart(`b${at}`, [inner]), text());
  const pgp = '-----BEGIN PGP SIGNED MESSAGE-----\r\n\r\nHello\r\n-----BEGIN PGP SIGNATURE-----';

  test.each<[string, string]>([
    ['multipart/signed', message(multipart('s', [plain('Hello'), signature], 'signed'))],
    [
      'multipart/signed in a mailing list',
      message(multipart('m', [multipart('s', [plain('x'), signature], 'signed')])),
    ],
    ['multipart/encrypted', message(multipart('s', [part(['Content-Type: application/pgp-encrypted'])], 'encrypted'))],
    ['S/MIME', message(part(['Content-Type: application/pkcs7-mime; name=smime.p7m'], 'MII='))],
    ['PGP inline', message(plain(pgp))],
    ['PGP inline in base64', message(plain(Buffer.from(pgp).toString('base64'), 'utf-8', 'base64'))],
    ['PGP in one form of it', message(multipart('a', [plain(pgp), html('<p>x')], 'alternative'))],
    ['DKIM', message(plain('Hello'), ['DKIM-Signature: v=1; a=rsa-sha256; h=from; b=x', 'From: a@b.example'])],
    ['ARC', message(plain('Hello'), ['ARC-Message-Signature: i=1; b=x', 'From: a@b.example'])],
    ['a checksum', message(part(['Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ=='], 'Hello'))],
    [
      'a delivery report',
      message(multipart('r', [plain('It failed'), part(['Content-Type: message/delivery-status'])], 'report')),
    ],
    ['a message without text', message(attached('a.pdf'))],
    ['two types', message(part(['Content-Type: text/plain', 'Content-Type: text/html'], 'x'))],
    ['two charsets', message(part(['Content-Type: text/plain; charset=utf-8; charset=latin1'], 'x'))],
    ['an unknown encoding', message(plain('x', 'utf-8', 'x-uuencode'))],
    ['HTML in UTF-16', message(html(Buffer.from('<p>x', 'utf16le').toString('base64'), 'utf-16le', 'base64'))],
    ['a text that readers end in different places', message(multipart('b', [plain('x\r\n--bottom\r\n\r\nmore')]))],
    ['parts within parts without end', message(nested)],
    [
      'no end of parts',
      `Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\nX: y\r\nContent-Disposition: attachment\r\n\r\n'.repeat(10_001)}`,
    ],
    ['a text without end', message(plain('x'.repeat(998).concat('\r\n').repeat(1_100)))],
  ])('%s', async (_, mail) => {
    expect(await under(mail)).toBe(mail);
  });

  test('text that says another charset than it has is not written anew', async () => {
    const mail = message(plain('caf\u00e9', 'us-ascii', '8bit'));
    expect(await under(mail, 'Destin\u00e9')).toBe(mail);
    expect(await under(mail, 'ASCII')).toBe(message(plain('caf\u00e9\r\n\r\nASCII', 'us-ascii', '8bit')));
  });
});

test('it is put there once: a gateway behind another adds nothing', async () => {
  const forms = (encoding: string) =>
    message(
      multipart(
        'a',
        [plain('Hi'), html(Buffer.from('<body>Hi</body>').toString('base64'), 'utf-8', encoding)],
        'alternative',
      ),
    );
  for (const disclaimer of [ASCII, FRENCH]) {
    const once = await under(forms('base64'), disclaimer);
    expect(once).not.toBe(forms('base64'));
    expect(await under(once, disclaimer)).toBe(once);
  }
});

test('it goes along with another name, and both stand in their places', async () => {
  const mail = 'From: F <sales__fk@pytheas.com>\r\nSubject: x\r\n\r\nHello\r\n';
  const settings = { ...withNames({ 'sales@pytheas.com': 'Sales' }), ...withDisclaimer('Destin\u00e9') };
  expect(await left(mail, settings)).toMatch(
    /^From: Sales <sales@pytheas\.com>\r\nSubject: x\r\nMIME-Version[^]*Destin=C3=A9\r\n$/,
  );
});

test('I20: a large message is read through, and only its text is in memory', async () => {
  const file = attached('film.mp4', `${'A'.repeat(76)}\r\n`.repeat(20_000));
  const mail = octets(message(multipart('b', [plain('Hello'), file])));
  expect(mail.length).toBeGreaterThan(IN_MEMORY);
  let most = 0;
  const body = inChunks(mail, 65_536);
  const counted = {
    bytes: body.bytes,
    async *chunks() {
      let read = 0;
      for await (const chunk of body.chunks()) {
        read += chunk.length;
        most = Math.max(most, read);
        yield chunk;
      }
    },
  };
  const leaves = await leavingWith(withDisclaimer('Us')).bodyOf(queued, counted);
  expect(most).toBeLessThanOrEqual(65_536);
  const after = await readAll(leaves);
  expect(after).toBe(message(multipart('b', [plain('Hello\r\n\r\nUs'), file])));
});

test('I21: whatever the octets, the message without the addition is the message', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 64 }), async (random, size) => {
      const file = part(
        ['Content-Type: application/octet-stream; name=x'],
        Buffer.from(random).toString('latin1').replaceAll('--', ''),
      );
      const mail = message(multipart('boundary-of-it', [plain('Hello'), file]));
      const body = await leavingWith(withDisclaimer('Us')).bodyOf(queued, inChunks(octets(mail), size));
      expect((await readAll(body)).replace('Hello\r\n\r\nUs', 'Hello')).toBe(mail);
    }),
  );
});

test('a disclaimer is lines without controls; long ones are broken at a blank', () => {
  expect(disclaimerOf(' \r\n\t')).toBe(null);
  expect(disclaimerOf('a \r\n\r\nb\u0007\r\n\r\n')?.lines).toEqual(['a', '', 'b']);
  const lines = disclaimerOf(`${'\u00e9t\u00e9 '.repeat(400)}${'x'.repeat(2_000)}`)?.lines ?? [];
  expect(Math.max(...lines.map((line) => Buffer.byteLength(line)))).toBeLessThanOrEqual(900);
  expect(lines.join(' ').replace(/ (?=x)|(?<=x) /g, '')).toBe(
    `${'\u00e9t\u00e9 '.repeat(399)}\u00e9t\u00e9${'x'.repeat(2_000)}`,
  );
});

const parts = fc.constantFrom(
  ...[
    plain('Hi'),
    plain('caf=E9', 'iso-8859-1', 'quoted-printable'),
    html('<p>Hi</p>'),
    attached('a.pdf'),
    part([], ''),
  ],
  ...[html(Buffer.from('<html><body>Hi</body></html>').toString('base64'), 'utf-8', 'base64'), attached('b.exe', '')],
);
/** Never the same twice: readers do not agree on what a boundary within itself means. */
const boundary = fc.noShrink(fc.stringMatching(/^=_[a-z]{12}$/));
const flat = fc.tuple(
  boundary,
  fc.array(parts, { minLength: 1, maxLength: 3 }),
  fc.constantFrom('alternative', 'signed'),
);
const { tree } = fc.letrec<{ tree: PartText; branch: PartText }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small' },
    parts,
    flat.map(([name, inner, type]) => multipart(name, inner, type)),
    tie('branch'),
  ),
  branch: fc
    .tuple(boundary, fc.array(tie('tree'), { minLength: 1, maxLength: 4 }), fc.boolean())
    .map(([name, inner, wraps]) => (wraps ? forwarded(message(inner[0] ?? text())) : multipart(name, inner))),
}));

test('I21: whatever a message is made of, another program finds the same files in it, and the same text before ours', async () => {
  const seen = async (mail: string) => {
    const { attachments, text: plainly, html: page } = await simpleParser(octets(mail));
    const shown = `${plainly ?? ''}${page || ''}`.replace(/<[^>]*>|\s+/g, '').replaceAll('&eacute;', '\u00e9');
    return {
      files: attachments.map(({ filename, checksum }) => `${filename} ${checksum}`),
      text: shown.replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code))),
    };
  };
  let put = 0;
  await fc.assert(
    fc.asyncProperty(tree, fc.constantFrom('Us', 'Destin\u00e9'), async (content, disclaimer) => {
      const mail = message(content);
      const after = await under(mail, disclaimer);
      const [before, now] = [await seen(mail), await seen(after)];
      expect(now.files).toEqual(before.files);
      if (after === mail) return;
      put += 1;
      expect(now.text).toContain(disclaimer);
      expect(now.text.replaceAll(disclaimer, '')).toBe(before.text);
      expect(await under(after, disclaimer)).toBe(after);
    }),
    { numRuns: 300 },
  );
  expect(put).toBeGreaterThan(50);
});
