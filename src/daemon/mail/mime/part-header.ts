/** What the header of a part says of the part, as widely as any mail reader might take it. Pure. */
import { type Field, fieldsOf } from './fields.ts';
import { inCharset, mainValue, readings, words } from './parameters.ts';

export interface PartHeader {
  /** Of each Content-Type that stands there; what stands for none at all is the caller's (`implied`). */
  types: string[];
  boundaries: string[];
  names: string[];
  /** Of each Content-Disposition, lower case. */
  dispositions: string[];
  /** Of each Content-Transfer-Encoding, lower case. */
  encodings: string[];
}

export function readPartHeader(block: Uint8Array, implied: string): PartHeader {
  const fields = fieldsOf(block);
  const of = (name: string) => fields.filter((field) => field.name === name).map(({ value }) => value);
  const [types, dispositions] = [of('content-type'), of('content-disposition')];
  // Some mailers write the whole name as an encoded word around the value.
  const named = [...dispositions, ...types].flatMap((value) => [
    ...readings(value, 'filename'),
    ...readings(value, 'name'),
  ]);

  return {
    types: types.length === 0 ? [implied] : types.map(mainValue),
    boundaries: [...new Set(types.flatMap((value) => readings(value, 'boundary')).map((text) => text.trimEnd()))],
    names: [...new Set(named)],
    dispositions: dispositions.map((value) => mainValue(inCharset(words(value), 'utf-8'))),
    encodings: of('content-transfer-encoding').map(mainValue),
  };
}

export const isMultipart = ({ types }: PartHeader): boolean => types.some((type) => type.startsWith('multipart/'));

/** RFC 2046 §5.2.1, RFC 6532 §3.7. */
export const isMessage = ({ types }: PartHeader): boolean =>
  types.some((type) => type === 'message/rfc822' || type === 'message/global' || type === 'message/news');

/**
 * Is it an attachment? A part with a name is; so is one that says that it is none of the text (any disposition but `inline`); so is one
 * without a name that is no text: a nameless picture or program. What only holds other parts, a forwarded message and the parts of a
 * delivery report without a name are none: what is inside them is looked at for itself.
 */
export function isAttachment(header: PartHeader): boolean {
  if (header.names.length > 0) return true;
  if (header.dispositions.some((disposition) => disposition !== '' && disposition !== 'inline')) return true;
  if (isMultipart(header) || isMessage(header)) return false;
  return !header.types.every((type) => type.startsWith('text/') || type === 'text' || REPORTS.has(type));
}

/** RFC 3464, RFC 8098, RFC 5965, RFC 6533: written by machines for machines, and part of every bounce. */
const REPORTS: ReadonlySet<string> = new Set([
  'message/delivery-status',
  'message/disposition-notification',
  'message/feedback-report',
  'message/global-delivery-status',
  'message/global-disposition-notification',
  'message/global-headers',
]);

/** The octets of a header block without the fields that describe its content: what stays of a message that is left out. */
export function withoutContentFields(block: Uint8Array): Uint8Array {
  const fields = fieldsOf(block);
  const end = fields.at(-1)?.end ?? 0;
  const kept: Uint8Array[] = [];
  let at = 0;
  for (const field of fields.filter(describesContent)) {
    kept.push(block.subarray(at, field.start));
    at = field.end;
  }
  kept.push(block.subarray(at, end));
  return Buffer.concat(kept);
}

function describesContent({ name }: Field): boolean {
  return name.startsWith('content-') || name === 'mime-version';
}
