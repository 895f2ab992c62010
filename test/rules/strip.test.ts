import { simpleParser } from 'mailparser';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bodyOf } from '../../src/daemon/mail/body.ts';
import { editedBody } from '../../src/daemon/mail/mime/edited-body.ts';
import type { FoundAttachment } from '../../src/daemon/mail/mime/scan.ts';
import { nameOf, strip } from '../../src/daemon/rules/strip.ts';
import { attached, forwarded, message, multipart, octets, part, type PartText, readAll, scanOf, text } from './mail.ts';

const told = { rule: 'No programs', language: 'en' } as const;

type Which = (attachment: FoundAttachment) => boolean;
const programs: Which = ({ names }) => names.some((name) => name.endsWith('.exe'));
const all: Which = () => true;

async function stripped(mail: string, which: Which = programs, language: 'en' | 'fr' = 'en'): Promise<string> {
  const result = strip(scanOf(mail), which, { ...told, language });
  if (!result.ok) throw new Error(result.why);
  return await readAll(editedBody(bodyOf(octets(mail)), result.edits));
}

const note = (name: string): string => {
  const line = `The attachment ${name} was removed by the mail gateway (rule "No programs").\r\n`;
  return (
    Buffer.from(line)
      .toString('base64')
      .match(/.{1,76}/g) ?? []
  ).join('\r\n');
};

test('an attachment makes room for a note that names it, and all the rest stays octet for octet', async () => {
  const keep = attached('report.pdf');
  const mail = message(multipart('b', [text('Bonjour \u00e9'), attached('evil.exe'), keep]));
  const replaced = part(
    ['Content-Type: text/plain; charset=utf-8', 'Content-Disposition: inline', 'Content-Transfer-Encoding: base64'],
    note('evil.exe'),
  );
  expect(await stripped(mail)).toBe(message(multipart('b', [text('Bonjour \u00e9'), replaced, keep])));
});

test('a mail reader sees the note, in the language of the gateway', async () => {
  const mail = message(multipart('b', [text('Hi'), attached('evil\u00e9.exe')]));
  const parsed = await simpleParser(octets(await stripped(mail, programs, 'fr')));
  expect(parsed.attachments).toEqual([]);
  expect(parsed.text).toContain(
    'La pièce jointe evilé.exe a été retirée par la passerelle de messagerie (règle « No programs »).',
  );
  expect(parsed.text).toContain('Hi');
});

test('a message that is nothing but a file keeps its header, and becomes the note', async () => {
  const mail = message(
    part(['Content-Type: application/zip; name="a.zip"', 'Content-Transfer-Encoding: base64'], 'UEs='),
    ['From: a@example.org', 'X-Long: folded', '\tline', 'Subject: Files'],
  );
  const after = await stripped(mail, all);
  expect(after.slice(0, after.indexOf('MIME'))).toBe(
    'From: a@example.org\r\nX-Long: folded\r\n\tline\r\nSubject: Files\r\n',
  );
  const parsed = await simpleParser(octets(after));
  expect(parsed.attachments).toEqual([]);
  expect(parsed.text).toContain('The attachment a.zip was removed');
});

test('an attachment inside a forwarded message is taken out there; of an encoded one the whole goes, and is named', async () => {
  const inner = message(multipart('in', [text('inner'), attached('evil.exe')]));
  const plain = await stripped(
    message(multipart('b', [text('outer'), forwarded(inner, ['Content-Disposition: attachment'])])),
  );
  expect(plain).toContain('inner');
  expect(plain).toContain(note('evil.exe'));
  expect(plain).not.toContain('filename="evil.exe"');

  const encoded = forwarded(octets(inner).toString('base64'), ['Content-Transfer-Encoding: base64']);
  const whole = await stripped(message(multipart('b', [text('outer'), encoded])));
  expect(whole).toBe(
    message(
      multipart('b', [
        text('outer'),
        part(
          [
            'Content-Type: text/plain; charset=utf-8',
            'Content-Disposition: inline',
            'Content-Transfer-Encoding: base64',
          ],
          note('evil.exe'),
        ),
      ]),
    ),
  );
});

test('a note in place of one of several forms of a text is nothing that a reader would show instead of the text', async () => {
  const forms = multipart('a', [text('Come at ten'), attached('invite.ics')], 'alternative');
  const parsed = await simpleParser(octets(await stripped(message(forms), all)));
  expect(parsed.text?.trim()).toBe('Come at ten');
  expect(parsed.attachments.map(({ filename }) => filename)).toEqual(['removed.txt']);
});

test('MSG15: what is signed or encrypted with the message is left alone', () => {
  const signature = part(['Content-Type: application/pkcs7-signature; name=smime.p7s']);
  const signed = message(multipart('s', [multipart('b', [text(), attached('evil.exe')]), signature], 'signed'));
  expect(strip(scanOf(signed), programs, told)).toEqual({ ok: false, why: 'they are signed with the message' });
  const secret = message(multipart('s', [text(), attached('evil.exe')], 'encrypted'));
  expect(strip(scanOf(secret), programs, told)).toEqual({ ok: false, why: 'they are encrypted with the message' });
  const opaque = message(part(['Content-Type: application/pkcs7-mime; name=smime.p7m']));
  expect(strip(scanOf(opaque), all, told)).toEqual({ ok: false, why: 'they are encrypted with the message' });
});

test('a signed message that is forwarded with a file beside it loses the file', async () => {
  const signed = multipart('s', [text(), part(['Content-Type: application/pgp-signature'])], 'signed');
  const after = await stripped(message(multipart('b', [signed, attached('evil.exe')])));
  expect(after).toContain(note('evil.exe'));
  expect(after).toContain(`--b\r\n${signed.header[0] ?? ''}\r\n\r\n${signed.body}\r\n`);
});

test('MSG06: what readers may cut in different ways, or cannot be read whole, is not taken apart', () => {
  const twice = message(multipart('b', [attached('evil.exe')])) + '--b\r\n\r\nmore\r\n--b--\r\n';
  expect(strip(scanOf(twice), programs, told).ok).toBe(false);
  const many = `Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n\r\n'.repeat(20_000)}`;
  expect(strip(scanOf(many), programs, told).ok).toBe(false);
});

test('MSG11: a name in a note is one line without controls', async () => {
  const after = await stripped(message(multipart('b', [attached('x\u0007\u202Eevil.exe')])));
  const [, body = ''] = /base64\r\n\r\n([^-]+)\r\n--/.exec(after) ?? [];
  expect(Buffer.from(body, 'base64').toString()).toMatch(/^The attachment [\x20-\x7e\u00a0-\u00ff]+\r\n$/);
});

const leaf = fc.constantFrom(
  text('a'),
  text('\u00e9\r\n\r\n'),
  part([], ''),
  attached('a.exe'),
  attached('b.exe', ''),
  attached('c.pdf'),
);
const { tree } = fc.letrec<{ tree: PartText; branch: PartText }>((tie) => ({
  tree: fc.oneof({ depthSize: 'small' }, leaf, tie('branch')),
  branch: fc
    .tuple(fc.stringMatching(/^[a-z]{12}$/), fc.array(tie('tree'), { minLength: 1, maxLength: 4 }), fc.boolean())
    .map(([boundary, parts, wraps]) =>
      wraps ? forwarded(message(parts[0] ?? text())) : multipart(`=_${boundary}`, parts),
    ),
}));

test('I21: after stripping, those attachments are gone, each has a note, and the others are as they were', async () => {
  const names = (mail: string) => scanOf(mail).attachments.map(nameOf);
  await fc.assert(
    fc.asyncProperty(tree, fc.constantFrom('\r\n', '\n'), async (content, lineEnd) => {
      const mail = message(content).replaceAll('\r\n', lineEnd);
      const after = await stripped(mail);
      expect(names(after)).toEqual(names(mail).filter((name) => !name.endsWith('.exe')));
      expect(after.match(/inline\r\nContent-Transfer-Encoding: base64\r\n/g)?.length ?? 0).toBe(
        names(mail).filter((name) => name.endsWith('.exe')).length,
      );
      // Whatever is not taken out is all still there, and in the same order.
      const pieces = strip(scanOf(mail), programs, told);
      let at = 0;
      let seen = 0;
      for (const { start, end, insert } of pieces.ok ? pieces.edits : []) {
        expect(after.slice(seen, seen + start - at)).toBe(mail.slice(at, start));
        seen += start - at + insert.length;
        at = end;
      }
      expect(after.slice(seen)).toBe(mail.slice(at));
      expect(await stripped(after)).toBe(after);
    }),
  );
});
