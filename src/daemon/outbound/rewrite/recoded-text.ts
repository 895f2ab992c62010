/**
 * A plain text and what is put under it, written anew in UTF-8 as quoted-printable: for a part whose charset or encoding has no letters
 * for the addition. Its header changes in the two fields that say so. Pure.
 */
import type { Edit } from '../../mail/mime/edited-body.ts';
import { readings } from '../../mail/mime/parameters.ts';
import { decoded } from './charset.ts';
import { asQuotedPrintable } from './coding.ts';
import { endsWith, gap, type OpenedText, type Put } from './opened-text.ts';

export function rewritten(part: OpenedText, added: string): Put {
  const { body, charset, last } = part;
  const text = decoded(body.coded.octets, charset);
  if (text === null) return { ok: false, why: `its text is not in ${charset.slice(0, 40)}, as it says` };
  const header = headerEdits(part);
  if (header === null) return { ok: false, why: 'its charset cannot be told' };

  const octets = Buffer.from(text.replace(/\r\n|\r|\n/g, '\r\n'));
  if (endsWith(octets, Buffer.from(added))) return { ok: true, edits: [] };
  const whole = Buffer.concat([octets, Buffer.from(gap(octets) + added + (last ? '\r\n' : ''))]);
  const insert = Buffer.from(asQuotedPrintable(whole));
  return { ok: true, edits: [...header, { start: body.start, end: body.end, insert }] };
}

const ENCODING = 'Content-Transfer-Encoding: quoted-printable\r\n';

function headerEdits({ fields, header, contentType, root }: OpenedText): Edit[] | null {
  const end = fields.at(-1)?.end ?? 0;
  const typeField = fields.find(({ name }) => name === 'content-type');
  const encodingField = fields.find(({ name }) => name === 'content-transfer-encoding');
  const missing = [
    root && !fields.some(({ name }) => name === 'mime-version') ? 'MIME-Version: 1.0\r\n' : '',
    typeField === undefined ? 'Content-Type: text/plain; charset=utf-8\r\n' : '',
    encodingField === undefined ? ENCODING : '',
  ].join('');

  const type = typeField === undefined ? null : charsetEdit(header, typeField, contentType);
  if (typeField !== undefined && type === null) return null;
  return [
    ...(type === null ? [] : [type]),
    ...(encodingField === undefined
      ? []
      : [{ start: encodingField.start, end: encodingField.end, insert: Buffer.from(ENCODING) }]),
    ...(missing === '' ? [] : [{ start: end, end, insert: Buffer.from(missing) }]),
  ].toSorted((a, b) => a.start - b.start);
}

/** Its place in the field as it stands, with folds and comments; null where that is not plain to see. */
function charsetEdit(header: Buffer, { start, end }: { start: number; end: number }, value: string): Edit | null {
  const field = header.toString('latin1', start, end);
  const [found, ...more] = field.matchAll(/;\s*(charset\s*=\s*(?:"[^"\\]*"|[^\s;()<>"]+))/gi);
  const named = readings(value, 'charset').length > 0;
  if (more.length > 0 || (found === undefined) === named) return null;

  if (found !== undefined) {
    const at = start + found.index + found[0].length - (found[1] ?? '').length;
    return { start: at, end: start + found.index + found[0].length, insert: Buffer.from('charset=utf-8') };
  }
  const type = /^[^:]*:\s*[^\s;()]+/.exec(field)?.[0];
  if (type === undefined) return null;
  return { start: start + type.length, end: start + type.length, insert: Buffer.from('; charset=utf-8') };
}
