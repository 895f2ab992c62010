/** A reader of DKIM signatures of our own (RFC 6376), relaxed/relaxed: nodemailer signs, and this says whether it still holds. */
import { createHash, createVerify } from 'node:crypto';

/** Null: it holds; else what is wrong. `publicKey` is PEM: the tests ask no name server. */
export function dkimFault(mail: string, publicKey: string): string | null {
  const end = mail.indexOf('\r\n\r\n');
  const fields = mail.slice(0, end).split(/\r\n(?![ \t])/);
  const body = relaxedBody(mail.slice(end + 4));
  const signature = fields.find((field) => /^dkim-signature:/i.test(field));
  if (signature === undefined) return 'no signature';

  const tags = new Map(
    signature
      .slice(signature.indexOf(':') + 1)
      .split(';')
      .map((tag): [string, string] => {
        const equals = tag.indexOf('=');
        return [tag.slice(0, equals).trim(), tag.slice(equals + 1).replace(/\s/g, '')];
      }),
  );
  if (tags.get('c') !== 'relaxed/relaxed' || tags.get('a') !== 'rsa-sha256') return 'signed in another way';
  const digest = createHash('sha256').update(Buffer.from(body, 'latin1')).digest('base64');
  if (tags.get('bh') !== digest) return 'the body differs';

  const left = [...fields];
  const signed = (tags.get('h') ?? '').split(':').flatMap((name) => {
    const at = left.findLastIndex(
      (field) => field.slice(0, field.indexOf(':')).trim().toLowerCase() === name.toLowerCase(),
    );
    return at < 0 ? [] : left.splice(at, 1);
  });
  const bare = relaxedField(signature).replace(/(;\s?b=)[^;]*/, '$1');
  const text = [...signed.map((field) => `${relaxedField(field)}\r\n`), bare].join('');
  const verifier = createVerify('rsa-sha256').update(Buffer.from(text, 'latin1'));
  return verifier.verify(publicKey, tags.get('b') ?? '', 'base64') ? null : 'the header differs';
}

/** RFC 6376 §3.4.2. */
function relaxedField(field: string): string {
  const colon = field.indexOf(':');
  const value = field
    .slice(colon + 1)
    .replace(/\r\n/g, '')
    .replace(/[ \t]+/g, ' ')
    .trim();
  return `${field.slice(0, colon).trim().toLowerCase()}:${value}`;
}

/** RFC 6376 §3.4.4. */
function relaxedBody(body: string): string {
  const lines = body.split('\r\n').map((line) => line.replace(/[ \t]+/g, ' ').replace(/ $/, ''));
  const text = lines.join('\r\n').replace(/(\r\n)+$/, '');
  return text === '' ? '' : `${text}\r\n`;
}
