/** A text part taken out of its message, as far as it can be told for sure what it says and how. Pure. */
import type { Edit } from '../../mail/mime/edited-body.ts';
import { type Field, fieldsOf } from '../../mail/mime/fields.ts';
import { readings } from '../../mail/mime/parameters.ts';
import type { SeenPart } from '../../mail/mime/scan.ts';
import { type Coded, opened } from './coding.ts';

/** What is done to it, or why nothing is. */
export type Put = { ok: true; edits: Edit[] } | { ok: false; why: string };

export interface OpenedText {
  /** Of the part's header, which begins at 0 as the part does. */
  fields: Field[];
  header: Buffer;
  body: { start: number; end: number; coded: Coded };
  /** Lower case; `us-ascii` where none is named (RFC 2046 §4.1.2). */
  charset: string;
  encoding: string;
  contentType: string;
  /** Nothing stands behind it that would end its last line. */
  last: boolean;
  /** The message itself, not a part of it. */
  root: boolean;
}

/** `octets` are the part's; a text says why it cannot be opened. */
export function openText(
  { header: said, start, bodyStart, end, last, within }: SeenPart,
  octets: Buffer,
): OpenedText | string {
  const headerEnd = bodyStart - start;
  const header = octets.subarray(0, headerEnd);
  const fields = fieldsOf(header);
  if (headerEnd > octets.length || !/(^|\n)\r\n$/.test(header.toString('latin1'))) return 'its text has no body';
  if (fields.some(({ name }) => name === 'content-md5')) return 'its text has a checksum';
  for (const name of ['content-type', 'content-transfer-encoding'])
    if (fields.filter((field) => field.name === name).length > 1) return `its text has several fields ${name}`;

  const encoding = said.encodings[0] ?? '';
  const coded = opened(encoding, octets.subarray(headerEnd));
  const contentType = fields.find(({ name }) => name === 'content-type')?.value ?? '';
  const charsets = readings(contentType, 'charset').map((charset) => charset.toLowerCase());
  if (coded === null) return 'its text is not encoded as it says';
  if (new Set(charsets).size > 1) return 'its text names several charsets';

  const charset = charsets[0] ?? 'us-ascii';
  const body = { start: headerEnd, end: end - start, coded };
  return { fields, header, body, charset, encoding, contentType, last, root: within.length === 0 };
}

/** An empty line between the text and ours. */
export function gap(octets: Buffer): string {
  if (octets.length === 0) return '';
  return octets.at(-1) === LF ? '\r\n' : '\r\n\r\n';
}

const LF = 0x0a;

/** It was put there already, here or by a gateway before us. */
export function endsWith(octets: Buffer, end: Buffer): boolean {
  let length = octets.length;
  while (length > 0 && BLANKS.includes(octets[length - 1] ?? 0)) length--;
  return octets.subarray(Math.max(0, length - end.length), length).equals(end);
}

const BLANKS = [0x20, 0x09, 0x0d, LF];
